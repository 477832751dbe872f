"""Data that is missing: who has to publish it, since when, and the dataset that closes the request."""

from __future__ import annotations

import datetime as dt

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pytest
from bs4 import BeautifulSoup
from ckanext.gobiernoabierto.entities.participation import local_today

CODE = "0115-D2"
CLOSE = "gobiernoabierto_data_request_close"


@pytest.fixture
def request_of(call, entities):
    """Make a published request of Villa Nueva."""

    def make(**values):
        told = {"title": "Lámparas apagadas", "municipality": "0115", "visibility": "published", **values}
        return call("gobiernoabierto_data_request_create", told)

    return make


def close(call, dataset, version=1, **more):
    """Close the request of Villa Nueva."""
    return call(CLOSE, {"code": CODE, "version": version, "dataset": dataset, **more})


def errors_of(call, action, values, **more):
    """Return the errors that a call is refused with."""
    with pytest.raises(tk.ValidationError) as raised:
        call(action, values, **more)
    return raised.value.error_dict


def page_of(app, path):
    """Return what a visitor reads."""
    return " ".join(app.get(path).body.split())


class TestClock:
    def test_page_says_for_how_long_it_has_been_open(self, request_of, app):
        """By itself, on its own page and on the problem's."""
        asked = (local_today() - dt.timedelta(45)).isoformat()
        assert request_of(problem="0115-P1", requested=asked)["code"] == CODE
        assert "Abierta desde hace 45 días" in page_of(app, f"/solicitud/{CODE}")
        problem = page_of(app, "/problema/0115-P1")
        assert "Datos que ayudan" in problem
        assert "Datos que faltan" in problem
        assert "Abierta desde hace 45 días" in problem

    def test_its_state_is_said_once(self, request_of, app):
        """A mark and a sentence that say the same are one."""
        request_of(problem="0115-P1", requested=local_today().isoformat())
        for path in (f"/solicitud/{CODE}", "/problema/0115-P1"):
            text = BeautifulSoup(app.get(path).body, "html.parser").select_one("main").text
            assert text.count("Abierta desde hace 0 días") == 1
            assert "Abierta Abierta" not in " ".join(text.split())

    def test_unknown_day_is_no_clock(self, request_of, app):
        """Nothing is counted that nobody knows."""
        request_of()
        assert "Abierta desde" not in page_of(app, f"/solicitud/{CODE}")

    def test_queries_do_not_grow_with_the_requests(self, request_of, app, queries):
        """A problem page asks the same for ten of them and for twenty."""
        counted = []
        for _ in range(2):
            for _ in range(10):
                request_of(problem="0115-P1", requested="2017-05-27")
            with queries() as sent:
                app.get("/problema/0115-P1")
            counted.append(len(sent))
        assert counted[0] == counted[1] <= 12


class TestClose:
    def test_dataset_that_names_the_problem_closes_it(self, call, request_of, linked, app):
        """Days, dataset and history say so; the problem has the data on its page."""
        asked = (local_today() - dt.timedelta(10)).isoformat()
        request_of(problem="0115-P1", requested=asked)
        dataset = call("package_create", linked)
        done = close(call, dataset["name"], reason="Se publicaron")
        assert (done["state"], done["closed_by"]) == ("closed", dataset["id"])
        assert done["closed"] == local_today().isoformat()
        page = page_of(app, f"/solicitud/{CODE}")
        assert "Estuvo abierta 10 días" in page
        assert dataset["title"] in page
        last = call("gobiernoabierto_data_request_history", code=CODE)[-1]
        assert last["changes"]["state"] == ["open", "closed"]
        assert last["changes"]["closed_by"] == [None, dataset["id"]]
        assert dataset["title"] in page_of(app, "/problema/0115-P1")

    def test_dataset_that_does_not_name_the_problem_does_not(self, call, request_of, dataset):
        """It has to say itself what it helps with."""
        request_of(problem="0115-P1")
        data = {"code": CODE, "version": 1, "dataset": dataset["id"]}
        assert "0115-P1" in errors_of(call, CLOSE, data)["dataset"][0]
        call("package_patch", {"id": dataset["id"], "problem": ["0115-P1"]})
        assert close(call, dataset["id"])["state"] == "closed"

    def test_without_a_problem_the_municipality_decides(self, call, request_of, fields, dataset):
        """Of the place that the data was asked of."""
        request_of()
        elsewhere = {"municipality": ["1307"], "workshop": ["ideaton-jacaltenango-2017"]}
        other = call("package_create", {**fields, **elsewhere})
        data = {"code": CODE, "version": 1, "dataset": other["id"]}
        assert list(errors_of(call, CLOSE, data)) == ["dataset"]
        assert close(call, dataset["id"])["state"] == "closed"

    @pytest.mark.parametrize("given", ["nobody", "", None, 5, ["x"], "a\0b", "x" * 5000])
    def test_what_is_no_dataset_is_refused(self, call, request_of, given):
        """Beside the field, and the request stays open."""
        request_of()
        data = {"code": CODE, "version": 1, "dataset": given}
        assert list(errors_of(call, CLOSE, data)) == ["dataset"]
        assert call("gobiernoabierto_data_request_show", code=CODE)["state"] == "open"

    @pytest.mark.parametrize("hidden", [{"private": True}, {"state": "draft"}])
    def test_hidden_dataset_is_like_none(self, call, request_of, linked, hidden):
        """In the same words: nobody learns that it is there."""
        request_of(problem="0115-P1")
        dataset = call("package_create", {**linked, **hidden})
        answers = [
            errors_of(call, CLOSE, {"code": CODE, "version": 1, "dataset": given})
            for given in (dataset["id"], "nobody")
        ]
        assert answers[0] == answers[1]

    def test_dataset_hidden_since_is_not_named(self, call, request_of, linked, app):
        """The request stays closed, and its page does not tell the title."""
        request_of(problem="0115-P1", requested="2017-05-27")
        dataset = call("package_create", {**linked, "title": "Xilofono"})
        close(call, dataset["id"])
        call("package_patch", {"id": dataset["id"], "private": True})
        for ending in ("", ".json", ".csv", ".ttl"):
            assert "Xilofono" not in app.get(f"/solicitud/{CODE}{ending}").body
        assert "ya no es público" in page_of(app, f"/solicitud/{CODE}")

    def test_only_an_open_one_is_closed_and_a_stale_version_is_told(self, call, request_of, linked):
        """Two who close it at once: the second learns of it."""
        request_of(problem="0115-P1")
        dataset = call("package_create", linked)
        stale = {"code": CODE, "version": 9, "dataset": dataset["id"]}
        assert list(errors_of(call, CLOSE, stale)) == ["version"]
        close(call, dataset["id"])
        assert list(errors_of(call, CLOSE, {**stale, "version": 2})) == ["code"]


OPENED = {"code": CODE, "state": "open", "state_reason": "No son estos datos"}


def open_again(call, version):
    """Open the request again, with its reason."""
    return call("gobiernoabierto_data_request_update", {**OPENED, "version": version})


def state_of(call):
    """Return the state of the request and the dataset that closed it."""
    shown = call("gobiernoabierto_data_request_show", code=CODE)
    return shown["state"], shown["closed_by"]


class TestPublishedForIt:
    def test_a_dataset_that_names_it_closes_it(self, call, request_of, fields, app):
        """The history says who, when and with what; the dataset's page leads to it, and it to the dataset."""
        request_of(problem="0115-P1")
        dataset = call("package_create", {**fields, "data_request": [CODE]})
        assert dataset["problem"] == ["0115-P1"]
        assert state_of(call) == ("closed", dataset["id"])
        last = call("gobiernoabierto_data_request_history", code=CODE)[-1]
        assert last["changes"]["state"] == ["open", "closed"]
        assert last["changes"]["closed_by"] == [None, dataset["id"]]
        assert last["user_id"]
        page = page_of(app, f"/solicitud/{CODE}")
        assert page.count(dataset["title"]) == 3
        assert "Datos publicados para ella" in page
        assert f'href="/solicitud/{CODE}"' in app.get(f"/dataset/{dataset['name']}").body

    def test_each_closing_is_told_with_its_dataset(self, call, request_of, linked, app):
        """Also the earlier one, of a request that was opened again; of what is not public now no title."""
        request_of(problem="0115-P1")
        told = [{"name": f"lamparas-{n}", "title": f"Lámparas {n}", "data_request": []} for n in (1, 2)]
        first, second = (call("package_create", {**linked, **each}) for each in told)
        close(call, first["id"])
        open_again(call, 2)
        call(CLOSE, {"code": CODE, "version": 3, "dataset": second["id"]})

        def story():
            page = BeautifulSoup(app.get(f"/solicitud/{CODE}").body, "html.parser")
            return page.select_one(".ga-story")

        links = [(link["href"], link.text) for link in story().select("a")]
        assert links == [(f"/dataset/{each['name']}", each["title"]) for each in (first, second)]
        assert "Abierta: No son estos datos" in " ".join(story().text.split())
        call("package_patch", {"id": first["id"], "private": True})
        assert first["title"] not in story().text
        assert "con un conjunto de datos que ya no es público" in " ".join(story().text.split())

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("hidden", "publishing"),
        [
            ({"state": "draft"}, ("gobiernoabierto_dataset_publish", {})),
            ({"private": True}, ("package_patch", {"private": False})),
            ({"private": True}, ("bulk_update_public", None)),
        ],
    )
    def test_not_before_it_is_public(self, call, request_of, fields, hidden, publishing):
        """A draft, and a private one, close nothing; the act that publishes them does."""
        request_of()
        made = call("package_create", {**fields, **hidden, "data_request": [CODE]})
        assert state_of(call) == ("open", None)
        action, values = publishing
        values = {"id": made["id"], **values} if values is not None else of_organization(made)
        call(action, values)
        assert state_of(call) == ("closed", made["id"])

    def test_an_edit_closes_none_that_was_opened_again(self, call, request_of, fields):
        """Somebody found that these are not the data: only who names it anew says otherwise."""
        request_of()
        dataset = call("package_create", {**fields, "data_request": [CODE]})
        open_again(call, 2)
        call("package_patch", {"id": dataset["id"], "notes": "Por colonia y año."})
        assert state_of(call) == ("open", None)
        call("package_patch", {"id": dataset["id"], "data_request": []})
        call("package_patch", {"id": dataset["id"], "data_request": [CODE]})
        assert state_of(call) == ("closed", dataset["id"])

    def test_the_first_one_closed_it(self, call, request_of, fields):
        """Another dataset for the same request changes nothing of that."""
        request_of()
        first = call("package_create", {**fields, "data_request": [CODE]})
        call("package_create", {**fields, "data_request": [CODE]})
        assert state_of(call) == ("closed", first["id"])
        assert call("gobiernoabierto_data_request_show", code=CODE)["version"] == 2

    def test_a_stranger_closes_none(self, call, request_of, fields, app):
        """Who was not asked may publish for it; who was closes it with that dataset."""
        request_of(problem="0115-P1")
        stranger = factories.User()["name"]
        made = factories.Organization(users=[{"name": stranger, "capacity": "editor"}])
        asked = {**fields, "owner_org": made["id"], "data_request": [CODE]}
        dataset = call("package_create", asked, user=stranger)
        assert state_of(call) == ("open", None)
        assert dataset["title"] in page_of(app, f"/solicitud/{CODE}")
        assert close(call, dataset["name"])["state"] == "closed"

    def test_nothing_is_closed_by_what_is_refused(self, call, request_of, fields):
        """Neither by a dataset that names a request of elsewhere nor by one that lacks something else."""
        request_of()
        unknown = {**fields, "data_request": ["1307-D1"]}
        assert list(errors_of(call, "package_create", unknown)) == ["data_request"]
        elsewhere = {"municipality": ["0108"], "workshop": [], "workshop_origin": "none"}
        for wrong in (elsewhere, {"notes": ""}):
            errors_of(call, "package_create", {**fields, **wrong, "data_request": [CODE]})
        assert state_of(call) == ("open", None)


def of_organization(dataset):
    """What a bulk update is given of one dataset."""
    return {"datasets": [dataset["id"]], "org_id": dataset["owner_org"]}


class TestStates:
    def test_declining_costs_a_reason(self, call, request_of):
        """Everybody reads it."""
        request_of()
        update, data = "gobiernoabierto_data_request_update", {"code": CODE, "version": 1}
        assert list(errors_of(call, update, {**data, "state": "declined"})) == ["state_reason"]
        declined = call(update, {**data, "state": "declined", "state_reason": "Lo prohíbe la ley"})
        assert declined["state"] == "declined"

    def test_no_ordinary_write_closes_it(self, call, request_of, dataset):
        """Neither without a dataset nor with one that nobody has looked at."""
        request_of()
        update = "gobiernoabierto_data_request_update"
        for more, field in (
            ({"state": "closed"}, "state"),
            ({"state": "closed", "closed_by": dataset["id"]}, "closed_by"),
            ({"closed": "2017-01-01"}, "closed"),
        ):
            assert list(errors_of(call, update, {"code": CODE, "version": 1, **more})) == [field]

    def test_closed_one_is_edited_and_opened_again(self, call, request_of, linked):
        """What the form sends back unchanged is no attempt to close it; a wrong dataset is taken away."""
        request_of(problem="0115-P1")
        closed = close(call, call("package_create", linked)["id"])
        update = "gobiernoabierto_data_request_update"
        form = {name: value for name, value in closed.items() if name not in ("created", "modified")}
        edited = call(update, {**form, "title": "Otras lámparas"})
        assert (edited["title"], edited["closed_by"]) == ("Otras lámparas", closed["closed_by"])
        assert list(errors_of(call, update, {**OPENED, "version": 3, "state_reason": ""})) == ["state_reason"]
        opened = open_again(call, 3)
        assert (opened["closed_by"], opened["closed"]) == (None, None)

    def test_opened_again_says_a_reason_of_its_own(self, call, request_of):
        """That of having been declined is another one; one that was open all the time needs none."""
        request_of()
        update = "gobiernoabierto_data_request_update"
        reason = {"state_reason": "Lo prohíbe la ley"}
        call(update, {"code": CODE, "version": 1, "state": "declined", **reason})
        for said in ({}, reason):
            errors = errors_of(call, update, {"code": CODE, "version": 2, "state": "open", **said})
            assert list(errors) == ["state_reason"]
        assert open_again(call, 2)["state"] == "open"
        assert call(update, {"code": CODE, "version": 3, "title": "Otras lámparas"})["state"] == "open"

    def test_day_that_has_not_come_is_refused(self, call, entities):
        """Beside the field."""
        tomorrow = (local_today() + dt.timedelta(1)).isoformat()
        data = {"title": "X", "municipality": "0115", "requested": tomorrow}
        assert list(errors_of(call, "gobiernoabierto_data_request_create", data)) == ["requested"]


def test_municipality_and_who_has_to_publish_may_close_it(call, request_of, linked):
    """And nobody else; a draft of it is not there for others."""
    call("gobiernoabierto_institution_create", {"code": "infom", "name": "INFOM", "visibility": "published"})
    request_of(problem="0115-P1", institution="infom")
    call("package_create", linked)
    roles = {"0115": {"municipality": "0115"}, "infom": {"institution": "infom"}}
    roles |= {"1307": {"municipality": "1307"}, "nobody": {}}
    found = {}
    for name, role in roles.items():
        user = factories.User()["name"]
        made = factories.Organization(users=[{"name": user, "capacity": "editor"}])
        if role:
            call("gobiernoabierto_organization_role_update", {"id": made["id"], **role})
        try:
            call(CLOSE, {"code": CODE, "version": 1, "dataset": "nobody"}, user=user)
        except tk.NotAuthorized:
            found[name] = False
        except tk.ValidationError:
            found[name] = True
    assert found == {"0115": True, "infom": True, "1307": False, "nobody": False}


def test_problem_is_kept_while_a_request_names_it(call, request_of):
    """Neither unpublished nor deleted, with the request's code in the answer."""
    request_of(problem="0115-P1")
    change = {"code": "0115-P1", "version": 1}
    assert CODE in errors_of(call, "gobiernoabierto_problem_delete", change)["code"][0]
