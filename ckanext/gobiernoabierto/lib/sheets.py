"""Write a table as a workbook that Excel opens: typed cells, and no text that it would calculate."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from ckanext.gobiernoabierto.lib import formats
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK = 1 << 16
MAX_CELL = 32_767
"""Characters that a cell of Excel holds."""
IN_MEMORY = 1 << 22
"""Bytes of a workbook that are kept in memory; a larger one goes to a temporary file."""
TITLE = slice(31)
"""Characters that the name of a sheet may have."""


def workbook(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Yield the bytes of a workbook with one sheet; rows are taken as they come, and none is kept.

    Texts stay texts, also ``=1+1`` and ``0115``; days and moments (in Guatemala's time) are dates.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[TITLE])
    sheet.freeze_panes = "A2"
    sheet.append([_bold(_cell(sheet, name)) for name in columns])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        book.save(file)
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, dt.datetime):
        value = formats.local(value).replace(tzinfo=None)
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value)[:MAX_CELL])
    cell.data_type = "s"  # openpyxl takes what begins with = for a formula
    return cell


def _bold(cell: Any) -> Any:
    cell.font = Font(bold=True)
    return cell
