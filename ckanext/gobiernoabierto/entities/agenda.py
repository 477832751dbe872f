"""All that takes place on a day, whatever its kind: first what comes, then what is past."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from . import history, listing, references, registry
from .base import PUBLISHED, EntityType, Values
from .references import Named
from .schedule import WHEN, Scheduled

COMING, UNDATED, PAST = "coming", "undated", "past"
PARTS = (COMING, UNDATED, PAST)
TOLD = (*WHEN, "place")


@dataclass(frozen=True)
class Entry:
    """A workshop or a round table as the agenda tells it."""

    part: str
    named: Named
    values: Values
    """Days, hours, place and state, as the API shows them."""


def kinds() -> list[EntityType]:
    """Return the kinds of entity that take place on a day."""
    return [entity for entity in registry.ENTITY_TYPES if issubclass(entity.model, Scheduled)]


def in_municipality(entity: EntityType) -> str | None:
    """Return the field that says in which municipality it takes place; None where none does."""
    found = references.references_of(entity)
    return next((each.field for each in found if each.target.name == "municipality"), None)


def _of(municipality: str | None) -> list[tuple[EntityType, listing.Listing]]:
    """Return the kinds that are left when only what is for a municipality counts, and what to ask of each."""
    if municipality is None:
        return [(entity, listing.Listing()) for entity in kinds()]
    return [
        (entity, listing.Listing(filters={field: municipality}))
        for entity in kinds()
        if (field := in_municipality(entity))
    ]


def every(municipality: str | None = None) -> Iterator[tuple[EntityType, Any]]:
    """Yield all that is published, with its kind, few rows in memory."""
    for entity, asked in _of(municipality):
        for row in listing.every(entity, asked):
            yield entity, row


def _everything(municipality: str | None, today: dt.date) -> Any:
    parts = []
    for entity, asked in _of(municipality):
        table = entity.table.c
        last = sa.func.coalesce(table.end_date, table.start_date)
        part: Any = sa.case((last.is_(None), UNDATED), (last >= today, COMING), else_=PAST)
        own = references.named_select(entity, part.label("part"), *[table[name] for name in TOLD])
        of_municipality = [references.naming(entity, name, [code]) for name, code in asked.filters.items()]
        parts.append(own.where(table.visibility == PUBLISHED, *of_municipality))
    return sa.union_all(*parts).subquery()


def counts(municipality: str | None, today: dt.date) -> dict[str, int]:
    """Return how much there is of each part: one query."""
    everything = _everything(municipality, today)
    number = sa.func.count().label("number")
    found = Session.execute(sa.select(everything.c.part, number).group_by(everything.c.part))
    return {**dict.fromkeys(PARTS, 0), **{row.part: row.number for row in found}}


def page(municipality: str | None, today: dt.date, limit: int, offset: int) -> list[Entry]:
    """Return some entries: what comes, the next first; what has no day; what is past, the last first."""
    everything = _everything(municipality, today)
    each = everything.c
    rank: Any = sa.case(*[(each.part == part, number) for number, part in enumerate(PARTS)])
    coming: Any = each.part == COMING
    order = (
        rank,
        sa.case((coming, each.start_date)).asc(),
        sa.case((coming, each.start_time)).asc().nulls_first(),
        each.start_date.desc(),
        each.start_time.desc().nulls_last(),
        each.entity,
        each.code,
    )
    rows = Session.execute(sa.select(everything).order_by(*order).limit(limit).offset(offset))
    return [_entry(row) for row in rows]


def _entry(row: Any) -> Entry:
    values = history.plain({name: getattr(row, name) for name in TOLD})
    return Entry(row.part, references.named(row), values)


def municipalities(entries: list[Entry]) -> dict[tuple[str, str], list[Named]]:
    """Return {(kind, code): published municipalities that it is for}: one query for each kind."""
    found: dict[tuple[str, str], list[Named]] = {}
    for entity in kinds():
        codes = [entry.named.code for entry in entries if entry.named.entity is entity]
        ways = [each for each in references.references_of(entity) if each.target.name == "municipality"]
        for way in ways if codes else ():
            for code, named in _named_by(way, codes):
                found.setdefault((entity.name, code), []).append(named)
    return found


def _named_by(way: references.Reference, codes: list[str]) -> Iterator[tuple[str, Named]]:
    target = way.target
    statement = (
        references.named_select(target, way.parent.label("by"))
        .join_from(target.table, way.column.table, way.column == target.table.c.code)
        .where(way.parent.in_(codes), target.table.c.visibility == PUBLISHED)
        .order_by(way.parent, target.table.c.code)
    )
    for row in Session.execute(statement):
        yield row.by, references.named(row)
