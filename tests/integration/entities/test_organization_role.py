"""The form that says who an organization is: whom it lets in, what it keeps, what editors may do after."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pytest
from ckan import model
from ckanext.gobiernoabierto.entities.history import History
from tests.remembered import remembered

WORKSHOP = {
    "title": "Ideatón de prueba",
    "kind": "idea_marathon",
    "state": "held",
    "start_date": "2017-05-27",
    "municipalities": ["0115"],
}
NO_ROLE = "Su organización todavía no representa a un municipio o institución"


@pytest.fixture
@remembered
def office(chain: None) -> dict[str, Any]:
    """An organization of which nobody has said who it is, with an editor and an administrator."""
    users = [{"name": factories.User()["name"], "capacity": capacity} for capacity in ("editor", "admin")]
    made = factories.Organization(users=users)
    return {
        **made,
        "form": f"/organization/{made['name']}/funcion",
        "editor": users[0]["name"],
        "admin": users[1]["name"],
    }


def roles(call: Any, sysadmin: str) -> list[dict[str, Any]]:
    """Return what every organization is."""
    return call("organization_role_list", sysadmin)


def test_a_sysadmin_says_which_municipality_an_organization_is(call, admin, sysadmin, person, office):
    """After it, its editor may write a workshop of that municipality, and the history says since when."""
    editor = person(office["editor"])
    assert editor.get("/taller/_nuevo")[0] == 403
    sent = {"municipality": "0115", "institution": "", "reason": "Oficio 12"}
    status, _, address = admin.send(office["form"], **sent)
    assert (status, address.endswith(f"/organization/{office['name']}")) == (302, True)
    role = {"municipality": "0115", "institution": None, "coordinator": False}
    assert roles(call, sysadmin) == [{"organization_id": office["id"], **role}]
    kept = model.Session.query(History).filter_by(subject="organization", code=office["id"]).one()
    assert kept.reason == "Oficio 12"
    assert editor.get("/taller/_nuevo")[0] == 200
    call("workshop_create", office["editor"], code="de-prueba", **WORKSHOP)
    assert admin.typed(admin.get(office["form"])[1])["municipality"] == "0115"


def test_the_box_makes_a_coordinator_and_takes_it_back(call, admin, sysadmin, person, office):
    """What is not ticked is no more."""
    editor = person(office["editor"])
    for ticked, status in (({"coordinator": "true"}, 200), ({}, 403)):
        assert admin.send(office["form"], institution="infom", **ticked)[0] == 302
        assert roles(call, sysadmin)[0]["coordinator"] == bool(ticked)
        assert admin.typed(admin.get(office["form"])[1]).get("coordinator", []) == list(ticked.values())
        assert editor.get("/plan/_nuevo")[0] == status


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"municipality": "9999"}, "municipality"),
        ({"institution": "nadie"}, "institution"),
        ({"coordinator": "quizás"}, "coordinator"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": "a\0b"}, "reason"),
        ({"municipality": "a\0b"}, "municipality"),
    ],
)
def test_a_mistake_stands_beside_its_field_and_nothing_is_lost(call, admin, sysadmin, office, wrong, field):
    """Nothing is written, and the other fields hold what was typed."""
    sent = {"municipality": "0115", "institution": "infom", "reason": "Oficio 12", **wrong}
    status, page, _ = admin.send(office["form"], **sent)
    assert status == 422
    assert admin.wrong(page) == [f"#field-{field}"]
    assert page.select_one(f".form-group.error #field-{field}")
    held = admin.typed(page)
    assert {name: held[name] for name in sent if name != field} == {
        name: value for name, value in sent.items() if name != field
    }
    assert roles(call, sysadmin) == []


@pytest.mark.long
def test_nobody_else_gets_or_sends_it(call, sysadmin, person, organization_editor, office):
    """Neither the organization's administrator nor a coordinator; a visitor is asked to sign in."""
    coordinator = organization_editor(coordinator=True)
    before = roles(call, sysadmin)
    for user in (office["editor"], office["admin"], coordinator, factories.User()["name"]):
        somebody = person(user)
        assert somebody.get(office["form"])[0] == 403
        assert somebody.send(office["form"], coordinator="true")[0] == 403
        assert "funcion" not in str(somebody.get(f"/organization/{office['name']}")[1])
    assert person(None).get(office["form"])[0] == 302
    assert person(None).send(office["form"], coordinator="true")[2].count("/user/login") == 1
    assert roles(call, sysadmin) == before


def test_of_an_organization_that_is_not_there_it_says_so(admin, office):
    """Of one that was deleted, too, and of a group."""
    tk.get_action("organization_delete")({"ignore_auth": True}, {"id": office["id"]})
    for name in ("ninguna", office["name"], factories.Group()["name"]):
        assert admin.get(f"/organization/{name}/funcion")[0] == 404
        assert admin.send(f"/organization/{name}/funcion", municipality="0115")[0] == 404


def test_a_sysadmin_gets_there_from_the_page_and_from_the_form_of_the_organization(admin, office):
    """By a tab of each."""
    for address in (f"/organization/{office['name']}", f"/organization/edit/{office['name']}"):
        status, page = admin.get(address)
        assert (status, len(page.select(f"a[href$='{office['form']}']"))) == (200, 1)


def test_a_code_that_was_replaced_leads_to_the_one_that_it_has(call, admin, sysadmin, office):
    """As everywhere; the database takes only the one that it has."""
    renamed = {"entity": "institution", "code": "infom", "new_code": "infom-gt"}
    call("code_replace", sysadmin, version=1, **renamed)
    assert admin.send(office["form"], institution="infom")[0] == 302
    assert roles(call, sysadmin)[0]["institution"] == "infom-gt"


def test_who_may_write_nothing_yet_reads_why(person, organization_editor, office):
    """An editor of an organization without a role; not one of an institution, or of no organization."""
    told = {
        user: NO_ROLE in person(user).get("/taller/_nuevo")[1].text
        for user in (office["editor"], organization_editor(institution="infom"), factories.User()["name"])
    }
    assert list(told.values()) == [True, False, False]
