"""The strict CSV reader: what it takes, and what it says of the rest."""

from __future__ import annotations

import csv
import io

from ckanext.gobiernoabierto.lib.csv_rows import read
from hypothesis import given
from hypothesis import strategies as st

COLUMNS = ("codigo", "nombre")
CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20).map(str.strip)


def problems(content: bytes) -> list[tuple[int, str, str]]:
    """Return line, column and kind of what is wrong with a file."""
    return [(p.line, p.column, p.kind) for p in read("x.csv", content, COLUMNS)[1]]


def test_cells_are_trimmed_and_empty_rows_passed_over():
    """Spaces around a value and blank lines mean nothing."""
    rows, found = read("x.csv", b"codigo,nombre\n 01 , Guatemala\n\n,\n02,El Progreso\n", COLUMNS)
    assert not found
    assert [(row.line, row.cells) for row in rows] == [
        (2, {"codigo": "01", "nombre": "Guatemala"}),
        (5, {"codigo": "02", "nombre": "El Progreso"}),
    ]


def test_excels_byte_order_mark_is_no_part_of_the_first_column():
    """Excel writes one in front of UTF-8."""
    rows, found = read("x.csv", "\ufeffcodigo,nombre\n01,Petén\n".encode(), COLUMNS)
    assert not found
    assert rows[0].cells == {"codigo": "01", "nombre": "Petén"}


def test_another_encoding_is_told_with_its_line():
    """Latin-1, as Excel saves by default, is not guessed at."""
    assert problems("codigo,nombre\n01,Guatemala\n17,Petén\n".encode("latin-1")) == [(3, "", "encoding")]


def test_missing_unknown_and_repeated_columns_are_told_by_name():
    """Nothing below a wrong header could be trusted."""
    assert problems(b"codigo,color,color\n01,x,y\n") == [
        (1, "nombre", "header"),
        (1, "color", "header"),
        (1, "color", "header"),
        (1, "color", "header"),
    ]
    assert problems(b"") == [(1, "codigo", "header"), (1, "nombre", "header")]


def test_a_row_with_other_cells_than_the_header_is_told_with_its_line():
    """Also below a cell with line breaks in it, which moves the lines."""
    content = b'codigo,nombre\n01,"a\nb"\n02\n03,c,d\n'
    assert problems(content) == [(4, "", "cells"), (5, "", "cells")]


def test_a_quote_that_never_closes_is_told():
    """The reader says so instead of swallowing the rest of the file."""
    assert problems(b'codigo,nombre\n01,"abc\n02,d\n')[0][2] == "cells"


@given(st.lists(st.tuples(CELLS, CELLS).filter(any)))
def test_what_csv_writes_is_read_as_it_was(written):
    """Quotes, commas and accents come back, row by row."""
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *written])
    rows, found = read("x.csv", text.getvalue().encode(), COLUMNS)
    assert not found
    assert [tuple(row.cells.values()) for row in rows] == written
