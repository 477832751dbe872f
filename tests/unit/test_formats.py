"""Numbers, money and dates as Guatemala writes them, whatever the machine's own zone and language."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from babel.dates import format_date
from babel.numbers import format_decimal, parse_decimal
from ckanext.gobiernoabierto.lib import formats
from hypothesis import given
from hypothesis import strategies as st

MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
days = st.dates(min_value=dt.date(1, 1, 1))
moments = st.datetimes(min_value=dt.datetime(1950, 1, 2), max_value=dt.datetime(2100, 1, 1))
zones = st.integers(-12 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))


@pytest.fixture(scope="module")
def read_date():
    """Read ``12 de julio de 2018`` back."""

    def read(text):
        day, month, year = text.split(" de ")
        return dt.date(int(year), MONTHS.index(month) + 1, int(day))

    return read


@pytest.mark.parametrize(
    ("value", "written"),
    [(1234.56, "1,234.56"), (0, "0"), (-1234567, "-1,234,567"), (Decimal("0.5"), "0.5"), (1.23456, "1.235")],
)
def test_numbers_have_a_comma_for_thousands_and_a_point_for_decimals(value, written):
    """CKAN's ``es`` would write 1.234,56, which in Guatemala is one and a bit."""
    assert formats.number(value) == written


def test_decimals_can_be_fixed():
    """A column of percentages reads badly when each has as many decimals as it happens to have."""
    assert [formats.number(5, 1), formats.number(2.5, 0), formats.number(1234.567, 2)] == [
        "5.0",
        "2",
        "1,234.57",
    ]


@pytest.mark.parametrize(
    ("value", "written"),
    [(1234.5, "Q1,234.50"), (0, "Q0.00"), (-3, "-Q3.00"), (Decimal("1000000"), "Q1,000,000.00")],
)
def test_money_is_quetzales_with_two_decimals(value, written):
    """The letter stands before the number, without a space."""
    assert formats.money(value) == written


@given(days, st.integers(-(10**12), 10**12))
def test_dates_and_whole_numbers_are_written_as_cldr_has_them(day, number):
    """Faster than by Babel, and not otherwise."""
    assert formats.date(day) == format_date(day, "long", locale=formats.LOCALE)
    assert formats.number(number) == format_decimal(number, locale=formats.LOCALE)


@given(st.decimals(-(10**12), 10**12, places=3))
def test_a_number_can_be_read_back(value):
    """Nothing is lost and nothing can be mistaken: strict reading by the same locale gives it back."""
    assert parse_decimal(formats.number(value), locale="es_GT", strict=True) == value


@given(st.decimals(0, 10**12, places=2))
def test_an_amount_can_be_read_back(value):
    """Not a cent is lost, however large the budget."""
    assert parse_decimal(formats.money(value).removeprefix("Q"), locale="es_GT", strict=True) == value


@pytest.mark.parametrize(
    ("size", "written"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (14_700, "14.7 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1 MB"),
    ],
)
def test_the_size_of_a_file_changes_its_unit_at_a_thousand(size, written):
    """Never "1,000 kB": what rounds up to a thousand takes the next unit."""
    assert formats.file_size(size).replace("\N{NO-BREAK SPACE}", " ") == written


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_a_larger_file_never_looks_smaller(one, other):
    """The units and the rounding keep the order of sizes."""

    def bytes_of(text):
        value, unit = text.split("\N{NO-BREAK SPACE}")
        return parse_decimal(value, locale="es_GT") * 1000 ** formats.FILE_UNITS.index(unit)

    small, large = sorted((one, other))
    assert bytes_of(formats.file_size(small)) <= bytes_of(formats.file_size(large))


@given(days)
def test_a_date_is_day_month_year_and_can_be_read_back(read_date, day):
    """A date has no zone: it is shown as it was written, on any machine."""
    assert read_date(formats.date(day)) == day


@given(moments, zones)
def test_a_moment_is_shown_the_same_from_whatever_zone_it_comes(moment, zone):
    """UTC as CKAN stores it, without a zone or with one, is one moment and reads as one."""
    aware = moment.replace(tzinfo=dt.UTC)
    assert formats.date_time(aware.astimezone(zone)) == formats.date_time(moment) == formats.date_time(aware)


def test_a_moment_without_a_zone_is_utc_and_shown_in_guatemala():
    """Six hours earlier, which at night is the day before."""
    written = formats.date_time(dt.datetime(2018, 7, 12, 3, 30)).replace("\N{NO-BREAK SPACE}", " ")
    assert written == "11 de julio de 2018, 9:30 p. m."


def test_a_time_of_day_that_somebody_wrote_down_is_not_shifted():
    """The meeting of 17 October 2016 was at nine in the morning in Guatemala."""
    assert formats.time(dt.time(9, 0)).replace("\N{NO-BREAK SPACE}", " ") == "9:00 a. m."


@pytest.mark.parametrize(
    ("start", "end", "written"),
    [
        ("2016-08-15", "2018-06-30", "del 15 de agosto de 2016 al 30 de junio de 2018"),
        ("2018-05-03", "2018-06-05", "del 3 de mayo al 5 de junio de 2018"),
        ("2018-05-03", "2018-05-05", "del 3 al 5 de mayo de 2018"),
        ("2018-05-03", "2018-05-03", "3 de mayo de 2018"),
        ("2017-05-03", "2018-05-03", "del 3 de mayo de 2017 al 3 de mayo de 2018"),
        ("2018-05-03", None, "desde el 3 de mayo de 2018"),
        (None, "2018-05-03", "hasta el 3 de mayo de 2018"),
        (None, None, ""),
    ],
)
def test_a_range_says_once_what_both_ends_share(start, end, written):
    """Year, or month and year, or all of it; an end that is not known is left out."""
    ends = [text and dt.date.fromisoformat(text) for text in (start, end)]
    assert formats.date_range(*ends) == written


@given(days, days)
def test_both_ends_of_a_range_can_be_read_back(read_date, start, end):
    """What was collapsed is understood from the end, and from nothing else."""
    written = formats.date_range(start, end)
    if start == end:
        assert read_date(written) == start
        return
    first, last = re.fullmatch(r"del (.+) al (.+)", written).groups()
    shared = last.split(" de ")[first.count(" de ") + 1 :]
    assert read_date(" de ".join([first, *shared])) == start
    assert read_date(last) == end


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2018", "2018"),
        ("2018-07", "julio de 2018"),
        ("2018-07-12", "12 de julio de 2018"),
        ("2018-07-12T20:00:00", "12 de julio de 2018, 2:00 p. m."),
        ("2018-07-12T20:00:00-06:00", "12 de julio de 2018, 8:00 p. m."),
        ("2018-13", None),
        ("0000-01", None),
        ("2018-02-30", None),
        ("pronto", None),
        ("", None),
    ],
)
def test_an_iso_text_is_told_as_exactly_as_it_is_and_no_more(text, written):
    """A year does not become the first of January, nor a day the evening before."""
    told = formats.iso(text)
    assert (told and told.replace("\N{NO-BREAK SPACE}", " ")) == written


def test_the_hour_can_be_left_out_and_the_day_is_guatemalas():
    """At half past three in the morning in London it is still yesterday here."""
    assert formats.iso("2018-07-12T03:30:00", hours=False) == "11 de julio de 2018"


@given(days.filter(lambda day: day.year >= 1000), st.sampled_from("/-."), st.booleans())
def test_a_day_is_read_as_it_is_written_here(day, between, padded):
    """Day first with three signs, with and without zeros, and as ISO 8601."""
    numbers = (f"{day.day:02}", f"{day.month:02}") if padded else (str(day.day), str(day.month))
    assert formats.read_day(f" {between.join([*numbers, str(day.year)])} ") == day
    assert formats.read_day(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mayo de 2018",
        "05/27/2017",
        "30/02/2017",
        "27/05/17",
        "27/05/0017",
        "0017-05-27",
        "27/05-2017",
        "2017",
        "2017-5-7",
        "\u0662\u0667/\u0660\u0665/\u0662\u0660\u0661\u0667",
    ],
)
def test_what_may_mean_two_days_or_none_is_not_guessed(text):
    """The day is never the second number, and a year has four digits."""
    with pytest.raises(ValueError):
        formats.read_day(text)


def test_a_day_may_begin_with_its_name():
    """As the letter of 2016 writes it."""
    assert formats.weekday_date(dt.date(2016, 10, 4)) == "martes 4 de octubre de 2016"


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ([], ""),
        (["Elija de la lista"], "Elija de la lista"),
        ("Elija de la lista", "Elija de la lista"),
        (["Elija de la lista", "Escriba un texto."], "Elija de la lista. Escriba un texto."),
        (["¿Cuál?", "Falta"], "¿Cuál? Falta."),
    ],
)
def test_several_texts_are_sentences(texts: Any, told: str):
    """One alone stays as it was written."""
    assert formats.sentences(texts) == told
