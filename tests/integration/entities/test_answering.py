"""The special verbs of those who answer, and whom they are for."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
from ckanext.gobiernoabierto.entities.participation import local_today

OFFICE = "Dirección de Servicios Públicos"


@pytest.fixture
def people(organization_editor, sysadmin, chain):
    """A user of each role."""
    return {
        "sysadmin": sysadmin,
        "coordinator": organization_editor(coordinator=True),
        "mixco": organization_editor(municipality="0108"),
        "villa nueva": organization_editor(municipality="0115"),
        "infom": organization_editor(institution="infom"),
        "visitor": None,
    }


CALLS = {
    "answer_create": (
        {"entity": "idea", "code": "0115-I1", "office": OFFICE, "text": "Se hará."},
        {"sysadmin", "coordinator", "villa nueva"},
    ),
    "invitation_confirm": (
        {"code": "ger-1530-2016", "office": OFFICE, "declined": False},
        {"sysadmin", "coordinator", "mixco"},
    ),
    "commitment_self_report": (
        {"code": "3-11", "self_report": "limited"},
        {"sysadmin", "coordinator", "infom"},
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("verb", CALLS)
def test_each_verb_is_for_those_who_answer(call, people, idea, invitation, verb):
    """Nobody answers for another municipality or institution."""
    data, allowed = CALLS[verb]
    for role, user in people.items():
        try:
            call(verb, user, version=99, **data)
        except tk.NotAuthorized:
            assert role not in allowed
        except tk.ValidationError as error:
            assert list(error.error_dict) == ["version"]
            assert role in allowed


@pytest.mark.parametrize("verb", CALLS)
def test_a_code_may_be_given_as_id_as_in_the_six_actions(call, people, idea, invitation, verb):
    """One contract for all that takes a code."""
    data, _ = CALLS[verb]
    done = call(
        verb, people["sysadmin"], version=1, **{"id" if k == "code" else k: v for k, v in data.items()}
    )
    assert done["code"] == data["code"]


def test_an_answer_joins_those_before_it_with_office_and_day(call, people, idea):
    """And may say what becomes of the idea."""
    data, _ = CALLS["answer_create"]
    call("answer_create", people["villa nueva"], version=1, date="2017-06-01", **data)
    done = call("answer_create", people["villa nueva"], version=2, state="accepted", **data)
    assert [answer["date"] for answer in done["answers"]] == ["2017-06-01", local_today().isoformat()]
    assert done["state"] == "accepted"
    last = call("idea_history", people["sysadmin"], code="0115-I1")[-1]
    assert set(last["changes"]) == {"answers", "state"}
    assert last["user_id"]


@pytest.mark.parametrize("missing", ["office", "text"])
def test_an_answer_without_office_or_text_is_refused(call, people, idea, missing):
    """Beside the parameter; nothing is stored."""
    data = {**CALLS["answer_create"][0], missing: ""}
    with pytest.raises(tk.ValidationError) as refused:
        call("answer_create", people["villa nueva"], version=1, **data)
    assert list(refused.value.error_dict) == [missing]
    assert not call("idea_show", code="0115-I1")["answers"]


def test_an_invitation_is_answered_once(call, people, invitation):
    """By which office and when; a second answer is refused."""
    data, _ = CALLS["invitation_confirm"]
    done = call("invitation_confirm", people["mixco"], version=1, **data)
    assert (done["state"], done["answer_office"]) == ("confirmed", OFFICE)
    assert done["answer_date"] == local_today().isoformat()
    with pytest.raises(tk.ValidationError) as refused:
        call("invitation_confirm", people["mixco"], version=2, **{**data, "declined": True})
    assert list(refused.value.error_dict) == ["code"]


def test_the_self_report_stands_beside_the_rating_and_changes_nothing_else(call, people, app):
    """Where both are known and differ, the page says so."""
    call("commitment_update", people["sysadmin"], code="3-11", version=1, irm_completion="not_started")
    told = {"code": "3-11", "version": 2, "self_report": "substantial"}
    with pytest.raises(tk.ValidationError) as refused:
        call("commitment_self_report", people["infom"], **told, title="Otro")
    assert list(refused.value.error_dict) == ["title"]
    done = call("commitment_self_report", people["infom"], **told)
    assert (done["self_report"], done["irm_completion"]) == ("substantial", "not_started")
    assert done["title"] == "Maratones de ideas"
    assert "No coinciden" in app.get("/compromiso/3-11").body


def test_a_draft_of_somebody_else_is_not_there(call, people, sysadmin):
    """The verb tells no more of it than its page."""
    call("problem_create", sysadmin, title="X", municipality="0115")
    data = {"entity": "problem", "code": "0115-P1", "version": 1, "office": OFFICE, "text": "X"}
    with pytest.raises(tk.ObjectNotFound):
        call("answer_create", people["mixco"], **data)
