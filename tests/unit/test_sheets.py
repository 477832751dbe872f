"""Workbooks: what Excel gets is what was given, and it calculates nothing."""

from __future__ import annotations

import datetime as dt
import io
import time
from typing import Any

import pytest
from ckanext.gobiernoabierto.lib import sheets
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=50)
CELL = TEXT | st.integers(-(10**9), 10**9) | st.none() | st.dates(dt.date(1900, 3, 1), dt.date(2100, 1, 1))


def read(rows: list[list[Any]], columns: list[str]) -> list[list[Any]]:
    """Write a workbook and return its cells."""
    data = b"".join(sheets.workbook("Hoja", columns, rows))
    sheet = load_workbook(io.BytesIO(data)).active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.mark.long
@given(st.lists(st.tuples(TEXT, CELL).map(list), max_size=5))
def test_what_is_read_is_what_was_written(rows: list[list[Any]]):
    """Texts as texts, numbers as numbers, days as days."""
    found = read(rows, ["a", "b"])[1:]
    days = [[c.date() if isinstance(c, dt.datetime) else c for c in row] for row in found]
    assert days == rows


@pytest.mark.parametrize(
    "text", ["=1+1", "+502 5450-4223", "0115", "@SUM(A1)", "-1", "=HYPERLINK('http://x')"]
)
def test_a_text_that_looks_like_a_formula_or_a_number_stays_a_text(text: str):
    """INE's codes keep their zero."""
    assert read([[text]], ["código"]) == [["código"], [text]]


def test_moments_are_those_of_guatemala():
    """Six hours before UTC, and without a zone, which Excel has none of."""
    moment = dt.datetime(2026, 1, 1, 3, 0, tzinfo=dt.UTC)
    assert read([[moment]], ["x"])[1] == [dt.datetime(2025, 12, 31, 21, 0)]


def test_what_a_cell_cannot_hold_is_left_out():
    """Control characters, and what is longer than a cell."""
    assert read([["a\x0bb" + "c" * 40_000]], ["x"])[1] == ["ab" + "c" * (sheets.MAX_CELL - 2)]


def test_rows_are_taken_one_by_one():
    """A list of any length is no list in memory."""
    rows = ([number] for number in range(2000))
    assert len(read(rows, ["x"])) == 2001  # type: ignore[arg-type]


@pytest.mark.long
def test_the_same_rows_are_the_same_bytes_whenever_they_are_written():
    """A cache asks by them whether anything changed; another text is other bytes."""

    def written(text: str) -> bytes:
        return b"".join(sheets.workbook("Hoja", ["a"], [[text], [dt.date(2017, 5, 27)]]))

    before = written("x")
    time.sleep(2.1)  # a ZIP counts in steps of two seconds
    assert written("x") == before
    assert written("y") != before
