"""Open proposals: what a citizen sends from home, what is refused, and what spam leaves behind."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan import model
from ckan.tests import factories
from ckanext.gobiernoabierto.entities.history import History

KEY = "5f0c1c9e-8d3b-4a57-9f5e-000000000001"
ADDRESSES = ("/proponer", "/proponer/recibo/0115-I1", "/propuestas")


def stored() -> int:
    """Return how many problems, ideas and rows about them there are."""
    tables = ("gobiernoabierto_problem", "gobiernoabierto_idea", "gobiernoabierto_counter")
    counts = [model.Session.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table in tables]
    return sum(counts) + model.Session.query(History).filter(History.subject.in_(["problem", "idea"])).count()


def text_of(answer: Any) -> str:
    """Return what a page says, in one line."""
    return " ".join(BeautifulSoup(answer.body, "html.parser").get_text(" ").split())


class TestOff:
    @pytest.mark.parametrize("path", ADDRESSES)
    def test_nothing_is_there(self, app: Any, admin: Any, path: str):
        """By default: 404 for everybody, and nothing is stored."""
        assert app.get(path, follow_redirects=False).status_code == 404
        assert admin.get(path)[0] == 404
        assert app.post("/proponer", data={"entity": "idea"}).status_code == 404
        assert admin.send("/propuestas", entity="idea", code="0115-I1", do="publish")[0] == 404
        assert stored() == 0

    def test_nothing_links_to_it(self, app: Any, officer: Any, admin: Any, problem: Any):
        """No page of a visitor, and no header of an editor or of a sysadmin."""
        pages = [app.get(path).body for path in ("/", "/municipio/0115", f"/problema/{problem['code']}")]
        pages += [str(person.get("/municipio/0115")[1]) for person in (officer, admin)]
        assert not [page for page in pages if "/proponer" in page or "/propuestas" in page]

    def test_no_action_takes_or_lists_any(self, call: Any, sysadmin: str, territory: None):
        """Not even for a visitor with the right words, nor for a sysadmin."""
        editor = factories.User()["name"]
        asked = [("proposal_create", None), ("proposal_create", sysadmin)]
        for name, user in (*asked, ("proposal_list", editor), ("proposal_list", sysadmin)):
            with pytest.raises(tk.NotAuthorized):
                call(name, user, entity="idea", municipality="0115", title="Una")
        assert stored() == 0


class TestSending:
    @pytest.mark.parametrize(("entity", "code"), [("idea", "0115-I1"), ("problem", "0115-P1")])
    def test_it_is_a_draft_of_nobody_with_one_row_of_history(
        self, citizen: Any, call: Any, sysadmin: str, entity: str, code: str
    ):
        """Marked as sent from home, said today; the receipt follows."""
        answer = citizen.send(entity=entity)
        assert answer.status_code == 303
        assert answer.headers["Location"].endswith(f"/proponer/recibo/{code}")
        row = call(f"{entity}_show", sysadmin, code=code)
        assert (row["visibility"], row["origin"], row["municipality"]) == ("draft", "home", "0115")
        assert row["title"] == citizen.SENT["title"]
        assert row["reported"] == tk.h.gobiernoabierto_today()
        (told,) = call(f"{entity}_history", sysadmin, code=code)
        assert (told["verb"], told["origin"], told["user_id"]) == ("create", "proposal", None)

    def test_who_is_signed_in_is_not_written_down_either(self, citizen: Any, officer: Any, call: Any):
        """The history names nobody."""
        assert officer.send("/proponer", **citizen.SENT)[0] == 303
        assert model.Session.query(History).filter_by(subject="idea").one().user_id is None

    def test_the_page_asks_for_no_personal_data(self, citizen: Any):
        """It says so, asks to write none, and has no field for any."""
        page = citizen.open("/proponer")
        assert "No le preguntamos quién es" in text_of(page)
        assert "No escriba nombres, teléfonos" in text_of(page)
        names = {each["name"] for each in BeautifulSoup(page.body, "html.parser").select("main [name]")}
        assert names - {"_csrf_token"} == set(citizen.SENT)
        assert "Set-Cookie" not in page.headers

    @pytest.mark.parametrize(
        "typed", ["villa nueva", "Villa Nueva, Guatemala (0115)", "0115", "Vílla nueva "]
    )
    def test_a_municipality_is_typed_as_people_do(self, citizen: Any, typed: str):
        """Its name with or without accents and department, its code, or what the browser offers."""
        assert citizen.send(municipality=typed).status_code == 303

    def test_one_of_several_is_chosen(self, citizen: Any, call: Any, sysadmin: str):
        """Without a script: they are offered, and nothing that was typed is lost."""
        others = {"department": "14", "visibility": "published"}
        call("municipality_create", sysadmin, code="1499", name="Villa Nueva", **others)
        answer = citizen.send()
        assert answer.status_code == 422
        page = BeautifulSoup(answer.body, "html.parser")
        assert [each["value"] for each in page.select("input[name=choice]")] == ["0115", "1499"]
        assert page.select_one("[name=title]")["value"] == citizen.SENT["title"]
        assert citizen.send(choice="1499").headers["Location"].endswith("/1499-I1")

    def test_an_idea_is_for_a_published_problem_of_its_municipality(
        self, citizen: Any, call: Any, sysadmin: str, problem: Any
    ):
        """Its page leads to the form, which has it; the code is read as a hand writes it."""
        assert "/proponer?problema=0115-P1" in citizen.open("/problema/0115-P1").body
        page = BeautifulSoup(citizen.open("/proponer?problema=0115-P1").body, "html.parser")
        assert page.select_one("[name=problem]")["value"] == "0115-P1"
        assert page.select_one("[name=municipality]")["value"] == "Villa Nueva (0115)"
        assert page.select_one("[name=entity][checked]")["value"] == "idea"
        assert page.select_one("datalist option[value='0115-P1']") is not None
        assert citizen.send(problem="o115 p1").status_code == 303
        assert call("idea_show", sysadmin, code="0115-I1")["problem"] == "0115-P1"

    def test_the_receipt_has_its_code_and_not_its_text(self, citizen: Any):
        """With a QR code, to print; no cache keeps it."""
        citizen.send()
        answer = citizen.open("/proponer/recibo/0115-I1")
        assert "0115-I1" in text_of(answer)
        assert "<svg" in answer.body
        assert citizen.SECRET not in answer.body
        assert answer.headers["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize("typed", ["0115-i1", "0115i1", "115I1", "O115-I1"])
    def test_a_receipt_is_found_as_hands_write_its_code(self, citizen: Any, typed: str):
        """As at ``/recibo``."""
        citizen.send()
        answer = citizen.open(f"/proponer/recibo/{typed}")
        assert answer.status_code == 200
        assert "0115-I1" in text_of(answer)

    @pytest.mark.parametrize(
        "code", ["0115-I0", "0115-I2", "0115-P1", "0115-P2", "9999-I1", "0115-X1", "hola"]
    )
    def test_there_is_no_receipt_of_what_was_not_sent(
        self, citizen: Any, problem: Any, call: Any, sysadmin: str, code: str
    ):
        """Nor of what was said at a workshop, published or not."""
        citizen.send()
        call("problem_create", sysadmin, title="Otro", municipality="0115")
        answer = citizen.open(f"/proponer/recibo/{code}")
        assert answer.status_code == 404
        assert "La recibimos" not in answer.body

    @pytest.mark.parametrize("decision", ["publish", "reject"])
    def test_what_is_decided_is_told_by_its_story(self, citizen: Any, officer: Any, decision: str):
        """The receipt leads there instead of saying that somebody will read it."""
        citizen.send()
        assert officer.decide(decision, reason="Repetida")[0] == 303
        answer = citizen.open("/proponer/recibo/0115i1")
        assert answer.status_code == 303
        assert answer.headers["Location"].endswith("/recibo?codigo=0115-I1")

    def test_codes_cannot_be_tried_in_bulk_here_either(self, citizen: Any):
        """They count with those of ``/recibo``."""
        tried = [f"/proponer/recibo/0115-I{n}" for n in range(15)] + ["/recibo?codigo=0115-I9"] * 15
        assert {citizen.open(path).status_code for path in tried} == {404}
        assert citizen.open("/proponer/recibo/0115-I99").status_code == 429
        assert citizen.open("/recibo?codigo=0115-I99").status_code == 429


class TestTwice:
    def test_a_form_has_a_key_and_sent_twice_makes_one(self, citizen: Any, call: Any, sysadmin: str):
        """Each form another key; both answers lead to the one receipt."""
        keys = {
            BeautifulSoup(citizen.open("/proponer").body, "html.parser").select_one("[name=key]")["value"]
            for _ in range(2)
        }
        assert len(keys) == 2
        key = keys.pop()
        answers = [citizen.send(key=key) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [303] * 3
        assert {answer.headers["Location"].rpartition("/")[2] for answer in answers} == {"0115-I1"}
        assert call("idea_list", sysadmin, municipality="0115")["count"] == 1

    def test_a_key_stays_with_a_form_that_comes_back(self, citizen: Any):
        """What is corrected is the same proposal."""
        page = BeautifulSoup(citizen.send(key=KEY, title="").body, "html.parser")
        assert page.select_one("[name=key]")["value"] == KEY
        assert citizen.send(key=KEY).headers["Location"].endswith("/0115-I1")

    def test_another_text_is_another_proposal(self, citizen: Any):
        """Somebody goes back in the browser and writes a second one."""
        sent = [
            citizen.send(key=KEY, title=title).headers["Location"][-7:] for title in ("Una", "Dos", "Una")
        ]
        assert sent == ["0115-I1", "0115-I2", "0115-I1"]

    def test_at_the_same_moment_too(self, citizen: Any, call: Any, sysadmin: str):
        """The second waits for the first."""
        with ThreadPoolExecutor(2) as both:
            sent = list(both.map(lambda _: citizen.send(key=KEY), range(2)))
        assert {answer.headers["Location"].rpartition("/")[2] for answer in sent} == {"0115-I1"}
        assert call("idea_list", sysadmin, municipality="0115")["count"] == 1

    @pytest.mark.parametrize("key", ["", "x", "<script>alert(1)</script>", "a\0b-----------", "x" * 81])
    def test_what_can_be_no_key_is_none(self, citizen: Any, key: str):
        """The proposal is taken, and nothing of it comes back."""
        assert citizen.send(key=key).status_code == 303
        page = BeautifulSoup(citizen.send(key=key, title="").body, "html.parser")
        assert page.select_one("[name=key]")["value"] != key

    def test_a_program_says_a_key_too(self, citizen: Any, call: Any, sysadmin: str):
        """As for lines of a workshop: other words under it are refused, and what is deleted stays so."""
        said = {"entity": "idea", "municipality": "0115", "title": "Una", "key": KEY}
        assert [call("proposal_create", **said)["code"] for _ in range(2)] == ["0115-I1"] * 2
        with pytest.raises(tk.ValidationError) as refused:
            call("proposal_create", **{**said, "title": "Dos"})
        assert "key" in refused.value.error_dict
        call("idea_delete", sysadmin, code="0115-I1", version=1)
        with pytest.raises(tk.ValidationError) as refused:
            call("proposal_create", **said)
        assert "key" in refused.value.error_dict

    def test_what_was_sent_is_answered_when_no_more_may_be(self, citizen: Any):
        """The second tap of the last one leads to its receipt, not to a wall."""
        sent = [citizen.send(key=f"clave-del-formulario-{n}").status_code for n in range(20)]
        assert sent == [303] * 20
        assert citizen.send(key="clave-del-formulario-19").status_code == 303
        assert citizen.send(key="clave-del-formulario-20").status_code == 429


BAD = [
    ("entity", None, "entity"),
    ("entity", "workshop", "entity"),
    ("municipality", "", "municipality"),
    ("municipality", "Atlántida", "municipality"),
    ("municipality", "9999", "municipality"),
    ("title", "", "title"),
    ("title", None, "title"),
    ("title", "x" * 251, "title"),
    ("title", "dos\nlíneas", "title"),
    ("title", "al\u202erevés", "title"),
    ("description", "x" * 2001, "description"),
    ("description", "una \x07 campana", "description"),
    ("problem", "0115-P99", "problem"),
    ("problem", "<script>", "problem"),
    ("code", "0115-I77", "code"),
    ("visibility", "published", "visibility"),
    ("origin", "", "origin"),
    ("state", "done", "state"),
    ("answers-0-text", "Sí", "answers-0-text"),
]


class TestBadInput:
    @pytest.mark.long
    @pytest.mark.parametrize(("name", "value", "wrong"), BAD)
    def test_it_comes_back_with_what_was_typed(self, citizen: Any, name: str, value: Any, wrong: str):
        """422, the error beside the field, nothing stored, the numbering where it was."""
        before = stored()
        answer = citizen.send(**{name: value})
        assert answer.status_code == 422
        page = BeautifulSoup(answer.body, "html.parser")
        assert f"#field-{wrong}" in [link["href"] for link in page.select("#errors a")]
        if wrong in citizen.SENT:
            assert page.select_one(f"#field-{wrong}-error").get_text(strip=True)
        if name != "description":
            assert page.select_one("textarea").text.strip("\n") == citizen.SENT["description"]
        kept = page.select_one(f"main [name={name}]:not([type=radio])") if name in citizen.SENT else None
        if kept is not None:
            assert (kept.get("value") if kept.name == "input" else kept.text.strip("\n")) == (value or "")
        assert stored() == before

    def test_problems_of_elsewhere_and_drafts_are_none(self, citizen: Any, call: Any, sysadmin: str):
        """A draft in the words for a wrong code, also for whoever could see it."""
        call("problem_create", sysadmin, title="Uno", municipality="0108", visibility="published")
        for _ in range(2):
            call("problem_create", sysadmin, title=citizen.SECRET, municipality="0115")
        elsewhere, draft = citizen.send(problem="0108-P1"), citizen.send(problem="0115-P2", title="Otra")
        assert "Este problema es de otro municipio" in text_of(elsewhere)
        none = citizen.send(problem="0115-P9", title="Otra")
        assert text_of(draft).replace("0115-P2", "") == text_of(none).replace("0115-P9", "")
        assert citizen.send(entity="problem", problem="0108-P1").status_code == 422

    @pytest.mark.long
    @pytest.mark.parametrize("name", ["entity", "municipality", "problem", "title", "description"])
    @pytest.mark.parametrize("value", ["x" * 10_000_000, "a\0b"], ids=["ten megabytes", "NUL"])
    def test_what_no_text_can_be_is_told_in_the_form(self, citizen: Any, name: str, value: str):
        """Nothing is made of it, and the rest of what was typed is there."""
        before = stored()
        answer = citizen.send(**{name: value})
        assert answer.status_code == 422
        kept = "title" if name != "title" else "description"
        assert citizen.SENT[kept].splitlines()[0] in answer.body
        assert stored() == before

    @pytest.mark.parametrize("title", ["<b>¿Luz?</b> & agua", "=1+1", "Más árboles 🌳", "@SUM(A1)"])
    def test_what_is_only_text_is_kept_as_it_is(self, citizen: Any, call: Any, sysadmin: str, title: str):
        """HTML and formulas are text; the pages escape, and workbooks hold no formula."""
        assert citizen.send(title=title).status_code == 303
        assert call("idea_show", sysadmin, code="0115-I1")["title"] == title


class TestSpam:
    def test_who_fills_in_the_hidden_field_gets_the_form_again(self, citizen: Any):
        """All that was typed, the field empty, and what to do; nothing is stored and no number used up."""
        before = stored()
        for _program_that_fills_it_again in range(2):
            answer = citizen.send(remark="https://spam.example")
            assert answer.status_code == 422
            page = BeautifulSoup(answer.body, "html.parser")
            assert "se llenó solo: envíelo otra vez" in page.select_one("main > [role=alert]").text
            assert page.select_one("[name=remark]")["value"] == ""
            assert page.select_one("[name=title]")["value"] == citizen.SENT["title"]
            assert page.select_one("textarea").text.strip("\n") == citizen.SENT["description"]
            assert page.select("#errors") == []
        assert stored() == before
        assert citizen.send().headers["Location"].endswith("/0115-I1")

    def test_no_telephone_knows_the_hidden_field(self, citizen: Any):
        """Autofill goes by names; who reads with the ears or moves by keyboard does not meet it."""
        field = BeautifulSoup(citizen.open("/proponer").body, "html.parser").select_one("[name=remark]")
        assert (field["autocomplete"], field["tabindex"]) == ("off", "-1")
        assert field.find_parent(attrs={"aria-hidden": "true"})

    @pytest.mark.long
    def test_an_address_sends_so_many_in_an_hour(self, citizen: Any, app: Any):
        """Then it waits, and what was typed is still there; nobody else waits. Mistakes do not count."""
        assert {citizen.send(title="").status_code for _ in range(21)} == {422}
        assert {citizen.send().status_code for _ in range(20)} == {303}
        before, refused = stored(), citizen.send()
        assert refused.status_code == 429
        page = BeautifulSoup(refused.body, "html.parser")
        assert "espere una hora" in page.select_one("main > [role=alert]").text
        assert page.select_one("#field-entity-error") is None
        assert citizen.SENT["title"] in refused.body
        assert stored() == before
        assert citizen.another().send().status_code == 303

    @pytest.mark.long
    def test_an_address_asks_so_often_in_an_hour(self, citizen: Any):
        """Ten times as often as it may send, whatever comes of it."""
        assert {citizen.send(entity="x", municipality="").status_code for _ in range(200)} == {422}
        assert citizen.send().status_code == 429
        assert stored() == 0

    def test_a_program_waits_too(self, citizen: Any, app: Any):
        """The action can be called without a token: it counts with the form."""
        body = {"entity": "idea", "municipality": "0115", "title": "Una"}
        answers = [
            app.post(
                "/api/3/action/gobiernoabierto_proposal_create", json=body, environ_overrides=citizen.place
            ).status_code
            for _ in range(21)
        ]
        assert answers == [200] * 20 + [429]
        assert citizen.send().status_code == 429

    def test_a_form_of_another_site_is_refused(self, citizen: Any, app: Any):
        """As every form of a visitor."""
        answer = app.post("/proponer", data=citizen.SENT, headers={"Origin": "https://otra-parte.example"})
        assert answer.status_code == 403
        assert stored() == 0


def test_the_action_answers_any_kind_of_value(citizen: Any, app: Any):
    """Beside the parameter, never a 500, and nothing is stored; the walk of all finds it off."""
    good = {"entity": "idea", "municipality": "0115", "title": "Una"}
    wrong = (True, 7, 10**30, ["a"], {"a": 1}, [{"a": None}])
    names = ("entity", "municipality", "title", "problem", "description", "key", "remark", "id", "version")
    for name, value in itertools.product(names, wrong):
        address = "/api/3/action/gobiernoabierto_proposal_create"
        place = citizen.another().place
        answer = app.post(address, json={**good, name: value}, environ_overrides=place)
        assert (answer.status_code, name in answer.json["error"]) == (409, True), (name, value)
    assert stored() == 0
