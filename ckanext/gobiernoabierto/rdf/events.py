"""What takes place on a day, in the words of PROV, schema.org and the Core Public Event Vocabulary."""

from __future__ import annotations

from collections.abc import Iterator

from ckanext.dcat.profiles.base import DCT, SCHEMA
from ckanext.gobiernoabierto.entities.base import Values
from rdflib import Graph, URIRef
from rdflib.namespace import PROV, RDF, RDFS

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
    utc_moment,
)

EVENT_TYPES = (PROV.Activity, M8G.PublicEvent, SCHEMA.Event, RDFS.Resource)
TOOK_PLACE = ("held", "closed")
EVENT_STATUS = {"planned": SCHEMA.EventScheduled, "cancelled": SCHEMA.EventCancelled}
"""schema.org has no word for an event that is over."""


def event_to_rdf(event: URIRef, row: Values, title: str | None) -> Iterator[Triple]:
    """Yield what all events have: name, code, days, place, sources."""
    yield from each(event, RDF.type, EVENT_TYPES)
    yield event, DCT.title, text(title)
    yield event, RDFS.label, text(title)
    yield event, DCT.identifier, plain(row["code"])
    yield event, SCHEMA.eventStatus, EVENT_STATUS.get(row["state"])
    yield from each(event, DCT.source, map(link, row.get("source") or ()))
    yield from _when(event, row)
    yield from _where(event, row)


def _when(event: URIRef, row: Values) -> Iterator[Triple]:
    """Yield days, or moments where the hours are known; PROV's only of what has taken place."""
    days = {"start": row.get("start_date"), "end": row.get("end_date") or row.get("start_date")}
    for edge, begins in (("start", PROV.startedAtTime), ("end", PROV.endedAtTime)):
        day, hour = days[edge], row.get(f"{edge}_time")
        if day and hour:
            yield event, SCHEMA[f"{edge}Date"], local_moment(day, hour)
            yield event, begins, utc_moment(day, hour) if row["state"] in TOOK_PLACE else None
        elif row.get(f"{edge}_date"):
            yield event, SCHEMA[f"{edge}Date"], date(day)


def _where(event: URIRef, row: Values) -> Iterator[Triple]:
    """Yield the place, where somebody named it."""
    if not row.get("place"):
        return
    place = URIRef(f"{event}#lugar")
    yield event, PROV.atLocation, place
    yield event, SCHEMA.location, place
    yield place, RDF.type, PROV.Location
    yield place, RDF.type, SCHEMA.Place
    yield place, SCHEMA.name, text(row["place"])


def event_from_rdf(graph: Graph, event: URIRef) -> Values:
    """Return the days, hours and place of an event, and its sources."""
    start = day_in(graph, event, SCHEMA.startDate)
    end = day_in(graph, event, SCHEMA.endDate)
    return {
        "start_date": start,
        "start_time": hour_in(graph, event, SCHEMA.startDate),
        "end_date": None if start == end else end,
        "end_time": hour_in(graph, event, SCHEMA.endDate),
        "place": text_in(graph, graph.value(event, SCHEMA.location), SCHEMA.name),
        "source": addresses_in(graph, event, DCT.source),
    }
