"""What the pages tell in plain words, and what they leave out."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup
from ckanext.gobiernoabierto.entities import registry


@pytest.mark.parametrize("kind", ["problem", "idea", "data_request"])
def test_what_was_said_goes_with_what_is_deleted(request, app, call, sysadmin, kind):
    """Its title may be all of the text that had to go: the tombstone has its code and the reason."""
    made = request.getfixturevalue(kind)
    call(f"{kind}_delete", sysadmin, code=made["code"], version=made["version"], reason="Nombra a alguien")
    path = f"/{registry.entity_type(kind).path}/{made['code']}"
    for address in (path, f"{path}.json"):
        gone = app.get(address, status=410).body
        assert "Nombra a alguien" in gone
        assert made["title"] not in gone
    assert made["code"] in BeautifulSoup(app.get(path, status=410).body, "html.parser").h1.text


def test_a_workshop_is_still_named_when_it_is_deleted(app, call, sysadmin, workshop):
    """Who comes by an old link sees what it was."""
    call("workshop_delete", sysadmin, code=workshop["code"], version=workshop["version"])
    page = BeautifulSoup(app.get(f"/taller/{workshop['code']}", status=410).body, "html.parser")
    assert page.h1.text == workshop["title"]


@pytest.mark.parametrize(
    ("offices", "said"),
    [
        ({}, "Oficio GER-1530-2016 del 28 de septiembre de 2016."),
        (
            {"issuing_office": "Coordinación"},
            "Oficio GER-1530-2016 del 28 de septiembre de 2016, de Coordinación.",
        ),
        (
            {"issuing_office": "Coordinación", "addressed_office": "Alcaldía"},
            "Oficio GER-1530-2016 del 28 de septiembre de 2016, de Coordinación a Alcaldía.",
        ),
        ({"letter_date": None, "addressed_office": "Alcaldía"}, "Oficio GER-1530-2016, a Alcaldía."),
    ],
)
def test_a_letter_is_told_without_the_offices_that_nobody_knows(
    app, call, sysadmin, invitation, offices, said
):
    """On the page of the municipality that it invites."""
    values = {"issuing_office": None, "addressed_office": None, **offices}
    call("invitation_update", sysadmin, code=invitation["code"], version=1, **values)
    page = BeautifulSoup(app.get(f"/municipio/{invitation['municipality']}").body, "html.parser")
    assert said in " ".join(page.select_one("main").text.split())


@pytest.mark.parametrize(("typed", "kept"), [("9:00", "09:00"), ("09:00", "09:00"), ("0:05", "00:05")])
def test_an_hour_needs_no_nought_before_it(call, sysadmin, workshop, typed, kept):
    """People write 9:00."""
    done = call("workshop_update", sysadmin, code=workshop["code"], version=1, start_time=typed)
    assert done["start_time"] == kept


@pytest.mark.parametrize("typed", ["9", "9:0", "24:00", "009:00", ":30", "9:60"])
def test_what_is_no_hour_is_refused(call, sysadmin, workshop, typed):
    """Beside its field."""
    with pytest.raises(tk.ValidationError) as refused:
        call("workshop_update", sysadmin, code=workshop["code"], version=1, start_time=typed)
    assert list(refused.value.error_dict) == ["start_time"]


def test_a_day_to_come_is_refused_because_of_the_state(call, sysadmin, workshop):
    """A planned workshop may have it: the message says what does not fit."""
    days = {"code": workshop["code"], "version": 1, "start_date": "2999-01-01"}
    with pytest.raises(tk.ValidationError) as refused:
        call("workshop_update", sysadmin, state="held", **days)
    assert "el estado dice que se realizó" in refused.value.error_dict["start_date"][0]
    assert call("workshop_update", sysadmin, state="planned", **days)["start_date"] == "2999-01-01"
