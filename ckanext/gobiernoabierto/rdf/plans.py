"""Plans, their axes and their commitments. Axes and commitments are terms of the plan's concept scheme."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ckanext.dcat.profiles.base import ADMS, DCAT, DCT, FOAF, SCHEMA
from ckanext.gobiernoabierto.entities.base import Values
from rdflib import Graph, URIRef
from rdflib.namespace import PROV, RDF, RDFS, SKOS, Namespace

from .addresses import Addresses, axes_of, code_named, code_of, plan_of_scheme
from .terms import (
    Triple,
    addresses_in,
    date,
    day_in,
    each,
    link,
    period,
    plain,
    shown_by,
    text,
    text_in,
    texts_in,
    values,
)
from .vocabulary import PARTICIPATIONS, PROGRESS

PLAN_TYPES = (PROV.Plan, PROV.Entity)
AXIS_TYPES = (SKOS.Concept,)
MILESTONE_TYPES = (PROV.Plan, PROV.Entity, RDFS.Resource)
COMMITMENT_TYPES = (SKOS.Concept, PROV.Plan, RDFS.Resource)
SDG = Namespace("http://metadata.un.org/sdg/")
"""The Sustainable Development Goals, as the United Nations publish them."""
NOT_OFFICIAL = "El título alternativo no es el texto oficial."


def plan_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield a plan, its term and its scheme. How many commitments it has no vocabulary says."""
    plan = addresses.of("plan", row["code"])
    yield from each(plan, RDF.type, PLAN_TYPES)
    yield plan, DCT.title, text(row.get("title"))
    yield plan, DCT.identifier, plain(row["code"])
    yield plan, DCT.dateAccepted, date(row.get("approved"))
    yield plan, DCT.description, text(row.get("description"))
    yield plan, FOAF.page, link(row.get("url"))
    yield from each(plan, DCT.source, map(link, row.get("source") or ()))
    yield from period(plan, row.get("start"), row.get("end"), row.get("period"))
    yield from _scheme(axes_of(plan), plan, row.get("title"))


def plan_from_rdf(graph: Graph, plan: URIRef) -> Values:
    """Return the fields of a plan that RDF carries."""
    term = graph.value(plan, DCT.temporal)
    return {
        "code": code_of("plan", plan),
        "title": text_in(graph, plan, DCT.title),
        "period": text_in(graph, term, RDFS.label, None),
        "start": day_in(graph, term, DCAT.startDate),
        "end": day_in(graph, term, DCAT.endDate),
        "approved": day_in(graph, plan, DCT.dateAccepted),
        "description": text_in(graph, plan, DCT.description),
        "url": next(iter(addresses_in(graph, plan, FOAF.page)), None),
        "source": addresses_in(graph, plan, DCT.source),
    }


def scheme_to_rdf(addresses: Addresses, plan: str | None) -> Iterator[Triple]:
    """Yield the concept scheme of a plan's axes and commitments; nothing for a plan that is a draft."""
    scheme = addresses.axes_of(plan)
    if scheme is None or plan is None:
        return
    yield from _scheme(scheme, addresses.link("plan", plan), addresses.known["plan", plan].title)


def _scheme(scheme: URIRef, plan: URIRef | None, title: str | None) -> Iterator[Triple]:
    yield scheme, RDF.type, SKOS.ConceptScheme
    yield scheme, DCT.title, text(f"Ejes y compromisos: {title}" if title else "Ejes y compromisos")
    yield scheme, DCT.isPartOf, plan


def axis_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield an axis as a top concept of its plan's scheme."""
    axis = addresses.of("axis", row["code"])
    yield from each(axis, RDF.type, AXIS_TYPES)
    yield axis, SKOS.prefLabel, text(row["name"])
    yield from each(axis, SKOS.altLabel, map(text, row.get("other_names") or ()))
    yield axis, DCT.identifier, plain(row["code"])
    yield from each(axis, DCT.source, map(link, row.get("source") or ()))
    yield axis, SKOS.topConceptOf, addresses.axes_of(row.get("plan"))
    yield from term_to_rdf(axis, row.get("plan"), row.get("number"), addresses)


def term_to_rdf(
    concept: URIRef, plan: str | None, number: int | None, addresses: Addresses
) -> Iterator[Triple]:
    """Yield where an axis or a commitment stands among the terms of its plan."""
    yield concept, SKOS.notation, plain(number)
    yield concept, SKOS.inScheme, addresses.axes_of(plan)
    yield from scheme_to_rdf(addresses, plan)


def axis_from_rdf(graph: Graph, axis: URIRef) -> Values:
    """Return the fields of an axis that RDF carries."""
    return {
        "code": code_of("axis", axis),
        "plan": _plan_of(graph, axis),
        "number": _number(graph, axis),
        "name": text_in(graph, axis, SKOS.prefLabel),
        "other_names": texts_in(graph, axis, SKOS.altLabel),
        "source": addresses_in(graph, axis, DCT.source),
    }


def _plan_of(graph: Graph, concept: URIRef) -> str | None:
    schemes = map(plan_of_scheme, values(graph, concept, SKOS.inScheme))
    return next(filter(None, schemes), None)


def _number(graph: Graph, concept: URIRef) -> int | None:
    notation = str(graph.value(concept, SKOS.notation))
    return int(notation) if notation.isdecimal() else None


def designation(code: str) -> str:
    """Return what a commitment is called while nobody knows its title."""
    return f"Compromiso {code}"


def commitment_titles(code: str, row: Values) -> Iterator[tuple[URIRef, Any]]:
    """Yield how a commitment is called, each title as what it is.

    Only the official wording is a Spanish preferred label. OGP's English title is one in English. An
    unofficial one is an alternative label with a note. Where neither of the first two is known the code
    names the commitment, because SKOS wants every concept to have a preferred label.
    """
    official, english = text(row.get("title")), text(row.get("title_en"), "en")
    yield SKOS.prefLabel, official
    yield SKOS.prefLabel, english
    if not (official or english):
        yield SKOS.prefLabel, text(designation(code))
    if row.get("unofficial_title"):
        yield SKOS.altLabel, text(row["unofficial_title"])
        yield SKOS.editorialNote, text(NOT_OFFICIAL)


def commitment_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield a commitment. The IRM's rating is left out: no vocabulary has its scales."""
    commitment = addresses.of("commitment", row["code"])
    yield from each(commitment, RDF.type, COMMITMENT_TYPES)
    yield from ((commitment, how, title) for how, title in commitment_titles(row["code"], row))
    yield commitment, DCT.identifier, plain(row["code"])
    yield commitment, DCT.identifier, plain(row.get("ogp_id"))
    yield commitment, SCHEMA.subjectOf, link(row.get("url"))
    yield commitment, SKOS.broader, addresses.link("axis", row.get("axis"))
    yield commitment, DCT.isPartOf, addresses.link("plan", row.get("plan"))
    yield from each(commitment, DCT.source, map(link, row.get("source") or ()))
    yield commitment, DCT.description, text(row.get("objective"))
    yield commitment, DCT.replaces, addresses.link("commitment", row.get("predecessor"))
    yield from shown_by(commitment, row)
    yield from each(commitment, DCT.subject, (SDG[str(goal)] for goal in row.get("sdgs") or ()))
    yield from period(commitment, row.get("start"), row.get("end"), None)
    yield from term_to_rdf(commitment, row.get("plan"), row.get("number"), addresses)
    for participation in row.get("participations") or ():
        yield from _participation_to_rdf(commitment, participation, addresses)


def milestone_to_rdf(row: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield a milestone: of which commitment, until when, how far it is, and what shows it."""
    milestone = addresses.of("milestone", row["code"])
    yield from each(milestone, RDF.type, MILESTONE_TYPES)
    yield milestone, DCT.title, text(row["title"])
    yield milestone, RDFS.label, text(row["title"])
    yield milestone, DCT.identifier, plain(row["code"])
    yield milestone, DCT.isPartOf, addresses.link("commitment", row.get("commitment"))
    yield milestone, ADMS.status, PROGRESS.concept(addresses, row["state"])
    yield from PROGRESS.to_rdf(addresses, row["state"])
    yield from shown_by(milestone, row)
    yield from each(milestone, DCT.source, map(link, row.get("source") or ()))
    yield from period(milestone, row.get("start"), row.get("end"), None)


def milestone_from_rdf(graph: Graph, milestone: URIRef) -> Values:
    """Return the fields of a milestone that RDF carries."""
    term = graph.value(milestone, DCT.temporal)
    return {
        "code": code_of("milestone", milestone),
        "title": text_in(graph, milestone, DCT.title),
        "commitment": code_named("commitment", graph, milestone, DCT.isPartOf),
        "start": day_in(graph, term, DCAT.startDate),
        "end": day_in(graph, term, DCAT.endDate),
        "state": next(filter(None, map(PROGRESS.value, values(graph, milestone, ADMS.status))), None),
        "source": addresses_in(graph, milestone, DCT.source),
    }


def _participation_to_rdf(commitment: URIRef, part: Values, addresses: Addresses) -> Iterator[Triple]:
    """Yield who leads, coordinates or supports; a group that is only a text has no address to link."""
    institution = addresses.link("institution", part.get("institution"))
    if institution is None:
        return
    role = PARTICIPATIONS.concept(addresses, part["role"])
    node = URIRef(f"{commitment}#{str(role).rsplit('/', 1)[-1]}-{part['institution']}")
    yield commitment, PROV.qualifiedAttribution, node
    yield node, RDF.type, PROV.Attribution
    yield node, PROV.agent, institution
    yield node, DCAT.hadRole, role
    yield node, DCT.source, link(part.get("source"))
    yield from PARTICIPATIONS.to_rdf(addresses, part["role"])


def commitment_from_rdf(graph: Graph, commitment: URIRef) -> Values:
    """Return the fields of a commitment that RDF carries."""
    code = code_of("commitment", commitment) or ""
    title = text_in(graph, commitment, SKOS.prefLabel)
    other_ids = [str(value) for value in values(graph, commitment, DCT.identifier) if str(value) != code]
    term = graph.value(commitment, DCT.temporal)
    return {
        "code": code,
        "plan": _plan_of(graph, commitment),
        "number": _number(graph, commitment),
        "title": None if title == designation(code) else title,
        "unofficial_title": text_in(graph, commitment, SKOS.altLabel),
        "title_en": text_in(graph, commitment, SKOS.prefLabel, "en"),
        "ogp_id": next(iter(other_ids), None),
        "axis": code_named("axis", graph, commitment, SKOS.broader),
        "start": day_in(graph, term, DCAT.startDate),
        "end": day_in(graph, term, DCAT.endDate),
        "objective": text_in(graph, commitment, DCT.description),
        "predecessor": code_named("commitment", graph, commitment, DCT.replaces),
        "sdgs": sorted(_goals(values(graph, commitment, DCT.subject))),
        "url": next(iter(addresses_in(graph, commitment, SCHEMA.subjectOf)), None),
        "participations": list(_participations_from_rdf(graph, commitment)),
        "source": addresses_in(graph, commitment, DCT.source),
    }


def _goals(subjects: list[Any]) -> Iterator[int]:
    for subject in subjects:
        number = str(subject).removeprefix(str(SDG))
        if str(subject).startswith(str(SDG)) and number.isdecimal():
            yield int(number)


def _participations_from_rdf(graph: Graph, commitment: URIRef) -> Iterator[Values]:
    for node in values(graph, commitment, PROV.qualifiedAttribution):
        role = PARTICIPATIONS.value(graph.value(node, DCAT.hadRole))
        institution = code_of("institution", graph.value(node, PROV.agent))
        if role and institution:
            source = next(iter(addresses_in(graph, node, DCT.source)), None)
            yield {"role": role, "institution": institution, "source": source}
