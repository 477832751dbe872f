"""What a spreadsheet reads of a CSV of ours."""

from __future__ import annotations

import csv
import io

import pytest
from ckanext.gobiernoabierto.lib import csv_writing
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=2))
def test_every_cell_comes_back_as_it_was(cells: list[str]):
    """Quotes, commas and lines in a cell stay in it."""
    text = csv_writing.line(cells).decode()
    assert next(csv.reader(io.StringIO(text, newline=""))) == cells


@given(st.text())
def test_what_is_harmless_begins_no_formula_and_loses_nothing(text: str):
    """One sign more at most, in front."""
    harmless = csv_writing.harmless(text)
    assert not harmless.startswith(csv_writing.CALCULATED)
    assert harmless.removeprefix("'") == text.removeprefix("'")


@pytest.mark.parametrize("text", ["=1+1", "+502 2334", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_becomes_a_text(text: str):
    """As OWASP advises."""
    assert csv_writing.harmless(text) == f"'{text}"


def test_the_header_has_the_mark_by_which_excel_knows_utf_8():
    """Without it *Baja Verapaz* is fine and *Petén* is not."""
    assert csv_writing.header(["a", "b"]) == b"\xef\xbb\xbfa,b\r\n"
