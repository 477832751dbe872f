"""Problems, ideas and the data that they lack, as entities of PROV. No personal data, no texts of answers."""

from __future__ import annotations

from collections.abc import Iterator

from ckanext.dcat.profiles.base import ADMS, DCT
from ckanext.gobiernoabierto.entities.base import Values
from rdflib import Graph, URIRef
from rdflib.namespace import PROV, RDF, RDFS

from .addresses import Addresses, code_named, code_of
from .terms import Triple, addresses_in, date, day_in, each, link, plain, shown_by, text, text_in, values
from .vocabulary import IDEA_STATES, PROBLEM_STATES, REQUEST_STATES, Choices

SAID_TYPES = (PROV.Entity, RDFS.Resource)


def _said_to_rdf(said: URIRef, row: Values, addresses: Addresses, states: Choices) -> Iterator[Triple]:
    """Yield what problems and ideas share."""
    yield from each(said, RDF.type, SAID_TYPES)
    yield said, DCT.title, text(row["title"])
    yield said, RDFS.label, text(row["title"])
    yield said, DCT.description, text(row.get("description"))
    yield said, DCT.identifier, plain(row["code"])
    yield said, DCT.created, date(row.get("reported"))
    yield said, DCT.spatial, addresses.link("municipality", row.get("municipality"))
    yield said, PROV.wasGeneratedBy, addresses.link("workshop", row.get("workshop"))
    yield said, ADMS.status, states.concept(addresses, row["state"])
    yield from states.to_rdf(addresses, row["state"])
    yield from shown_by(said, row)
    yield from each(said, DCT.source, map(link, row.get("source") or ()))


def _said_from_rdf(graph: Graph, said: URIRef, states: Choices) -> Values:
    return {
        "title": text_in(graph, said, DCT.title),
        "description": text_in(graph, said, DCT.description),
        "reported": day_in(graph, said, DCT.created),
        "municipality": code_named("municipality", graph, said, DCT.spatial),
        "workshop": code_named("workshop", graph, said, PROV.wasGeneratedBy),
        "state": next(filter(None, map(states.value, values(graph, said, ADMS.status))), None),
        "source": addresses_in(graph, said, DCT.source),
    }


def problem_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield a problem: where, since when, in which state, from which workshop, of which axis."""
    problem = addresses.of("problem", row["code"])
    yield from _said_to_rdf(problem, row, addresses, PROBLEM_STATES)
    yield problem, DCT.subject, addresses.link("axis", row.get("axis"))


def problem_from_rdf(graph: Graph, problem: URIRef) -> Values:
    """Return the fields of a problem that RDF carries."""
    return {
        "code": code_of("problem", problem),
        "axis": code_named("axis", graph, problem, DCT.subject),
        **_said_from_rdf(graph, problem, PROBLEM_STATES),
    }


def idea_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield an idea: the same, and the problem that it is for."""
    idea = addresses.of("idea", row["code"])
    yield from _said_to_rdf(idea, row, addresses, IDEA_STATES)
    yield idea, PROV.wasDerivedFrom, addresses.link("problem", row.get("problem"))
    yield idea, DCT.relation, addresses.link("commitment", row.get("commitment"))


def idea_from_rdf(graph: Graph, idea: URIRef) -> Values:
    """Return the fields of an idea that RDF carries."""
    return {
        "code": code_of("idea", idea),
        "problem": code_named("problem", graph, idea, PROV.wasDerivedFrom),
        "commitment": code_named("commitment", graph, idea, DCT.relation),
        **_said_from_rdf(graph, idea, IDEA_STATES),
    }


def data_request_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield a request for data: since when, for which problem, from whom, and when it was closed.

    Not with which dataset: that may be hidden since, and says itself which problem it is for.
    """
    request = addresses.of("data_request", row["code"])
    yield from _said_to_rdf(request, {**row, "reported": row.get("requested")}, addresses, REQUEST_STATES)
    yield request, PROV.wasDerivedFrom, addresses.link("problem", row.get("problem"))
    yield request, DCT.relation, addresses.link("institution", row.get("institution"))
    yield request, DCT.dateAccepted, date(row.get("closed"))


def data_request_from_rdf(graph: Graph, request: URIRef) -> Values:
    """Return the fields of a request that RDF carries."""
    said = _said_from_rdf(graph, request, REQUEST_STATES)
    del said["workshop"]
    return {
        "code": code_of("data_request", request),
        "problem": code_named("problem", graph, request, PROV.wasDerivedFrom),
        "institution": code_named("institution", graph, request, DCT.relation),
        "requested": said.pop("reported"),
        "closed": day_in(graph, request, DCT.dateAccepted),
        **said,
    }
