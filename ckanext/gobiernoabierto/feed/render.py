"""Fragments: what everybody may read of a dataset, an organization or an entity, as strict RDF.

Rendered for nobody in particular, whoever asks for it: what a visitor may not read is not there.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import unquote

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.model import Session
from ckanext.dcat.utils import catalog_uri, dataset_uri
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.organization_role import roles_of
from ckanext.gobiernoabierto.lib import iri, ntriples
from ckanext.gobiernoabierto.lib.embedding import embeddable
from ckanext.gobiernoabierto.rdf.cleaning import fit_for_dcat
from ckanext.gobiernoabierto.rdf.croissant import croissant
from ckanext.gobiernoabierto.rdf.entity import MAPPINGS, entity_triples
from ckanext.gobiernoabierto.rdf.organization import organization_address, organization_to_rdf
from ckanext.gobiernoabierto.rdf.profile import GobiernoAbiertoProfile
from ckanext.gobiernoabierto.rdf.schemaorg import Catalogue, schemaorg
from ckanext.gobiernoabierto.rdf.terms import Triple, sifted
from ckanext.gobiernoabierto.rdf.unfit import ADDRESS, Unfit, unfit_of_dataset
from rdflib import Graph, Literal, URIRef

from .model import CATALOG, DATASET, ORGANIZATION
from .prepared import Forms
from .writing import is_outage

log = logging.getLogger(__name__)

Key = tuple[str, str]
"""Kind and subject."""
END_OF_PATH = re.compile("[?#]")
Work = Callable[[], "Fragment"]
TYPES = ("dataset",)
"""The types of datasets that are told; of all others CKAN's plugins know what they are, and nobody else."""
MOST_OF_A_CODE = 100
"""Characters of a code or an id: no longer word of an address is any."""
MOST_CHARACTERS = 8_000_000
"""Of a fragment: those of some 2,500 files. A page has a hundred fragments."""
FAILED, BESIDE, SYNTAX = "failed", "beside", "syntax"
"""Why something is left out: all of it, because to render it went wrong; what stands beside the fields of
the form, for the same reason; one triple."""


@dataclass(frozen=True)
class Fragment:
    """What is published of one subject."""

    name: str
    address: str
    body: bytes
    refs: tuple[str, ...]
    named: tuple[str, ...]
    left_out: tuple[Unfit, ...] = field(compare=False)
    forms: Forms | None = None
    """Of a dataset, what else is prepared."""

    @property
    def sha256(self) -> str:
        """Return the checksum of the body."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def triples(self) -> int:
        """Return how many triples it has."""
        return self.body.count(b"\n")


@dataclass(frozen=True)
class Failure:
    """What stands in the place of a fragment that could not be rendered."""

    left_out: tuple[Unfit, ...]


def published(kind: str) -> Any:
    """Return the select of the subjects of a kind that everybody may read."""
    if kind == DATASET:
        package, organization = model.Package, model.Group
        return (
            sa.select(package.id.label("subject"))
            .join(organization, organization.id == package.owner_org)
            .where(package.type.in_(TYPES), package.state == "active", package.private.is_(False))
            .where(organization.state == "active")
        )
    if kind == ORGANIZATION:
        group = model.Group
        asked = sa.select(group.id.label("subject")).where(group.is_organization.is_(True))
        return asked.where(group.state == "active", group.approval_status == "approved")
    if kind == CATALOG:
        return sa.select(sa.literal(CATALOG).label("subject"))
    table = registry.entity_type(kind).table
    return sa.select(table.c.code.label("subject")).where(table.c.visibility == PUBLISHED)


def kinds() -> list[str]:
    """Return the kinds of subjects, what is named before what names it."""
    entities = [each.name for each in registry.ENTITY_TYPES if each.name in MAPPINGS]
    return [*entities, ORGANIZATION, CATALOG, DATASET]


def each(keys: Iterable[Key], until: float | None = None) -> Iterator[tuple[Key, Fragment | Failure | None]]:
    """Yield the fragment of each subject, one by one; first those that are not published, with None.

    All others are in their order, until the monotonic clock is past ``until``, and one at least. The caller
    has begun a transaction that sees one moment only (REPEATABLE READ): a fragment that is half of before and
    half of after would tell what was never public.
    """
    in_order = list(dict.fromkeys(keys))
    by_kind = _by_kind(in_order)
    works: dict[Key, Work] = {}
    for kind in kinds():
        if kind in by_kind:
            works |= {(kind, subject): work for subject, work in _works(kind, by_kind[kind])}
    yield from ((key, None) for key in in_order if key not in works)
    for key in in_order:
        if key in works:
            yield key, _tried(*key, works[key])
            if until is not None and time.monotonic() > until:
                return


def published_of(keys: Iterable[Key]) -> set[Key]:
    """Return those of the subjects that everybody may read, of whatever kind."""
    by_kind = _by_kind(keys)
    return {
        (kind, each) for kind in kinds() if kind in by_kind for each in published_among(kind, by_kind[kind])
    }


def _by_kind(keys: Iterable[Key]) -> dict[str, list[str]]:
    by_kind: dict[str, list[str]] = {}
    for kind, subject in keys:
        by_kind.setdefault(kind, []).append(subject)
    return by_kind


def published_among(kind: str, subjects: Iterable[str]) -> list[str]:
    """Return those of the subjects that everybody may read, in their order."""
    there = published(kind).subquery()
    asked = sa.select(there.c.subject).where(there.c.subject.in_(list(subjects)))
    return sorted(Session.execute(asked).scalars())


def _works(kind: str, subjects: list[str]) -> Iterator[tuple[str, Work]]:
    """Yield what renders each of the subjects that are published."""
    there = published_among(kind, subjects)
    make = {DATASET: _datasets, ORGANIZATION: _organizations, CATALOG: _catalog}.get(kind) or _entities(kind)
    return make(there) if there else iter(())


def _tried(kind: str, subject: str, work: Work) -> Fragment | Failure:
    try:
        with Session.begin_nested():
            return work()
    except Exception as error:  # whatever it is, the others are published
        if is_outage(error):
            raise
        log.exception("The feed leaves %s %s as it was: it could not be rendered", kind, subject)
        return failure(error)


def failure(error: Exception) -> Failure:
    """Return what stands in the place of a fragment because of this error."""
    return Failure((Unfit("", f"{type(error).__name__}: {error}", FAILED),))


def _datasets(ids: list[str]) -> Iterator[tuple[str, Work]]:
    profile = GobiernoAbiertoProfile(Graph())
    for each in ids:
        yield each, partial(_dataset, profile, each)


def _dataset(profile: GobiernoAbiertoProfile, package_id: str) -> Fragment:
    nobody = {"user": "", "auth_user_obj": None, "use_cache": False}
    shown = tk.get_action("package_show")(nobody, {"id": package_id})
    address = URIRef(dataset_uri(fit_for_dcat(shown)))
    unfit = list(unfit_of_dataset(shown))
    triples = profile.dataset_triples(shown, address)
    try:
        forms = _forms(shown, str(address), triples)
        beside = profile.beside
    except Exception as error:  # what programs wrote beside our fields may have any form
        beside = f"{type(error).__name__}: {error}"
        forms = _forms(profile.without_beside(shown), str(address), triples)
    if beside:
        unfit.append(Unfit("", beside, BESIDE))
    fragment = _fragment(DATASET, package_id, shown["name"], address, triples, unfit)
    # what it is found by its own fields say; another relation to the same makes it no part of it
    refs = sorted(f"{kind}:{code}" for kind, code in profile.links(shown))
    return replace(fragment, forms=forms, refs=tuple(refs))


def _forms(shown: Mapping[str, Any], address: str, triples: list[Triple]) -> Forms:
    site = Catalogue(config.site_url(), tk.config["ckan.site_title"])
    form = schemaorg(shown, address, triples, site)
    tables = croissant(shown, form)
    return Forms(embeddable(form), embeddable(tables) if tables else None)


def _catalog(subjects: list[str]) -> Iterator[tuple[str, Work]]:
    address = URIRef(catalog_uri())

    def header() -> Fragment:
        triples = GobiernoAbiertoProfile(Graph()).catalog_triples(None, address)
        return _fragment(CATALOG, CATALOG, CATALOG, address, triples)

    yield from ((each, header) for each in subjects)


def _organizations(ids: list[str]) -> Iterator[tuple[str, Work]]:
    local = {role.organization_id for role in roles_of(ids) if role.municipality}
    groups = Session.execute(sa.select(model.Group).where(model.Group.id.in_(ids))).scalars()
    for group in groups:
        yield group.id, partial(_organization, group, group.id in local)


def _organization(group: Any, is_municipality: bool) -> Fragment:
    triples = organization_to_rdf(group, is_municipality=is_municipality)
    return _fragment(ORGANIZATION, group.id, group.name, organization_address(group.id), triples)


def _entities(kind: str) -> Callable[[list[str]], Iterator[tuple[str, Work]]]:
    entity = registry.entity_type(kind)

    def of(row: Any) -> Fragment:
        address = URIRef(f"{config.site_url()}/{entity.path}/{row.code}")
        return _fragment(kind, row.code, row.code, address, entity_triples(entity, row))

    def make(codes: list[str]) -> Iterator[tuple[str, Work]]:
        rows = Session.execute(sa.select(entity.model).where(entity.model.code.in_(codes))).scalars().unique()
        for each in rows:
            yield each.code, partial(of, each)

    return make


def _fragment(
    kind: str,
    subject: str,
    name: str,
    address: URIRef,
    triples: Iterable[Triple],
    unfit: Iterable[Unfit] = (),
) -> Fragment:
    """Return what can be written of these triples, and what was left out of them.

    ValueError for an address under which nothing can be published, and for more than a page can carry.
    """
    if not iri.is_iri(str(address)):
        raise ValueError(f"not an address: {address}")
    kept, left_out = [], list(unfit)
    for triple, carried in sifted(triples):
        if carried:
            kept.append(triple)
        else:
            left_out.append(Unfit("", ntriples.line(*triple), ADDRESS))
    lines = [ntriples.line(*triple) for triple in kept]
    if sum(map(len, lines)) > MOST_CHARACTERS:
        raise ValueError(f"more than {MOST_CHARACTERS} characters of RDF")
    body, refused = ntriples.strict(lines)
    left_out += [Unfit("", line, SYNTAX) for line in refused]
    own, places = f"{kind}:{subject}", paths()
    said = [(str(s), str(o)) for s, _p, o in kept if not isinstance(o, Literal)]
    nodes = {str(s) for s, _p, _o in kept}.union(o for _s, o in said)
    by_node = {node: named_by(node, places) for node in nodes}
    refs = {found for s, o in said if s == str(address) and (found := by_node[o])} - {own}
    named = {found for found in by_node.values() if found} - {own}
    return Fragment(name, str(address), body, tuple(sorted(refs)), tuple(sorted(named)), tuple(left_out))


def paths() -> dict[str, str]:
    """Return {beginning of an address of ours: kind}."""
    site = config.site_url()
    entities = {f"{site}/{registry.entity_type(name).path}": name for name in MAPPINGS}
    return {**entities, str(organization_address("")).rstrip("/"): ORGANIZATION}


def named_by(address: str, paths: dict[str, str]) -> str | None:
    """Return what of ours an address names, or is part of, as ``kind:code``; else None."""
    steps = END_OF_PATH.split(address, maxsplit=1)[0].split("/")
    for end in (len(steps) - 1, len(steps) - 2):
        kind = paths.get("/".join(steps[:end]))
        if kind:
            code = unquote(steps[end])
            return f"{kind}:{code}" if len(code) <= MOST_OF_A_CODE and "\0" not in code else None
    return None
