"""Codes from paper, as hands type them."""

from __future__ import annotations

import pytest
from ckanext.gobiernoabierto.lib.receipts import read_code
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "typed",
    [
        "0115-I12",
        "0115I12",
        "0115-i12",
        " 0115 - I 12 ",
        "O115-I12",
        "o1l5-l12",
        "0115-112",
        "0I15\N{EN DASH}IL2",
        "0115.I.12",
        "0115-I012",
        "115-I12",
        "115I12",
        "115i012",
        "\N{FULLWIDTH DIGIT ZERO}115\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH LATIN SMALL LETTER I}12",
        "https://datos.example.gob.gt/recibo?codigo=0115-I12",
        "datos.example.gob.gt/recibo?x=9999-P9&codigo=0115+i12#abajo",
        "http://127.0.0.1:5000/proponer/recibo/0115-I12?x=1",
        "/recibo?codigo=%EF%BC%90115-I12",
    ],
)
def test_what_hands_make_of_a_code_is_understood(typed: str):
    """Hyphens, spaces, small letters, O for 0, I and L for 1."""
    assert read_code(typed) == "0115-I12"


@pytest.mark.parametrize(
    "typed", ["", "0115", "0115-X12", "0115-I", "hola", "0115-I1234567", "\N{ARABIC-INDIC DIGIT ONE}115"]
)
def test_what_is_no_code_is_none(typed: str):
    """And is never taken for another one's."""
    assert read_code(typed) is None


@given(
    st.integers(0, 9999),
    st.sampled_from("PI"),
    st.integers(0, 999_999),
    st.lists(st.sampled_from([" ", "-", ".", "\N{EN DASH}"]), max_size=4),
    st.booleans(),
)
def test_every_code_is_read_back_whatever_stands_between(
    municipality: int, letter: str, number: int, between: list[str], small: bool
):
    """A code is its own reading, and so is what differs in capitals and hyphens alone."""
    code = f"{municipality:04}-{letter}{number}"
    gap = "".join(between)
    typed = gap.join((code[:4], code[5], code[6:]))
    assert read_code(typed.lower() if small else typed) == code


@pytest.mark.parametrize("typed", ["115P1", "115p1", "115P-1", "1I5PL", "115 p 1", "0115P1"])
def test_a_zero_is_lost_without_a_hyphen_too(typed: str):
    """A municipality has four digits, and nobody takes P for one."""
    assert read_code(typed) == "0115-P1"


@pytest.mark.parametrize(
    ("typed", "code"), [("115I-12", "1151-I2"), ("115112", "1151-I2"), ("1151I2", "1151-I2")]
)
def test_four_digits_that_were_typed_stay_four(typed: str, code: str):
    """A hyphen after the fourth says that it is a digit, whatever it looks like."""
    assert read_code(typed) == code


@given(
    st.integers(0, 999),
    st.sampled_from("PI"),
    st.integers(0, 999_999),
    st.sampled_from(["", " ", "-", " - "]),
)
def test_every_code_is_read_back_without_its_zero(municipality: int, letter: str, number: int, gap: str):
    """With or without something between its parts."""
    code = f"{municipality:04}-{letter}{number}"
    assert read_code(gap.join((code[1:4], code[5], code[6:]))) == code


@given(
    st.integers(0, 9999),
    st.sampled_from("PI"),
    st.integers(0, 999_999),
    st.sampled_from(["", "https://datos.example.gob.gt", "http://127.0.0.1:20115"]),
    st.sampled_from(["/recibo?codigo=", "/es/recibo?codigo=", "/proponer/recibo/"]),
)
def test_every_code_is_read_out_of_the_address_of_its_receipt(
    municipality: int, letter: str, number: int, site: str, path: str
):
    """Whatever digits the site's own address has."""
    code = f"{municipality:04}-{letter}{number}"
    assert read_code(f" {site}{path}{code} ") == code


@given(st.integers(0, 9999), st.sampled_from("PI"), st.integers(0, 999_999))
def test_every_code_is_read_in_full_width(municipality: int, letter: str, number: int):
    """As the keyboards of other scripts write it."""
    code = f"{municipality:04}-{letter}{number}"
    wide = "".join(chr(ord(each) + 0xFEE0) for each in code)
    assert read_code(wide) == code


@given(st.text(max_size=30) | st.text(max_size=30).map("/recibo?codigo={}".format))
def test_any_text_is_a_code_or_none(text: str):
    """Nothing that can be typed breaks it, and what it returns it understands itself."""
    found = read_code(text)
    assert found is None or read_code(found) == found
