"""Lists narrowed down by the choices that their schemas declare: links on the page, and every format."""

from __future__ import annotations

import csv
import io
import json

import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup
from ckanext.gobiernoabierto.entities import forms, registry
from icalendar import Calendar
from openpyxl import load_workbook
from tests.remembered import remembered

NARROWED = [(each, name) for each in registry.ENTITY_TYPES for name in forms.choices_of(each)]


@pytest.fixture
@remembered
def ideas(call, sysadmin, idea):
    """Three ideas of two states, and a draft of a third one."""
    new = {"municipality": "0115", "visibility": "published"}
    call("idea_create", sysadmin, title="Otra", **new)
    call("idea_create", sysadmin, title="Aceptada", state="accepted", **new)
    call("idea_create", sysadmin, title="Borrador", municipality="0115", state="in_progress")


@pytest.fixture
def read(app):
    """Return a function that gets a page as a visitor."""
    return lambda address: BeautifulSoup(app.get(address).body, "html.parser")


def facet(page, label):
    """Return {what a link of the facet says: (rows, where it leads, whether it is chosen)}."""
    links = page.select(f'nav[aria-label="{label}"] a')
    return {
        link.contents[0].strip(): (
            link.select_one(".ga-count").text if link.select_one(".ga-count") else None,
            link["href"],
            "aria-current" in link.attrs,
        )
        for link in links
    }


def test_a_list_offers_its_states_with_their_numbers(read, ideas):
    """Those that somebody may see; a link for each, and one back to all."""
    assert facet(read("/ideas"), "Estado") == {
        "Recibida": ("2", "/ideas?state=received", False),
        "Aceptada": ("1", "/ideas?state=accepted", False),
    }
    page = read("/ideas?state=accepted&municipality=0115")
    assert [each.text for each in page.select(".ga-item-name")] == ["Aceptada"]
    assert facet(page, "Estado") == {
        "Todos": (None, "/ideas?municipality=0115", False),
        "Recibida": ("2", "/ideas?municipality=0115&state=received", False),
        "Aceptada": ("1", "/ideas?municipality=0115&state=accepted", True),
    }
    assert page.select_one(".ga-filter input[name=state]")["value"] == "accepted"


def test_a_draft_counts_for_those_who_may_see_it(officer, ideas):
    """Its officer finds it under its state; a visitor is told of no such state."""
    assert "En marcha" in facet(officer.get("/ideas")[1], "Estado")


def test_nothing_is_offered_where_there_is_no_choice(read, workshop):
    """One workshop has one kind and one state."""
    assert not facet(read("/talleres"), "Estado")
    assert set(facet(read("/talleres?state=held"), "Estado")) == {"Todos", "Realizado"}


def test_every_format_is_narrowed_down(app, ideas):
    """By the same parameter as the page."""
    asked = "?state=accepted"
    rows = csv.DictReader(io.StringIO(app.get(f"/ideas.csv{asked}").data.decode("utf-8-sig")))
    assert [row["title"] for row in rows] == ["Aceptada"]
    assert [row["title"] for row in json.loads(app.get(f"/ideas.json{asked}").data)] == ["Aceptada"]
    sheet = load_workbook(io.BytesIO(app.get(f"/ideas.xlsx{asked}").data)).active
    assert [row[1].value for row in sheet][1:] == ["Aceptada"]
    for ending in ("ttl", "jsonld", "rdf", "nt"):
        body = app.get(f"/ideas.{ending}{asked}").data.decode()
        assert "Aceptada" in body
        assert "Otra" not in body


def test_a_calendar_is_narrowed_down(app, workshop):
    """Of what was held, and of what was cancelled."""

    def events(state):
        return Calendar.from_ical(app.get(f"/talleres.ics?state={state}").data).walk("VEVENT")

    assert (len(events("held")), len(events("cancelled"))) == (1, 0)


@pytest.mark.long
@pytest.mark.parametrize(("entity", "name"), NARROWED, ids=lambda each: getattr(each, "name", each))
def test_every_choice_of_every_schema_narrows_its_list(app, call, chain, entity, name):
    """A value that is none is refused, on the page and by the action."""
    value = forms.choices_of(entity)[name]["choices"][0]["value"]
    assert app.get(f"/{entity.list_path}?{name}={value}").status_code == 200
    assert call(f"{entity.name}_list", **{name: value})["count"] == 0
    assert app.get(f"/{entity.list_path}?{name}=zz").status_code == 400
    with pytest.raises(tk.ValidationError) as refused:
        call(f"{entity.name}_list", **{name: "zz"})
    assert list(refused.value.error_dict) == [name]


def test_a_milestone_says_its_state_as_its_schema_does(read, call, sysadmin, milestone):
    """On the page of its commitment, whatever the schema comes to say."""
    call("milestone_update", sysadmin, code=milestone["code"], version=1, state="substantial")
    field = forms.choices_of(registry.entity_type("milestone"))["state"]
    states = [each.text for each in read("/compromiso/3-11").select(".ga-state")]
    assert forms.choice_label(field, "substantial") in states


def test_a_draft_of_others_in_the_address_is_not_told(app, sysadmin, call, ideas):
    """Of its code there is nothing that names it, neither its title nor a link."""
    hidden = {"code": "reservado", "title": "Zarabanda", "kind": "co_creation", "municipalities": ["0115"]}
    call("workshop_create", sysadmin, state="planned", **hidden)
    body = app.get("/ideas?workshop=reservado").body
    assert "Zarabanda" not in body
    assert 'href="/taller/reservado"' not in body
    assert "reservado" in body
