"""Workshops and the institutions that hold them: activities and agents, in PROV's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from ckanext.dcat.profiles.base import ADMS, DCT, FOAF, SCHEMA
from ckanext.gobiernoabierto.entities.base import Values
from rdflib import Graph, URIRef
from rdflib.namespace import ORG, PROV, RDF, RDFS, SKOS

from .addresses import Addresses, code_of, codes_of
from .terms import (
    M8G,
    Triple,
    addresses_in,
    date,
    day_in,
    each,
    hour_in,
    link,
    local_moment,
    plain,
    text,
    text_in,
    texts_in,
    utc_moment,
    values,
)
from .vocabulary import SECTORS, WORKSHOP_KINDS, WORKSHOP_STATES

WORKSHOP_TYPES = (PROV.Activity, M8G.PublicEvent, SCHEMA.Event, RDFS.Resource)
INSTITUTION_TYPES = (FOAF.Agent, ORG.Organization)
TOOK_PLACE = ("held", "closed")
EVENT_STATUS = {"planned": SCHEMA.EventScheduled, "cancelled": SCHEMA.EventCancelled}
"""schema.org has no word for an event that is over."""


def workshop_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield a workshop: what, when, where, for whom, by whom and for which commitment."""
    workshop = addresses.of("workshop", row["code"])
    yield from each(workshop, RDF.type, WORKSHOP_TYPES)
    yield workshop, DCT.title, text(row.get("title"))
    yield workshop, RDFS.label, text(row.get("title"))
    yield workshop, DCT.identifier, plain(row["code"])
    yield workshop, DCT.type, WORKSHOP_KINDS.concept(addresses, row["kind"])
    yield from WORKSHOP_KINDS.to_rdf(addresses, row["kind"])
    yield workshop, ADMS.status, WORKSHOP_STATES.concept(addresses, row["state"])
    yield from WORKSHOP_STATES.to_rdf(addresses, row["state"])
    yield workshop, SCHEMA.eventStatus, EVENT_STATUS.get(row["state"])
    yield from each(workshop, DCT.source, map(link, row.get("source") or ()))
    yield from _when(workshop, row)
    yield from _where(workshop, row, addresses)
    yield from _what_for(workshop, row, addresses)


def _when(workshop: URIRef, row: Values) -> Iterator[Triple]:
    """Yield days, or moments where the hours are known; PROV's only of what has taken place."""
    days = {"start": row.get("start_date"), "end": row.get("end_date") or row.get("start_date")}
    for edge, begins in (("start", PROV.startedAtTime), ("end", PROV.endedAtTime)):
        day, hour = days[edge], row.get(f"{edge}_time")
        if day and hour:
            yield workshop, SCHEMA[f"{edge}Date"], local_moment(day, hour)
            yield workshop, begins, utc_moment(day, hour) if row["state"] in TOOK_PLACE else None
        elif row.get(f"{edge}_date"):
            yield workshop, SCHEMA[f"{edge}Date"], date(day)


def _where(workshop: URIRef, row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield the municipalities that it is about, which are also where it was unless a place is named."""
    municipalities = addresses.links("municipality", row.get("municipalities") or ())
    yield from each(workshop, DCT.spatial, municipalities)
    if not row.get("place"):
        yield from each(workshop, PROV.atLocation, municipalities)
        yield from each(workshop, SCHEMA.location, municipalities)
        return
    place = URIRef(f"{workshop}#lugar")
    yield workshop, PROV.atLocation, place
    yield workshop, SCHEMA.location, place
    yield place, RDF.type, PROV.Location
    yield place, RDF.type, SCHEMA.Place
    yield place, SCHEMA.name, text(row["place"])


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
    start = day_in(graph, workshop, SCHEMA.startDate)
    kinds = map(WORKSHOP_KINDS.value, values(graph, workshop, DCT.type))
    states = map(WORKSHOP_STATES.value, values(graph, workshop, ADMS.status))
    commitments = codes_of("commitment", values(graph, workshop, DCT.relation))
    return {
        "code": code_of("workshop", workshop),
        "title": text_in(graph, workshop, DCT.title),
        "kind": next(filter(None, kinds), None),
        "municipalities": codes_of("municipality", values(graph, workshop, DCT.spatial)),
        "commitment": next(iter(commitments), None),
        "start_date": start,
        "start_time": hour_in(graph, workshop, SCHEMA.startDate),
        "end_date": _other_day(start, day_in(graph, workshop, SCHEMA.endDate)),
        "end_time": hour_in(graph, workshop, SCHEMA.endDate),
        "place": text_in(graph, graph.value(workshop, SCHEMA.location), SCHEMA.name),
        "state": next(filter(None, states), None),
        "organizers": codes_of("institution", values(graph, workshop, PROV.wasAssociatedWith)),
        "source": addresses_in(graph, workshop, DCT.source),
    }


def _other_day(start: dt.date | None, end: dt.date | None) -> dt.date | None:
    return None if start == end else end


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
