"""A dataset on a page of the catalogue, against DCAT-AP 3.0.1's shapes.

``tests/shapes`` has them in our words, for every run. The official ones stand in ckanext-dcat's
repository but in none of its packages: ``DCAT_AP_SHAPES`` names the folder that holds them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ckanext.dcat.processors import RDFSerializer
from pyshacl import validate
from rdflib import Graph
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, SKOS

OFFICIAL = os.environ.get("DCAT_AP_SHAPES")
OFFICIAL_FILES = ("dcat-ap_3_shacl_shapes.ttl", "dcat-ap_2.1.1_shacl_range.ttl")
"""The second one is older, and the only official one that tells which class each value has to be of."""


@pytest.fixture
def page(dataset: dict[str, Any]) -> Graph:
    """A page of the catalogue with the whole dataset, one of the whole country, and one from no workshop."""
    national = {**dataset, "id": "8b2a1b6e-0000-4000-8000-00000000000c", "coverage": "national"}
    national |= {"municipality": [], "workshop": [], "workshop_origin": "none", "resources": []}
    serializer = RDFSerializer(profiles=["gobiernoabierto"])
    turtle = serializer.serialize_catalog({}, [dataset, national], _format="ttl")
    return Graph().parse(data=turtle, format="turtle")


@pytest.fixture
def shapes(checkout: Path) -> Graph:
    """DCAT-AP's demands in our words."""
    return Graph().parse(checkout / "tests" / "shapes" / "dcat_ap_3.ttl", format="turtle")


def test_a_page_of_the_catalogue_conforms(page: Graph, shapes: Graph):
    """No violation in header, datasets, files, and all that they name."""
    conforms, _, report = validate(page, shacl_graph=shapes)
    assert conforms, report


@pytest.mark.parametrize(
    ("kind", "predicate"),
    [
        (DCAT.Catalog, DCTERMS.publisher),
        (DCAT.Catalog, DCTERMS.license),
        (DCAT.Dataset, DCTERMS.title),
        (DCAT.Dataset, DCTERMS.spatial),
        (DCAT.Distribution, DCAT.accessURL),
        (FOAF.Agent, FOAF.name),
        (SKOS.Concept, SKOS.prefLabel),
        (SKOS.ConceptScheme, DCTERMS.title),
        (DCTERMS.Location, RDF.type),
    ],
)
def test_what_is_missing_is_found(page: Graph, shapes: Graph, kind: Any, predicate: Any):
    """The shapes fail on a page that lacks any of these."""
    for subject in list(page.subjects(RDF.type, kind)):
        page.remove((subject, predicate, None))
    conforms, _, _ = validate(page, shacl_graph=shapes)
    assert not conforms


@pytest.mark.skipif(not OFFICIAL, reason="DCAT_AP_SHAPES names no folder with the official shapes")
@pytest.mark.parametrize("name", OFFICIAL_FILES)
def test_a_page_of_the_catalogue_conforms_to_the_official_shapes(page: Graph, name: str):
    """Those that ckanext-dcat tests itself with."""
    conforms, _, report = validate(page, shacl_graph=str(Path(OFFICIAL or "") / name))
    assert conforms, report
