"""Lists of entities: filtered by what they name, found by what people call them, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from . import forms, owners, references
from .base import PUBLISHED, EntityType

MAX_ROWS = 1000


@dataclass(frozen=True)
class Listing:
    """What a list asks for."""

    q: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    """{field: code} for fields that name other entities, {field: value} for those with choices."""
    drafts: bool = False
    drafts_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Drafts of these owners too: {kind of owner: codes}."""
    limit: int = 50
    offset: int = 0


def folded(expression: Any) -> Any:
    """Return the SQL of a text without accents and capitals."""
    return sa.func.unaccent(sa.func.lower(expression))


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _named_like(entity: EntityType, q: str) -> Any:
    """Return the condition that every word of ``q`` is in a title, a name or the code."""
    texts: list[Any] = [entity.table.c.code]
    for name in (*entity.title, *entity.names):
        column = entity.table.c[name]
        is_list = getattr(column.type, "item_type", None) is not None
        texts.append(sa.func.array_to_string(column, " ") if is_list else sa.func.coalesce(column, ""))
    everything = folded(sa.func.concat_ws(" ", *texts))
    return sa.and_(*[everything.like(folded(_like(word))) for word in q.split()])


def filter_names(entity: EntityType) -> list[str]:
    """Return the fields by which a list of this entity can be filtered."""
    named = [reference.field for reference in references.references_of(entity)]
    return list(dict.fromkeys([*named, *forms.choices_of(entity)]))


def _holds(entity: EntityType, name: str, value: str) -> Any:
    """Return the condition that a field by which a list can be filtered holds the value."""
    if name in forms.choices_of(entity):
        return entity.table.c[name] == value
    return references.naming(entity, name, [value])


def visible(entity: EntityType, listing: Listing) -> Any:
    """Return the condition that whom the list is for may see the row."""
    table = entity.table
    if listing.drafts:
        return sa.true()
    mine = [owners.owned(entity, kind, codes) for kind, codes in listing.drafts_of.items() if codes]
    return sa.or_(table.c.visibility == PUBLISHED, *mine)


def _conditions(entity: EntityType, listing: Listing) -> list[Any]:
    found = [visible(entity, listing)]
    found += [_holds(entity, name, value) for name, value in listing.filters.items()]
    if listing.q:
        found.append(_named_like(entity, listing.q))
    return found


def count(entity: EntityType, listing: Listing) -> int:
    """Return how many rows the whole list has."""
    statement = sa.select(sa.func.count()).select_from(entity.table).where(*_conditions(entity, listing))
    return Session.scalar(statement)


def numbers(entity: EntityType, listing: Listing) -> dict[str, dict[str, int]]:
    """Return {field with choices: {value: rows}} of what else the list asks for: one query for all fields."""
    parts = []
    for name in forms.choices_of(entity):
        column = entity.table.c[name]
        others = {field: value for field, value in listing.filters.items() if field != name}
        number = sa.func.count().label("number")
        part = sa.select(sa.literal(name).label("field"), column.label("value"), number)
        conditions = _conditions(entity, replace(listing, filters=others))
        parts.append(part.where(*conditions, column.isnot(None)).group_by(column))
    found: dict[str, dict[str, int]] = {}
    for row in Session.execute(sa.union_all(*parts)) if parts else ():
        found.setdefault(row.field, {})[row.value] = row.number
    return found


def _ordered(entity: EntityType, listing: Listing) -> Any:
    order = [entity.table.c[name].asc().nulls_last() for name in entity.order]
    return sa.select(entity.model).where(*_conditions(entity, listing)).order_by(*order)


def page(entity: EntityType, listing: Listing) -> list[Any]:
    """Return the rows of one page, in the entity's order."""
    statement = _ordered(entity, listing).limit(min(listing.limit, MAX_ROWS)).offset(listing.offset)
    return list(Session.execute(statement).scalars())


def every(entity: EntityType, listing: Listing) -> Iterator[Any]:
    """Yield all rows of the list, of one moment and with few of them in memory; no page limits it."""
    statement = _ordered(entity, listing).execution_options(yield_per=MAX_ROWS)
    yield from Session.execute(statement).scalars()


def suggestions(entity: EntityType, q: str, limit: int) -> list[references.Named]:
    """Return published entities that are called so, those whose title begins so first."""
    title = folded(entity.title_expression())
    begins: Any = sa.case((title.like(folded(_like(q)[1:])), 0), else_=1)
    statement = (
        references.named_select(entity)
        .where(entity.table.c.visibility == PUBLISHED, _named_like(entity, q))
        .order_by(begins, *[entity.table.c[name] for name in entity.order])
        .limit(limit)
    )
    return [references.named(row) for row in Session.execute(statement)]
