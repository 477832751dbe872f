"""JSON that may stand within a page: nothing in it ends the element that it stands in."""

from __future__ import annotations

import json
import re
from typing import Any

_HARMFUL = re.compile("[<>&\u2028\u2029]")
_HALVES = re.compile("[\ud800-\udfff]")
"""Of characters: JSON may hold an escape of one alone, and no text can."""


def embeddable(document: Any) -> str:
    """Return a document as JSON for a ``<script>`` of data; any JSON reader reads it too.

    Only strings may hold ``<``, ``>`` and ``&``, and there an escape says the same (RFC 8259, 7).
    """
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    written = _HALVES.sub("\N{REPLACEMENT CHARACTER}", written)
    return _HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
