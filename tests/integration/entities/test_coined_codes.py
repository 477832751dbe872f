"""Codes of workshops that nobody typed: kind, municipality and year, and no code a second time."""

from __future__ import annotations

import threading
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckanext.gobiernoabierto.entities import forms, numbering, registry
from ckanext.gobiernoabierto.entities.workshop import IN_CODES

SAID = {"title": "Ideatón", "kind": "idea_marathon", "municipalities": ["1413"], "state": "planned"}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"start_date": "2017-05-27"}, "ideaton-santa-maria-nebaj-2017"),
        ({}, "ideaton-santa-maria-nebaj"),
        ({"kind": "information_meeting", "municipalities": ["0108", "0115"]}, "reunion-informativa"),
        ({"kind": "co_creation", "start_date": "2018-07-12"}, "cocreacion-santa-maria-nebaj-2018"),
        ({"code": ""}, "ideaton-santa-maria-nebaj"),
        ({"code": "el-mio"}, "el-mio"),
    ],
)
def test_a_code_says_what_where_and_when(call: Any, sysadmin: str, territory: None, said: Any, code: str):
    """As far as it is known; one that is typed is taken."""
    assert call("workshop_create", sysadmin, **{**SAID, **said})["code"] == code


def test_a_further_one_gets_a_number(call: Any, sysadmin: str, territory: None):
    """Beside one that was typed, one that was deleted and one that was counted."""
    call("workshop_create", sysadmin, **SAID, code="ideaton-santa-maria-nebaj")
    call("workshop_delete", sysadmin, code="ideaton-santa-maria-nebaj", version=1)
    made = [call("workshop_create", sysadmin, **SAID)["code"] for _ in range(2)]
    assert made == [f"ideaton-santa-maria-nebaj-{number}" for number in (2, 3)]


def test_writers_at_the_same_moment_get_different_codes(territory: None):
    """Six transactions at once; each waits for the one before it."""
    kind, found = registry.entity_type("workshop"), []

    def coin() -> None:
        found.append(numbering.coined_code(kind, SAID))
        model.Session.commit()
        model.Session.remove()

    writers = [threading.Thread(target=coin) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stem = "ideaton-santa-maria-nebaj"
    assert sorted(found) == sorted([stem, *(f"{stem}-{number}" for number in range(2, 7))])


def test_a_long_name_leaves_room_for_the_number(call: Any, sysadmin: str, territory: None):
    """A code has at most a hundred letters."""
    there = {"code": "1499", "name": "San " * 60, "department": "14", "visibility": "published"}
    call("municipality_create", sysadmin, **there)
    said = {**SAID, "municipalities": ["1499"]}
    made = [call("workshop_create", sysadmin, **said)["code"] for _ in range(2)]
    assert made[1] == f"{made[0]}-2"
    assert made[0].endswith("-san")


@pytest.mark.parametrize("code", [[], {}, 0, False, " ", "a b"])
def test_what_is_no_code_is_refused_as_before(call: Any, sysadmin: str, territory: None, code: Any):
    """Nothing is made in the place of something else."""
    with pytest.raises(tk.ValidationError) as refused:
        call("workshop_create", sysadmin, **SAID, code=code)
    assert list(refused.value.error_dict) == ["code"]


def test_the_form_says_that_it_may_be_empty(officer: Any, call: Any):
    """And makes it when the draft is saved."""
    _, page = officer.get("/taller/_nuevo")
    assert not page.select_one("label[for=field-code] .control-required")
    assert "Puede dejarlo vacío" in page.select_one("main form").text
    form = {"title": "X", "kind": "idea_marathon", "municipalities": "0115", "state": "planned"}
    _, _, address = officer.send("/taller/_nuevo", **form, code="", start_date="27/05/2017", save="draft")
    assert address.endswith("/taller/ideaton-villa-nueva-2017")
    with pytest.raises(tk.ObjectNotFound):
        call("workshop_show", code="ideaton-villa-nueva-2017")


def test_every_kind_of_workshop_has_a_word():
    """A kind that is added needs one."""
    kinds = forms.field_of(registry.entity_type("workshop"), "kind")["choices"]
    assert list(IN_CODES) == [each["value"] for each in kinds]
