"""No name has the form of an id: what has another's id for its name would answer at its identifier."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from ckan import model
from ckan.tests import factories
from tests.remembered import remembered
from werkzeug.test import Client

OF_NOBODY = "0f8fad5b-d9cb-469f-a165-70867728950e"
GROUPS = ("organization", "group")


@pytest.fixture
def post(visitor: Client, token_of: Callable[[str], str]) -> Callable[..., Any]:
    """Return a function that calls an action by HTTP as who administers the site."""
    token = token_of(factories.Sysadmin()["name"])

    def called(action: str, **data: Any) -> Any:
        return visitor.post(f"/api/3/action/{action}", json=data, headers={"Authorization": token})

    return called


@pytest.fixture
@remembered
def fields(publishable: dict[str, Any]) -> dict[str, Any]:
    """Return what a dataset needs to be published."""
    owner = factories.Organization()["id"]
    return {**publishable, "owner_org": owner, "title": "Agua", "notes": "Pozos"}


def refused(answer: Any) -> bool:
    """Tell whether a call was refused at the name, with what to do."""
    return answer.status_code == 409 and "no puede tener la forma" in str(answer.json["error"].get("name"))


@pytest.mark.long
@pytest.mark.parametrize("name", [OF_NOBODY, OF_NOBODY.replace("-", ""), None])
def test_no_dataset_takes_an_id_for_its_name(post: Any, fields: dict[str, Any], name: str | None):
    """By no way of writing one; None stands for the id of another."""
    other = post("package_create", **fields, name="agua").json["result"]["id"]
    mine = post("package_create", **fields, name="pozos").json["result"]
    name = name or other
    assert refused(post("package_create", **fields, name=name))
    assert refused(post("package_create", **fields, name=name, state="draft"))
    assert refused(post("gobiernoabierto_dataset_publish", **fields, name=name))
    assert refused(post("package_update", **{**mine, "name": name}))
    assert refused(post("package_patch", id="pozos", name=name))
    revised = post("package_revise", match={"name": "pozos"}, update={"name": name})
    assert revised.status_code == 409
    assert model.Session.query(model.Package.name).order_by("name").all() == [("agua",), ("pozos",)]


@pytest.mark.parametrize("kind", GROUPS)
def test_no_organization_and_no_group_takes_an_id_for_its_name(post: Any, site: Any, kind: str):
    """They are named by their ids too."""
    made = post(f"{kind}_create", name="muni").json["result"]
    assert refused(post(f"{kind}_create", name=OF_NOBODY))
    assert refused(post(f"{kind}_update", **{**made, "name": OF_NOBODY}))
    assert refused(post(f"{kind}_patch", id="muni", name=OF_NOBODY))
    assert post(f"{kind}_patch", id="muni", title="Muni").json["result"]["name"] == "muni"


def test_a_title_that_is_an_id_gives_another_address(post: Any, fields: dict[str, Any]):
    """Who left the address out is not told that it is wrong."""
    made = post("package_create", **{**fields, "title": OF_NOBODY}).json["result"]
    assert made["name"].startswith(f"{OF_NOBODY}-")


def test_a_deleted_dataset_keeps_its_own_id_for_its_name(post: Any, fields: dict[str, Any]):
    """CKAN gives it that when another takes its name, and its owner takes it up again later."""
    first = post("package_create", **fields, name="agua").json["result"]["id"]
    post("package_delete", id=first)
    assert post("package_create", **fields, name="agua").status_code == 200
    taken_up = post("package_patch", id=first, state="active")
    assert (taken_up.status_code, taken_up.json["result"]["name"]) == (200, first)


def test_a_name_that_was_stored_before_stops_no_other_change(post: Any, fields: dict[str, Any]):
    """It is refused where it is written anew."""
    post("package_create", **fields, name="agua")
    model.Package.get("agua").name = OF_NOBODY
    model.Session.commit()
    assert post("package_patch", id=OF_NOBODY, title="Otra").json["result"]["name"] == OF_NOBODY
    assert refused(post("package_patch", id=OF_NOBODY, name=str(uuid.uuid4())))
