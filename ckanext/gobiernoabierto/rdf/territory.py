"""Departments and municipalities: places that are also terms of the territory's concept scheme."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ckanext.dcat.profiles.base import DCAT, DCT, GSP
from ckanext.gobiernoabierto.entities.base import Values
from ckanext.gobiernoabierto.lib import boundaries, topojson
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, SKOS

from . import vocabulary
from .addresses import Addresses, code_of
from .terms import M8G, Triple, addresses_in, each, link, plain, text, text_in, texts_in, values

TYPES = (DCT.Location, SKOS.Concept, M8G.AdminUnit)
COUNTRY = URIRef("http://publications.europa.eu/resource/authority/country/GTM")
DECIMALS = 3
"""Of a degree: 110 m, which is how far the shipped boundaries are simplified."""


@cache
def _boxes() -> dict[str, tuple[str, str]]:
    """Return rectangle and centroid of each municipality; the boundaries are part of the program."""
    shapes = boundaries.municipalities().items()
    return {code: (topojson.extent(shape).wkt(DECIMALS), _point(shape)) for code, shape in shapes}


def _point(shape: list[topojson.Polygon]) -> str:
    x, y = topojson.centroid(shape)
    return f"POINT ({x:.{DECIMALS}f} {y:.{DECIMALS}f})"


def country_to_rdf() -> Iterator[Triple]:
    """Yield Guatemala as a place of the EU's country authority."""
    yield COUNTRY, RDF.type, DCT.Location
    yield COUNTRY, SKOS.prefLabel, text("Guatemala")


def _place(place: URIRef, row: Values, addresses: Addresses) -> Iterator[Triple]:
    yield from each(place, RDF.type, TYPES)
    yield place, SKOS.prefLabel, text(row["name"])
    yield place, DCT.identifier, plain(row["code"])
    yield from each(place, DCT.source, map(link, row.get("source") or ()))
    yield from term_to_rdf(place, row["code"], addresses)


def term_to_rdf(place: URIRef, code: str, addresses: Addresses) -> Iterator[Triple]:
    """Yield where a place stands among the terms of the territory; departments stand at its top."""
    scheme = addresses.scheme(vocabulary.TERRITORY)
    yield place, SKOS.notation, plain(code)
    yield place, SKOS.inScheme, scheme
    yield place, SKOS.topConceptOf, scheme if code_of("department", str(place)) else None
    yield from vocabulary.scheme_to_rdf(addresses, vocabulary.TERRITORY)


def department_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield a department; its notations are INE's code and, where known, the ISO 3166-2 one."""
    place = addresses.of("department", row["code"])
    yield from _place(place, row, addresses)
    yield place, SKOS.notation, plain(row.get("iso_3166_2"))
    yield place, DCT.isPartOf, COUNTRY
    yield from country_to_rdf()


def department_from_rdf(graph: Graph, place: URIRef) -> Values:
    """Return the fields of a department that RDF carries."""
    code = code_of("department", place)
    notations = [str(value) for value in values(graph, place, SKOS.notation) if str(value) != code]
    return {
        "code": code,
        "name": text_in(graph, place, SKOS.prefLabel),
        "iso_3166_2": next(iter(notations), None),
        "source": addresses_in(graph, place, DCT.source),
    }


def municipality_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield a municipality, with rectangle and centroid where its boundary is known."""
    place = addresses.of("municipality", row["code"])
    department = addresses.link("department", row.get("department"))
    yield from _place(place, row, addresses)
    yield from each(place, SKOS.altLabel, map(text, row.get("other_names") or ()))
    yield place, SKOS.broader, department
    yield place, DCT.isPartOf, department
    box = _boxes().get(row["code"])
    if box:
        yield place, DCAT.bbox, Literal(box[0], datatype=GSP.wktLiteral)
        yield place, DCAT.centroid, Literal(box[1], datatype=GSP.wktLiteral)


def municipality_from_rdf(graph: Graph, place: URIRef) -> Values:
    """Return the fields of a municipality that RDF carries."""
    departments = [code_of("department", address) for address in values(graph, place, DCT.isPartOf)]
    return {
        "code": code_of("municipality", place),
        "name": text_in(graph, place, SKOS.prefLabel),
        "department": next(filter(None, departments), None),
        "other_names": texts_in(graph, place, SKOS.altLabel),
        "source": addresses_in(graph, place, DCT.source),
    }
