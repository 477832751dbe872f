"""A workshop, those who capture at it, and the two ways to send a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pytest
from ckan.tests.helpers import call_action
from tests.remembered import remembered

SCREEN = "/taller/charla/captura"
JSON = {"Accept": "application/json"}
Call = Callable[..., Any]


@pytest.fixture
@remembered
def workshop(clean_site: None) -> None:
    """The workshop ``charla`` of Villa Nueva and Mixco, of yesterday's plan: published."""
    public = {"visibility": "published"}
    call_action("gobiernoabierto_department_create", code="01", name="Guatemala", **public)
    for code, name in (("0115", "Villa Nueva"), ("0108", "Mixco"), ("0101", "Guatemala")):
        data = {"code": code, "name": name, "department": "01", **public}
        call_action("gobiernoabierto_municipality_create", **data)
    data = {"code": "charla", "title": "Charla", "kind": "co_creation", "municipalities": ["0115", "0108"]}
    call_action("gobiernoabierto_workshop_create", **data, state="planned", start_date="2017-05-27", **public)


@pytest.fixture
def editor(workshop: None) -> Callable[[str], dict[str, Any]]:
    """Make an editor of a municipality's organization."""

    def make(municipality: str = "0115") -> dict[str, Any]:
        user = factories.User()
        organization = factories.Organization(users=[{"name": user["name"], "capacity": "editor"}])
        role = {"id": organization["id"], "municipality": municipality}
        call_action("gobiernoabierto_organization_role_update", **role)
        return user

    return make


@pytest.fixture
def line() -> dict[str, str]:
    """A line as a browser sends it."""
    return {
        "key": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "workshop": "charla",
        "entity": "problem",
        "title": "Calles oscuras",
        "municipality": "0115",
    }


@pytest.fixture
def problems(clean_site: None) -> Call:
    """Return a function that lists all problems."""
    return lambda: call_action("gobiernoabierto_problem_list")["results"]


@pytest.fixture
def capture(app: Any, test_request_context: Any, workshop: None, line: dict[str, str]) -> Call:
    """Capture a line by the action, with the access checks on."""

    def run(user: dict[str, Any] | None, **other: Any) -> Any:
        context = {"user": user["name"] if user else "", "ignore_auth": False}
        with test_request_context():
            return tk.get_action("gobiernoabierto_line_create")(context, {**line, **other})

    return run


@pytest.fixture
def post(app: Any, token_of: Any, workshop: None) -> Call:
    """Send the form of the screen as a user, as its script does or as a browser without scripts."""

    def send(user: dict[str, Any], /, script: bool = True, status: int = 200, **form: Any) -> Any:
        headers = {"Authorization": token_of(user["name"])} | (JSON if script else {})
        answer = app.post(SCREEN, data=form, headers=headers, follow_redirects=False)
        assert answer.status_code == status, answer.body
        return answer.json if script else answer

    return send
