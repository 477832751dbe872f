"""The four RDF syntaxes of an entity's page, and which of them a reader asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities.base import EntityType
from ckanext.gobiernoabierto.lib import endings
from rdflib import Graph
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable
from werkzeug.http import parse_accept_header

from . import entity as entities
from .terms import PREFIXES


@dataclass(frozen=True)
class RdfFormat:
    """One syntax: its media type, as it is registered, and its name in rdflib."""

    mimetype: str
    rdflib_name: str


TURTLE = RdfFormat("text/turtle", "turtle")
JSON_LD = RdfFormat("application/ld+json", "json-ld")
RDF_XML = RdfFormat("application/rdf+xml", "xml")
N_TRIPLES = RdfFormat("application/n-triples", "nt")
TRIG = RdfFormat("application/trig", "trig")
"""Turtle with named graphs: of what is no plain graph."""

RDF_FORMATS = dict(zip(endings.RDF, (TURTLE, JSON_LD, RDF_XML, RDF_XML, N_TRIPLES), strict=True))
"""By the extension of the address. The first one of a media type is the one that pages link to."""

LINKED = ("ttl", "jsonld", "rdf", "nt")
"""One extension for each syntax."""
RDF_TYPES = {ext: RDF_FORMATS[ext].mimetype for ext in LINKED}
HTML = "text/html"


def serialize(graph: Graph, ext: str) -> bytes:
    """Return a graph in the syntax of an extension; the same bytes every time if ``graph_of`` made it."""
    kind = RDF_FORMATS[ext]
    if kind is JSON_LD:
        return _json_ld(graph)
    written = graph.serialize(format=kind.rdflib_name, encoding="utf-8")
    if kind is N_TRIPLES:
        return b"".join(sorted(written.splitlines(keepends=True)))
    return written


def _json_ld(graph: Graph) -> bytes:
    """Return JSON-LD with its own context, so that no reader fetches one, its nodes sorted by address."""
    context = {prefix: str(namespace) for prefix, namespace in PREFIXES.items()}
    document = json.loads(graph.serialize(format="json-ld", context=context))
    if "@graph" in document:
        document["@graph"].sort(key=lambda node: node["@id"])
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True).encode()


def serialize_entity(entity: EntityType, row: Any, ext: str) -> bytes:
    """Return the RDF of one published entity; KeyError for a syntax or a kind that we do not have."""
    return serialize(entities.entity_graph(entity, row), ext)


def serialize_entities(entity: EntityType, rows: list[Any], ext: str) -> bytes:
    """Return the RDF of a list of entities of one kind, without its drafts."""
    return serialize(entities.entity_graph(entity, *rows), ext)


def negotiate(accept_header: str | None, offered: Mapping[str, str] | None = None) -> str | None:
    """Return the extension of the format that a reader prefers, or None for the page itself.

    ``offered`` has the media type of each extension; RDF where it is not given. Who does not say, or takes
    anything, gets the page (RFC 9110, 12.5.1). NotAcceptable (the answer 406), with what there is, if the
    reader takes neither the page nor anything that is offered.
    """
    if not accept_header or not accept_header.strip():
        return None
    types = RDF_TYPES if offered is None else offered
    there = [HTML, *types.values()]
    best = _accepted(accept_header).best_match(there)
    if best is None:
        message = tk._("This address has none of what you accept. It has: {types}")
        raise NotAcceptable(message.format(types=", ".join(there)))
    return next((ext for ext, mimetype in types.items() if mimetype == best), None)


def prefers_data(accept_header: str | None) -> bool:
    """Tell whether a reader takes no page, or would rather have anything else; a browser never does."""
    if not accept_header or not accept_header.strip():
        return False
    accepted = _accepted(accept_header)
    page = accepted.quality(HTML)
    return not page or max(quality for _, quality in accepted) > page


def _accepted(header: str) -> MIMEAccept:
    """Return what a reader accepts without the parameters of media types (``charset``, ``profile``).

    There is one of each type here, and to werkzeug a type with a parameter is another one.
    """
    return MIMEAccept(
        (value.partition(";")[0].strip(), quality)
        for value, quality in parse_accept_header(header, MIMEAccept)
    )
