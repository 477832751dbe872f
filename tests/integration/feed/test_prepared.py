"""What is prepared with a fragment: schema.org in the page, Croissant beside it; of what is public alone."""

from __future__ import annotations

import json
from typing import Any

import ckan.tests.factories as factories
import pytest
from bs4 import BeautifulSoup
from ckan import model
from ckanext.gobiernoabierto.feed import flush
from ckanext.gobiernoabierto.feed.prepared import Prepared

BAD = "</script><script>alert(1)</script> & \u2028 <!--"


@pytest.fixture
def in_page(app: Any) -> Any:
    """Return the schema.org form that the page of a dataset carries, or None."""

    def read(name: str, **options: Any) -> Any:
        page = BeautifulSoup(app.get(f"/dataset/{name}", **options).body, "html.parser")
        found = page.select("head script[type='application/ld+json']")
        assert len(page.select("script[type='application/ld+json']")) == len(found) <= 1
        return json.loads(found[0].string) if found else None

    return read


@pytest.fixture
def row() -> Any:
    """Return what is prepared of a dataset, after a flush."""

    def read(id: str) -> Any:
        model.Session.commit()
        flush.flush()
        return model.Session.get(Prepared, id)

    return read


class TestSchemaOrg:
    """In the head of the page."""

    @pytest.mark.long
    def test_stands_in_the_page_as_it_was_prepared(self, in_page: Any, row: Any, dataset: dict[str, Any]):
        """No view makes it."""
        prepared = json.loads(row(dataset["id"]).schemaorg)
        assert in_page(dataset["name"]) == prepared
        assert prepared["name"] == dataset["title"]
        assert [place["name"] for place in prepared["spatialCoverage"]] == ["Villa Nueva"]
        assert prepared["publisher"]["name"] == "Municipalidad de Villa Nueva"
        assert prepared["distribution"][0]["contentUrl"] == "https://example.org/a.csv"

    def test_nothing_in_it_ends_it(self, in_page: Any, row: Any, call: Any, fields: dict[str, Any]):
        """Whatever an officer writes."""
        made = call("package_create", **{**fields, "notes": BAD * 3, "title": BAD.replace("\u2028", "")})
        row(made["id"])
        assert in_page(made["name"])["description"] == (BAD * 3).strip()

    def test_says_what_the_places_are_called_now(self, in_page: Any, row: Any, change: Any, dataset: Any):
        """A renamed municipality reaches it, as it reaches the fragment."""
        row(dataset["id"])
        change("municipality", "0115")(name="Villa Nueva de Guatemala")
        row(dataset["id"])
        assert in_page(dataset["name"])["spatialCoverage"][0]["name"] == "Villa Nueva de Guatemala"

    @pytest.mark.long
    @pytest.mark.parametrize("values", [{"private": True}, {"state": "draft"}, {"state": "deleted"}])
    def test_goes_when_the_dataset_does(
        self, app: Any, in_page: Any, row: Any, call: Any, dataset: Any, values: Any
    ):
        """From the page of who may still read it at once, from the database with the fragment."""
        assert row(dataset["id"])
        call("package_patch", id=dataset["id"], **values)
        token = {"Authorization": factories.APIToken(user=factories.Sysadmin()["name"])["token"]}
        assert in_page(dataset["name"], headers=token) is None
        assert row(dataset["id"]) is None
        for form in ("schemaorg", "croissant"):
            answer = app.get(f"/dataset/{dataset['name']}/{form}.jsonld", headers=token)
            assert answer.status_code == 410
            assert dataset["title"] not in answer.body

    def test_of_what_never_was_public_there_is_none(self, app: Any, row: Any, call: Any, fields: Any):
        """In no way."""
        hidden = call("package_create", **{**fields, "private": True})
        assert row(hidden["id"]) is None
        assert app.get(f"/dataset/{hidden['name']}/schemaorg.jsonld").status_code == 404
        assert app.get("/dataset/nada/croissant.jsonld").status_code == 404

    def test_the_page_asks_one_query_for_it(self, app: Any, row: Any, dataset: Any, queries: Any):
        """However often the templates name it."""
        row(dataset["id"])
        with queries() as sent:
            app.get(f"/dataset/{dataset['name']}")
        assert len([each for each in sent if "feed_prepared" in each]) == 1


class TestAddresses:
    """Each form has one, which the page names."""

    @pytest.mark.long
    @pytest.mark.parametrize("form", ["schemaorg", "croissant"])
    def test_has_what_was_prepared(self, app: Any, row: Any, dataset: dict[str, Any], form: str):
        """By name and id, known by a tag, without a flush before."""
        answer = app.get(f"/dataset/{dataset['name']}/{form}.jsonld")
        assert answer.content_type.startswith("application/ld+json")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.body == getattr(row(dataset["id"]), form)
        same = {"If-None-Match": answer.headers["ETag"]}
        assert app.get(f"/dataset/{dataset['id']}/{form}.jsonld", headers=same).status_code == 304
        assert app.test_client().head(f"/dataset/{dataset['id']}/{form}.jsonld").data == b""

    def test_without_a_table_there_is_no_croissant(self, app: Any, call: Any, row: Any, dataset: Any):
        """404 says why, and nothing leads there."""
        call(
            "package_patch",
            id=dataset["id"],
            resources=[{"url": "https://example.org/a.pdf", "format": "PDF"}],
        )
        row(dataset["id"])
        answer = app.get(f"/dataset/{dataset['name']}/croissant.jsonld")
        assert (answer.status_code, "tabla" in answer.json["error"]) == (404, True)
        page = app.get(f"/dataset/{dataset['name']}")
        assert "croissant.jsonld" not in page.body + str(page.headers)
        assert "schemaorg.jsonld" in page.body

    def test_columns_that_somebody_described_are_told(self, app: Any, call: Any, dataset: Any):
        """A Table Schema in the resource, as other CKAN programs keep it."""
        schema = {"fields": [{"name": "colonia", "type": "string"}]}
        file = {"url": "https://example.org/a.csv", "format": "CSV", "schema": json.dumps(schema)}
        call("package_patch", id=dataset["id"], resources=[file])
        (records,) = app.get(f"/dataset/{dataset['id']}/croissant.jsonld").json["recordSet"]
        assert [each["name"] for each in records["field"]] == ["colonia"]

    def test_the_page_links_to_each_of_its_forms(self, app: Any, row: Any, dataset: dict[str, Any]):
        """In its headers, its head, and where people look."""
        row(dataset["id"])
        answer = app.get(f"/dataset/{dataset['name']}")
        links = answer.headers.getlist("Link")
        own = f"/dataset/{dataset['name']}"
        described = [each for each in links if 'rel="describedby"' in each]
        for path in (f"{own}.ttl", f"{own}.jsonld", f"{own}/schemaorg.jsonld", f"{own}/croissant.jsonld"):
            assert any(f"{path}>" in each for each in described), path
        assert any(dataset["id"] in each and 'rel="cite-as"' in each for each in links)
        page = BeautifulSoup(answer.body, "html.parser")
        assert page.select_one(f"head link[rel=alternate][href='{own}.ttl']")
        assert page.select_one(f".ga-as-data a[href='{own}/croissant.jsonld']")

    def test_a_hidden_page_links_to_none(self, app: Any, call: Any, row: Any, dataset: dict[str, Any]):
        """To who may read it: what is not published has no other form."""
        call("package_patch", id=dataset["id"], private=True)
        token = {"Authorization": factories.APIToken(user=factories.Sysadmin()["name"])["token"]}
        answer = app.get(f"/dataset/{dataset['name']}", headers=token)
        assert answer.status_code == 200
        assert "describedby" not in str(answer.headers)
