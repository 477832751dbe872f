"""A dataset in the words of schema.org and of Croissant, and JSON that may stand in a page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from ckanext.dcat.profiles.base import DCAT, DCT, FOAF, GSP
from ckanext.gobiernoabierto.lib.embedding import embeddable
from ckanext.gobiernoabierto.rdf.croissant import croissant
from ckanext.gobiernoabierto.rdf.schemaorg import Catalogue, schemaorg
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Literal, URIRef
from rdflib.namespace import SKOS

ADDRESS = "http://test.gt/dataset/1"
PLACE, OFFICE = URIRef("http://test.gt/municipio/0115"), URIRef("http://test.gt/organization/1")
BOX = "POLYGON ((-90.7 14.4, -90.7 14.6, -90.5 14.6, -90.5 14.4, -90.7 14.4))"
SITE = Catalogue("http://test.gt", "Gobierno Abierto")
TRIPLES = [
    (URIRef(ADDRESS), DCT.spatial, PLACE),
    (URIRef(ADDRESS), DCT.spatial, URIRef("http://test.gt/municipio/draft")),
    (PLACE, SKOS.prefLabel, Literal("Villa Nueva", lang="es")),
    (PLACE, DCAT.bbox, Literal(BOX, datatype=GSP.wktLiteral)),
    (URIRef(ADDRESS), DCT.publisher, OFFICE),
    (OFFICE, FOAF.name, Literal("Municipalidad de Villa Nueva", lang="es")),
    (OFFICE, FOAF.homepage, None),
]
EU = "http://publications.europa.eu/resource/authority/"
CSV = {
    "id": "r1",
    "package_id": "1",
    "name": "Luminarias",
    "url": "https://example.org/a.csv",
    "format": "CSV",
    "size": 12,
    "hash": "AB" * 32,
}
DATASET = {
    "name": "luces",
    "title": "Alumbrado público",
    "notes": "Luminarias por colonia, con su estado y el día en que alguien las revisó.",
    "license_id": "CC-BY-4.0",
    "license_url": "https://creativecommons.org/licenses/by/4.0/",
    "language": [EU + "language/SPA"],
    "tags": [{"name": "luz"}, {"name": "calles"}],
    "temporal_start": "2017",
    "issued": "2018-01-31",
    "metadata_created": "2026-01-01T00:00:00",
    "metadata_modified": "2026-02-01T10:00:00.5",
    "maintainer_email": "persona@example.org",
    "resources": [CSV],
}


@pytest.fixture(autouse=True)
def site(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site of the addresses."""
    import ckan.plugins.toolkit as tk

    monkeypatch.setitem(tk.config, "ckan.site_url", SITE.url)


def form(**values: Any) -> dict[str, Any]:
    """The schema.org form of the dataset with other values."""
    return schemaorg({**DATASET, **values}, ADDRESS, TRIPLES, SITE)


def tables(*resources: dict[str, Any]) -> Any:
    """The Croissant of a dataset with these files."""
    dataset = {**DATASET, "resources": list(resources)}
    return croissant(dataset, schemaorg(dataset, ADDRESS, TRIPLES, SITE))


class TestSchemaOrg:
    """What Google's search for datasets asks for."""

    def test_says_all_that_is_known(self):
        """In one place, so that a change of it is seen."""
        publisher = {"@type": "Organization", "@id": str(OFFICE), "name": "Municipalidad de Villa Nueva"}
        geo = {"@type": "GeoShape", "box": "14.4 -90.7 14.6 -90.5"}
        assert form() == {
            "@context": "https://schema.org/",
            "@type": "Dataset",
            "@id": ADDRESS,
            "identifier": ADDRESS,
            "url": "http://test.gt/dataset/luces",
            "name": "Alumbrado público",
            "description": DATASET["notes"],
            "keywords": ["calles", "luz"],
            "license": DATASET["license_url"],
            "isAccessibleForFree": True,
            "inLanguage": ["es"],
            "datePublished": "2018-01-31",
            "dateModified": "2026-02-01T10:00:00.5Z",
            "temporalCoverage": "2017/..",
            "spatialCoverage": [{"@type": "Place", "@id": str(PLACE), "name": "Villa Nueva", "geo": geo}],
            "publisher": publisher,
            "creator": publisher,
            "includedInDataCatalog": {"@type": "DataCatalog", "name": SITE.title, "url": SITE.url},
            "distribution": [
                {
                    "@type": "DataDownload",
                    "@id": "http://test.gt/dataset/1/resource/r1",
                    "name": "Luminarias",
                    "encodingFormat": "text/csv",
                    "contentUrl": "https://example.org/a.csv",
                    "contentSize": "12 B",
                    "sha256": "ab" * 32,
                    "license": DATASET["license_url"],
                }
            ],
        }

    @pytest.mark.parametrize(
        "notes", ["", "Luces.", "Luces", "x" * 49, "x" * 50, "á" * 5000, "x" * 6000, None]
    )
    def test_a_description_has_from_50_to_5000_characters(self, notes: str | None):
        """A short one says whose data it is, and nothing that is not so."""
        description = form(notes=notes)["description"]
        assert 50 <= len(description) <= 5000
        if notes and len(notes) < 50:
            assert description.startswith(notes)
            assert "Municipalidad de Villa Nueva" in description

    @pytest.mark.parametrize(
        "values",
        [
            {"license_id": "otra", "license_url": None},
            {"issued": "ayer", "metadata_created": None},
            {"tags": None},
        ],
    )
    def test_what_is_not_known_is_not_said(self, values: dict[str, Any]):
        """No empty value, nothing that is no address or date."""
        said = form(**values)
        assert len(said) == len(form()) - 1
        assert all(value not in (None, "", []) for value in said.values())

    def test_a_page_is_no_file(self):
        """Nobody knows what would be downloaded there."""
        (page,) = form(resources=[{**CSV, "format": "", "hash": ""}])["distribution"]
        assert (page["url"], "contentUrl" in page) == (CSV["url"], False)

    def test_no_person_is_named(self):
        """Who maintains it is not published in any other form either."""
        assert "persona" not in json.dumps(form())


class TestCroissant:
    """Tables, and what somebody said of their columns."""

    def test_a_table_is_a_file_with_its_checksum(self):
        """And with its columns, if anybody described them."""
        schema = {
            "fields": [
                {"name": "colonia", "type": "string", "title": "Colonia"},
                {"name": "n", "type": "geo"},
            ]
        }
        said = tables({**CSV, "schema": json.dumps(schema)}, {**CSV, "id": "r2", "format": "PDF"})
        (file,) = said["distribution"]
        assert (file["@type"], file["sha256"], file["contentUrl"]) == ("cr:FileObject", "ab" * 32, CSV["url"])
        assert "isLiveDataset" not in said
        (records,) = said["recordSet"]
        first, second = records["field"]
        assert first["source"] == {"fileObject": {"@id": file["@id"]}, "extract": {"column": "colonia"}}
        assert (first["dataType"], first["description"]) == ("sc:Text", "Colonia")
        assert second["dataType"] == "sc:Text"

    def test_a_table_without_a_checksum_is_live(self):
        """It may change under its address."""
        assert tables({**CSV, "hash": ""})["isLiveDataset"] is True
        assert tables({**CSV, "hash": "ab" * 20})["isLiveDataset"] is True

    @pytest.mark.parametrize("resource", [{"format": "PDF"}, {"format": ""}, {"format": "GeoJSON"}])
    def test_without_a_table_there_is_none(self, resource: dict[str, str]):
        """Nothing is made up."""
        assert tables({**CSV, **resource}) is None
        assert tables() is None

    @pytest.mark.parametrize(
        "schema", ["", "{", "[" * 100_000, "[]", '{"fields": 1}', '{"fields": [1, {"name": ""}]}', 5, None]
    )
    def test_what_is_no_table_schema_describes_nothing(self, schema: Any):
        """Whoever wrote it there."""
        assert "recordSet" not in tables({**CSV, "schema": schema})


@given(st.text() | st.dictionaries(st.text(), st.lists(st.text(), max_size=3), max_size=3))
def test_nothing_ends_the_element_that_json_stands_in(value: Any):
    """Any reader of JSON gets it back, and any reader of HTML the whole of it."""
    written = embeddable({"</script><script>": value})
    assert json.loads(written) == {"</script><script>": value}
    assert not set("<>&\u2028\u2029") & set(written)
    assert "</" not in written
    page = BeautifulSoup(f'<script type="application/ld+json">{written}</script><p>', "html.parser")
    assert len(page.find_all("script")) == 1
