"""``gobiernoabierto_line_create``: a line is saved once, and is what it says."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pytest
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.entities.captured import CapturedLine
from ckanext.gobiernoabierto.entities.history import History
from ckanext.gobiernoabierto.entities.participation import local_today

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
Call = Callable[..., Any]


def errors_of(refused: Any) -> set[str]:
    """Return the fields that were refused."""
    return set(refused.value.error_dict)


@pytest.mark.long
def test_a_line_is_the_draft_of_a_problem(capture: Call, editor: Call):
    """With its workshop, the day of the workshop, one history row and its author."""
    user = editor()
    saved = capture(user)
    assert (saved["code"], saved["title"], saved["visibility"]) == ("0115-P1", "Calles oscuras", "draft")
    assert (saved["workshop"], saved["reported"], saved["state"]) == ("charla", "2017-05-27", "reported")
    (row,) = model.Session.query(History).filter_by(subject="problem")
    assert (row.verb, row.user_id, row.code) == ("create", user["id"], "0115-P1")


@pytest.mark.long
def test_on_the_day_itself_it_was_said_today(capture: Call, editor: Call):
    """Also where the workshop begins only tomorrow, or has no date."""
    for version, day in ((1, None), (2, "2099-01-01")):
        call_action("gobiernoabierto_workshop_update", code="charla", version=version, start_date=day)
        saved = capture(editor(), key=f"{KEY}-{version}")
        assert saved["reported"] == local_today().isoformat()


def test_sent_again_it_is_saved_once(capture: Call, editor: Call, problems: Call):
    """The same answer, and no second row anywhere."""
    user = editor()
    assert capture(user) == capture(user)
    assert len(problems()) == 1
    assert model.Session.query(History).filter_by(subject="problem").count() == 1


def test_sent_again_after_a_correction_it_answers_what_is_stored(capture: Call, editor: Call):
    """And takes nothing back."""
    user = editor()
    code = capture(user)["code"]
    call_action("gobiernoabierto_problem_update", code=code, version=1, title="Sin luz")
    assert capture(user)["title"] == "Sin luz"


def test_an_idea_may_be_for_a_problem(capture: Call, editor: Call):
    """Which was typed before it."""
    user = editor()
    problem = capture(user)["code"]
    idea = capture(user, key=f"{KEY}-1", entity="idea", title="Un mapa", problem=problem)
    assert (idea["code"], idea["problem"]) == ("0115-I1", problem)


def test_the_same_key_with_other_content_is_refused(capture: Call, editor: Call, problems: Call):
    """The message names what the key has become; nothing changes."""
    user = editor()
    capture(user)
    for other in ({"title": "Otra"}, {"entity": "idea"}):
        with pytest.raises(tk.ValidationError) as refused:
            capture(user, **other)
        assert errors_of(refused) == {"key"}
        assert "0115-P1" in refused.value.error_dict["key"][0]
    assert [each["title"] for each in problems()] == ["Calles oscuras"]


def test_the_key_of_somebody_else_is_refused_and_tells_nothing(capture: Call, editor: Call):
    """Not what it became."""
    capture(editor())
    with pytest.raises(tk.ValidationError) as refused:
        capture(editor(), title="Otra")
    assert errors_of(refused) == {"key"}
    assert "0115-P1" not in str(refused.value.error_dict)


def test_a_line_that_was_deleted_does_not_come_back(capture: Call, editor: Call, problems: Call):
    """A late resend is told so."""
    user = editor()
    call_action("gobiernoabierto_problem_delete", code=capture(user)["code"], version=1)
    with pytest.raises(tk.ValidationError) as refused:
        capture(user)
    assert errors_of(refused) == {"key"}
    assert problems() == []


def test_a_key_follows_a_code_that_is_replaced(capture: Call, editor: Call):
    """Of the workshop and of the problem."""
    user = editor()
    capture(user)
    rename = {"entity": "workshop", "code": "charla", "new_code": "charla-2017", "version": 1}
    call_action("gobiernoabierto_code_replace", **rename)
    assert capture(user)["code"] == capture(user, workshop="charla-2017")["code"] == "0115-P1"


def test_a_refused_line_may_be_sent_again_corrected_under_its_key(capture: Call, editor: Call):
    """Nothing was kept of it, not even the key."""
    user = editor()
    with pytest.raises(tk.ValidationError):
        capture(user, title="x" * 251)
    assert model.Session.query(CapturedLine).count() == 0
    assert capture(user)["code"] == "0115-P1"


@pytest.mark.long
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": None}, "title"),
        ({"title": "x" * 251}, "title"),
        ({"title": "x" * 10_000_000}, "title"),
        ({"title": "dos\nlíneas"}, "title"),
        ({"title": "nada\x00"}, "title"),
        ({"title": "al revés \u202e"}, "title"),
        ({"title": ["Calles"]}, "title"),
        ({"key": ""}, "key"),
        ({"key": "corta"}, "key"),
        ({"key": "x" * 81}, "key"),
        ({"key": 12345678}, "key"),
        ({"key": "'; drop table--"}, "key"),
        ({"entity": "plan"}, "entity"),
        ({"entity": ["problem"]}, "entity"),
        ({"workshop": "nada"}, "workshop"),
        ({"workshop": None}, "workshop"),
        ({"workshop": {"a": 1}}, "workshop"),
        ({"entity": "idea", "problem": "0115-P99"}, "problem"),
        ({"problem": "0115-P1"}, "problem"),
        ({"code": "0115-P7"}, "code"),
        ({"id": "0115-P7"}, "id"),
        ({"visibility": "published"}, "visibility"),
        ({"state": "solved"}, "state"),
        ({"color": "azul"}, "color"),
    ],
)
def test_bad_input_is_refused_beside_its_field(
    capture: Call, editor: Call, wrong: Any, field: str, problems: Call
):
    """And nothing is stored, the key neither."""
    with pytest.raises(tk.ValidationError) as refused:
        capture(editor(), **wrong)
    assert errors_of(refused) == {field}
    assert problems() == []
    assert model.Session.query(CapturedLine).count() == 0


@pytest.mark.long
@pytest.mark.parametrize("title", ["<b>Calles</b>", "=1+1", "@SUM(A1)", "Más luz 💡 en la 4ª calle"])
def test_what_people_say_is_kept_as_they_say_it(capture: Call, editor: Call, title: str):
    """HTML and formulas are text; where they would act they are escaped."""
    assert capture(editor(), title=title)["title"] == title


def test_only_those_who_write_for_the_municipality_capture(capture: Call, editor: Call, problems: Call):
    """Visitors, members of other organizations and other municipalities of the workshop do not."""
    for user in (None, factories.User(), editor("0108"), editor("0101")):
        with pytest.raises(tk.NotAuthorized):
            capture(user)
    assert problems() == []
    assert capture(editor("0108"), municipality="0108")["code"] == "0108-P1"


def test_a_municipality_that_is_not_of_the_workshop_is_refused(capture: Call, editor: Call):
    """Also from somebody who writes for it."""
    with pytest.raises(tk.ValidationError) as refused:
        capture(editor("0101"), municipality="0101")
    assert errors_of(refused) == {"municipality"}


def test_an_idea_is_for_a_problem_of_its_workshop_or_municipality(capture: Call, editor: Call):
    """That of the other municipality of the workshop too; not one that was said elsewhere."""
    said = capture(editor("0108"), municipality="0108", key=f"{KEY}-said")["code"]
    apart = {"title": "X", "municipality": "0108", "visibility": "published"}
    elsewhere = call_action("gobiernoabierto_problem_create", **apart)["code"]
    call_action("gobiernoabierto_problem_update", code=said, version=1, visibility="published")
    assert capture(editor(), entity="idea", problem=said)["problem"] == said
    with pytest.raises(tk.ValidationError) as refused:
        capture(editor(), entity="idea", problem=elsewhere, key=f"{KEY}-apart")
    assert errors_of(refused) == {"problem"}


def test_a_workshop_that_is_a_draft_is_there_for_its_editors_alone(capture: Call, editor: Call):
    """For others it is not there, as any other code."""
    call_action("gobiernoabierto_workshop_update", code="charla", version=1, visibility="draft")
    assert capture(editor())["workshop"] == "charla"


@pytest.mark.long
def test_the_same_line_sent_at_once_by_many_is_saved_once(live_site: Any, reference_rows: None, line: Any):
    """Sixteen times over four connections of the running site: one answer, one problem."""
    before = live_site.call("gobiernoabierto_problem_list", workshop="ideaton-villa-nueva-2017")["count"]
    line = {**line, "key": f"{KEY}-once", "workshop": "ideaton-villa-nueva-2017"}
    token = live_site.token
    assert token
    with ThreadPoolExecutor(16) as pool:
        saved = list(pool.map(lambda _: live_site.call("gobiernoabierto_line_create", **line), range(16)))
    assert len({each["code"] for each in saved}) == 1
    after = live_site.call("gobiernoabierto_problem_list", workshop="ideaton-villa-nueva-2017")["count"]
    assert after == before + 1
    live_site.call("gobiernoabierto_problem_delete", code=saved[0]["code"], version=1)
