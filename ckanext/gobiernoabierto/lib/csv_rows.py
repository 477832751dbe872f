"""Read a CSV strictly: UTF-8, a header with the expected columns, as many cells in each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong, and where: ``line`` counts from 1 (the header), 0 stands for the whole file."""

    file: str
    line: int
    column: str
    kind: str
    """``encoding``, ``header``, ``cells``, ``duplicate`` or ``value``."""
    detail: str = ""


@dataclass(frozen=True)
class CsvRow:
    """One row: where it begins in the file, and its trimmed cells by column."""

    file: str
    line: int
    cells: dict[str, str]

    def problem(self, column: str, detail: str, kind: str = "value") -> Problem:
        """Return what is wrong with the cell of this row in ``column``."""
        return Problem(self.file, self.line, column, kind, detail)


def _decoded(name: str, content: bytes) -> tuple[str, list[Problem]]:
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return "", [Problem(name, line, "", "encoding", f"0x{content[error.start]:02x}")]


def _header(name: str, header: list[str], columns: Iterable[str]) -> list[Problem]:
    missing = [column for column in columns if column not in header]
    unknown = [column for column in header if column not in set(columns)]
    repeated = sorted({column for column in header if header.count(column) > 1})
    return [Problem(name, 1, column, "header") for column in (*missing, *unknown, *repeated)]


def read(name: str, content: bytes, columns: Iterable[str]) -> tuple[list[CsvRow], list[Problem]]:
    """Return the rows of a CSV and what is wrong with its form; empty rows are passed over.

    A file whose encoding or header is wrong has no rows: nothing below could be trusted.
    """
    text, problems = _decoded(name, content)
    if problems:
        return [], problems
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[CsvRow] = []
    try:
        header = next(reader, [])
        problems = _header(name, header, columns)
        if problems:
            return [], problems
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) == len(header):
                    stripped = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
                    rows.append(CsvRow(name, line, stripped))
                else:
                    problems.append(Problem(name, line, "", "cells", f"{len(cells)}/{len(header)}"))
            line = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(name, reader.line_num, "", "cells", str(error)))
    return rows, problems
