"""The RDF of one row, and what it has to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyoxigraph
import pytest
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.rdf.addresses import Addresses
from ckanext.gobiernoabierto.rdf.entity import MAPPINGS
from ckanext.gobiernoabierto.rdf.terms import graph_of
from rdflib import Graph

SITE = "https://datos.example.gob.gt"
PREFIXES = """
@base <https://datos.example.gob.gt/> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix prov: <http://www.w3.org/ns/prov#> . @prefix schema: <http://schema.org/> .
@prefix gsp: <http://www.opengis.net/ont/geosparql#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix cv: <http://data.europa.eu/m8g/> . @prefix org: <http://www.w3.org/ns/org#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
KNOWN = {
    ("department", "01"): "Guatemala",
    ("municipality", "0115"): "Villa Nueva",
    ("municipality", "0108"): "Mixco",
    ("plan", "3"): "Tercer Plan",
    ("axis", "3-3"): "Participación Ciudadana",
    ("commitment", "3-11"): "Programa piloto de maratones de ideas",
    ("workshop", "ideaton-mixco"): "Ideatón de Mixco",
    ("problem", "0115-P1"): "Seguridad",
    ("institution", "infom"): "Instituto de Fomento Municipal",
    ("institution", "inap"): "Instituto Nacional de Administración Pública",
}


class Rdf:
    """A site that knows a few entities."""

    @staticmethod
    def known_as(visibility: str) -> Addresses:
        """Addresses that know the entities above, all in one visibility."""
        named = {
            (name, code): Named(registry.entity_type(name), code, title, "title", visibility)
            for (name, code), title in KNOWN.items()
        }
        return Addresses(SITE, named)

    def __init__(self) -> None:
        self.addresses = self.known_as(PUBLISHED)

    def graph(self, name: str, row: Mapping[str, Any], addresses: Addresses | None = None) -> Graph:
        """The graph of one row."""
        to_rdf, _ = MAPPINGS[name]
        return graph_of(to_rdf(dict(row), addresses or self.addresses))

    @staticmethod
    def assert_says(graph: Graph, turtle: str) -> None:
        """All of the triples of ``turtle`` are in the graph."""
        expected = set(pyoxigraph.parse(PREFIXES + turtle, pyoxigraph.RdfFormat.TURTLE))
        written = set(pyoxigraph.parse(graph.serialize(format="nt"), pyoxigraph.RdfFormat.N_TRIPLES))
        assert not expected - written


@pytest.fixture(scope="session")
def rdf() -> Rdf:
    """The RDF of rows of a site that knows a few entities."""
    return Rdf()
