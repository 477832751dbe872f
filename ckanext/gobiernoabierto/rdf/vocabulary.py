"""Our own vocabularies: a concept for each choice of a form, with the form's own Spanish label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ckanext.dcat.profiles.base import DCT
from ckanext.gobiernoabierto.entities import forms, registry
from rdflib import Graph, URIRef
from rdflib.namespace import PROV, RDF, RDFS, SKOS

from .addresses import Addresses
from .terms import Triple, graph_of, plain, text

TERRITORY = "territorio"
ROLES = "rol"
PROVENANCE = "procedencia"
SCHEME_TITLES = {
    TERRITORY: "División político-administrativa de Guatemala (INE)",
    "tipo-taller": "Tipos de taller",
    "estado-taller": "Estados de un taller",
    "estado-mesa": "Estados de una mesa de cocreación",
    "estado-problema": "Estados de un problema",
    "estado-idea": "Estados de una idea",
    "estado-solicitud": "Estados de una solicitud de datos",
    "estado-invitacion": "Estados de una invitación",
    "avance": "Avance de un hito, en los cuatro pasos del Mecanismo de Revisión Independiente",
    "papel": "Papel de una institución en un compromiso",
    "sector": "Sectores de las instituciones participantes",
    ROLES: "Qué une a un conjunto de datos con lo que le dio origen",
    PROVENANCE: "Procedencia de un conjunto de datos",
}
FULFILS = ("da-cumplimiento-a", "da cumplimiento a")
FOUND_IN = ("identificado-en", "identificado en")
NO_WORKSHOP = ("sin-taller", "No proviene de un taller de Gobierno Abierto")
"""Slug and label of each role, and of what can be said of where a dataset comes from."""


@dataclass(frozen=True)
class Choices:
    """The choices of one field of an entity's form, as concepts of a scheme."""

    scheme: str
    entity: str
    path: tuple[str, ...]
    """Field, and the subfield where the choice is in a row."""
    slugs: dict[str, str]
    """What the address ends with, for each value."""

    def concept(self, addresses: Addresses, value: str) -> URIRef:
        """Return the concept of a value."""
        return URIRef(f"{addresses.scheme(self.scheme)}/{self.slugs.get(value, value)}")

    def value(self, concept: object) -> str | None:
        """Return the value of a concept, or None where it is none of this scheme."""
        steps = str(concept).split("/")
        if steps[-2:-1] != [self.scheme]:
            return None
        return next((value for value, slug in self.slugs.items() if slug == steps[-1]), None)

    def values(self) -> list[str]:
        """Return the values that the form offers."""
        return [choice["value"] for choice in self._field()["choices"]]

    def terms(self) -> list[tuple[str, str]]:
        """Return what each address ends with, and its label."""
        return [(self.slugs.get(v, v), forms.choice_label(self._field(), v)) for v in self.values()]

    def to_rdf(self, addresses: Addresses, value: str) -> Iterator[Triple]:
        """Yield what a reader has to know of the concept of a value."""
        label = forms.choice_label(self._field(), value)
        yield from concept_to_rdf(addresses, self.scheme, self.concept(addresses, value), label)

    def _field(self) -> dict[str, Any]:
        fields = forms.fields_of(registry.entity_type(self.entity))
        for name in self.path:
            found = next(each for each in fields if each["field_name"] == name)
            fields = found.get("repeating_subfields", [])
        return found


WORKSHOP_KINDS = Choices(
    "tipo-taller",
    "workshop",
    ("kind",),
    {
        "idea_marathon": "maraton-de-ideas",
        "information_meeting": "reunion-informativa",
        "co_creation": "cocreacion",
    },
)
WORKSHOP_STATES = Choices(
    "estado-taller",
    "workshop",
    ("state",),
    {"planned": "convocado", "held": "realizado", "closed": "cerrado", "cancelled": "cancelado"},
)
ROUND_TABLE_STATES = Choices(
    "estado-mesa",
    "round_table",
    ("state",),
    {"planned": "anunciada", "held": "realizada", "cancelled": "cancelada"},
)
PROBLEM_STATES = Choices(
    "estado-problema",
    "problem",
    ("state",),
    {
        "reported": "reportado",
        "prioritised": "priorizado",
        "in_progress": "en-proceso",
        "solved": "resuelto",
        "discarded": "descartado",
    },
)
IDEA_STATES = Choices(
    "estado-idea",
    "idea",
    ("state",),
    {
        "received": "recibida",
        "under_review": "en-estudio",
        "accepted": "aceptada",
        "in_progress": "en-marcha",
        "done": "realizada",
        "declined": "rechazada",
    },
)
REQUEST_STATES = Choices(
    "estado-solicitud",
    "data_request",
    ("state",),
    {"open": "abierta", "closed": "cerrada", "declined": "rechazada"},
)
INVITATION_STATES = Choices(
    "estado-invitacion",
    "invitation",
    ("state",),
    {"sent": "enviada", "confirmed": "confirmada", "declined": "declinada", "expired": "vencida"},
)
PROGRESS = Choices(
    "avance",
    "milestone",
    ("state",),
    {
        "not_started": "no-iniciado",
        "limited": "limitado",
        "substantial": "sustancial",
        "completed": "completado",
    },
)
PARTICIPATIONS = Choices(
    "papel",
    "commitment",
    ("participations", "role"),
    {
        "lead": "responsable",
        "coordinator": "coordina",
        "subcoordinator": "subcoordina",
        "support": "apoya",
    },
)
SECTORS = Choices(
    "sector",
    "institution",
    ("sector",),
    {
        "public": "publico",
        "autonomous": "autonomo",
        "local_government": "gobierno-local",
        "civil_society": "sociedad-civil",
        "private": "privado",
        "academia": "academia",
        "cooperation": "cooperacion",
        "observer": "observador",
    },
)


def concept_to_rdf(addresses: Addresses, scheme: str, concept: URIRef, label: str) -> Iterator[Triple]:
    """Yield a concept with its label and notation, and the scheme that it is in: none is below another."""
    yield concept, RDF.type, SKOS.Concept
    yield concept, SKOS.prefLabel, text(label)
    yield concept, SKOS.notation, plain(concept.rsplit("/", 1)[-1])
    yield concept, SKOS.inScheme, addresses.scheme(scheme)
    yield concept, SKOS.topConceptOf, addresses.scheme(scheme)
    yield from scheme_to_rdf(addresses, scheme)


def scheme_to_rdf(addresses: Addresses, scheme: str) -> Iterator[Triple]:
    """Yield one of our concept schemes; LookupError, telling what to add, for one without a title."""
    if scheme not in SCHEME_TITLES:
        raise LookupError(f"rdf/vocabulary.py: SCHEME_TITLES lacks a title for the scheme {scheme}")
    yield addresses.scheme(scheme), RDF.type, SKOS.ConceptScheme
    yield addresses.scheme(scheme), DCT.title, text(SCHEME_TITLES[scheme])


def role_to_rdf(addresses: Addresses, slug: str, label: str) -> Iterator[Triple]:
    """Yield one of the roles that a commitment or a workshop plays for a dataset."""
    role = URIRef(f"{addresses.scheme(ROLES)}/{slug}")
    yield role, RDF.type, PROV.Role
    yield from concept_to_rdf(addresses, ROLES, role, label)


def provenance_to_rdf(addresses: Addresses, slug: str, label: str) -> Iterator[Triple]:
    """Yield one of the statements of where a dataset comes from."""
    statement = URIRef(f"{addresses.scheme(PROVENANCE)}/{slug}")
    yield statement, RDF.type, DCT.ProvenanceStatement
    yield statement, RDFS.label, text(label)
    yield from concept_to_rdf(addresses, PROVENANCE, statement, label)


CHOICES = {
    each.scheme: each
    for each in (
        WORKSHOP_KINDS,
        WORKSHOP_STATES,
        ROUND_TABLE_STATES,
        PROBLEM_STATES,
        IDEA_STATES,
        REQUEST_STATES,
        INVITATION_STATES,
        PROGRESS,
        PARTICIPATIONS,
        SECTORS,
    )
}
STATED = {ROLES: ((FULFILS, FOUND_IN), role_to_rdf), PROVENANCE: ((NO_WORKSHOP,), provenance_to_rdf)}


def terms(scheme: str) -> list[tuple[str, str]]:
    """Return (end of the address, label) of all terms of one of our schemes.

    KeyError for one that we do not have; the terms of the territory are entities, with pages of their own.
    """
    return CHOICES[scheme].terms() if scheme in CHOICES else list(STATED[scheme][0])


def vocabulary_graph(addresses: Addresses, scheme: str) -> Graph:
    """Return the graph of a scheme with all its terms. KeyError for one that we do not have."""
    if scheme in CHOICES:
        choices = CHOICES[scheme]
        return graph_of(each for value in choices.values() for each in choices.to_rdf(addresses, value))
    stated, to_rdf = STATED[scheme]
    return graph_of(each for term in stated for each in to_rdf(addresses, *term))
