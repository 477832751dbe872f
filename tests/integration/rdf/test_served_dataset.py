"""A dataset as an officer publishes it and as a harvester gets it: our schema, CKAN's actions, HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

import ckan.tests.factories as factories
import pyoxigraph
import pytest
from ckan.lib import search
from ckan.tests.helpers import CKANTestApp, call_action
from ckanext.dcat.processors import RDFParser
from ckanext.gobiernoabierto.feed import shapes
from pyshacl import validate
from rdflib import Graph

EU = "http://publications.europa.eu/resource/authority/"
SYNTAXES = {
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "rdf": pyoxigraph.RdfFormat.RDF_XML,
    "xml": pyoxigraph.RdfFormat.RDF_XML,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
}
OURS = {
    "municipality": ["0115"],
    "coverage": "municipal",
    "workshop": ["ideaton-villa-nueva-2017"],
    "workshop_origin": "workshop",
    "commitment": ["3-11"],
    "axis": ["3-3"],
    "theme": [EU + "data-theme/JUST"],
    "language": [EU + "language/SPA"],
    "frequency": EU + "frequency/ANNUAL",
    "license_id": "CC-BY-4.0",
    "contact_name": "Unidad de Información Pública",
    "contact_email": "uip@example.gob.gt",
    "temporal_start": "2025-01-01",
    "temporal_end": "2025-12-31",
    "url": "https://example.org/origen",
    "issued": "2026-01-15",
}
FILE = {
    "name": "Incidentes",
    "description": "Una fila por denuncia",
    "url": "https://example.org/incidentes.csv",
    "format": "CSV",
    "size": 1234,
    "hash": "ab" * 32,
    "hash_algorithm": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256",
    "language": EU + "language/SPA",
    "issued": "2026-01-15",
}


@pytest.fixture(scope="module")
def site(empty_app: CKANTestApp, publisher: dict[str, Any]) -> CKANTestApp:
    """The application, with what is published."""
    return empty_app


@pytest.fixture(scope="module")
def published(site: CKANTestApp, publisher: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A dataset that went through our validators, beside a private one."""
    search.clear_all()
    texts = {"title": "Incidentes de seguridad", "notes": "Los que se denunciaron", "tag_string": "seguridad"}
    shared = {**texts, **OURS, "owner_org": publisher["id"], "resources": [FILE]}
    made = call_action("package_create", name="incidentes", **shared)
    call_action("package_create", name="canario-privado", private=True, **shared)
    yield made
    search.clear_all()


def read_strictly(answer: Any, ending: str) -> Graph:
    """Parse an answer by pyoxigraph, and RDF/XML by expat too."""
    if SYNTAXES[ending] == pyoxigraph.RdfFormat.RDF_XML:
        expat.ParserCreate().Parse(answer.data, True)
    triples = "".join(f"{quad.triple} .\n" for quad in pyoxigraph.parse(answer.data, SYNTAXES[ending]))
    return Graph().parse(data=triples, format="nt")


@pytest.mark.parametrize("ending", SYNTAXES)
@pytest.mark.parametrize("path", ["/dataset/{id}", "/catalog"])
def test_what_is_served_is_strict_and_conforms(
    site: CKANTestApp, published: dict[str, Any], path: str, ending: str
):
    """The dataset's own address and the catalogue's page, in every syntax, against DCAT-AP's shapes."""
    graph = read_strictly(site.get(f"{path.format(**published)}.{ending}"), ending)
    conforms, _, report = validate(graph, shacl_graph=shapes.ours(), allow_warnings=True)
    assert conforms, report
    assert "canario" not in graph.serialize(format="nt")
    assert len(list(graph.triples((None, None, None)))) > 100


def test_no_prefix_is_made_up(site: CKANTestApp, published: dict[str, Any]):
    """Whoever reads the Turtle of a dataset meets the prefixes of the vocabularies."""
    turtle = site.get(f"/dataset/{published['name']}.ttl").body
    assert "schema:" in turtle
    assert "@prefix ns" not in turtle


def test_the_form_calls_the_themes_in_spanish(site: CKANTestApp, published: dict[str, Any]):
    """The label of the choice, as our schema has it."""
    turtle = site.get(f"/dataset/{published['id']}.ttl").body
    assert '"Justicia, sistema judicial y seguridad pública"@es' in turtle


def test_a_private_dataset_is_served_to_nobody_else(site: CKANTestApp, published: dict[str, Any]):
    """Not by its name either."""
    answer = site.get("/dataset/canario-privado.ttl")
    assert answer.status_code in (403, 404)
    assert "Incidentes" not in answer.body


def test_what_was_served_can_be_published_again(
    site: CKANTestApp, published: dict[str, Any], publisher: dict[str, Any]
):
    """Parsed and created anew under our schema, every field of ours and of the file is the same."""
    parser = RDFParser(profiles=["gobiernoabierto"])
    parser.parse(site.get(f"/dataset/{published['id']}.ttl").body, _format="ttl")
    (found,) = parser.datasets()
    again = call_action("package_create", **{**found, "name": "copia", "owner_org": publisher["id"]})
    assert {name: again.get(name) for name in OURS} == {name: published[name] for name in OURS} == OURS
    assert (again["title"], again["notes"]) == (published["title"], published["notes"])
    assert [tag["name"] for tag in again["tags"]] == ["seguridad"]
    (resource,) = again["resources"]
    assert {name: resource.get(name) for name in FILE} == FILE
    call_action("dataset_purge", id=again["id"])


def test_an_organization_of_nobody_in_particular_has_no_type(site: CKANTestApp, published: dict[str, Any]):
    """Only a municipality is a local authority."""
    assert "LocalAuthority" in site.get(f"/dataset/{published['id']}.ttl").body
    other = factories.Organization()
    call_action("package_patch", id=published["id"], owner_org=other["id"])
    assert "LocalAuthority" not in site.get(f"/dataset/{published['id']}.ttl").body
