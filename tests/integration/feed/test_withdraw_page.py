"""The page on which an officer takes a dataset back from the public."""

from __future__ import annotations

from typing import Any

import ckan.tests.factories as factories
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan import model

SAID = {"reason": "wrong_data", "note": "La nueva versión trae las colonias."}
WORDS = "Los datos están equivocados. La nueva versión trae las colonias."


class TestThePage:
    """Before a dataset is taken back, without scripts."""

    @pytest.mark.long
    def test_asks_and_takes_it_back(self, app: Any, gone: Any, dataset: Any, others: Any, officer: Any):
        """With what was chosen and typed."""
        app.get("/catalog.nt")
        path = f"/dataset/delete/{dataset['name']}"
        page = BeautifulSoup(app.get(path, headers=officer).body, "html.parser")
        names = {each.get("name") for each in page.select("#withdraw [name]")}
        assert {"state", "reason", "note", "successor", "cancel", "delete"} <= names
        assert [each["value"] for each in page.select("#withdraw [type=radio]")] == ["deleted", "draft"]
        assert {each["value"] for each in page.select("datalist option")} == {"Otro 0", "Otro 1", "Otro 2"}
        sent = {"state": "draft", **SAID, "successor": "otro-1", "delete": ""}
        done = app.post(path, data=sent, headers=officer, follow_redirects=False)
        assert done.status_code == 302
        assert gone(dataset["name"], ".json").json["reason"] == WORDS
        again = BeautifulSoup(app.get(path, headers=officer).body, "html.parser")
        assert again.select_one("textarea[name=note]").get_text().strip() == SAID["note"]
        assert again.select_one("[name=successor]")["value"] == "otro-1"
        assert again.select_one("[name=reason] [selected]")["value"] == "wrong_data"

    def test_comes_back_with_what_was_typed(self, app: Any, dataset: Any, officer: Any):
        """And says what is wrong, where."""
        sent = {"state": "deleted", "note": "Una frase", "successor": "nada", "delete": ""}
        answer = app.post(f"/dataset/delete/{dataset['name']}", data=sent, headers=officer)
        page = BeautifulSoup(answer.body, "html.parser")
        assert answer.status_code == 422
        assert [each["href"] for each in page.select("#errors a")] == ["#field-successor"]
        assert page.select_one("[name=note]").get_text().strip() == "Una frase"
        assert "título o la dirección de otro conjunto de datos público" in page.get_text()
        assert model.Package.get(dataset["id"]).state == "active"

    @pytest.mark.parametrize(
        "other", [{"successor": "nada"}, {"reason": "replaced", "successor": ""}], ids=["unknown", "none"]
    )
    def test_names_all_that_is_wrong_at_once(self, app: Any, dataset: Any, officer: Any, other: Any):
        """Each at its field, and nothing is taken back."""
        sent = {"state": "deleted", "note": "Larga. " * 60, "delete": "", **other}
        answer = app.post(f"/dataset/delete/{dataset['name']}", data=sent, headers=officer)
        page = BeautifulSoup(answer.body, "html.parser")
        assert answer.status_code == 422
        told = [each["href"] for each in page.select("#errors a")]
        assert told == ["#field-note", "#field-successor"]
        for href in told:
            assert page.select_one(href).find_parent(class_="form-group").select_one(".error-block")
        assert model.Package.get(dataset["id"]).state == "active"

    @pytest.mark.long
    def test_tells_how_long_the_sentence_may_be_and_cuts_nothing(
        self, app: Any, gone: Any, dataset: Any, officer: Any
    ):
        """A browser would cut what is pasted without a word; lines become one."""
        app.get("/catalog.nt")
        path = f"/dataset/delete/{dataset['name']}"

        def sent(note: str) -> BeautifulSoup:
            answer = app.post(path, data={"note": note, "delete": ""}, headers=officer)
            return BeautifulSoup(answer.body, "html.parser")

        long = "Traía las colonias mal.\r\n" * 50
        page = sent(long)
        field = page.select_one("textarea[name=note]")
        assert field.get_text().split() == long.split()
        assert "maxlength" not in field.attrs
        beside = field.find_parent(class_="form-group").get_text(" ", strip=True)
        assert "Como máximo 300 caracteres" in beside
        assert "El texto tiene 1,199 caracteres y caben 300" in beside
        assert [each["href"] for each in page.select("#errors a")] == ["#field-note"]
        sent("Traía mal\r\nlas colonias.\r\n")
        assert gone(dataset["name"], ".json").json["reason"] == "Traía mal las colonias."

    @pytest.mark.long
    def test_says_what_has_happened(self, app: Any, dataset: Any, officer: Any):
        """That it went, only when it went; what was written, only if something was."""
        path = f"/dataset/delete/{dataset['name']}"
        app.get("/catalog.nt")

        def said(**sent: str) -> str:
            answer = app.post(path, data={**sent, "delete": ""}, headers=officer)
            alert = BeautifulSoup(answer.body, "html.parser").select_one(".flash-messages .alert-success")
            return alert.get_text(" ", strip=True)

        assert said(state="draft") == "Ya no es público: su dirección lo dice"
        saved = "Se guardó lo que se dice de este conjunto de datos."
        assert [said(**SAID), said()] == [saved, saved]
        model.Session.expire_all()
        model.Session.execute(sa.text("UPDATE package SET state = 'active'"))
        model.Session.commit()
        assert said(**SAID) == "Ya no es público: su dirección lo dice, con lo que usted escribió aquí"

    def test_only_deletes_what_never_was_public(self, app: Any, call: Any, fields: Any, officer: Any):
        """There is nobody to be told why."""
        draft = call("package_create", **{**fields, "state": "draft"})
        path = f"/dataset/delete/{draft['name']}"
        assert "reason" not in app.get(path, headers=officer).body
        app.post(path, data={"delete": ""}, headers=officer, follow_redirects=False)
        assert model.Package.get(draft["id"]).state == "deleted"

    def test_is_for_those_who_may_edit_it(self, app: Any, call: Any, dataset: Any):
        """Visitors are asked to sign in, strangers are refused, and a hidden one is not there."""
        path = f"/dataset/delete/{dataset['name']}"
        assert app.get(path, follow_redirects=False).status_code == 302
        stranger = {"Authorization": factories.APIToken(user=factories.User()["name"])["token"]}
        assert app.get(path, headers=stranger).status_code == 403
        call("package_patch", id=dataset["id"], private=True)
        assert app.get(path, headers=stranger).status_code == 404
