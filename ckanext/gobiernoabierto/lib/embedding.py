"""JSON that may stand within a page: nothing in it ends the element that it stands in."""

from __future__ import annotations

import json
from typing import Any

_HARMLESS = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"})
"""Within texts alone: the structure of JSON has none of them."""


def embeddable(document: Any) -> str:
    """Return a document as JSON for a ``<script>`` of data; any JSON reader reads it too.

    Only strings may hold ``<``, ``>`` and ``&``, and there an escape says the same (RFC 8259, 7).
    """
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return written.translate(_HARMLESS)
