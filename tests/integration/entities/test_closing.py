"""The page of a plan when its term ends: kept once, the same for ever, and later edits marked against it."""

from __future__ import annotations

import csv
import hashlib
import io
import json

import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup
from ckanext.gobiernoabierto.entities.participation import local_today
from ckanext.gobiernoabierto.lib import formats
from tests.remembered import remembered

PAGE = "/plan/3/cierre"


@pytest.fixture
@remembered
def told(call, sysadmin, milestone):
    """What plan 3 has: a rated commitment with its milestone, and drafts of both."""
    rated = {"self_report": "substantial", "irm_completion": "limited", "irm_ambition": "moderate"}
    call("commitment_update", sysadmin, code="3-11", version=1, **rated)
    call("commitment_create", sysadmin, code="3-12", plan="3", number=12, title="CANARIO compromiso")
    call("milestone_create", sysadmin, commitment="3-11", title="CANARIO hito")


@pytest.fixture
def coordinator(organization_editor, chain):
    """An editor of an organization that coordinates."""
    return organization_editor(coordinator=True)


@pytest.fixture
@remembered
def closed(call, coordinator, told):
    """The plan, closed."""
    return call("plan_close", coordinator, code="3", version=1, reason="Terminó su período")


def test_it_keeps_what_was_published(app, closed):
    """Plan, axes, commitments with their ratings and milestones; drafts in no format."""
    kept = json.loads(app.get(f"{PAGE}.json").data)
    assert [each["code"] for each in kept["commitment"]] == ["3-11"]
    (commitment,) = kept["commitment"]
    assert (commitment["self_report"], commitment["irm_completion"]) == ("substantial", "limited")
    assert [each["title"] for each in kept["milestone"]] == ["Ocho talleres realizados"]
    assert [each["code"] for each in kept["axis"]] == ["3-3"]
    for ending in ("", ".json", ".csv"):
        assert b"CANARIO" not in app.get(f"{PAGE}{ending}").data
    (row,) = csv.DictReader(io.StringIO(app.get(f"{PAGE}.csv").data.decode("utf-8-sig")))
    assert (row["Código"], row["No coinciden"]) == ("3-11", "Sí")


def test_it_can_be_cited(app, closed):
    """By author, title, date, address and the checksum of what everybody can download."""
    digest = hashlib.sha256(app.get(f"{PAGE}.json").data).hexdigest()
    site = tk.config["ckan.site_url"]
    page = BeautifulSoup(app.get(PAGE).body, "html.parser")
    said = page.select_one(".ga-cite").text
    day = formats.date(local_today())
    assert said == f"{tk.config['ckan.site_title']}. Tercer Plan. {day}. {site}{PAGE}. SHA-256: {digest}"
    assert "Instituto de Fomento Municipal" in page.select_one("main").text
    for path in ("/plan/3", "/plan/3/tablero"):
        assert BeautifulSoup(app.get(path).body, "html.parser").select_one(f'a[href="{PAGE}"]'), path


def test_later_edits_change_nothing_and_are_marked(app, call, closed, sysadmin):
    """The bytes stay; the page names what was changed, added and taken away."""
    before = [app.get(f"{PAGE}{ending}").data for ending in (".json", ".csv")]
    assert "cambió desde entonces" not in app.get("/plan/3").body
    assert "Nada: el plan está publicado" in app.get(PAGE).body
    call("commitment_update", sysadmin, code="3-11", version=2, irm_completion="completed")
    call("milestone_delete", sysadmin, code="3-11-H1", version=1)
    call("commitment_update", sysadmin, code="3-12", version=1, visibility="published")
    assert [app.get(f"{PAGE}{ending}").data for ending in (".json", ".csv")] == before
    page = BeautifulSoup(app.get(PAGE).body, "html.parser")
    later = [" ".join(each.text.split()) for each in page.select("section[aria-labelledby=later] li")]
    assert later == [
        "Compromiso 3-11: Avance, según el Mecanismo de Revisión Independiente",
        "Compromiso 3-12: se agregó",
        "Hito 3-11-H1: ya no está",
    ]
    assert "Limitado" in page.select_one("section[aria-labelledby=commitments]").text
    assert "cambió desde entonces" in app.get("/plan/3").body


def test_it_is_in_the_history(call, closed, sysadmin):
    """Who did it, when and why."""
    last = call("plan_history", sysadmin, code="3")[-1]
    assert last["reason"] == "Terminó su período"
    assert last["changes"]["closed"] == [None, local_today().isoformat()]


def refused(call, user, **data):
    """Return the fields for which a call is refused."""
    with pytest.raises(tk.ValidationError) as error:
        call("plan_close", user, **data)
    return list(error.value.error_dict)


@pytest.mark.parametrize("value", [None, "", "2018-07-01"])
def test_no_other_action_opens_it_again(call, closed, sysadmin, value):
    """What the verb wrote stays, whatever an update says of it."""
    held = call("plan_show", code="3")
    with pytest.raises(tk.ValidationError) as error:
        call("plan_update", sysadmin, code="3", version=held["version"], closed=value)
    assert list(error.value.error_dict) == ["closed"]
    assert call("plan_show", code="3") == held


def test_it_is_done_once(call, closed, sysadmin):
    """A second time there is nothing to do, whatever version one has read."""
    assert refused(call, sysadmin, code="3", version=2) == ["code"]
    assert refused(call, sysadmin, code="3", version=1) == ["version"]


@pytest.mark.parametrize(
    "values",
    [{"end": local_today().isoformat()}, {"end": None}, {"visibility": "draft"}],
    ids=["the last day is not over", "no last day", "draft"],
)
def test_it_is_done_after_the_end_of_what_is_published(app, call, sysadmin, values):
    """Not before; nothing is kept."""
    given = {
        "title": "Sexto",
        "start": "2020-01-01",
        "end": "2020-12-31",
        "visibility": "published",
        **values,
    }
    call("plan_create", sysadmin, code="6", **given)
    assert refused(call, sysadmin, code="6", version=1) == ["code"]
    assert app.get("/plan/6/cierre").status_code == 404


def test_nobody_else_may(call, organization_editor, told):
    """Neither the institution that leads a commitment nor a visitor."""
    for user in (organization_editor(institution="infom"), None):
        with pytest.raises(tk.NotAuthorized):
            call("plan_close", user, code="3", version=1)


def test_only_this_verb_writes_the_day(call, chain, sysadmin):
    """It is no field of the form."""
    with pytest.raises(tk.ValidationError) as error:
        call("plan_update", sysadmin, code="3", version=1, closed="2018-07-01")
    assert list(error.value.error_dict) == ["closed"]


def test_a_coordinator_does_it_by_a_button(call, coordinator, person, told):
    """The form asks for nothing but the reason; afterwards the button is gone."""
    someone = person(coordinator)
    _, page = someone.get("/plan/3")
    assert page.select_one('a[href="/plan/3/cerrar"]')
    assert someone.get("/plan/3/cerrar")[0] == 200
    status, _, address = someone.send("/plan/3/cerrar", version="1", reason="Fin")
    assert (status, address.endswith("/plan/3")) == (302, True)
    _, page = someone.get("/plan/3")
    assert not page.select_one('a[href="/plan/3/cerrar"]')
    assert someone.get("/plan/3/cerrar")[0] == 409
    assert someone.get(PAGE)[0] == 200


def test_what_is_cited_stays(app, call, closed, sysadmin):
    """The plan is neither deleted nor withdrawn; a corrected code leads from the old address."""
    for action, data in (("delete", {}), ("update", {"visibility": "draft"})):
        with pytest.raises(tk.ValidationError) as error:
            call(f"plan_{action}", sysadmin, code="3", version=2, **data)
        assert "su página al cierre" in error.value.error_dict["code"][0]
    before = app.get(f"{PAGE}.json").data
    call("code_replace", sysadmin, entity="plan", code="3", new_code="iii", version=2)
    assert app.get(PAGE, follow_redirects=False).headers["Location"].endswith("/plan/iii/cierre")
    assert app.get("/plan/iii/cierre.json").data == before


def test_the_questions_to_the_database_do_not_grow(app, call, closed, queries, sysadmin):
    """At most twelve for the kept page and for the plan's own."""
    for number in (20, 40):
        for each in range(number, number + 15):
            call(
                "commitment_create", sysadmin, code=f"3-{each}", plan="3", number=each, visibility="published"
            )
        for address in (PAGE, f"{PAGE}.json", "/plan/3"):
            with queries() as sent:
                assert app.get(address).status_code == 200
            assert len(sent) <= 12, (address, sent)


@pytest.mark.parametrize(
    ("address", "status"),
    [(f"{PAGE}.pdf", 404), (f"{PAGE}.json?q=1", 400), ("/plan/9/cierre", 404), ("/eje/3-3/cierre", 404)],
)
def test_nothing_else_is_kept(app, closed, address, status):
    """A wrong address is told so."""
    assert app.get(address).status_code == status
