"""Write a table as a workbook that Excel opens: typed cells, and no text that it would calculate."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ckanext.gobiernoabierto.lib import formats
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.writer.excel import ExcelWriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK = 1 << 16
MAX_CELL = 32_767
"""Characters that a cell of Excel holds."""
IN_MEMORY = 1 << 22
"""Bytes of a workbook that are kept in memory; a larger one goes to a temporary file."""
TITLE = slice(31)
"""Characters that the name of a sheet may have."""
NO_MOMENT = dt.datetime(1980, 1, 1)
"""The earliest that a ZIP can say, in place of when the workbook was written."""


class _Timeless(ZipFile):
    """A ZIP whose bytes depend on its content alone."""

    def open(self, name: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(name, ZipInfo):
            name.date_time = NO_MOMENT.timetuple()[:6]
        return super().open(name, *arguments, **options)


def workbook(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Yield the bytes of a workbook with one sheet; rows are taken as they come, and none is kept.

    Texts stay texts, also ``=1+1`` and ``0115``; days and moments (in Guatemala's time) are dates. The same
    rows are the same bytes, whenever they are written, so that a cache can tell.
    """
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = NO_MOMENT
    sheet = book.create_sheet(title[TITLE])
    sheet.freeze_panes = "A2"
    sheet.append([_bold(_cell(sheet, name)) for name in columns])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        # not book.save(): it writes the present moment into the properties
        ExcelWriter(book, _Timeless(file, "w", ZIP_DEFLATED)).save()
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
