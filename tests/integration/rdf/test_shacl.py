"""A dataset on a page of the catalogue, against DCAT-AP 3.0.1's shapes in our words."""

from __future__ import annotations

from typing import Any

import pytest
from ckanext.dcat.processors import RDFSerializer
from ckanext.gobiernoabierto.feed import shapes
from pyshacl import validate
from rdflib import Graph
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, SKOS


@pytest.fixture
def page(dataset: dict[str, Any]) -> Graph:
    """A page of the catalogue with the whole dataset, one of the whole country, and one from no workshop."""
    national = {**dataset, "id": "8b2a1b6e-0000-4000-8000-00000000000c", "coverage": "national"}
    national |= {"municipality": [], "workshop": [], "workshop_origin": "none", "resources": []}
    serializer = RDFSerializer(profiles=["gobiernoabierto"])
    turtle = serializer.serialize_catalog({}, [dataset, national], _format="ttl")
    return Graph().parse(data=turtle, format="turtle")


def test_a_page_of_the_catalogue_conforms(page: Graph):
    """No violation in header, datasets, files, and all that they name."""
    conforms, _, report = validate(page, shacl_graph=shapes.ours(), allow_warnings=True)
    assert conforms, report


@pytest.mark.parametrize(
    ("kind", "predicate", "severity"),
    [
        (DCAT.Catalog, DCTERMS.publisher, shapes.VIOLATION),
        (DCAT.Catalog, DCTERMS.license, shapes.VIOLATION),
        (DCAT.Dataset, DCTERMS.title, shapes.VIOLATION),
        (DCAT.Dataset, DCTERMS.spatial, shapes.SUGGESTION),
        (DCAT.Dataset, DCTERMS.temporal, shapes.SUGGESTION),
        (DCAT.Dataset, DCAT.theme, shapes.SUGGESTION),
        (DCAT.Distribution, DCAT.accessURL, shapes.VIOLATION),
        (DCAT.Distribution, DCTERMS["format"], shapes.SUGGESTION),
        (FOAF.Agent, FOAF.name, shapes.VIOLATION),
        (SKOS.Concept, SKOS.prefLabel, shapes.VIOLATION),
        (SKOS.ConceptScheme, DCTERMS.title, shapes.VIOLATION),
        (SKOS.ConceptScheme, RDF.type, shapes.VIOLATION),
        (DCTERMS.Location, RDF.type, shapes.VIOLATION),
    ],
)
def test_what_is_missing_is_found(page: Graph, kind: Any, predicate: Any, severity: str):
    """The shapes fail on a page that lacks any of these."""
    before = len(shapes.against(shapes.ours(), page.serialize(format="nt", encoding="utf-8")))
    for subject in list(page.subjects(RDF.type, kind)):
        page.remove((subject, predicate, None))
    found = shapes.against(shapes.ours(), page.serialize(format="nt", encoding="utf-8"))
    assert len(found) > before
    assert severity in {each.severity for each in found}
