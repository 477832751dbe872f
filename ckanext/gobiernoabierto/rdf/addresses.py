"""The identifier of an entity is the address of its page: site URL, path of its kind, code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.references import Named
from rdflib import Graph, URIRef

from .terms import values


@dataclass(frozen=True)
class Placed:
    """Where an axis or a commitment stands: its plan and number there."""

    plan: str
    number: int | None
    title_en: str | None
    """Of a commitment, what it is called in English too."""


@dataclass(frozen=True)
class Addresses:
    """The addresses of one site, and which entities may be linked."""

    site: str
    """Site URL, without a slash at its end."""
    known: Mapping[tuple[str, str], Named] = field(default_factory=dict)
    """What each (entity, code) that a row names is called."""
    placed: Mapping[tuple[str, str], Placed] = field(default_factory=dict)
    """Where each axis and commitment among them stands."""

    def of(self, entity: str, code: str) -> URIRef:
        """Return the identifier of an entity; the name of the kind as in the registry."""
        return URIRef(f"{self.site}/{registry.entity_type(entity).path}/{quote(code, safe='')}")

    def link(self, entity: str, code: str | None) -> URIRef | None:
        """Return the identifier of an entity that is published, or None: drafts are not even named."""
        named = self.known.get((entity, code or ""))
        return self.of(entity, named.code) if named and named.visibility == PUBLISHED else None

    def links(self, entity: str, codes: Iterable[str]) -> list[URIRef]:
        """Return the identifiers of those entities that are published."""
        return [found for code in codes if (found := self.link(entity, code))]

    def scheme(self, name: str) -> URIRef:
        """Return the identifier of one of our own vocabularies."""
        return URIRef(f"{self.site}/vocabulario/{name}")

    def axes_of(self, plan: str | None) -> URIRef | None:
        """Return the identifier of the concept scheme of a published plan's axes and commitments."""
        found = self.link("plan", plan)
        return found and axes_of(found)


def axes_of(plan: URIRef) -> URIRef:
    """Return the identifier of the concept scheme of a plan, given its own."""
    return URIRef(f"{plan}/ejes")


def code_of(entity: str, address: object) -> str | None:
    """Return the code in the address of an entity, or None where it is not one.

    The path decides, whatever the site: a record that travels keeps its links.
    """
    steps = _steps(address)
    return steps[-1] if steps[-2:-1] == [registry.entity_type(entity).path] else None


def codes_of(entity: str, addresses: Iterable[object]) -> list[str]:
    """Return the codes of those addresses that are of this kind of entity."""
    return [code for address in addresses if (code := code_of(entity, address))]


def code_named(entity: str, graph: Graph, subject: URIRef, predicate: URIRef) -> str | None:
    """Return the code of the entity of this kind that a subject names, the first one; or None."""
    return next(iter(codes_of(entity, values(graph, subject, predicate))), None)


def plan_of_scheme(address: object) -> str | None:
    """Return the code of the plan whose axes this concept scheme holds, or None."""
    steps = _steps(address)
    return steps[-2] if steps[-1:] == ["ejes"] and steps[-3:-2] == ["plan"] else None


def _steps(address: object) -> list[str]:
    if not isinstance(address, str):
        return []
    try:
        parts = urlsplit(address)
    except ValueError:
        return []
    if parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        return []
    return [unquote(step) for step in parts.path.split("/")]
