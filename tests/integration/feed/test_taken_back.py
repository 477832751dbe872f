"""The list of what an officer's organizations took back: she finds it again, and nobody else learns of it."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pytest
from bs4 import BeautifulSoup

ACTION = "gobiernoabierto_dataset_withdraw"
SAID = {"reason": "wrong_data", "note": "Faltaban colonias."}


@pytest.fixture
def items(app: Any, officer: dict[str, str]):
    """The list as the officer reads it: {title: its item}."""

    def read(path: str = "/retirados", headers: Any = officer) -> dict[str, Any]:
        answer = app.get(path, headers=headers)
        assert answer.status_code == 200
        page = BeautifulSoup(answer.body, "html.parser")
        return {each.h3.get_text(): each for each in page.select(".ga-taken-back > li")}

    return read


def words(item: Any) -> str:
    """What an item says."""
    return " ".join(item.get_text(" ").split())


def ways(item: Any) -> dict[str, str]:
    """Where its links lead."""
    return {each.get_text(): each["href"] for each in item.select("a")}


class TestTheOfficer:
    """Of the organization that published."""

    @pytest.mark.long
    def test_finds_what_was_taken_back(self, app: Any, call: Any, items: Any, dataset: Any, others: Any):
        """By its title, with the day, what is told of it, and where that is to be read."""
        app.get("/catalog.nt")
        assert items() == {}
        call(ACTION, id=dataset["id"], successor="otro-0", **SAID)
        app.get("/catalog.nt")
        (item,) = items().values()
        said = words(item)
        assert "Alumbrado público" in said
        assert "Retirado el " in said
        assert "Los datos están equivocados. Faltaban colonias." in said
        found = ways(item)
        assert found["Otro 0"] == "/dataset/otro-0"
        assert found["Ver lo que lee el público"] == f"/retirados/{dataset['name']}"
        assert found["Cambiar lo que se dice"] == f"/dataset/delete/{dataset['name']}"

    def test_reads_what_the_public_reads(self, app: Any, call: Any, gone: Any, dataset: Any, officer: Any):
        """The same page; its own address shows her the dataset."""
        app.get("/catalog.nt")
        call(ACTION, id=dataset["id"], **SAID)
        public = BeautifulSoup(gone(dataset["name"]).body, "html.parser").main
        answer = app.get(f"/retirados/{dataset['name']}", headers=officer)
        assert answer.status_code == 200
        assert BeautifulSoup(answer.body, "html.parser").main == public

    @pytest.mark.long
    def test_reads_on_its_page_what_she_said(
        self, app: Any, call: Any, dataset: Any, others: Any, officer: Any
    ):
        """In the words of the list; before anything is said she is asked to."""
        app.get("/catalog.nt")
        call(ACTION, id=dataset["id"], state="draft")

        def page() -> Any:
            answer = app.get(f"/dataset/{dataset['name']}", headers=officer)
            return BeautifulSoup(answer.body, "html.parser")

        assert ways(page())["Decir por qué, o qué ocupa su lugar"] == f"/dataset/delete/{dataset['name']}"
        call(ACTION, id=dataset["id"], successor="otro-0", **SAID)
        found = ways(page())
        assert "Los datos están equivocados. Faltaban colonias." in words(page())
        assert found["Otro 0"] == "/dataset/otro-0"
        assert found["Cambiar lo que se dice"] == f"/dataset/delete/{dataset['name']}"
        assert found["Ver lo que lee el público"] == f"/retirados/{dataset['name']}"
        assert "Decir por qué, o qué ocupa su lugar" not in found
        call("package_delete", id="otro-0")
        assert "Lo que ocupaba su lugar ya no es público: elija otro" in words(page())

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("state", "called", "way"),
        [
            ("draft", "borrador", "Seguir con el borrador"),
            ("private", "Privado", "Abrir su formulario"),
        ],
    )
    def test_is_offered_what_she_may_do(
        self, app: Any, call: Any, items: Any, dataset: Any, state: str, called: str, way: str
    ):
        """It depends on what has become of it."""
        app.get("/catalog.nt")
        call(ACTION, id=dataset["id"], state=state)
        (item,) = items().values()
        assert item.select_one(".ga-state").get_text() == called
        assert way in ways(item)
        assert not item.select("form")

    @pytest.mark.long
    def test_publishes_it_again_from_there(self, app: Any, call: Any, items: Any, dataset: Any, officer: Any):
        """What is deleted."""
        app.get("/catalog.nt")
        call(ACTION, id=dataset["id"])
        (item,) = items().values()
        assert [each["value"] for each in item.select("form button")] == ["publish", "draft"]
        app.post(item.form["action"], data={"save": "publish"}, headers=officer, follow_redirects=False)
        assert items() == {}
        assert app.get(f"/dataset/{dataset['name']}").status_code == 200

    def test_finds_a_deleted_draft_too(self, call: Any, items: Any, fields: Any, dataset: Any):
        """Of which nobody was told anything; a draft that is still one is on her own page."""
        call("package_create", **{**fields, "state": "draft", "title": "Sigue"})
        draft = call("package_create", **{**fields, "state": "draft", "title": "A medias"})
        call("package_delete", id=draft["id"])
        (item,) = items().values()
        assert "Nunca fue público" in words(item)
        assert "Retirado el" not in words(item)
        assert set(ways(item)) == {"A medias"}
        assert [each["value"] for each in item.select("form button")] == ["draft", "publish"]

    @pytest.mark.long
    def test_is_warned_when_what_took_its_place_is_gone(
        self, app: Any, call: Any, items: Any, dataset: Any, others: Any
    ):
        """By whatever way it went."""
        app.get("/catalog.nt")
        call(ACTION, id=dataset["id"], successor="otro-0")
        call("package_delete", id="otro-0")
        assert "Lo que ocupaba su lugar ya no es público: elija otro" in words(items()["Alumbrado público"])
        assert "Lo que ocupaba" not in words(items()["Otro 0"])

    def test_before_any_flush_too(self, app: Any, call: Any, items: Any, dataset: Any):
        """It went today."""
        app.get("/catalog.nt")
        call(ACTION, id=dataset["id"])
        (item,) = items().values()
        assert tk.h.gobiernoabierto_date(tk.h.gobiernoabierto_today()) in words(item)

    def test_gets_there_from_her_work_and_her_organization(
        self, app: Any, organization: Any, officer: Any, dataset: Any
    ):
        """A tab of each."""
        for path, way in (
            ("/dashboard/datasets", "/retirados"),
            (f"/organization/{organization['name']}", f"/retirados?organization={organization['name']}"),
        ):
            page = BeautifulSoup(app.get(path, headers=officer).body, "html.parser")
            assert way in [each["href"] for each in page.select(".nav-tabs a")]


class TestEverybodyElse:
    """Learns nothing of it."""

    @pytest.fixture
    def hidden(self, app: Any, call: Any, dataset: Any) -> str:
        """The name of a dataset that was taken back."""
        app.get("/catalog.nt")
        call(ACTION, id=dataset["id"])
        return str(dataset["name"])

    def test_a_visitor_is_asked_to_sign_in(self, app: Any, hidden: str, organization: Any):
        """And sees no way there."""
        for path in ("/retirados", f"/retirados/{hidden}"):
            answer = app.get(path, follow_redirects=False)
            assert (answer.status_code, "/user/login" in answer.location) == (302, True)
        assert "/retirados" not in app.get(f"/organization/{organization['name']}").body

    @pytest.mark.long
    def test_who_edits_elsewhere_sees_their_own(self, app: Any, hidden: str, items: Any, organization: Any):
        """Nor by the name of another organization, or of the dataset; 404 as for what never was."""
        user = factories.User()
        factories.Organization(users=[{"name": user["name"], "capacity": "editor"}])
        headers = {"Authorization": factories.APIToken(user=user["name"])["token"]}
        assert items(headers=headers) == {}
        for path in (
            f"/retirados?organization={organization['name']}",
            f"/retirados/{hidden}",
            "/retirados/nada",
            "/retirados/a%00b",
            "/retirados?page=7",
            "/retirados?page=x",
        ):
            assert app.get(path, headers=headers).status_code in (400, 404), path
        assert "/retirados?" not in app.get(f"/organization/{organization['name']}", headers=headers).body

    def test_a_plain_member_of_the_organization_changes_nothing(
        self, app: Any, hidden: str, items: Any, organization: Any
    ):
        """It is for those who may edit."""
        user = factories.User()
        member = {"id": organization["id"], "username": user["name"], "role": "member"}
        tk.get_action("organization_member_create")({"ignore_auth": True}, member)
        headers = {"Authorization": factories.APIToken(user=user["name"])["token"]}
        assert items(headers=headers) == {}


@pytest.mark.long
def test_it_comes_in_pages(app: Any, call: Any, items: Any, many: list[str], monkeypatch: Any):
    """What went last is first."""
    monkeypatch.setattr("ckanext.gobiernoabierto.views.taken_back.DATASETS", 2)
    for id in many:
        call("package_delete", id=id)
        app.get("/catalog.nt")
    found = [title for page in (1, 2, 3) for title in items(f"/retirados?page={page}")]
    assert found == [call("package_show", id=id)["title"] for id in reversed(many)]
