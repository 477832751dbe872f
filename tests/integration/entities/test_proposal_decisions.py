"""Who decides about a proposal from home, what everybody reads after that, and what nobody reads before."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup
from ckan.tests import factories
from werkzeug.test import Client

SECRET = "zz9propuesta"


def text_of(answer: Any) -> str:
    """Return what a page says, in one line."""
    return " ".join(BeautifulSoup(answer.body, "html.parser").get_text(" ").split())


FORMATS = ("json", "csv", "xlsx", "ttl", "jsonld", "rdf", "nt", "atom")


class TestHidden:
    @pytest.mark.long
    @pytest.mark.parametrize("decision", [None, "reject"])
    def test_its_text_is_in_nothing_that_a_visitor_gets(
        self, citizen: Any, officer: Any, problem: Any, decision: str | None
    ):
        """Waiting or refused: pages, lists, every format, search, feeds, actions, map, receipt."""
        citizen.send(problem="0115-P1")
        citizen.send(entity="problem")
        if decision:
            for code in ("0115-I1", "0115-P2"):
                assert officer.decide(decision, code, reason="Repetida")[0] == 303
        lists = [f"/{name}.{ending}" for name in ("ideas", "problemas") for ending in FORMATS]
        places = ("municipio/0115", "problema/0115-P1", "idea/0115-I1", "problema/0115-P2", "departamento/01")
        ones = [f"/{place}.{ending}" for place in places for ending in FORMATS]
        filtered = [
            "/ideas?origin=home",
            "/ideas.csv?origin=home",
            "/problemas?q=lamparas",
            "/mapa",
            "/agenda",
        ]
        about = [
            f"/api/3/action/gobiernoabierto_{e}_{v}" for e in ("idea", "problem") for v in ("list", "show")
        ]
        asked = [f"{each}?code=0115-I1&q={SECRET}" for each in about if each.endswith("show")]
        asked += [
            f"/api/3/action/gobiernoabierto_idea_history?code={code}" for code in ("0115-I1", "0115-I2")
        ]
        asked += [
            f"/api/3/action/gobiernoabierto_autocomplete?entity={e}&q=l%C3%A1m" for e in ("idea", "problem")
        ]
        pages = ["/", "/ideas", "/problemas", *[f"/{place}" for place in places], "/buscar?q=lamparas"]
        pages += ["/recibo?codigo=0115-I1", "/recibo?codigo=0115-P2", "/proponer/recibo/0115-I1"]
        pages += ["/proponer?problema=0115-P2", "/seguir?kind=idea&code=0115-I1", "/propuestas", "/mapa.csv"]
        told = [
            path for path in (*lists, *ones, *filtered, *about, *asked, *pages) if self.tells(citizen, path)
        ]
        assert told == []

    @staticmethod
    def tells(citizen: Any, path: str) -> bool:
        """Tell whether a visitor reads the canary there."""
        answer = citizen.open(path)
        assert answer.status_code < 500, path
        return SECRET.encode() in answer.data

    def test_an_editor_does_read_it(self, citizen: Any, officer: Any):
        """The crawl can fail: in the list, on its page, and in what waits."""
        citizen.send()
        for path in ("/ideas", "/idea/0115-I1", "/propuestas"):
            assert SECRET in str(officer.get(path)[1]), path

    def test_the_receipt_says_what_is_known(self, citizen: Any, officer: Any):
        """Received; or not published, and why."""
        citizen.send()
        assert "recibida, en revisión" in text_of(citizen.open("/recibo?codigo=0115-I1"))
        officer.decide("reject", reason="Ya está en la 0115-I9")
        page = text_of(citizen.open("/recibo?codigo=0115-I1"))
        assert "no se publicó" in page
        assert "Ya está en la 0115-I9" in page


class TestDeciding:
    def test_an_editor_publishes_it_and_everybody_reads_where_it_is_from(
        self, citizen: Any, officer: Any, call: Any
    ):
        """On its page and in its data; its story begins today."""
        citizen.send()
        assert officer.decide("publish")[0] == 303
        assert "Propuesta desde casa" in text_of(citizen.open("/idea/0115-I1"))
        assert call("idea_show", code="0115-I1")["origin"] == "home"
        assert "home" in citizen.open("/ideas.csv").body
        assert "0115-I1" not in str(officer.get("/propuestas")[1].select_one("main"))
        assert "Recibida" in text_of(citizen.open("/recibo?codigo=0115-I1"))
        assert [
            each["user_id"] is None
            for each in call("idea_history", None, code="0115-I1")
            if "user_id" in each
        ] == []

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("role", "may"),
        [
            ({"municipality": "0115"}, True),
            ({"coordinator": True}, True),
            ({"municipality": "0108"}, False),
            ({"institution": "infom"}, False),
            ({}, False),
        ],
    )
    def test_only_those_decide_who_write_its_municipality(
        self, citizen: Any, person: Any, organization_editor: Any, role: dict[str, Any], may: bool
    ):
        """Others do not even learn that it is there."""
        citizen.send()
        somebody = person(organization_editor(**role))
        listed = SECRET in str(somebody.get("/propuestas")[1])
        status, _ = somebody.decide("publish")
        assert (listed, status == 303) == (may, may)
        assert (citizen.open("/idea/0115-I1").status_code == 200) is may

    def test_who_sends_it_publishes_nothing(self, citizen: Any, app: Any, person: Any):
        """A visitor is asked to sign in; an account without a role may not."""
        citizen.send()
        data = {"entity": "idea", "code": "0115-I1", "version": "1", "do": "publish"}
        answer = app.post("/propuestas", data=data, follow_redirects=False)
        assert "/user/login" in answer.headers["Location"]
        assert person(factories.User()["name"]).decide("publish")[0] == 403
        assert citizen.open("/idea/0115-I1").status_code == 404

    def test_not_to_publish_costs_a_reason(self, citizen: Any, officer: Any, call: Any, sysadmin: str):
        """Beside its field; then it waits no more and stays a draft."""
        citizen.send(entity="problem")
        status, page = officer.decide("reject", "0115-P1")
        assert status == 422
        assert "por qué no se publica" in page.select_one("#reason-0115-P1-error").text
        assert officer.decide("reject", "0115-P1", reason="Es de otro municipio")[0] == 303
        row = call("problem_show", sysadmin, code="0115-P1")
        assert (row["visibility"], row["state"], row["state_reason"]) == (
            "draft",
            "discarded",
            "Es de otro municipio",
        )
        assert call("proposal_list", sysadmin)["count"] == 0

    @pytest.mark.parametrize(
        ("decision", "told"), [("reject", "0115-I1 no se publica"), ("publish", "0115-I1 está publicada")]
    )
    def test_the_next_page_says_what_was_done_and_where_to_undo_it(
        self, citizen: Any, officer: Any, app: Any, decision: str, told: str
    ):
        """With a link to its page."""
        citizen.send()
        browser = Client(app.app)
        data = {"entity": "idea", "code": "0115-I1", "version": "1", "do": decision, "reason": "Repetida"}
        browser.post("/propuestas", data=data, headers=officer.headers)
        page = BeautifulSoup(browser.get("/propuestas", headers=officer.headers).text, "html.parser")
        message = page.select_one(".flash-messages")
        assert told in " ".join(message.text.split())
        assert message.select_one("a[href='/idea/0115-I1']")

    def test_nobody_is_told_that_only_one_person_reads_a_reason(self, citizen: Any, officer: Any):
        """Codes are consecutive: whoever writes one reads it."""
        citizen.send()
        status, page = officer.decide("reject")
        assert status == 422
        assert page.select_one("main").text.count("puede leer quien escriba el código") == 3
        assert "quien tiene el recibo" not in page.text
        assert "Quien escriba el código" in text_of(citizen.open("/proponer/recibo/0115-I1"))

    def test_of_two_who_decide_at_once_the_second_learns_of_it(self, citizen: Any, officer: Any, admin: Any):
        """409, and the reason that was typed is still there."""
        citizen.send()
        status, page = officer.decide("reject", version="7", reason="Mi motivo")
        assert status == 409
        assert page.select_one("#reason-0115-I1").text == "Mi motivo"
        admin.decide("publish")
        status, page = officer.decide("reject", reason="Mi motivo")
        assert status == 409
        assert "Mi motivo" in page.select_one("#errors").text

    def test_what_was_not_sent_from_home_is_not_decided_here(self, citizen: Any, officer: Any, call: Any):
        """The draft of a workshop is published where it is edited."""
        call("idea_create", factories.Sysadmin()["name"], title="Otra", municipality="0115")
        assert officer.decide("publish")[0] == 409
        assert citizen.open("/idea/0115-I1").status_code == 404

    def test_nobody_makes_or_takes_away_the_mark(self, citizen: Any, officer: Any, call: Any, sysadmin: str):
        """The site alone says where something is from."""
        citizen.send()
        for origin in ("", None, "workshop"):
            with pytest.raises(tk.ValidationError) as refused:
                call("idea_update", sysadmin, code="0115-I1", version=1, origin=origin)
            assert "origin" in refused.value.error_dict
        with pytest.raises(tk.ValidationError):
            call("idea_create", sysadmin, title="Otra", municipality="0115", origin="home")
        shown = call("idea_show", sysadmin, code="0115-I1")
        assert call("idea_update", sysadmin, code="0115-I1", version=1, title="Mejor", origin=shown["origin"])

    def test_what_waits_is_told_a_page_at_a_time(
        self, citizen: Any, call: Any, sysadmin: str, monkeypatch: pytest.MonkeyPatch, admin: Any
    ):
        """What came first stands first; a page that is none is a 400."""
        monkeypatch.setitem(tk.config, "ckanext.gobiernoabierto.entities.page_size", 2)
        for title in ("Una", "Dos", "Tres"):
            citizen.send(title=title)
        first, second = admin.get("/propuestas")[1], admin.get("/propuestas?page=2")[1]
        assert [[h.text for h in page.select("main h2")] for page in (first, second)] == [
            ["Una", "Dos"],
            ["Tres"],
        ]
        assert admin.get("/propuestas?page=x")[0] == 400
        with pytest.raises(tk.ValidationError):
            call("proposal_list", sysadmin, q="una")
