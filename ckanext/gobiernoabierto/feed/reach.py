"""Whom a change reaches: what names a subject tells what that is called, and is rendered anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import ckan.model as model
import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities import references, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.links.model import LINKED, Link
from ckanext.gobiernoabierto.rdf.entity import MAPPINGS, PLACED

from .model import CATALOG, DATASET, ORGANIZATION, REACHED, Entry, Mark, published_now
from .render import Key, kinds, published


def mark_those_who_name(changed: Iterable[Key]) -> None:
    """Mark all whose fragments tell something of these subjects, in the caller's transaction."""
    by_kind: dict[str, list[str]] = {}
    for kind, subject in changed:
        by_kind.setdefault(kind, []).append(subject)
    for kind, subjects in by_kind.items():
        for other, asked in _naming(kind, subjects):
            _mark(other, asked)


def mark_all() -> None:
    """Mark all that is published, and all that the log says is, in the caller's transaction."""
    for kind in kinds():
        _mark(kind, published(kind))
    told = sa.select(Entry.subject).where(*published_now())
    for kind in Session.execute(sa.select(Entry.kind).distinct()).scalars().all():
        _mark(kind, told.where(Entry.kind == kind))


def _mark(kind: str, asked: Any) -> None:
    """Mark the subjects of a kind that a select gives, in a column ``subject``."""
    found = asked.subquery()
    rows = sa.select(sa.literal(kind), found.c.subject, sa.literal(REACHED)).distinct()
    Session.execute(sa.insert(Mark.__table__).from_select(["kind", "subject", "turn"], rows))


def _naming(kind: str, subjects: Any) -> Iterator[tuple[str, Any]]:
    """Yield (kind, select of subjects) of all that names these, a list or a select of codes.

    A dataset describes the entities that it names, and what these name in turn is called by its name there:
    two steps. An entity only says what those are called that it names; of an axis or a commitment also
    which plan's that is. The catalogue's header names its publisher, the plans and the axes.
    """
    if kind in (ORGANIZATION, "plan", "axis"):
        yield CATALOG, published(CATALOG)
    if kind == ORGANIZATION:
        package = model.Package
        yield DATASET, sa.select(package.id.label("subject")).where(package.owner_org.in_(subjects))
        return
    if kind in (DATASET, CATALOG):
        return
    if kind == "plan":
        for placed in PLACED:
            table = registry.entity_type(placed).table
            yield from _naming(placed, sa.select(table.c.code).where(table.c.plan.in_(subjects)))
    if kind in LINKED:
        yield DATASET, _linking(kind, subjects)
    for reference in references.references_to(registry.entity_type(kind)):
        source = reference.source
        if source.name not in MAPPINGS:
            continue
        codes = sa.select(source.table.c.code.label("subject"))
        codes = codes.where(source.table.c.visibility == PUBLISHED, reference.holds(subjects))
        yield source.name, codes
        if source.name in LINKED:
            yield DATASET, _linking(source.name, codes)


def _linking(kind: str, codes: Any) -> Any:
    return sa.select(Link.package_id.label("subject")).where(Link.entity == kind, Link.code.in_(codes))
