"""What templates get for what is known, for what is not, and for what somebody mistyped."""

from __future__ import annotations

import datetime as dt

import pytest
from ckanext.gobiernoabierto import helpers

UNKNOWN = "no data"  # there is no request here, and so no Spanish


@pytest.mark.parametrize(
    "name", ["number", "money", "file_size", "date", "datetime", "time"], ids=lambda name: f"{name} of None"
)
def test_what_is_not_known_is_said_to_be_so(name):
    """An empty cell is unknown, not zero, and is never left blank on a page."""
    assert getattr(helpers, f"gobiernoabierto_{name}")(None) == UNKNOWN


def test_a_zero_and_midnight_are_known():
    """Both are false in Python, and both are facts."""
    assert helpers.gobiernoabierto_number(0) == "0"
    assert helpers.gobiernoabierto_money(0) == "Q0.00"
    assert helpers.gobiernoabierto_time(dt.time(0, 0)).startswith("12:00")


@pytest.mark.parametrize(
    ("day", "written"),
    [
        ("2018-07-12", "12 de julio de 2018"),
        (dt.date(2018, 7, 12), "12 de julio de 2018"),
        (dt.datetime(2018, 7, 12, 3, 30), "11 de julio de 2018"),
        ("2018-07-12T03:30:00", "11 de julio de 2018"),
        ("2018", "2018"),
        ("a mediados de 2018", "a mediados de 2018"),
        ("", UNKNOWN),
    ],
)
def test_a_date_may_be_an_object_or_text(day, written):
    """Entities give objects, actions give text; what nobody understands is shown as it was typed."""
    assert helpers.gobiernoabierto_date(day) == written


def test_a_day_without_an_hour_gets_none():
    """Nobody said midnight."""
    assert helpers.gobiernoabierto_datetime(dt.date(2018, 7, 12)) == "12 de julio de 2018"
    assert helpers.gobiernoabierto_datetime("2018-07-12") == "12 de julio de 2018"


def test_a_time_that_people_wrote_down_is_read_from_text():
    """As the actions give it."""
    assert helpers.gobiernoabierto_time("09:00").startswith("9:00")


def test_a_range_takes_objects_and_text():
    """And says so when neither end is known."""
    assert (
        helpers.gobiernoabierto_date_range("2018-05-03", dt.date(2018, 5, 5)) == "del 3 al 5 de mayo de 2018"
    )
    assert helpers.gobiernoabierto_date_range("", "2018-05-05") == "hasta el 5 de mayo de 2018"
    assert helpers.gobiernoabierto_date_range(None, None) == UNKNOWN


def test_the_rest_of_a_file_keeps_its_codes():
    """0115 is Villa Nueva; as a number it would be nothing."""
    items = [
        ("name", "inversion.csv"),
        ("municipality_code", "0115"),
        ("size", 14_700),
        ("created", "2018-07-12T03:30:00.123456"),
        ("year", "2018"),
        ("rows", 1234),
        ("datastore_active", False),
        ("hash", ""),
    ]
    shown = dict(helpers.format_resource_items(items))
    assert shown.pop("size").replace("\N{NO-BREAK SPACE}", " ") == "14.7 kB"
    assert shown.pop("created").startswith("11 de julio de 2018, 9:30")
    assert shown == {
        "municipality code": "0115",
        "year": "2018",
        "rows": "1,234",
        "datastore active": "False",
    }


def test_a_size_that_somebody_typed_in_words_stays_as_it_is():
    """CKAN takes any text for the size of a linked file."""
    assert helpers.localised_filesize("unos 3 MB") == "unos 3 MB"
