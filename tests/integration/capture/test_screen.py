"""The screen of live capture: what its script is told, and what its form does alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import ckan.tests.factories as factories
import pytest
from ckan.tests.helpers import call_action

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
SCREEN = "/taller/charla/captura"
JSON = {"Accept": "application/json"}
Call = Callable[..., Any]


STATUS = {"user": 401, "what": 403}
"""Field -> what is answered where it is none; 422 for the others."""


class TestScript:
    def test_a_line_is_saved_corrected_and_removed(self, post: Call, editor: Call, problems: Call):
        """Each answer has what the next one needs."""
        user = editor()
        line = post(user, key=KEY, what="problem", text="Calles oscuras")["line"]
        assert line == {"code": "0115-P1", "version": 1, "text": "Calles oscuras"}
        said = {"code": line["code"], "version": 1}
        assert post(user, do="update", text="Sin luz", **said)["line"]["version"] == 2
        assert post(user, do="delete", **{**said, "version": 2})["line"] is None
        assert problems() == []

    def test_what_it_does_not_know_is_told_as_json(self, post: Call, editor: Call):
        """A verb that there is not; a person without scripts reads a page."""
        assert "envíelo otra vez" in post(editor(), do="publish", status=400)["error"]
        assert "envíelo otra vez" in post(editor(), script=False, do="publish", status=400).body

    def test_a_resend_is_the_same_line(self, post: Call, editor: Call):
        """And with other words it is told what is stored."""
        user = editor()
        first = post(user, key=KEY, what="problem", text="Calles oscuras")
        assert post(user, key=KEY, what="problem", text="Calles oscuras") == first
        refused = post(user, key=KEY, what="problem", text="Sin luz", status=422)
        assert (refused["used"], refused["line"]["code"], refused["line"]["version"]) == (True, "0115-P1", 1)
        strange = post(editor(), key=KEY, what="problem", text="Sin luz", status=422)
        assert (strange["used"], strange["line"]) == (True, None)

    @pytest.mark.parametrize("text", ["", "x" * 251])
    def test_a_refusal_tells_what_is_stored_under_its_key(self, post: Call, editor: Call, text: str):
        """Nothing of a new line; of one whose answer was lost, what was saved: it may have to be removed."""
        user = editor()
        assert post(user, key=KEY, what="problem", text=text, status=422)["line"] is None
        post(user, key=KEY, what="problem", text="Sin luz")
        assert post(user, key=KEY, what="problem", text=text, status=422)["line"]["text"] == "Sin luz"

    @pytest.mark.long
    @pytest.mark.parametrize("name", ["text", "key", "what", "user"])
    def test_nul_is_refused_wherever_it_stands(self, post: Call, editor: Call, problems: Call, name: str):
        """In words that the script shows beside the line; what a new line has not is not looked at."""
        sent = {"key": KEY, "what": "problem", "text": "Calles oscuras", name: "a\0b"}
        assert post(editor(), **sent, status=STATUS.get(name, 422))["error"]
        assert problems() == []

    def test_a_stale_correction_is_told_what_is_stored(self, post: Call, editor: Call):
        """409, and nothing is lost of either."""
        user = editor()
        post(user, key=KEY, what="problem", text="Calles oscuras")
        call_action("gobiernoabierto_problem_update", code="0115-P1", version=1, title="Sin luz")
        refused = post(user, do="update", code="0115-P1", version=1, text="Otra", status=409)
        assert (refused["line"]["text"], refused["line"]["version"]) == ("Sin luz", 2)

    def test_a_problem_with_ideas_is_not_removed(self, post: Call, editor: Call):
        """The answer names them."""
        user = editor()
        post(user, key=KEY, what="problem", text="Calles oscuras")
        post(user, key=f"{KEY}-i", what="idea:0115-P1", text="Un mapa")
        refused = post(user, do="delete", code="0115-P1", version=1, status=422)
        assert "0115-I1" in refused["error"]

    @pytest.mark.long
    def test_a_line_of_somebody_else_is_not_there(self, post: Call, editor: Call):
        """Nor one that was not captured here, nor one that is gone."""
        post(editor(), key=KEY, what="problem", text="Calles oscuras")
        for code in ("0115-P1", "0115-P9", ""):
            assert post(editor(), do="update", code=code, version=1, text="x", status=404)["gone"]

    def test_a_line_that_was_published_is_corrected_on_its_page(
        self, post: Call, editor: Call, problems: Call
    ):
        """Not from a screen that does not say that everybody reads it."""
        user = editor()
        post(user, key=KEY, what="problem", text="Calles oscuras")
        call_action("gobiernoabierto_problem_update", code="0115-P1", version=1, visibility="published")
        for verb in ("update", "delete"):
            assert post(user, do=verb, code="0115-P1", version=2, text="x", status=422)["error"]
        assert problems()[0]["title"] == "Calles oscuras"

    def test_lines_of_another_account_are_not_saved_as_ones_own(
        self, post: Call, editor: Call, problems: Call
    ):
        """The script says whose they are."""
        other = editor()
        post(editor(), key=KEY, what="problem", text="x", user=other["id"], status=401)
        assert problems() == []

    @pytest.mark.parametrize("text", ["", " \n ", "\n".join("x" * 201)])
    def test_no_line_and_too_many_are_refused(self, post: Call, editor: Call, text: str):
        """With what to do."""
        assert "200" in post(editor(), key=KEY, what="problem", text=text, status=422)["error"]

    def test_a_session_that_ended_is_told_as_such(self, app: Any, workshop: None):
        """401 for the script, the way to sign in for a person."""
        answer = app.post(SCREEN, data={"text": "x"}, headers=JSON)
        assert (answer.status_code, bool(answer.json["error"])) == (401, True)
        assert app.get(SCREEN, headers=JSON).status_code == 401
        assert "/user/login" in app.get(SCREEN, follow_redirects=False).headers["Location"]

    def test_who_is_here_is_told_with_the_token_of_the_session(self, app: Any, token_of: Any, editor: Call):
        """So that the script goes on for the same person only."""
        user = editor()
        told = app.get(SCREEN, headers={"Authorization": token_of(user["name"]), **JSON}).json
        assert told["user"] == user["id"]
        assert told["token"]


class TestForm:
    def test_many_lines_are_saved_each_by_itself(self, post: Call, editor: Call, problems: Call):
        """A double click, or the button of the browser that sends again, adds nothing."""
        user = editor()
        form = {"key": KEY, "what": "problem", "text": "Calles oscuras\r\n\r\n  Sin agua \r\n"}
        for _ in range(2):
            answer = post(user, script=False, status=302, **form)
            assert SCREEN in answer.headers["Location"]
        assert [each["title"] for each in problems()] == ["Calles oscuras", "Sin agua"]

    def test_a_line_that_is_refused_comes_back_alone(self, post: Call, editor: Call):
        """With the reason, under a new key; the others are saved and shown."""
        long = "x" * 251
        form = {"key": KEY, "what": "idea", "text": f"Un mapa\n{long}\nMás luz"}
        body = post(editor(), script=False, status=422, **form).body
        assert re.search(r"<textarea[^>]*>([^<]*)</textarea>", body)[1] == long
        assert "tiene 251 caracteres" in body
        assert KEY + '"' not in body.split("<ol")[0]
        assert body.count('data-entity="idea"') == 2
        assert '<option value="idea" selected>' in body

    def test_a_correction_that_is_refused_stays_in_its_field(self, post: Call, editor: Call):
        """Beside the reason."""
        user = editor()
        post(user, script=False, status=302, key=KEY, what="problem", text="Calles oscuras")
        long = "y" * 251
        body = post(user, script=False, status=422, do="update", code="0115-P1", version="1", text=long).body
        assert f'value="{long}"' in body
        assert "tiene 251 caracteres" in body
        post(user, script=False, status=302, do="update", code="0115-P1", version="1", text="Sin luz")
        post(user, script=False, status=302, do="delete", code="0115-P1", version="2")
        body = post(user, script=False, status=404, do="update", code="0115-P1", version="2", text="A").body
        assert re.search(r"<textarea[^>]*>([^<]*)</textarea>", body)[1] == "A"

    def test_what_came_without_a_session_comes_back(self, app: Any, workshop: None):
        """All that was typed, and nothing of the workshop, which may be a draft."""
        call_action("gobiernoabierto_workshop_update", code="charla", version=1, visibility="draft")
        form = {"key": KEY, "what": "idea:0115-P1", "municipality": "0115", "text": "Uno\nDos"}
        answer = app.post(SCREEN, data=form)
        assert answer.status_code == 401
        assert "Uno\nDos</textarea>" in answer.body
        assert "idea:0115-P1" in answer.body
        assert "Charla" not in answer.body
        assert answer.headers["Cache-Control"] == "private, no-store"

    def test_markup_stays_text(self, post: Call, app: Any, token_of: Any, editor: Call):
        """In the list, in the choices and in what comes back."""
        user = editor()
        hostile = "</textarea><script>alert(1)</script>\"'"
        post(user, script=False, status=302, key=KEY, what="problem", text=hostile)
        again = post(user, script=False, status=422, key=KEY, what="problem", text=hostile + "x" * 251)
        for body in (again.body, app.get(SCREEN, headers={"Authorization": token_of(user["name"])}).body):
            assert "<script>alert" not in body
            assert "&lt;script&gt;alert(1)" in body

    @pytest.mark.long
    def test_the_screen_is_for_those_who_write_the_workshop(self, app: Any, token_of: Any, editor: Call):
        """Others find nothing; the page of the workshop leads only them there."""
        for user, status in ((factories.User(), 404), (editor("0101"), 404), (editor("0108"), 200)):
            headers = {"Authorization": token_of(user["name"])}
            assert app.get(SCREEN, headers=headers).status_code == status
            assert (SCREEN in app.get("/taller/charla", headers=headers).body) == (status == 200)
        assert SCREEN not in app.get("/taller/charla").body

    def test_the_first_municipality_is_chosen(self, post: Call, app: Any, token_of: Any, problems: Call):
        """Of those for which one may write; with one alone nothing is asked."""
        sysadmin = factories.Sysadmin()
        headers = {"Authorization": token_of(sysadmin["name"])}
        body = app.get(SCREEN, headers=headers).body
        assert re.findall(r'<option value="(0[0-9]{3})"', body) == ["0115", "0108"]
        post(sysadmin, key=KEY, what="problem", text="De Mixco", municipality="0108")
        assert problems()[0]["municipality"] == "0108"

    def test_an_earlier_code_of_the_workshop_still_works(self, post: Call, app: Any, token_of: Any):
        """A redirected form would lose what it sends; the browser's lines are looked for under both codes."""
        sysadmin = factories.Sysadmin()
        rename = {"entity": "workshop", "code": "charla", "new_code": "charla-2017", "version": 1}
        call_action("gobiernoabierto_code_replace", **rename)
        post(sysadmin, key=KEY, what="problem", text="Calles oscuras", municipality="0115")
        headers = {"Authorization": token_of(sysadmin["name"])}
        answer = app.get(SCREEN, headers=headers)
        assert 'data-codes="charla-2017 charla"' in answer.body
