"""Workshops, round tables and the institutions that hold them: activities and agents, in PROV's words."""

from __future__ import annotations

from collections.abc import Iterator

from ckanext.dcat.profiles.base import ADMS, DCT, FOAF, SCHEMA
from ckanext.gobiernoabierto.entities.base import Values
from rdflib import Graph, URIRef
from rdflib.namespace import ORG, PROV, RDF, RDFS, SKOS

from .addresses import Addresses, code_named, code_of, codes_of
from .events import EVENT_TYPES, event_from_rdf, event_to_rdf
from .terms import (
    M8G,
    Triple,
    addresses_in,
    date,
    day_in,
    each,
    integer,
    link,
    plain,
    text,
    text_in,
    texts_in,
    values,
)
from .vocabulary import INVITATION_STATES, ROUND_TABLE_STATES, SECTORS, WORKSHOP_KINDS, WORKSHOP_STATES

WORKSHOP_TYPES = ROUND_TABLE_TYPES = EVENT_TYPES
INVITATION_TYPES = (PROV.Entity, FOAF.Document)
INSTITUTION_TYPES = (FOAF.Agent, ORG.Organization)


def workshop_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield a workshop: what, when, where, for whom, by whom and for which commitment."""
    workshop = addresses.of("workshop", row["code"])
    yield from event_to_rdf(workshop, row, row.get("title"))
    yield workshop, DCT.type, WORKSHOP_KINDS.concept(addresses, row["kind"])
    yield from WORKSHOP_KINDS.to_rdf(addresses, row["kind"])
    yield workshop, ADMS.status, WORKSHOP_STATES.concept(addresses, row["state"])
    yield from WORKSHOP_STATES.to_rdf(addresses, row["state"])
    yield from _for_whom(workshop, row, addresses)
    yield from _what_for(workshop, row, addresses)
    for counted in row.get("attendance") or ():
        yield from _counted_to_rdf(workshop, counted)


def _counted_to_rdf(workshop: URIRef, counted: Values) -> Iterator[Triple]:
    """Yield how many of one group came, as it is told to everybody."""
    node = URIRef(f"{workshop}#asistencia-{counted['group']}")
    yield workshop, SCHEMA.additionalProperty, node
    yield node, RDF.type, SCHEMA.PropertyValue
    yield node, SCHEMA.propertyID, plain(counted["group"])
    yield node, SCHEMA.name, text(counted["label"])
    yield node, SCHEMA.value, text(counted["text"])
    yield node, SCHEMA.minValue, integer(counted["least"])
    yield node, SCHEMA.maxValue, integer(counted["most"])


def _for_whom(workshop: URIRef, row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield the municipalities that it is about, which are also where it was unless a place is named."""
    municipalities = addresses.links("municipality", row.get("municipalities") or ())
    yield from each(workshop, DCT.spatial, municipalities)
    if not row.get("place"):
        yield from each(workshop, PROV.atLocation, municipalities)
        yield from each(workshop, SCHEMA.location, municipalities)


def _what_for(workshop: URIRef, row: Values, addresses: Addresses) -> Iterator[Triple]:
    commitment = addresses.link("commitment", row.get("commitment"))
    yield workshop, DCT.relation, commitment
    for code in row.get("organizers") or ():
        organizer = addresses.link("institution", code)
        if organizer is None:
            continue
        association = URIRef(f"{workshop}#asociacion-{code}")
        yield workshop, PROV.wasAssociatedWith, organizer
        yield workshop, PROV.qualifiedAssociation, association
        yield association, RDF.type, PROV.Association
        yield association, PROV.agent, organizer
        yield association, PROV.hadPlan, commitment


def workshop_from_rdf(graph: Graph, workshop: URIRef) -> Values:
    """Return the fields of a workshop that RDF carries."""
    kinds = map(WORKSHOP_KINDS.value, values(graph, workshop, DCT.type))
    states = map(WORKSHOP_STATES.value, values(graph, workshop, ADMS.status))
    return {
        "code": code_of("workshop", workshop),
        "title": text_in(graph, workshop, DCT.title),
        "kind": next(filter(None, kinds), None),
        "municipalities": codes_of("municipality", values(graph, workshop, DCT.spatial)),
        "commitment": code_named("commitment", graph, workshop, DCT.relation),
        "state": next(filter(None, states), None),
        "organizers": codes_of("institution", values(graph, workshop, PROV.wasAssociatedWith)),
        **event_from_rdf(graph, workshop),
    }


def round_table_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield a round table: its theme, when, of which plan and axis, how to register and whom to call."""
    table = addresses.of("round_table", row["code"])
    yield from event_to_rdf(table, row, row["theme"])
    yield table, ADMS.status, ROUND_TABLE_STATES.concept(addresses, row["state"])
    yield from ROUND_TABLE_STATES.to_rdf(addresses, row["state"])
    yield table, DCT.isPartOf, addresses.link("plan", row.get("plan"))
    yield table, DCT.subject, addresses.link("axis", row.get("axis"))
    yield table, M8G.registrationPage, link(row.get("registration_url"))
    if row.get("phone"):
        contact = URIRef(f"{table}#contacto")
        yield table, SCHEMA.contactPoint, contact
        yield contact, RDF.type, SCHEMA.ContactPoint
        yield contact, SCHEMA.telephone, plain(row["phone"])


def round_table_from_rdf(graph: Graph, table: URIRef) -> Values:
    """Return the fields of a round table that RDF carries."""
    states = map(ROUND_TABLE_STATES.value, values(graph, table, ADMS.status))
    contact = graph.value(table, SCHEMA.contactPoint)
    return {
        "code": code_of("round_table", table),
        "plan": code_named("plan", graph, table, DCT.isPartOf),
        "theme": text_in(graph, table, DCT.title),
        "axis": code_named("axis", graph, table, DCT.subject),
        "state": next(filter(None, states), None),
        "registration_url": next(iter(addresses_in(graph, table, M8G.registrationPage)), None),
        "phone": text_in(graph, contact, SCHEMA.telephone, None),
        **event_from_rdf(graph, table),
    }


def invitation_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield a letter: its number and day, whom it calls, to what, by when, and what became of it."""
    invitation = addresses.of("invitation", row["code"])
    yield from each(invitation, RDF.type, INVITATION_TYPES)
    yield invitation, DCT.title, text(row["number"])
    yield invitation, RDFS.label, text(row["number"])
    yield invitation, DCT.identifier, plain(row["code"])
    yield invitation, DCT.issued, date(row.get("letter_date"))
    yield invitation, SCHEMA.expires, date(row.get("confirm_by"))
    yield invitation, DCT.spatial, addresses.link("municipality", row.get("municipality"))
    yield invitation, DCT.subject, addresses.link("workshop", row.get("workshop"))
    yield invitation, ADMS.status, INVITATION_STATES.concept(addresses, row["state"])
    yield from INVITATION_STATES.to_rdf(addresses, row["state"])
    yield from each(invitation, DCT.source, map(link, row.get("source") or ()))


def invitation_from_rdf(graph: Graph, invitation: URIRef) -> Values:
    """Return the fields of a letter that RDF carries."""
    states = map(INVITATION_STATES.value, values(graph, invitation, ADMS.status))
    return {
        "code": code_of("invitation", invitation),
        "number": text_in(graph, invitation, DCT.title),
        "municipality": code_named("municipality", graph, invitation, DCT.spatial),
        "workshop": code_named("workshop", graph, invitation, DCT.subject),
        "letter_date": day_in(graph, invitation, DCT.issued),
        "confirm_by": day_in(graph, invitation, SCHEMA.expires),
        "state": next(filter(None, states), None),
        "source": addresses_in(graph, invitation, DCT.source),
    }


def institution_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield an institution. Its initials are the one alternative label that is in no language."""
    institution = addresses.of("institution", row["code"])
    yield from each(institution, RDF.type, INSTITUTION_TYPES)
    yield institution, FOAF.name, text(row["name"])
    yield institution, DCT.identifier, plain(row["code"])
    yield institution, SKOS.altLabel, plain(row.get("initials"))
    yield from each(institution, SKOS.altLabel, map(text, row.get("other_names") or ()))
    yield from each(institution, DCT.source, map(link, row.get("source") or ()))
    if row.get("sector"):
        yield institution, ORG.classification, SECTORS.concept(addresses, row["sector"])
        yield from SECTORS.to_rdf(addresses, row["sector"])


def institution_from_rdf(graph: Graph, institution: URIRef) -> Values:
    """Return the fields of an institution that RDF carries."""
    sectors = map(SECTORS.value, values(graph, institution, ORG.classification))
    return {
        "code": code_of("institution", institution),
        "name": text_in(graph, institution, FOAF.name),
        "initials": text_in(graph, institution, SKOS.altLabel, None),
        "other_names": texts_in(graph, institution, SKOS.altLabel),
        "sector": next(filter(None, sectors), None),
        "source": addresses_in(graph, institution, DCT.source),
    }
