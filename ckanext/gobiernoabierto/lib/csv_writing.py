"""Write a CSV as spreadsheets read it: RFC 4180 in UTF-8, with the mark by which Excel knows that it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
SEPARATOR = "|"
"""Between several values of one cell, as in the reference data."""
CALCULATED = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes a cell for a formula by (OWASP, CSV Injection)."""


def line(cells: Iterable[Any]) -> bytes:
    """Return one line; the values stand in it as they are."""
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue().encode()


def header(columns: Iterable[str]) -> bytes:
    """Return the first line, behind the mark."""
    return BOM.encode() + line(columns)


def harmless(text: str) -> str:
    """Return a text that no spreadsheet calculates: for reports, never for published rows."""
    return f"'{text}" if text.startswith(CALCULATED) else text
