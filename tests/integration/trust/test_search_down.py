"""Promise P8: without Solr, what needs it answers 503 in Spanish, soon, and the rest goes on."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib.search import SolrSettings
from ckan.tests import factories
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.entities import history
from tests.remembered import remembered
from werkzeug.test import Client

pytestmark = pytest.mark.long

DRAFT = {"title": "Pozos", "notes": "Pozos", "state": "draft"}


@pytest.fixture(params=["stopped", "silent"])
def without_solr(
    request: pytest.FixtureRequest, site: Any, publishable: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Point CKAN to a port where nobody listens, or where somebody listens and never says a word."""
    for entity, code, values in (
        ("department", "01", {"name": "Guatemala"}),
        ("municipality", "0115", {"name": "Villa Nueva", "department": "01"}),
    ):
        row = {"code": code, "visibility": "published", **values}
        call_action(f"gobiernoabierto_{entity}_create", **row)
    organization = factories.Organization(name="muni")
    about = {"owner_org": organization["id"], "coverage": "municipal", "municipality": ["0115"]}
    factories.Dataset(name="agua", title="Agua de Villa Nueva", **{**publishable, **about})
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        if request.param == "silent":
            dead.listen()
            monkeypatch.setitem(tk.config, "solr_timeout", 1)
        url = f"http://127.0.0.1:{dead.getsockname()[1]}/solr/ckan"
        before = tk.config["solr_url"]
        SolrSettings.init(url)
        yield
        SolrSettings.init(before)


@pytest.fixture
@remembered
def others(site: Any) -> dict[str, str]:
    """Return the ids of a dataset, and of an organization and a group that have it, and do not own it."""
    owner = factories.Organization()["id"]
    dataset = factories.Dataset(owner_org=owner, tags=[{"name": "pozos"}], **DRAFT)["id"]
    ids = {
        "dataset": dataset,
        "organization": factories.Organization()["id"],
        "group": factories.Group()["id"],
    }
    for name in ("organization", "group"):
        call_action("member_create", id=ids[name], object=dataset, object_type="package", capacity="public")
    return ids


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Return what the database has of datasets, organizations, their members and tags."""
    model.Session.rollback()
    tables = ("package", "group", "member", "package_tag")
    return {
        name: sorted(map(str, model.Session.execute(sa.text(f'SELECT * FROM "{name}"')))) for name in tables
    }


@pytest.mark.parametrize(
    "address", ["/dataset/", "/dataset.csv", "/organization/muni", "/feeds/dataset.atom"]
)
def test_a_page_that_searches_says_come_back(without_solr: None, visitor: Client, address: str):
    """503, when to try again, in Spanish, kept by no cache, with nothing of the inside."""
    answer = visitor.get(address)
    body = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "La búsqueda no responde" in body
    assert "solr" not in body.lower()


def test_the_api_says_so_too(without_solr: None, visitor: Client):
    """A harvester tells an outage from a mistake of its own."""
    answer = visitor.get("/api/3/action/package_search?q=agua")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert "127.0.0.1" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("address", ["/municipio/0115", "/eje/1-1"])
def test_an_entity_shows_its_datasets_all_the_same(without_solr: None, visitor: Client, address: str):
    """They come from PostgreSQL."""
    answer = visitor.get(address)
    assert answer.status_code == 200
    assert "Agua de Villa Nueva" in answer.get_data(as_text=True)


def test_pages_without_a_search_go_on(without_solr: None, visitor: Client):
    """Nothing of theirs is in Solr."""
    pages = ("/", "/about", "/user/login", "/dataset/agua", "/municipios", "/municipio/0115.ttl")
    for address in (*pages, "/api/3/action/package_show?id=agua"):
        assert visitor.get(address).status_code == 200, address


def test_what_cannot_be_indexed_now_is_not_stored_and_says_come_back(
    without_solr: None, visitor: Client, token_of: Callable[[str], str]
):
    """A change of a dataset by the API, its file too: nothing is wrong with what was sent."""
    headers = {"Authorization": token_of(factories.Sysadmin()["name"])}
    file = {"package_id": "agua", "url": "https://example.org/a.csv", "name": "A"}
    for action, data in (("package_patch", {"id": "agua", "title": "Otra"}), ("resource_create", file)):
        answer = visitor.post(f"/api/3/action/{action}", json=data, headers=headers)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "60"
        assert "solr" not in answer.get_data(as_text=True).lower()
    shown = visitor.get("/api/3/action/package_show?id=agua").json["result"]
    assert (shown["title"], shown["resources"]) == ("Agua de Villa Nueva", [])


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("package_owner_org_update", {"id": "{dataset}", "organization_id": "muni"}),
        ("organization_delete", {"id": "{organization}"}),
        ("organization_purge", {"id": "{organization}"}),
        ("group_create", {"name": "otro", "packages": [{"id": "agua"}]}),
        ("group_update", {"id": "{group}", "name": "grupo", "packages": []}),
        ("group_delete", {"id": "{group}"}),
        ("group_purge", {"id": "{group}"}),
        ("tag_delete", {"id": "pozos"}),
    ],
)
def test_what_touches_datasets_says_come_back_and_stores_nothing(
    others: dict[str, str],
    without_solr: None,
    visitor: Client,
    token_of: Callable[[str], str],
    action: str,
    given: dict[str, Any],
):
    """What CKAN would tell as a failure of the server, with words of Solr's."""
    headers = {"Authorization": token_of(factories.Sysadmin()["name"])}
    data = given | ({"id": given["id"].format(**others)} if "id" in given else {})
    before = rows()
    answer = visitor.post(f"/api/3/action/{action}", json=data, headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "solr" not in answer.get_data(as_text=True).lower()
    assert rows() == before


BULK = ("bulk_update_private", "bulk_update_delete", "bulk_update_public")


@pytest.mark.parametrize("action", BULK)
def test_a_bulk_update_that_cannot_be_indexed_is_not_stored(
    without_solr: None, visitor: Client, token_of: Callable[[str], str], action: str
):
    """CKAN stores it, and asks Solr afterwards: nobody would know what to do again."""
    headers = {"Authorization": token_of(factories.Sysadmin()["name"])}
    package = model.Package.get("agua")
    before = (package.state, package.private)
    told = history.last_values("dataset", package.id)
    data = {"datasets": [package.id], "org_id": "muni"}
    answer = visitor.post(f"/api/3/action/{action}", json=data, headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "solr" not in answer.get_data(as_text=True).lower()
    model.Session.expire_all()
    package = model.Package.get("agua")
    assert (package.state, package.private) == before
    assert history.last_values("dataset", package.id) == told
    # a mistake of the caller's is told all the same
    wrong = visitor.post(f"/api/3/action/{action}", json={**data, "datasets": ["no"]}, headers=headers)
    assert (wrong.status_code, "Retry-After" in wrong.headers) == (409, False)
