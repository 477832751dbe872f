"""What was captured and waits: an editor publishes what was seen with one button, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import ckan.tests.factories as factories
import pytest
from ckan.tests.helpers import call_action

pytestmark = pytest.mark.long

DRAFTS = "/taller/charla/borradores"
Call = Callable[..., Any]


@pytest.fixture
def visit(app: Any, token_of: Any) -> Call:
    """Ask for a page as a user; with ``seen``, send its form."""

    def ask(
        user: dict[str, Any], path: str = DRAFTS, status: int = 200, seen: list[str] | None = None
    ) -> Any:
        how = {"headers": {"Authorization": token_of(user["name"])}, "follow_redirects": False}
        answer = app.get(path, **how) if seen is None else app.post(path, data={"seen": seen}, **how)
        assert answer.status_code == status, answer.body
        return answer.body

    return ask


@pytest.fixture
def lines(capture: Call, editor: Call) -> dict[str, Any]:
    """A problem, an idea for it, and a problem of Mixco; return the editor of Villa Nueva."""
    hers = editor()
    capture(hers, key="llave-0001")
    capture(hers, key="llave-0002", entity="idea", title="Un mapa", problem="0115-P1")
    capture(editor("0108"), key="llave-0003", title="De Mixco", municipality="0108")
    return hers


def visibility(name: str, code: str) -> str:
    """Return whether everybody sees it."""
    return call_action(f"gobiernoabierto_{name}_show", code=code)["visibility"]


def test_the_page_of_the_workshop_leads_its_editor_to_them(lines: Any, visit: Call, app: Any):
    """Each counts what they may publish; nobody else is told that there is anything."""
    assert "2 borradores de la captura: publicarlos" in visit(lines, "/taller/charla")
    assert "3 borradores de la captura" in visit(factories.Sysadmin(), "/taller/charla")
    for body in (visit(factories.User(), "/taller/charla"), app.get("/taller/charla").body):
        assert "de la captura" not in body


def test_one_button_publishes_what_was_seen(lines: Any, visit: Call):
    """Those of the editor's own municipality; then there is nothing left to lead to."""
    body = visit(lines)
    seen = re.findall(r'name="seen" value="([^"]+)"', body)
    assert (seen, "De Mixco" in body) == (["0115-P1:1", "0115-I1:1"], False)
    visit(lines, status=303, seen=seen)
    assert {visibility("problem", "0115-P1"), visibility("idea", "0115-I1")} == {"published"}
    assert visibility("problem", "0108-P1") == "draft"
    assert "de la captura" not in visit(lines, "/taller/charla")


def test_what_was_changed_or_came_since_stays_a_draft(lines: Any, visit: Call):
    """The page says which; the others are published."""
    call_action("gobiernoabierto_idea_update", code="0115-I1", version=1, title="Con nombre")
    body = visit(lines, status=409, seen=["0115-P1:1", "0115-I1:1"])
    assert "0115-I1:" in re.sub(r"<[^>]+>", "", body.split('id="errors"')[1])
    assert (visibility("problem", "0115-P1"), visibility("idea", "0115-I1")) == ("published", "draft")
    visit(lines, status=303, seen=["0115-P1:2", "nothing", "0115-P9:1"])
    assert visibility("idea", "0115-I1") == "draft"


def test_nobody_publishes_what_is_of_others(lines: Any, visit: Call, app: Any):
    """Neither by its code in the form, nor without a role, nor without a session."""
    visit(lines, status=303, seen=["0108-P1:1"])
    for seen in (None, ["0115-P1:1"]):
        visit(factories.User(), status=403, seen=seen)
    assert app.post(DRAFTS, data={"seen": "0115-P1:1"}, follow_redirects=False).status_code == 302
    assert visibility("problem", "0115-P1") == visibility("problem", "0108-P1") == "draft"
