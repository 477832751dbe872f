"""Problems and ideas: counted codes, what a state costs, answers and their absence, and the story."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.entities import listing, numbering, participation, registry
from ckanext.gobiernoabierto.lib import formats
from tests.remembered import remembered

TODAY = formats.local(dt.datetime.now(dt.UTC)).date()
ANSWER = {"date": "2017-06-01", "office": "Dirección de Servicios", "text": "Se revisará.\nGracias."}


def errors_of(call: Any, action: str, user: str | None, **data: Any) -> dict[str, Any]:
    """Return the errors of a call that has to be refused."""
    with pytest.raises(tk.ValidationError) as refused:
        call(action, user, **data)
    return refused.value.error_dict


class TestCodes:
    def test_each_municipality_counts_its_own(self, call, sysadmin, territory):
        """Problems and ideas apart, from one on, each in its municipality."""
        made = [
            call(f"{kind}_create", sysadmin, title="X", municipality=municipality)["code"]
            for kind, municipality in (
                ("problem", "0115"),
                ("problem", "0115"),
                ("problem", "0108"),
                ("idea", "0115"),
            )
        ]
        assert made == ["0115-P1", "0115-P2", "0108-P1", "0115-I1"]

    def test_a_number_is_never_given_again(self, call, sysadmin, territory):
        """Not after what had it was deleted, and not where a reference row has it already."""
        call("problem_create", sysadmin, title="X", municipality="0115")
        call("problem_delete", sysadmin, code="0115-P1", version=1)
        assert call("problem_create", sysadmin, title="Y", municipality="0115")["code"] == "0115-P2"

    def test_a_code_that_the_caller_chooses_is_refused(self, call, sysadmin, territory):
        """It would be in the way of those that are counted."""
        data = {"title": "X", "municipality": "0115", "code": "0115-P7"}
        assert list(errors_of(call, "problem_create", sysadmin, **data)) == ["code"]

    def test_writers_at_the_same_moment_get_different_numbers(self, territory):
        """Eight transactions count at once; each waits for the one before it."""
        kind, found = registry.entity_type("idea"), []

        def count() -> None:
            found.append(numbering.next_code(kind, {"municipality": "0115"}))
            model.Session.commit()
            model.Session.remove()

        writers = [threading.Thread(target=count) for _ in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert sorted(found) == sorted(f"0115-I{number}" for number in range(1, 9))


class TestStates:
    @pytest.mark.long
    @pytest.mark.parametrize(
        ("kind", "state", "field"),
        [
            ("problem", "discarded", "state_reason"),
            ("problem", "solved", "evidence"),
            ("idea", "declined", "state_reason"),
            ("idea", "done", "evidence"),
        ],
    )
    def test_a_state_demands_what_it_costs(self, call, sysadmin, territory, opened, kind, state, field):
        """A refusal needs its reason, and what is done something that shows it."""
        made = call(f"{kind}_create", sysadmin, title="X", municipality="0115")
        data = {"code": made["code"], "version": 1, "state": state}
        assert list(errors_of(call, f"{kind}_update", sysadmin, **data)) == [field]
        paid = {
            "state_reason": "Ya se hizo",
            "evidence": [{"text": "Acta", "url": f"{opened.url}/acta"}],
        }
        assert call(f"{kind}_update", sysadmin, **data, **paid)["state"] == state

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("state", "soñado"),
            ("reported", (TODAY + dt.timedelta(1)).isoformat()),
            ("answers", [{**ANSWER, "date": (TODAY + dt.timedelta(1)).isoformat()}]),
            ("answers", [{**ANSWER, "office": ""}]),
            ("answers", [{**ANSWER, "author": "Ana"}]),
            ("answers", "Sí"),
            ("evidence", [{"text": "Acta", "url": "javascript:alert(1)"}]),
            ("title", "x" * 251),
            ("problem", "0115-P9"),
            ("municipality", None),
        ],
    )
    def test_a_bad_value_is_refused_beside_its_field(self, call, sysadmin, territory, field, value):
        """And nothing is stored."""
        data = {"title": "X", "municipality": "0115", field: value}
        assert list(errors_of(call, "idea_create", sysadmin, **data)) == [field]
        assert call("idea_list", sysadmin)["count"] == 0


class TestAnswers:
    @pytest.mark.parametrize(
        ("days", "state", "answers", "waits"),
        [
            (31, "received", [], True),
            (30, "received", [], False),
            (31, "received", [{**ANSWER, "date": TODAY.isoformat()}], False),
            (31, "accepted", [], False),
            (31, "under_review", [], True),
        ],
    )
    def test_it_waits_once_the_days_have_passed(
        self, call, sysadmin, territory, days: int, state: str, answers: list[Any], waits: bool
    ):
        """The page's rule and the one of the lists and counts are the same."""
        said = TODAY - dt.timedelta(days)
        data = {"title": "X", "municipality": "0115", "state": state, "answers": answers}
        code = call("idea_create", sysadmin, reported=said.isoformat(), **data)["code"]
        kind = registry.entity_type("idea")
        values = model.Session.get(kind.model, code).values()
        assert participation.unanswered_since(kind, values, 30) == (said if waits else None)
        late = sa.select(kind.table.c.code).where(participation.unanswered(kind, 30))
        assert list(model.Session.execute(late).scalars()) == ([code] if waits else [])

    def test_the_page_says_by_itself_since_when_nobody_answers(self, call, sysadmin, idea, app):
        """Without anybody changing anything; and what was answered takes its place."""
        page = " ".join(app.get("/idea/0115-I1").body.split())
        assert "Sin respuesta de la municipalidad desde el 27 de mayo de 2017" in page
        call("idea_update", sysadmin, code="0115-I1", version=1, answers=[ANSWER])
        page = app.get("/idea/0115-I1").body
        assert "Sin respuesta" not in page
        assert "Dirección de Servicios" in page


class TestStory:
    def test_each_change_of_state_is_a_step_with_its_day_and_reason(self, call, sysadmin, idea, app):
        """From the day on which it was said."""
        call("idea_update", sysadmin, code="0115-I1", version=1, state="under_review")
        declined = {"state": "declined", "state_reason": "No hay presupuesto"}
        call("idea_update", sysadmin, code="0115-I1", version=2, answers=[ANSWER], **declined)
        page = app.get("/idea/0115-I1").body
        story = " ".join(page[page.index("ga-story") :].split())
        steps = ("27 de mayo de 2017", "1 de junio de 2017", "En estudio", "Rechazada", "No hay presupuesto")
        places = [story.index(step) for step in steps]
        assert places == sorted(places)

    def test_what_happened_to_a_draft_is_not_told(self, call, sysadmin, territory, app):
        """A reason that was written before it was published stays with those who edit."""
        call("idea_create", sysadmin, title="X", municipality="0115")
        secret = {"state": "declined", "state_reason": "CANARIO", "reason": "CANARIO"}
        call("idea_update", sysadmin, code="0115-I1", version=1, **secret)
        assert app.get("/idea/0115-I1", status=404)
        public = {"visibility": "published", "state": "received", "state_reason": ""}
        call("idea_update", sysadmin, code="0115-I1", version=2, **public)
        assert "CANARIO" not in app.get("/idea/0115-I1").body


def test_the_list_of_a_problem_holds_its_ideas(idea):
    """An idea is found by the problem that it is for."""
    kind = registry.entity_type("idea")
    asked = listing.Listing(filters={"problem": "0115-P1"})
    assert [row.code for row in listing.page(kind, asked)] == ["0115-I1"]


def test_nobody_answers_before_it_was_said(call, sysadmin, idea):
    """The story of an idea goes forward."""
    answer = {"date": "2017-05-26", "office": "Alcaldía", "text": "Sí"}
    with pytest.raises(tk.ValidationError) as refused:
        call("idea_update", sysadmin, code=idea["code"], version=1, answers=[answer])
    assert list(refused.value.error_dict) == ["answers"]
    answers = [{**answer, "date": "2017-05-27"}]
    assert len(call("idea_update", sysadmin, code=idea["code"], version=1, answers=answers)["answers"]) == 1


class TestProblemOfElsewhere:
    """An idea and a request name a problem of their municipality, or of the idea's workshop."""

    @pytest.fixture
    @remembered
    def elsewhere(self, call, sysadmin, problem):
        """A published problem of Mixco."""
        said = {"title": "X", "municipality": "0108", "visibility": "published"}
        return call("problem_create", sysadmin, **said)["code"]

    @pytest.fixture
    def named(self, call, sysadmin, idea, data_request):
        """{kind: code} of what names a problem of Villa Nueva."""
        return {"idea": idea["code"], "data_request": data_request["code"]}

    @pytest.mark.parametrize("kind", ["idea", "data_request"])
    def test_it_is_refused_beside_its_field(self, call, sysadmin, elsewhere, named, kind):
        """Of a new one, of a changed one, and where the municipality is changed instead."""
        new = {"title": "X", "municipality": "0115", "problem": elsewhere}
        old = {"code": named[kind], "version": 1}
        for verb, data in (("create", new), ("update", {**old, "problem": elsewhere})):
            errors = errors_of(call, f"{kind}_{verb}", sysadmin, **data)
            assert "es de otro municipio" in errors["problem"][0]
            assert list(errors) == ["problem"]
        errors = errors_of(call, f"{kind}_update", sysadmin, **old, municipality="0108")
        assert list(errors) == ["problem"]

    @pytest.mark.parametrize(("kind", "state"), [("idea", "received"), ("data_request", "open")])
    def test_the_form_keeps_what_was_typed(self, elsewhere, organization_editor, person, kind, state):
        """With the error at its field, for an editor of the municipality."""
        editor = person(organization_editor(municipality="0115"))
        path = registry.entity_type(kind).path
        typed = {"title": "Una lámpara", "municipality": "0115", "problem": elsewhere, "state": state}
        status, page, _ = editor.send(f"/{path}/_nuevo", **typed, save="draft")
        assert (status, editor.wrong(page)) == (422, ["#field-problem"])
        assert editor.typed(page)["title"] == "Una lámpara"

    @pytest.mark.parametrize("kind", ["idea", "data_request"])
    def test_what_moved_afterwards_locks_nothing(self, call, sysadmin, named, kind):
        """The problem became one of Mixco: everything else can be changed, also by publishing a draft."""
        code = named[kind]
        call(f"{kind}_update", sysadmin, code=code, version=1, visibility="draft")
        call("problem_update", sysadmin, code="0115-P1", version=1, municipality="0108")
        call(f"{kind}_update", sysadmin, code=code, version=2, title="Otro")
        row = call(f"{kind}_update", sysadmin, code=code, version=3, visibility="published")
        assert (row["title"], row["problem"]) == ("Otro", "0115-P1")
        call(f"{kind}_update", sysadmin, code=code, version=4, problem="")
        again = {"code": code, "version": 5, "problem": "0115-P1"}
        assert list(errors_of(call, f"{kind}_update", sysadmin, **again)) == ["problem"]

    def test_one_of_the_same_workshop_is_near(self, call, sysadmin, workshop, elsewhere):
        """Villa Nueva has an idea for what Mixco said at a workshop of both; not without the workshop."""
        both = {"code": workshop["code"], "version": 1, "municipalities": ["0115", "0108"]}
        call("workshop_update", sysadmin, **both)
        call("problem_update", sysadmin, code=elsewhere, version=1, workshop=workshop["code"])
        said = {"title": "X", "municipality": "0115", "problem": elsewhere}
        made = call("idea_create", sysadmin, **said, workshop=workshop["code"])
        assert made["problem"] == elsewhere
        left = {"code": made["code"], "version": 1, "workshop": ""}
        assert list(errors_of(call, "idea_update", sysadmin, **left)) == ["problem"]
        assert list(errors_of(call, "idea_create", sysadmin, **said)) == ["problem"]

    def test_a_hidden_draft_is_none(self, call, sysadmin, elsewhere, organization_editor):
        """In the words for a wrong code: nobody learns whose it is."""
        editor = organization_editor(municipality="0115")
        call("problem_create", sysadmin, title="X", municipality="0108")
        data = {"title": "X", "municipality": "0115"}
        hidden = errors_of(call, "idea_create", editor, **data, problem="0108-P2")
        none = errors_of(call, "idea_create", editor, **data, problem="0108-P9")
        assert hidden["problem"][0].replace("0108-P2", "") == none["problem"][0].replace("0108-P9", "")
