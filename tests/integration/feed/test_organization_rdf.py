"""An organization's identifier, which names publishers: its fragment of the log, 410 once it is gone."""

from __future__ import annotations

from typing import Any

import ckan.tests.factories as factories
import pytest
from ckan import model
from ckanext.gobiernoabierto.feed.model import Entry
from ckanext.gobiernoabierto.rdf import formats

OPEN = "Municipalidad de Villa Nueva"


def test_what_a_publisher_is_stands_at_its_identifier(app: Any, dataset: dict[str, Any], organization: Any):
    """By its id and its name, in each syntax, known by a tag; HEAD has no body."""
    page = app.get("/catalog.nt").body
    assert f"publisher> <http://test.ckan.net/organization/{organization['id']}>" in page
    fragment = model.Session.query(Entry.body).filter_by(kind="organization").scalar()
    assert app.get(f"/organization/{organization['id']}.nt").data == fragment
    for ending, each in formats.RDF_FORMATS.items():
        for word in (organization["id"], organization["name"]):
            address = f"/organization/{word}.{ending}"
            answer = app.get(address)
            assert (answer.status_code, answer.mimetype) == (200, each.mimetype)
            assert OPEN in answer.body
            again = app.get(address, headers={"If-None-Match": answer.headers["ETag"]})
            assert (again.status_code, again.data) == (304, b"")
            assert app.test_client().head(address).data == b""


def test_by_accept_it_is_the_same(app: Any, organization: dict[str, Any]):
    """People get the page, whichever of both a cache has kept."""
    address = f"/organization/{organization['id']}"
    rdf = app.get(address, headers={"Accept": "text/turtle"})
    assert rdf.data == app.get(f"{address}.ttl").data
    page = app.get(f"/organization/{organization['name']}", headers={"Accept": "text/html"})
    assert page.mimetype == "text/html"
    assert "Accept" in rdf.headers["Vary"]
    assert "Accept" in page.headers["Vary"]


def test_a_change_is_told_at_once(app: Any, call: Any, organization: dict[str, Any]):
    """Whether or not a job has run."""
    address = f"/organization/{organization['id']}.nt"
    tag = app.get(address).headers["ETag"]
    call("organization_patch", id=organization["id"], title="Otro título")
    assert "Otro título" in app.get(address, headers={"If-None-Match": tag}).body


@pytest.mark.long
@pytest.mark.parametrize("manner", ["organization_delete", "organization_purge"])
def test_one_that_is_taken_back_is_gone(app: Any, call: Any, organization: dict[str, Any], manner: str):
    """410 in every form, with the day and not a word of what it was; a sysadmin goes on to CKAN's page."""
    app.get(f"/organization/{organization['id']}.ttl")
    call(manner, id=organization["id"])
    for word in (organization["id"], organization["name"]):
        told = app.get(f"/organization/{word}.ttl")
        assert told.status_code == 410
        assert f"/organization/{organization['id']}> a as:Tombstone" in told.body
        assert "as:formerType org:Organization" in told.body
        assert "dataset-status" not in told.body
        assert OPEN not in told.body
        assert app.get(f"/organization/{word}", headers={"Accept": "text/turtle"}).data == told.data
        page = app.get(f"/organization/{word}", headers={"Accept": "text/html"})
        assert (page.status_code, page.mimetype, OPEN in page.body) == (410, "text/html", False)
    if manner == "organization_delete":
        token = factories.APIToken(user=factories.Sysadmin()["name"])["token"]
        seen = app.get(f"/organization/{organization['name']}", headers={"Authorization": token})
        assert seen.status_code == 200


def test_what_is_no_organization_is_not_there(app: Any, clean_site: None):
    """404, in JSON; a group is none either."""
    group = factories.Group()
    for word in (group["id"], group["name"], "nadie", "x" * 300):
        answer = app.get(f"/organization/{word}.ttl")
        assert (answer.status_code, "error" in answer.json) == (404, True)
    assert app.get("/organization/nadie.csv").status_code == 404
    assert app.get("/organization/a%00b.ttl").status_code == 400
    assert app.get("/organization/nadie").status_code == 404
