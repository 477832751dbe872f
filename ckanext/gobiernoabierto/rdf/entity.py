"""The RDF of entities: which function describes which kind, and the graph of one or of many."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.dcat.profiles.base import DCT, FOAF
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import references, registry
from ckanext.gobiernoabierto.entities.base import DOCUMENTS, PUBLISHED, EntityType, Values
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.lib import formats
from rdflib import Graph, URIRef
from rdflib.namespace import RDF, RDFS, SKOS

from . import authority, participation, plans, territory, workshops
from .addresses import Addresses, Placed
from .terms import Triple, date, each, graph_of, link, plain, text

ToRdf = Callable[[Values, Addresses], Iterator[Triple]]
FromRdf = Callable[[Graph, URIRef], Values]

MAPPINGS: dict[str, tuple[ToRdf, FromRdf]] = {
    "department": (territory.department_to_rdf, territory.department_from_rdf),
    "municipality": (territory.municipality_to_rdf, territory.municipality_from_rdf),
    "plan": (plans.plan_to_rdf, plans.plan_from_rdf),
    "axis": (plans.axis_to_rdf, plans.axis_from_rdf),
    "commitment": (plans.commitment_to_rdf, plans.commitment_from_rdf),
    "workshop": (workshops.workshop_to_rdf, workshops.workshop_from_rdf),
    "round_table": (workshops.round_table_to_rdf, workshops.round_table_from_rdf),
    "problem": (participation.problem_to_rdf, participation.problem_from_rdf),
    "idea": (participation.idea_to_rdf, participation.idea_from_rdf),
    "data_request": (participation.data_request_to_rdf, participation.data_request_from_rdf),
    "invitation": (workshops.invitation_to_rdf, workshops.invitation_from_rdf),
    "milestone": (plans.milestone_to_rdf, plans.milestone_from_rdf),
    "institution": (workshops.institution_to_rdf, workshops.institution_from_rdf),
}
"""An entity that is not published as RDF is not in here."""

PLACED = ("axis", "commitment")
"""The entities that are terms of a plan's scheme."""

_CALLED: dict[str, tuple[tuple[URIRef, ...], tuple[URIRef, ...]]] = {
    "department": (territory.TYPES, (SKOS.prefLabel,)),
    "municipality": (territory.TYPES, (SKOS.prefLabel,)),
    "plan": (plans.PLAN_TYPES, (DCT.title,)),
    "axis": (plans.AXIS_TYPES, (SKOS.prefLabel,)),
    "commitment": (plans.COMMITMENT_TYPES, (SKOS.prefLabel,)),
    "workshop": (workshops.WORKSHOP_TYPES, (DCT.title, RDFS.label)),
    "round_table": (workshops.ROUND_TABLE_TYPES, (DCT.title, RDFS.label)),
    "problem": (participation.SAID_TYPES, (DCT.title, RDFS.label)),
    "idea": (participation.SAID_TYPES, (DCT.title, RDFS.label)),
    "data_request": (participation.SAID_TYPES, (DCT.title, RDFS.label)),
    "invitation": (workshops.INVITATION_TYPES, (DCT.title, RDFS.label)),
    "milestone": (plans.MILESTONE_TYPES, (DCT.title, RDFS.label)),
    "institution": (workshops.INSTITUTION_TYPES, (FOAF.name,)),
}
"""Types of each kind, and the properties that carry what it is called."""


def class_of(kind: str) -> URIRef | None:
    """Return the class that says best what a kind is, or None of what is not published as RDF."""
    return _CALLED[kind][0][0] if kind in _CALLED else None


def named_to_rdf(named: Named, addresses: Addresses) -> Iterator[Triple]:
    """Yield what a page says of an entity that it only links: what it is and what it is called.

    Always a part of what the entity's own RDF says, and never its identifier: that tells the two apart where
    both come together (``feed/packing.py``).
    """
    address = addresses.link(named.entity.name, named.code)
    if address is None or named.entity.name not in _CALLED:
        return
    types, properties = _CALLED[named.entity.name]
    yield from each(address, RDF.type, types)
    yield from _term_to_rdf(address, named, addresses)
    if named.entity.name == "commitment":
        placed = addresses.placed.get((named.entity.name, named.code))
        told = {"title_en": placed and placed.title_en, **({named.kind: named.title} if named.kind else {})}
        yield from ((address, how, title) for how, title in plans.commitment_titles(named.code, told))
        return
    yield from ((address, how, text(named.title)) for how in properties)


def _term_to_rdf(address: URIRef, named: Named, addresses: Addresses) -> Iterator[Triple]:
    """Yield where an entity that is a concept too stands in its scheme, and what that is called."""
    kind = named.entity.name
    if kind in ("department", "municipality"):
        yield from territory.term_to_rdf(address, named.code, addresses)
    placed = addresses.placed.get((kind, named.code))
    if placed:
        if kind == "axis":
            yield address, SKOS.topConceptOf, addresses.axes_of(placed.plan)
        yield from plans.term_to_rdf(address, placed.plan, placed.number, addresses)


def documents_to_rdf(owner: URIRef, documents: Iterable[Values]) -> Iterator[Triple]:
    """Yield the public documents of an entity: title, day and media type of each."""
    for document in documents:
        address = link(document["url"])
        media_type = authority.media_type(document["media_type"], None)
        yield owner, FOAF.page, address
        yield address, RDF.type, FOAF.Document
        yield address, DCT.title, text(document["title"])
        yield address, DCT.identifier, plain(document["id"])
        yield address, DCT.issued, date(formats.local(document["created"]).date())
        yield address, DCT["format"], media_type
        yield media_type, RDF.type, DCT.MediaTypeOrExtent if media_type else None


def addresses_for(
    entities: Iterable[tuple[str, str]], rows: Iterable[tuple[EntityType, Values]]
) -> Addresses:
    """Return the addresses of the site, knowing what ``entities`` and all that ``rows`` name are called.

    Two queries, however many there are: of an axis and a commitment, the plan is named with them.
    """
    wanted = set(entities)
    for entity, row in rows:
        for reference in references.references_of(entity):
            wanted.update((reference.target.name, code) for code in reference.codes(row))
    placed = _placed(wanted)
    wanted |= {("plan", each.plan) for each in placed.values()}
    return Addresses(config.site_url(), references.titles(wanted), placed)


def _placed(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Placed]:
    """Return where those stand that are axes or commitments."""
    codes = {kind: [code for name, code in wanted if name == kind] for kind in PLACED}
    if not any(codes.values()):
        return {}
    rows = Session.execute(_placed_statement(), codes)
    return {(row.kind, row.code): Placed(row.plan, row.number, row.title_en) for row in rows}


@functools.cache
def _placed_statement() -> Any:
    parts = []
    for kind in PLACED:
        table = registry.entity_type(kind).table
        english = table.c.get("title_en", sa.null()).label("title_en")
        found = sa.select(sa.literal(kind).label("kind"), table.c.code, table.c.plan, table.c.number, english)
        parts.append(found.where(references.among(table.c.code, kind), table.c.visibility == PUBLISHED))
    return sa.union_all(*parts)


def entity_graph(entity: EntityType, *rows: Any) -> Graph:
    """Return the graph of entities of one kind: of one page, or of a whole list.

    Drafts are left out, and what is published never names them. No blank nodes, never a dataset.
    KeyError for a kind that is not published as RDF.
    """
    return graph_of(entity_triples(entity, *rows))


def entity_triples(entity: EntityType, *rows: Any) -> Iterator[Triple]:
    """Yield what ``entity_graph`` is made of, also what cannot be written."""
    to_rdf, _ = MAPPINGS[entity.name]
    shown = [{"code": row.code, **row.told()} for row in rows if row.visibility == PUBLISHED]
    addresses = addresses_for((), ((entity, row) for row in shown))
    own = {row["code"] for row in shown}
    for row in shown:
        yield from to_rdf(row, addresses)
        yield from documents_to_rdf(addresses.of(entity.name, row["code"]), row.get(DOCUMENTS) or ())
    for (name, code), named in addresses.known.items():
        if not (name == entity.name and code in own):
            yield from named_to_rdf(named, addresses)
