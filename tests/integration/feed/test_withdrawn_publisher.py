"""Whom to ask about a dataset that is not public any more: who published it, as far as that is public."""

from __future__ import annotations

from typing import Any

import ckan.tests.factories as factories
import pytest
from bs4 import BeautifulSoup
from tests.remembered import remembered

pytestmark = pytest.mark.long

ACTION = "gobiernoabierto_dataset_withdraw"
TITLE = "Municipalidad de Villa Nueva"


def facts(answer: Any) -> dict[str, str]:
    """What the page says, by its labels."""
    said = BeautifulSoup(answer.body, "html.parser").select(".ga-facts div")
    return {each.dt.get_text(): " ".join(each.dd.get_text().split()) for each in said}


@pytest.fixture
@remembered
def office(call: Any, organization: dict[str, Any]) -> None:
    """The organization says whom to ask."""
    call("organization_patch", id=organization["id"], email="datos@villanueva.gob.gt", phone="2222-3333")


def test_the_page_and_the_json_name_the_office(
    app: Any, call: Any, gone: Any, office: None, dataset: Any, organization: Any
):
    """Not the dataset's own contact: that may be a person, and went with the dataset."""
    call("package_patch", id=dataset["id"], contact_name="Ana Pérez", contact_email="ana@villanueva.gob.gt")
    app.get("/catalog.nt")
    call(ACTION, id=dataset["id"])
    page = gone(dataset["name"])
    assert facts(page)["Lo publicaba"] == TITLE
    assert facts(page)["A quién preguntar"] == "datos@villanueva.gob.gt 2222-3333"
    hrefs = {each["href"] for each in BeautifulSoup(page.body, "html.parser").select(".ga-facts a")}
    assert hrefs == {f"/organization/{organization['name']}", "mailto:datos@villanueva.gob.gt"}
    assert gone(dataset["name"], ".json").json["publisher"] == {
        "name": TITLE,
        "address": f"http://test.ckan.net/organization/{organization['id']}",
        "email": "datos@villanueva.gob.gt",
        "phone": "2222-3333",
    }
    for ending in ("", ".json", ".ttl"):
        assert "ana@" not in gone(dataset["name"], ending).body
        assert "Ana Pérez" not in gone(dataset["name"], ending).body


def test_what_is_not_known_is_not_said(app: Any, call: Any, gone: Any, dataset: Any):
    """An organization without an office has a name, and that is all."""
    app.get("/catalog.nt")
    call(ACTION, id=dataset["id"])
    page = facts(gone(dataset["name"]))
    assert page["Lo publicaba"] == TITLE
    assert "A quién preguntar" not in page
    assert set(gone(dataset["name"], ".json").json["publisher"]) == {"name", "address"}


def test_an_organization_that_is_gone_is_not_named(
    app: Any, call: Any, gone: Any, office: None, dataset: Any
):
    """To nobody, sysadmins and those who asked for JSON included."""
    app.get("/catalog.nt")
    call(ACTION, id=dataset["id"])
    call("dataset_purge", id=dataset["id"])
    assert gone(dataset["name"], ".json").json["publisher"]["email"] == "datos@villanueva.gob.gt"
    call("organization_delete", id=dataset["organization"]["id"])
    token = factories.APIToken(user=factories.Sysadmin()["name"])["token"]
    for headers in ({}, {"Authorization": token}):
        assert TITLE not in gone(dataset["name"], **headers).body
        assert "publisher" not in gone(dataset["name"], ".json", **headers).json


@pytest.mark.parametrize("flushed", [True, False])
def test_it_is_who_published_it_and_not_who_has_it_now(
    app: Any, call: Any, gone: Any, dataset: Any, monkeypatch: Any, flushed: bool
):
    """Where a hidden dataset is moved to is known to its organizations only."""
    app.get("/catalog.nt")
    if not flushed:
        monkeypatch.setattr("ckanext.gobiernoabierto.feed.wake.head_for_a_reader", lambda: None)
    call(ACTION, id=dataset["id"], state="private")
    other = factories.Organization(title="Contraloría")
    call("package_owner_org_update", id=dataset["id"], organization_id=other["id"])
    assert facts(gone(dataset["name"]))["Lo publicaba"] == TITLE
    assert "Contraloría" not in gone(dataset["name"]).body
