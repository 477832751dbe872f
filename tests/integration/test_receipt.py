"""``/recibo``: a code from paper, and what became of what it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ckan.tests.helpers import call_action

SECRET = "Un mapa que nadie ha leído todavía"


@pytest.fixture
def said(clean_site: None, clean_limits: None) -> Callable[..., str]:
    """Make a problem or an idea of Villa Nueva and return its code."""
    public = {"visibility": "published"}
    call_action("gobiernoabierto_department_create", code="01", name="Guatemala", **public)
    call_action(
        "gobiernoabierto_municipality_create", code="0115", name="Villa Nueva", department="01", **public
    )

    def make(kind: str = "idea", **values: Any) -> str:
        data = {"title": "Un mapa de lámparas", "municipality": "0115", **public, **values}
        return call_action(f"gobiernoabierto_{kind}_create", **data)["code"]

    return make


def text_of(answer: Any) -> str:
    """Return the body in one line."""
    return " ".join(answer.body.split())


def steps_of(app: Any) -> list[str]:
    """Return the steps of the first idea, as they are read."""
    page = text_of(app.get("/recibo?codigo=0115-I1"))
    listed = page[page.index('<ol class="ga-steps">') : page.index("</ol>", page.index("ga-steps"))]
    return [" ".join(re.sub("^[^>]*>|<[^>]+>", "", each).split()) for each in listed.split("<li")[1:]]


class TestStory:
    @pytest.mark.parametrize(
        "typed", ["0115-I1", "o115 il", "0115i1", "https://datos.example/recibo?codigo=0115-I1"]
    )
    def test_a_code_tells_its_story_in_four_steps(self, said: Any, app: Any, typed: str):
        """However a hand types it; the step where it is, is marked."""
        said(state="under_review")
        page = text_of(app.get("/recibo", query_string={"codigo": typed}))
        assert page.count('class="ga-step-') == 4
        here = page[page.index('aria-current="step"') :]
        assert here.startswith('aria-current="step"><strong>En estudio')
        assert 'href="/idea/0115-I1"' in page

    @pytest.mark.parametrize(
        ("kind", "state", "paid"),
        [
            ("idea", "declined", {"state_reason": "No se puede"}),
            ("idea", "done", {"evidence": [{"text": "Acta"}]}),
            ("idea", "accepted", {}),
            ("problem", "reported", {}),
            ("problem", "discarded", {"state_reason": "Repetido"}),
            ("problem", "solved", {"evidence": [{"text": "Acta"}]}),
        ],
    )
    def test_every_state_is_one_of_the_steps(self, said: Any, app: Any, kind: str, state: str, paid: Any):
        """No state leaves the citizen without a place."""
        code = said(kind, state=state, **paid)
        page = app.get("/recibo", query_string={"codigo": code}).body
        assert page.count('aria-current="step"') == 1

    def test_a_step_that_was_passed_over_is_not_told(self, said: Any, app: Any):
        """Received, then done: nobody studied it first, and nobody accepted it."""
        said()
        changed = {"state": "done", "evidence": [{"text": "Acta"}]}
        call_action("gobiernoabierto_idea_update", code="0115-I1", version=1, **changed)
        assert steps_of(app) == ["Recibida listo", "Realizada está aquí"]

    def test_a_step_is_named_by_what_it_was(self, said: Any, app: Any):
        """What only the draft had been is not told; what was declined has nothing to come."""
        said(state="accepted", visibility="draft")
        call_action("gobiernoabierto_idea_update", code="0115-I1", version=1, state="under_review")
        call_action("gobiernoabierto_idea_update", code="0115-I1", version=2, visibility="published")
        studied = ["Recibida listo", "En estudio está aquí", "Aceptada falta", "Realizada falta"]
        assert steps_of(app) == studied
        call_action("gobiernoabierto_idea_update", code="0115-I1", version=3, state="in_progress")
        walked = ["Recibida listo", "En estudio listo", "En marcha está aquí", "Realizada falta"]
        assert steps_of(app) == walked
        declined = {"state": "declined", "state_reason": "No se puede"}
        call_action("gobiernoabierto_idea_update", code="0115-I1", version=4, **declined)
        assert steps_of(app) == ["Recibida listo", "En estudio listo", "Rechazada está aquí"]

    def test_it_says_since_when_nobody_answers(self, said: Any, app: Any):
        """As the page of the idea does."""
        said(reported="2017-05-27")
        page = text_of(app.get("/recibo?codigo=0115-I1"))
        assert "Sin respuesta de la municipalidad desde el 27 de mayo de 2017" in page

    def test_it_gives_the_words_of_the_newest_answer(self, said: Any, app: Any):
        """As text with its lines, whatever the order in which the answers were written down."""
        newest = {"date": "2017-07-02", "office": "Obras", "text": "Se hará.\nEn julio <b>ya</b>."}
        older = {"date": "2017-06-01", "office": "Alumbrado", "text": "Lo estudiamos."}
        said(answers=[newest, older])
        page = app.get("/recibo?codigo=0115-I1").body
        assert '<p class="ga-lines">Se hará.\nEn julio &lt;b&gt;ya&lt;/b&gt;.</p>' in page
        assert "Respuesta de Obras, 2 de julio de 2017" in text_of(app.get("/recibo?codigo=0115-I1"))
        assert "Lo estudiamos" not in page


class TestHidden:
    def test_what_is_not_published_is_received_and_nothing_more(self, said: Any, app: Any):
        """Its text stays with those who review it."""
        said(title=SECRET, visibility="draft")
        page = text_of(app.get("/recibo?codigo=0115-I1"))
        assert "recibida, en revisión" in page
        assert SECRET not in page

    @pytest.mark.parametrize("typed", ["0115-I9", "hola", "<script>", "x" * 500])
    def test_an_unknown_code_gets_help(self, said: Any, app: Any, typed: str):
        """404, what a code looks like, and what was typed still in the field."""
        page = text_of(app.get("/recibo", query_string={"codigo": typed}, status=404))
        assert "los cuatro dígitos del municipio" in page
        assert "<script>" not in page

    def test_codes_cannot_be_tried_in_bulk(self, said: Any, app: Any):
        """After thirty in a minute an address has to wait, and is told so; the empty form stays."""
        caller = {"REMOTE_ADDR": "203.0.113.7"}
        answers = [
            app.get("/recibo", query_string={"codigo": f"0115-I{n}"}, environ_overrides=caller)
            for n in range(1, 33)
        ]
        assert [answer.status_code for answer in answers] == [404] * 30 + [429] * 2
        assert "espere un minuto" in text_of(answers[-1])
        assert int(answers[-1].headers["Retry-After"]) <= 60
        assert app.get("/recibo", environ_overrides=caller).status_code == 200
        assert app.get("/recibo?codigo=0115-I1").status_code == 404

    @pytest.mark.long
    @pytest.mark.ckan_config("ckanext.gobiernoabierto.site.proxies", 1)
    def test_behind_a_proxy_each_visitor_has_an_address(self, said: Any, make_app: Any):
        """The one that our own proxy tells; what a visitor adds before it is not believed."""
        app = make_app()
        made_up = ["198.51.100.7, 203.0.113.8"] * 31
        told = [{"X-Forwarded-For": each} for each in (*made_up, "203.0.113.9")]
        answers = [app.get("/recibo?codigo=0115-I8", headers=each).status_code for each in told]
        assert answers == [404] * 30 + [429, 404]

    @pytest.mark.long
    def test_without_a_proxy_nobody_chooses_an_address(self, said: Any, app: Any):
        """Anybody can send the header."""
        caller = {"REMOTE_ADDR": "203.0.113.10"}
        answers = [
            app.get(
                "/recibo?codigo=0115-I8", headers={"X-Forwarded-For": f"10.0.0.{n}"}, environ_overrides=caller
            ).status_code
            for n in range(31)
        ]
        assert answers == [404] * 30 + [429]
