"""A dataset that was public and is not any more: who takes it back says why, and what takes its place."""

from __future__ import annotations

import datetime as dt
import itertools
import time
from typing import Any

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pyoxigraph
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan import model
from ckanext.gobiernoabierto.entities.history import History
from ckanext.gobiernoabierto.feed import flush, snapshot, wake, withdrawal
from ckanext.gobiernoabierto.feed.withdrawal import STEPS, Withdrawal

ACTION = "gobiernoabierto_dataset_withdraw"
SAID = {"reason": "wrong_data", "note": "La nueva versión trae las colonias."}
WORDS = "Los datos están equivocados. La nueva versión trae las colonias."

UNTOLD = {"error", "address", "deleted", "publisher"}
"""What JSON says of a dataset of which nobody said anything."""


def write(statement: str) -> None:
    """Write as nobody's hook would notice."""
    model.Session.execute(sa.text(statement))
    model.Session.commit()
    model.Session.expire_all()


class TestWhatIsTold:
    """The same on the page, in JSON and in RDF."""

    @pytest.fixture
    def withdrawn(self, app: Any, call: Any, dataset: dict[str, Any], others: Any) -> dict[str, Any]:
        """A dataset that was taken back for another one."""
        app.get(f"/dataset/{dataset['name']}.ttl")
        call(ACTION, id=dataset["id"], successor=others[0]["name"], **SAID)
        return dataset

    @pytest.mark.long
    def test_the_page_says_why_and_leads_on(self, gone: Any, withdrawn: dict[str, Any]):
        """By its name and by its id; not what it was called."""
        for word in (withdrawn["name"], withdrawn["id"]):
            page = BeautifulSoup(gone(word).body, "html.parser")
            text = page.main.get_text(" ", strip=True)
            assert WORDS in text
            assert page.select_one("main dd a")["href"] == "/dataset/otro-0"
            assert withdrawn["title"] not in page.get_text()

    @pytest.mark.long
    @pytest.mark.parametrize("ending", ["", "/download", "/download/datos.csv"])
    def test_the_address_of_a_file_says_the_same(
        self, gone: Any, app: Any, withdrawn: dict[str, Any], officer: Any, ending: str
    ):
        """As a page that is shown and styled; JSON to programs. Whoever may read it still gets there."""
        path = f"/resource/{withdrawn['resources'][0]['id']}{ending}"
        for word in (withdrawn["name"], withdrawn["id"]):
            answer = gone(word, path, Accept="text/html")
            assert WORDS in BeautifulSoup(answer.body, "html.parser").main.get_text(" ", strip=True)
            assert "Content-Disposition" not in answer.headers
            assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
        assert gone(withdrawn["name"], path, Accept="application/json").json["reason"] == WORDS
        inside = app.get(f"/dataset/{withdrawn['name']}{path}", headers=officer, follow_redirects=False)
        assert inside.status_code in (200, 302)
        nowhere = app.get(f"/dataset/nada{path}")
        assert (nowhere.status_code, "Content-Disposition" in nowhere.headers) == (404, False)

    @pytest.mark.long
    @pytest.mark.parametrize("ending", ["", ".json", "/resource/{file}", "/resource/{file}/download/a.csv"])
    def test_no_browser_keeps_that_it_is_gone(self, gone: Any, withdrawn: dict[str, Any], ending: str):
        """It may be published again; without a word of that a 410 is kept for ever."""
        ending = ending.format(file=withdrawn["resources"][0]["id"])
        stranger = factories.APIToken(user=factories.User()["name"])["token"]
        assert gone(withdrawn["name"], ending).cache_control.no_cache
        signed_in = gone(withdrawn["name"], ending, Authorization=stranger)
        assert signed_in.headers["Cache-Control"] == "private, no-store"

    @pytest.mark.long
    def test_programs_get_json(self, gone: Any, app: Any, withdrawn: dict[str, Any], others: Any):
        """At the same address, and at one of its own."""
        for answer in (
            gone(withdrawn["name"], Accept="application/json"),
            gone(withdrawn["name"], ".json"),
        ):
            assert (answer.json["cause"], answer.json["reason"]) == ("wrong_data", WORDS)
            assert answer.json["successor"].endswith(f"/dataset/{others[0]['id']}")
        lead = app.get("/dataset/otro-0.json", follow_redirects=False)
        assert (lead.status_code, "package_show" in lead.location) == (303, True)
        assert app.get("/dataset/nada.json").status_code == 404

    @pytest.mark.long
    @pytest.mark.parametrize("ending", ["ttl", "nt", "rdf", "jsonld"])
    def test_harvesters_get_a_tombstone(self, gone: Any, withdrawn: Any, others: Any, ending: str):
        """Strict RDF, of the dataset alone."""
        kinds = {
            "ttl": pyoxigraph.RdfFormat.TURTLE,
            "nt": pyoxigraph.RdfFormat.N_TRIPLES,
            "rdf": pyoxigraph.RdfFormat.RDF_XML,
            "jsonld": pyoxigraph.RdfFormat.JSON_LD,
        }
        triples = {
            each.triple
            for each in pyoxigraph.parse(gone(withdrawn["name"], f".{ending}").data, kinds[ending])
        }
        said = {each.predicate.value.rpartition("/")[2].rpartition("#")[2]: each.object for each in triples}
        assert {each.subject.value.rpartition("/")[2] for each in triples} == {withdrawn["id"]}
        assert said["type"].value == "https://www.w3.org/ns/activitystreams#Tombstone"
        assert said["isReplacedBy"].value.endswith(others[0]["id"])
        assert (said["summary"].value, said["summary"].language) == (WORDS, "es")
        assert said["status"].value.endswith("/WITHDRAWN")
        moment = gone(withdrawn["id"], ".json").json["deleted"]
        assert dt.datetime.fromisoformat(moment) == dt.datetime.fromisoformat(said["deleted"].value)
        assert dt.datetime.fromisoformat(moment).tzinfo

    def test_by_accept_too(self, gone: Any, withdrawn: dict[str, Any]):
        """At the address of the page, which is named in the feed."""
        answer = gone(withdrawn["id"], Accept="text/turtle")
        assert answer.content_type.startswith("text/turtle")
        assert "as:Tombstone" in answer.body

    @pytest.mark.long
    def test_whoever_may_edit_it_sees_it(self, app: Any, withdrawn: dict[str, Any], officer: Any):
        """And the way to what is told."""
        page = app.get(f"/dataset/{withdrawn['name']}", headers=officer)
        assert page.status_code == 200
        assert f"/dataset/delete/{withdrawn['name']}" in page.body

    @pytest.mark.long
    def test_who_is_signed_in_and_may_not_read_it_is_told_the_same(
        self, gone: Any, withdrawn: dict[str, Any]
    ):
        """The page is the one of everybody."""
        gone(withdrawn["name"])
        stranger = factories.APIToken(user=factories.User()["name"])["token"]
        assert WORDS in gone(withdrawn["name"], Authorization=stranger).body

    def test_nothing_said_nothing_told(self, gone: Any, app: Any, call: Any, dataset: dict[str, Any]):
        """By CKAN's own action there is no reason, and none is made up."""
        app.get(f"/dataset/{dataset['name']}.ttl")
        call("package_delete", id=dataset["id"])
        assert set(gone(dataset["name"], ".json").json) == UNTOLD
        assert "isReplacedBy" not in gone(dataset["name"], ".ttl").body
        assert "summary" not in gone(dataset["name"], ".ttl").body
        assert "sin dato" in gone(dataset["name"]).body

    @pytest.mark.long
    @pytest.mark.parametrize("ending", ["", ".ttl", ".json", "/schemaorg.jsonld", "/croissant.jsonld"])
    def test_what_was_hidden_is_gone_before_any_flush(
        self, app: Any, call: Any, gone: Any, dataset: Any, monkeypatch: pytest.MonkeyPatch, ending: str
    ):
        """The log still has it: somebody else flushes, or there is much to do."""
        app.get("/catalog.nt")
        monkeypatch.setattr(wake, "head_for_a_reader", snapshot.head)
        call(ACTION, id=dataset["id"], state="private", **SAID)
        answer = gone(dataset["name"], ending)
        assert "La nueva versión" in answer.body
        assert dataset["title"] not in answer.body
        call("package_patch", id=dataset["id"], private=False, name="otro-nombre")
        assert app.get(f"/dataset/{dataset['name']}").status_code == 404


class TestSuccessors:
    """What takes its place may be taken back itself."""

    @pytest.mark.long
    def test_are_followed_to_what_is_public(self, app: Any, call: Any, gone: Any, dataset: Any, others: Any):
        """A chain ends at what is there; where nothing is, nothing is told; in a ring neither."""
        names = [dataset["name"], *[each["name"] for each in others]]
        app.get("/catalog.nt")
        for name, heir in itertools.pairwise(names):
            call(ACTION, id=name, successor=heir)
        assert gone(names[0], ".json").json["successor"].endswith(others[2]["id"])
        call("package_delete", id=names[3])
        assert "successor" not in gone(names[0], ".json").json
        write(f"UPDATE gobiernoabierto_feed_withdrawal SET successor = '{dataset['id']}'")
        started = time.monotonic()
        assert "successor" not in gone(names[0], ".json").json
        assert time.monotonic() - started < STEPS

    @pytest.mark.long
    @pytest.mark.parametrize("given", ["nada", "alumbrado-publico", "otro-1", "a\0b"])
    def test_have_to_be_public_and_another_one(self, call: Any, dataset: Any, others: Any, given: str):
        """Else the error stands beside it, and nothing has happened."""
        call("package_patch", id="otro-1", private=True)
        with pytest.raises(tk.ValidationError) as error:
            call(ACTION, id=dataset["id"], successor=given)
        assert list(error.value.error_dict) == ["successor"]
        assert call("package_show", id=dataset["id"])["state"] == "active"

    @pytest.mark.long
    @pytest.mark.parametrize(
        "form",
        [
            "{name}",
            "{id}",
            " OTRO-0 ",
            "http://test.ckan.net/dataset/{name}",
            "/dataset/{id}/",
            "HTTP://test.ckan.net/Dataset/OTRO-0",
            "Iluminación 0",
            "  ILUMINACIO\u0301N 0 ",
        ],
    )
    def test_are_named_as_people_copy_them(self, call: Any, dataset: Any, others: Any, form: str):
        """Name, id, the address of the page, or the title, however it is typed."""
        call("package_patch", id="otro-0", title="Iluminación 0")
        assert call(ACTION, id=dataset["id"], successor=form.format(**others[0]))["successor"] == "otro-0"

    def test_are_no_guess_where_several_have_the_title(self, call: Any, dataset: Any, others: Any):
        """Not counted are the dataset itself, and what nobody may see."""
        for id in ("otro-0", "otro-1"):
            call("package_patch", id=id, title=dataset["title"])
        with pytest.raises(tk.ValidationError) as error:
            call(ACTION, id=dataset["id"], successor=dataset["title"])
        assert "Several" in error.value.error_dict["successor"][0]
        call("package_patch", id="otro-1", private=True)
        assert call(ACTION, id=dataset["id"], successor=dataset["title"])["successor"] == "otro-0"

    def test_by_its_name_is_meant_before_by_the_title_of_another(
        self, app: Any, call: Any, dataset: Any, others: Any, officer: Any
    ):
        """The list suggests nothing that would mean another one, and an address is no title."""
        call("package_patch", id="otro-1", title="Otro-0")
        call("package_patch", id="otro-2", title=dataset["name"])
        page = app.get(f"/dataset/delete/{dataset['name']}", headers=officer).body
        options = {each["value"] for each in BeautifulSoup(page, "html.parser").select("datalist option")}
        assert options == {"Otro 0", "otro-1", dataset["name"]}
        with pytest.raises(tk.ValidationError):
            call(ACTION, id=dataset["id"], successor=f"/dataset/{dataset['name']}")
        assert call(ACTION, id=dataset["id"], successor="otro-0")["successor"] == "otro-0"

    @pytest.mark.long
    @pytest.mark.parametrize("given", [{}, {"successor": " "}])
    def test_are_asked_for_where_one_replaces_it(self, call: Any, dataset: Any, given: dict[str, str]):
        """A reason that names nothing leads nobody on."""
        with pytest.raises(tk.ValidationError) as error:
            call(ACTION, id=dataset["id"], reason="replaced", **given)
        assert list(error.value.error_dict) == ["successor"]
        assert "another reason" in error.value.error_dict["successor"][0]
        assert call("package_show", id=dataset["id"])["state"] == "active"


class TestTheAction:
    """One commit, and what is told ends with it."""

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("state", "is_now"),
        [(None, ("deleted", False)), ("draft", ("draft", False)), ("private", ("active", True))],
    )
    def test_takes_back_by_any_state(
        self, app: Any, call: Any, gone: Any, dataset: Any, state: Any, is_now: Any
    ):
        """What is told does not depend on it."""
        app.get("/catalog.nt")
        call(ACTION, id=dataset["id"], **SAID, **({"state": state} if state else {}))
        package = model.Package.get(dataset["id"])
        assert (package.state, package.private) == is_now
        assert gone(dataset["name"], ".json").json["reason"] == WORDS

    def test_is_in_the_history(self, call: Any, dataset: dict[str, Any]):
        """Who said what, of whom nothing is told in public."""
        call(ACTION, id=dataset["id"], **SAID)
        row = model.Session.query(History).filter_by(subject="dataset", verb="withdraw").one()
        assert row.changes == {name: [None, value] for name, value in SAID.items()}
        assert (row.code, row.visibility) == (dataset["id"], "draft")
        assert row.user_id

    def test_corrects_what_is_told(self, app: Any, call: Any, gone: Any, dataset: dict[str, Any]):
        """Also to nothing: a sentence may hold what nobody should read."""
        app.get("/catalog.nt")
        call(ACTION, id=dataset["id"], **SAID)
        call(ACTION, id=dataset["id"], reason="other")
        assert gone(dataset["name"], ".json").json["reason"] == "Otro motivo"
        call(ACTION, id=dataset["id"])
        assert "reason" not in gone(dataset["name"], ".json").json
        assert model.Session.query(Withdrawal).count() == 0

    @pytest.mark.long
    @pytest.mark.parametrize(
        "comes_back",
        [
            lambda call, id: call("package_patch", id=id, state="active", private=False),
            lambda call, id: write(f"UPDATE package SET state = 'active', private = false WHERE id = '{id}'"),
        ],
        ids=["by action", "by SQL"],
    )
    def test_is_forgotten_when_it_comes_back(
        self, app: Any, call: Any, gone: Any, dataset: Any, comes_back: Any
    ):
        """And not told again when it goes without a word."""
        app.get("/catalog.nt")
        call(ACTION, id=dataset["id"], state="private", **SAID)
        gone(dataset["name"])
        comes_back(call, dataset["id"])
        assert app.get(f"/dataset/{dataset['name']}").status_code == 200
        model.Session.expire_all()
        call("package_delete", id=dataset["id"])
        assert set(gone(dataset["name"], ".json").json) == UNTOLD

    def test_a_purge_takes_the_sentence_along(self, app: Any, call: Any, gone: Any, dataset: Any):
        """What somebody wrote goes; the reason and what takes its place stay."""
        app.get("/catalog.nt")
        call(ACTION, id=dataset["id"], **SAID)
        call("dataset_purge", id=dataset["id"])
        assert gone(dataset["name"], ".json").json["reason"] == "Los datos están equivocados"

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("reason", "porque sí"),
            ("reason", ["other"]),
            ("note", "x" * 301),
            ("note", "no se\x07ve"),
            ("note", {"a": 1}),
            ("state", "active"),
            ("successor", ["otro"]),
            ("why", "otro"),
            ("id", ["a"]),
            ("id", None),
        ],
    )
    def test_a_bad_value_is_refused_at_its_place(self, call: Any, dataset: Any, name: str, value: Any):
        """And nothing has happened."""
        with pytest.raises(tk.ValidationError) as error:
            call(ACTION, **{"id": dataset["id"], name: value})
        assert list(error.value.error_dict) == [name]
        assert model.Package.get(dataset["id"]).state == "active"

    def test_what_never_was_public_is_told_of_nobody(self, app: Any, call: Any, fields: dict[str, Any]):
        """Not even that there was something."""
        draft = call("package_create", **{**fields, "state": "draft"})
        with pytest.raises(tk.ValidationError) as error:
            call(ACTION, id=draft["id"], **SAID)
        assert list(error.value.error_dict) == ["id"]
        assert app.get(f"/dataset/{draft['name']}").status_code == 404

    def test_is_for_those_who_may_edit_it(self, dataset: dict[str, Any]):
        """A hidden one is not there for others."""
        stranger = factories.User()["name"]
        context = {"user": stranger, "auth_user_obj": model.User.get(stranger)}
        with pytest.raises(tk.NotAuthorized):
            tk.get_action(ACTION)({**context}, {"id": dataset["id"]})
        write(f"UPDATE package SET private = true WHERE id = '{dataset['id']}'")
        with pytest.raises(tk.ObjectNotFound):
            tk.get_action(ACTION)({**context}, {"id": dataset["id"]})

    def test_of_what_is_not_there_nothing_is_told(self, app: Any, call: Any):
        """Nor to a sysadmin, whom no permission stops."""
        with pytest.raises(tk.ObjectNotFound):
            call(ACTION, id="nada")
        token = {"Authorization": factories.APIToken(user=factories.Sysadmin()["name"])["token"]}
        assert app.get("/dataset/delete/nada", headers=token).status_code == 404

    def test_what_fails_has_not_happened(self, call: Any, dataset: Any, monkeypatch: pytest.MonkeyPatch):
        """A draft that cannot be one tells nothing."""
        monkeypatch.setattr(withdrawal, "say", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            call(ACTION, id=dataset["id"], state="draft", **SAID)
        model.Session.expire_all()
        assert model.Package.get(dataset["id"]).state == "active"
        flush.flush()
        assert model.Session.query(History).filter_by(verb="withdraw").count() == 0
