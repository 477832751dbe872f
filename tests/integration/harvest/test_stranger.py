"""What another site says of its entities is a stranger's word: local rows win, and nonsense costs itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.tests.factories as factories
import ckan.tests.helpers as helpers
import pytest
from ckan import model
from ckan.plugins import toolkit as tk
from ckanext.gobiernoabierto.entities import codes, harvested, registry
from ckanext.gobiernoabierto.entities.history import HARVEST, History
from ckanext.gobiernoabierto.logic.harvest.origin import Origin, OriginError
from ckanext.gobiernoabierto.logic.harvest.plan import Plan, plan, task_of
from ckanext.gobiernoabierto.logic.harvest.write import KeptError, carry_out

GUATEMALA = {"code": "01", "name": "Guatemala", "iso_3166_2": "GT-01"}
VILLA_NUEVA = {"code": "0115", "name": "Villa Nueva", "department": "01"}
IDEA = {"code": "0115-I7", "title": "Un mapa", "municipality": "0115", "state": "received"}


@pytest.fixture
def other(clean_site: None, stranger: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Another site, which this one may harvest, with a department, a municipality and an idea."""
    monkeypatch.setitem(tk.config, "ckanext.gobiernoabierto.harvest.sites", [stranger.url])
    monkeypatch.setitem(tk.config, "ckanext.gobiernoabierto.fetch.open_networks", ["127.0.0.1"])
    stranger.answers.clear()
    stranger.asked.clear()
    stranger.says("/departamentos.json", [GUATEMALA])
    stranger.says("/municipios.json", [VILLA_NUEVA])
    stranger.says("/ideas.json", [IDEA])
    return stranger


@pytest.fixture
def harvest(other: Any) -> Callable[..., tuple[Plan, dict[str, Any]]]:
    """Do all that there is to do and return the plan, and {code: what came of it} as a job tells it."""
    user = factories.Sysadmin()["name"]

    def run(by: str = user) -> tuple[Plan, dict[str, Any]]:
        made, done = plan(Origin(other.url)), {}
        for task in made.tasks:
            try:
                done[task.code] = carry_out(task_of(task.text()), other.url, by)
            except (tk.ValidationError, tk.NotAuthorized, KeptError) as error:
                done[task.code] = error
            model.Session.rollback()
        return made, done

    return run


def idea(code: str = "0115-I7") -> Any:
    """Return an idea as it is stored here."""
    model.Session.expire_all()
    return codes.resolve(registry.entity_type("idea"), code).row


def published(entity: str, **values: Any) -> dict[str, Any]:
    """Publish an entity here."""
    return helpers.call_action(f"gobiernoabierto_{entity}_create", visibility="published", **values)


def test_what_is_read_says_where_it_is_from(harvest: Any, other: Any, app: Any):
    """In the history, in our table, and on its page, with a link to the one that is maintained."""
    assert set(harvest()[1].values()) == {True}
    row = model.Session.query(History).filter_by(subject="idea", verb="create").one()
    assert (row.origin, row.visibility) == (HARVEST, "published")
    assert other.url in row.reason
    assert harvested.of(registry.entity_type("idea"), "0115-I7").origin == other.url
    assert f'href="{other.url}/idea/0115-I7"' in app.get("/idea/0115-I7").body


def test_a_row_of_this_site_wins(harvest: Any):
    """It is told with the fields that differ; one that says the same is not worth a word."""
    published("department", **GUATEMALA)
    published("municipality", **{**VILLA_NUEVA, "name": "La de aquí"})
    made, done = harvest()
    assert made.kept == ["municipio 0115 (name)"]
    assert "municipio 0115 (name)" in next(made.told())
    assert done == {"0115-I7": True}
    shown = helpers.call_action("gobiernoabierto_municipality_show", code="0115")
    assert (shown["name"], shown["version"]) == ("La de aquí", 1)


def test_a_row_that_comes_between_wins_too(harvest: Any, other: Any):
    """Somebody makes it here after the other site was read, and before it is written."""
    harvest()
    other.says("/ideas.json", [IDEA, {**IDEA, "code": "0115-I8"}])
    made = plan(Origin(other.url))
    (task,) = made.tasks
    mine = published("idea", title="De aquí", municipality="0115")
    assert mine["code"] == "0115-I1"
    helpers.call_action(
        "gobiernoabierto_code_replace", entity="idea", code="0115-I1", new_code="0115-I8", version=1
    )
    with pytest.raises(KeptError):
        carry_out(task, other.url, factories.Sysadmin()["name"])
    assert idea("0115-I8").title == "De aquí"


def test_what_somebody_here_wrote_stays(harvest: Any, other: Any):
    """Field by field; the others follow the other site."""
    harvest()
    helpers.call_action("gobiernoabierto_idea_update", code="0115-I7", version=1, title="Mejor dicho")
    other.says("/ideas.json", [{**IDEA, "title": "Otro título", "description": "Con calles"}])
    assert harvest()[1] == {"0115-I7": True}
    assert (idea().title, idea().description) == ("Mejor dicho", "Con calles")
    assert harvest()[1] == {}


def test_what_somebody_here_deleted_does_not_come_back(harvest: Any, other: Any):
    """Not even when it changes there: codes are never used again."""
    harvest()
    helpers.call_action("gobiernoabierto_idea_delete", code="0115-I7", version=1)
    other.says("/ideas.json", [{**IDEA, "title": "Otro título"}])
    assert harvest()[1] == {"0115-I7": False}
    assert idea() is None


def test_what_vanishes_from_a_list_is_asked_for(harvest: Any, other: Any):
    """A list that lost its rows by mistake takes nothing away: only what its own page says."""
    harvest()
    other.says("/ideas.json", [])
    other.says("/idea/0115-I7.json", IDEA)
    assert harvest() == (Plan(), {})
    del other.answers["/idea/0115-I7.json"]
    assert harvest()[1] == {"0115-I7": True}
    assert idea().visibility == "draft"
    assert harvest() == (Plan(), {})
    other.says("/ideas.json", [IDEA])
    harvest()
    assert idea().visibility == "published"
    other.says("/ideas.json", [])
    other.answers["/idea/0115-I7.json"] = (410, "application/json", "{}")
    assert harvest()[1] == {"0115-I7": True}
    assert codes.resolve(registry.entity_type("idea"), "0115-I7").gone


def test_a_kind_that_the_other_site_does_not_have_is_no_loss(harvest: Any, other: Any):
    """An older version of the program, without that list, deletes nothing here."""
    harvest()
    del other.answers["/ideas.json"]
    assert harvest() == (Plan(), {})
    assert idea().visibility == "published"


@pytest.mark.long
@pytest.mark.parametrize(
    "row",
    [
        "no es una fila",
        None,
        [],
        {"title": "Sin código"},
        {**IDEA, "code": 7},
        {**IDEA, "code": "../../etc"},
        {**IDEA, "code": "a" * 101},
        {**IDEA, "title": "nul\0"},
        {**IDEA, "title": "\ud800"},
        {**IDEA, "description": "a" * (1 << 18)},
    ],
)
def test_what_is_no_row_is_left_out(harvest: Any, other: Any, row: Any):
    """The others are read."""
    other.says("/ideas.json", [row, {**IDEA, "code": "0115-I8"}])
    made, done = harvest()
    assert len(made.refused) == 1
    assert done["0115-I8"] is True
    assert idea() is None


@pytest.mark.long
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"state": "aprobadísima"}, "state"),
        ({"title": ["una", "lista"]}, "title"),
        ({"title": {"un": "objeto"}}, "title"),
        ({"title": ""}, "title"),
        ({"municipality": "9999"}, "municipality"),
        ({"reported": "3000-01-01"}, "reported"),
        ({"source": [{"a": 1}]}, "source"),
        ({"evidence": "texto"}, "evidence"),
        ({"answers": [{"date": "ayer", "office": "x", "text": "y"}]}, "answers"),
        ({"state": "declined"}, "state_reason"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(harvest: Any, other: Any, values: dict[str, Any], field: str):
    """By the same rules as what people write here, and the others are read."""
    other.says("/ideas.json", [{**IDEA, **values}, {**IDEA, "code": "0115-I8"}])
    done = harvest()[1]
    assert field in done["0115-I7"].error_dict
    assert done["0115-I8"] is True
    assert idea() is None


def test_what_is_not_of_the_form_is_not_read(harvest: Any, other: Any):
    """Who may write it, its version, numbers of people, fields of another version of the program."""
    extra = {"visibility": "draft", "version": 99, "created": "ayer", "owner": "yo", "attendance": [{"x": 1}]}
    other.says("/ideas.json", [{**IDEA, **extra, "title": "<script>alert(1)</script>"}])
    assert harvest()[1]["0115-I7"] is True
    row = idea()
    assert (row.visibility, row.version, row.title) == ("published", 1, "<script>alert(1)</script>")


@pytest.mark.long
@pytest.mark.parametrize(
    "answer",
    [
        (200, "application/json", "no es JSON"),
        (200, "application/json", "{}"),
        (200, "application/json", "[" * 100_000),
        (500, "text/plain", ""),
        (302, "http://127.0.0.1:1/ideas.json", ""),
        (302, "file:///etc/passwd", ""),
    ],
)
def test_a_site_that_cannot_be_read_changes_nothing(harvest: Any, other: Any, answer: tuple[int, str, str]):
    """Nothing is done by halves: what vanished may just not have been told."""
    harvest()
    other.says("/municipios.json", [])
    other.answers["/ideas.json"] = answer
    with pytest.raises(OriginError):
        harvest()
    assert idea().title == "Un mapa"


def test_a_private_network_is_not_asked(harvest: Any, other: Any, monkeypatch: pytest.MonkeyPatch):
    """Unless whoever runs the site has opened it."""
    monkeypatch.setitem(tk.config, "ckanext.gobiernoabierto.fetch.open_networks", [])
    with pytest.raises(OriginError, match="private network"):
        harvest()
    assert other.asked == []


@pytest.mark.parametrize(
    "url", ["http://otro.example.org", "http://a:b@{host}", "ftp://{host}", "{url}.evil.gt"]
)
def test_only_sites_that_are_named_may_be_read(other: Any, url: str):
    """Whatever a source says."""
    with pytest.raises(OriginError):
        Origin(url.format(url=other.url, host=other.url.removeprefix("http://")))
    assert Origin(f"{other.url}/catalog.ttl").site == other.url


def test_who_may_not_write_does_not_write_by_harvesting(harvest: Any):
    """The user of the job is asked for like any other."""
    done = harvest(factories.User()["name"])[1]
    assert {type(each) for each in done.values()} == {tk.NotAuthorized}
    assert idea() is None


def test_only_coordinators_write_what_another_site_maintains(harvest: Any, other: Any):
    """An editor of the municipality writes its own ideas, and not those that are maintained elsewhere."""
    harvest()
    mine = published("idea", title="De aquí", municipality="0115")
    editor = factories.User()
    members = [{"name": editor["name"], "capacity": "editor"}]
    of = factories.Organization(users=members)["id"]
    helpers.call_action("gobiernoabierto_organization_role_update", id=of, municipality="0115")
    context = {"user": editor["name"], "ignore_auth": False}

    def write(code: str) -> Any:
        asked = {"code": code, "version": 1, "title": "Otro"}
        return helpers.call_action("gobiernoabierto_idea_update", {**context}, **asked)

    assert write(mine["code"])["title"] == "Otro"
    with pytest.raises(tk.NotAuthorized):
        write("0115-I7")
    answer = {
        "entity": "idea",
        "code": "0115-I7",
        "version": 1,
        "text": "Sí",
        "office": "x",
        "date": "2017-01-01",
    }
    with pytest.raises(tk.NotAuthorized):
        helpers.call_action("gobiernoabierto_answer_create", {**context}, **answer)
    asked = {"id": of, "municipality": "0115", "coordinator": True}
    helpers.call_action("gobiernoabierto_organization_role_update", **asked)
    assert write("0115-I7")["title"] == "Otro"
