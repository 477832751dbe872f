"""Lists of entities: filtered by what they name, found by what people call them, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from . import forms, history, owners, references
from .base import PUBLISHED, EntityType, Values

MAX_ROWS = 1000
UNKNOWN = "unknown"
"""The choice of those rows in which a field with choices holds none."""


@dataclass(frozen=True)
class Listing:
    """What a list asks for."""

    q: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    """{field: code} for fields that name other entities, {field: value} for those with choices."""
    computed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """{filter that is no field: {value: condition on the entity's table}}."""
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
    named = references.narrowing(entity)
    return list(dict.fromkeys([*named, *forms.choices_of(entity), *forms.filters_of(entity)]))


def values_of(entity: EntityType, name: str) -> list[str] | None:
    """Return what a filter with choices takes, ``UNKNOWN`` where nobody has to fill in the field.

    None for a filter that takes a code.
    """
    fields = {**forms.choices_of(entity), **forms.filters_of(entity)}
    if name not in fields:
        return None
    column = entity.table.c.get(name)
    values = [choice["value"] for choice in fields[name]["choices"]]
    return [*values, UNKNOWN] if column is not None and column.nullable else values


def _holds(entity: EntityType, listing: Listing, name: str, value: str) -> Any:
    """Return the condition that a field by which a list can be filtered holds the value."""
    if name in listing.computed:
        return listing.computed[name][value]
    if name in forms.choices_of(entity):
        column = entity.table.c[name]
        return column.is_(None) if value == UNKNOWN else column == value
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
    found += [_holds(entity, listing, name, value) for name, value in listing.filters.items()]
    if listing.q:
        found.append(_named_like(entity, listing.q))
    return found


def count(entity: EntityType, listing: Listing) -> int:
    """Return how many rows the whole list has."""
    statement = sa.select(sa.func.count()).select_from(entity.table).where(*_conditions(entity, listing))
    return Session.scalar(statement)


def counts(asked: Iterable[tuple[EntityType, Listing]]) -> list[int]:
    """Return how many rows each of these lists has: one query for all."""
    parts = [
        sa.select(sa.literal(position).label("position"), sa.func.count().label("number"))
        .select_from(entity.table)
        .where(*_conditions(entity, listing))
        for position, (entity, listing) in enumerate(asked)
    ]
    if not parts:
        return []
    return [row.number for row in Session.execute(sa.union_all(*parts).order_by("position"))]


def _without(listing: Listing, name: str) -> Listing:
    return replace(listing, filters={each: value for each, value in listing.filters.items() if each != name})


def _numbers(entity: EntityType, listing: Listing) -> Iterator[Any]:
    """Yield the selects of (filter, value, rows)."""
    number = sa.func.count().label("number")
    for name in forms.choices_of(entity):
        value = sa.func.coalesce(entity.table.c[name], UNKNOWN).label("value")
        part = sa.select(sa.literal(name).label("field"), value, number).group_by(value)
        yield part.where(*_conditions(entity, _without(listing, name)))
    for name, choices in listing.computed.items():
        others = _conditions(entity, _without(listing, name))
        for choice, condition in choices.items():
            told = sa.literal(name).label("field"), sa.literal(choice).label("value"), number
            yield sa.select(*told).select_from(entity.table).where(*others, condition)


def numbers(entity: EntityType, listing: Listing) -> dict[str, dict[str, int]]:
    """Return {filter with choices: {value: rows}} of what else the list asks for: one query for all."""
    parts = list(_numbers(entity, listing))
    found: dict[str, dict[str, int]] = {}
    for row in Session.execute(sa.union_all(*parts)) if parts else ():
        found.setdefault(row.field, {})[row.value] = row.number
    return found


def _ordered(entity: EntityType, listing: Listing, *what: Any) -> Any:
    order = [entity.table.c[name].asc().nulls_last() for name in entity.order]
    return sa.select(*what).where(*_conditions(entity, listing)).order_by(*order)


def _page(entity: EntityType, listing: Listing, *what: Any) -> Any:
    return _ordered(entity, listing, *what).limit(min(listing.limit, MAX_ROWS)).offset(listing.offset)


def page(entity: EntityType, listing: Listing) -> list[Any]:
    """Return the rows of one page, in the entity's order."""
    return list(Session.execute(_page(entity, listing, entity.model)).scalars())


def told_of(entity: EntityType) -> list[references.Reference]:
    """Return the references of which a line of a list says what they name."""
    own = [each for each in references.references_of(entity) if not each.many]
    return [each for each in own if entity.line is None or each.field in entity.line]


def lines(entity: EntityType, listing: Listing) -> list[Values]:
    """Return one page as JSON values of what its lines tell: code, visibility, title and ``line``."""
    further = entity.line if entity.line is not None else [each.field for each in told_of(entity)]
    names = tuple(dict.fromkeys(("code", "visibility", *entity.title, *further)))
    statement = _page(entity, listing, *[entity.table.c[name] for name in names])
    return [history.plain(dict(zip(names, row, strict=True))) for row in Session.execute(statement)]


def every(entity: EntityType, listing: Listing) -> Iterator[Any]:
    """Yield all rows of the list, of one moment and with few of them in memory; no page limits it."""
    statement = _ordered(entity, listing, entity.model).execution_options(yield_per=MAX_ROWS)
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
