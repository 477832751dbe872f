"""Whether a dataset is there that somebody may not see is nothing that any action of the API tells them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import logic, model
from ckan.tests import factories
from ckanext.gobiernoabierto.entities import registry
from tests.remembered import remembered
from werkzeug.test import Client

KEYS = ("id", "id2", "package_id", "name_or_id", "subject", "object", "match__name")
# In these `id` is an organization's.
MEMBERS = ("member_create", "member_delete")
BULK = ("bulk_update_delete", "bulk_update_private", "bulk_update_public")
# Its answer changes with every call: it tells when the token was used.
LEFT_OUT = {"api_token_list"}
MISSING_NAME, MISSING_ID = "no-existe", str(uuid.uuid4())


@pytest.fixture
@remembered
def outsider(site: Any) -> dict[str, Any]:
    """Return somebody who edits for another organization."""
    user = factories.User()
    factories.Organization(name="otra", users=[{"name": user["name"], "capacity": "admin"}])
    return user


def asked(action: str, named: str, outsider: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a call in which everything that can name a dataset names one."""
    others = {
        "user_id": outsider["id"],
        "username": outsider["name"],
        "capacity": "editor",
        "object_type": "package",
        "type": "depends_on",
        "order": [],
        "organization_id": "otra",
        "org_id": "otra",
        "title": "Otro",
    }
    if action in BULK:
        return {**others, "datasets": [named]}
    return {**others, **dict.fromkeys(KEYS, named), **({"id": "otra"} if action in MEMBERS else {})}


def actions() -> list[str]:
    """Return the names of all actions, whichever plugin brought them; of ours one entity stands for all."""
    tk.get_action("package_list")
    entities = tuple(entity.action("") for entity in registry.ENTITY_TYPES[1:])
    return sorted(name for name in logic._actions if not name.startswith(entities) and name not in LEFT_OUT)


@pytest.mark.long
@pytest.mark.parametrize("signed_in", [False, True], ids=["visitor", "editor of another organization"])
def test_a_hidden_dataset_is_a_missing_one(
    visitor: Client,
    secrets: Any,
    outsider: dict[str, Any],
    token_of: Callable[[str], str],
    signed_in: bool,
):
    """Every action, asked by name and by id: same status, same words."""
    headers = {"Authorization": token_of(outsider["name"])} if signed_in else {}
    private, draft, deleted = secrets.datasets
    hidden = {private["name"]: MISSING_NAME, draft["id"]: MISSING_ID, deleted["name"]: MISSING_NAME}

    def ask(action: str, named: str) -> tuple[int, str]:
        body = asked(action, named, outsider)
        answer = visitor.post(f"/api/3/action/{action}", json=body, headers=headers)
        told = json.dumps(answer.json.get("error", answer.json.get("result")))
        return answer.status_code, told.replace(named, "")

    told = {}
    for action in actions():
        missing = {name: ask(action, name) for name in (MISSING_NAME, MISSING_ID)}
        for named, as_missing in hidden.items():
            answer = ask(action, named)
            if answer != missing[as_missing]:
                told[action] = f"{answer} of {missing[as_missing]}"
    assert told == {}


@pytest.mark.parametrize("key", ["id", "name_or_id"])
def test_a_public_dataset_is_found_by_either_parameter(visitor: Client, secrets: Any, key: str):
    """CKAN documents ``name_or_id``, and then answers that there is no ``id``."""
    answer = visitor.get(f"/api/3/action/package_show?{key}=agua")
    assert answer.json["result"]["name"] == "agua"


def test_who_may_see_a_dataset_still_follows_it(visitor: Client, secrets: Any, editor: Any, token_of: Any):
    """What CKAN allows stays allowed, of a private one too."""
    headers = {"Authorization": token_of(editor["name"])}
    for action, result in (("follow_dataset", None), ("am_following_dataset", True)):
        body = {"id": secrets.datasets[0]["name"]}
        answer = visitor.post(f"/api/3/action/{action}", json=body, headers=headers)
        assert answer.status_code == 200
        assert result in (None, answer.json["result"])


def test_a_public_dataset_costs_somebody_with_an_account_what_it_costs_a_visitor(
    publishable: Any, queries: Any
):
    """Nothing is asked of the database about who reads what anybody may see."""
    dataset = factories.Dataset(**publishable)
    officer = factories.User()
    factories.Organization(users=[{"name": officer["name"], "capacity": "editor"}])
    asked = []
    for person in (None, model.User.get(officer["name"])):
        context = {"user": getattr(person, "name", ""), "auth_user_obj": person}
        with queries() as sent:
            tk.check_access("package_show", context, {"id": dataset["id"]})
        asked.append([statement for statement in sent if "FROM member" in statement])
    assert asked == [[], []]
