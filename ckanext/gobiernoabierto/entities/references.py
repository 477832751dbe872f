"""Who names whom: read off the foreign keys, so that a new entity brings its own.

The registry is part of the program: what is read off it once, and the statements made of it, are kept. To
build such a statement costs more than to run it; what changes from call to call is bound to it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from sqlalchemy.dialects.postgresql import ARRAY

from . import registry
from .base import PUBLISHED, EntityType, Values


@dataclass(frozen=True)
class Reference:
    """A field of ``source`` that holds codes of ``target``."""

    source: EntityType
    field: str
    target: EntityType
    column: Any
    """The column with the code: of the entity's table, or of the table of its rows."""
    parent: Any
    """The column with the code of the ``source``."""
    many: bool

    def holds(self, codes: Any) -> Any:
        """Return the condition on the table of the source that the field holds one of ``codes``."""
        held = self.column.in_(codes)
        return self.source.table.c.code.in_(sa.select(self.parent).where(held)) if self.many else held

    def codes(self, values: Values) -> list[str]:
        """Return the codes that plain ``values`` of the source hold in this field."""
        given = values.get(self.field)
        if not self.many:
            return [given] if given else []
        key = self.column.key
        named = [item.get(key) if isinstance(item, dict) else item for item in given or []]
        return [code for code in named if code]


@dataclass(frozen=True)
class Named:
    """An entity as a link shows it."""

    entity: EntityType
    code: str
    title: str | None
    kind: str | None
    """Column that the title is from; None when no title is known."""
    visibility: str = PUBLISHED


def _foreign(table: sa.Table) -> Iterable[tuple[Any, EntityType]]:
    for column in table.columns:
        for key in column.foreign_keys:
            target = registry.entity_of_table(key.column.table.name)
            if target is not None:
                yield column, target


@functools.cache
def references_of(entity: EntityType) -> tuple[Reference, ...]:
    """Return all fields of ``entity`` that name other entities, its rows' included."""
    code = entity.table.c.code
    own = [Reference(entity, c.key, t, c, code, many=False) for c, t in _foreign(entity.table)]
    for name, row in entity.model.row_fields().items():
        table = row.__table__
        own += [
            Reference(entity, name, t, c, table.c.parent, many=True)
            for c, t in _foreign(table)
            if c.key != "parent"
        ]
    return tuple(own)


@functools.cache
def references_to(entity: EntityType) -> tuple[Reference, ...]:
    """Return all fields, of any entity, that name an ``entity``."""
    return tuple(r for e in registry.ENTITY_TYPES for r in references_of(e) if r.target is entity)


@functools.cache
def narrowing(entity: EntityType) -> Mapping[str, Reference]:
    """Return {parameter: reference} of the codes by which its lists are filtered.

    The source of one is ``entity`` itself, or what it names (``narrowed_by``).
    """
    own = {reference.field: reference for reference in references_of(entity)}
    further = {name: narrowing(own[field].target)[name] for name, field in entity.narrowed_by.items()}
    return {**own, **further}


def naming(entity: EntityType, name: str, codes: Any) -> Any:
    """Return the condition that field ``name`` holds one of ``codes``; KeyError for another field."""
    if name in entity.narrowed_by:
        source = narrowing(entity)[name].source
        return naming(
            entity,
            entity.narrowed_by[name],
            sa.select(source.table.c.code).where(naming(source, name, codes)),
        )
    for reference in references_of(entity):
        if reference.field == name:
            return reference.holds(codes)
    raise KeyError(name)


def named_select(entity: EntityType, *extra: Any) -> Any:
    """Return the select of what a link to an entity needs, with further columns."""
    return sa.select(
        sa.literal(entity.name).label("entity"),
        entity.table.c.code,
        entity.title_expression().label("title"),
        entity.title_kind_expression().label("kind"),
        entity.table.c.visibility,
        *extra,
    )


def named(row: Any) -> Named:
    """Return one row of ``named_select`` as a Named."""
    return Named(registry.entity_type(row.entity), row.code, row.title, row.kind, row.visibility)


def among(column: Any, name: str) -> Any:
    """Return the condition that a column holds one of the texts that are bound to ``name``, a list.

    One value, however many texts: a statement with IN is written anew for each number of them.
    """
    return column == sa.any_(sa.bindparam(name, type_=ARRAY(sa.Text)))


def titles(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Named]:
    """Return what each (entity, code) is called, in one query however many kinds there are."""
    by_entity: dict[str, set[str]] = {}
    for name, code in wanted:
        by_entity.setdefault(name, set()).add(code)
    if not by_entity:
        return {}
    statement = _titles_statement(tuple(sorted(by_entity)))
    codes = {name: list(codes) for name, codes in by_entity.items()}
    return {(row.entity, row.code): named(row) for row in Session.execute(statement, codes)}


@functools.cache
def _titles_statement(kinds: tuple[str, ...]) -> Any:
    """Return the statement of the titles of these kinds, to which {kind: codes} is bound."""
    entities = [registry.entity_type(name) for name in kinds]
    return sa.union_all(*[named_select(each).where(among(each.table.c.code, each.name)) for each in entities])


def published(entities: Iterable[EntityType]) -> dict[tuple[str, str], Named]:
    """Return what everything published of these kinds is called, in one query: for reports of all of it."""
    parts = [named_select(each).where(each.table.c.visibility == PUBLISHED) for each in entities]
    return {(row.entity, row.code): named(row) for row in Session.execute(sa.union_all(*parts))}


def ancestors(entity: EntityType, values: Values) -> list[tuple[str, str]]:
    """Return (entity, code) of all that an entity is part of, the nearest first.

    One query for each step that its own values do not know.
    """
    found: list[tuple[str, str]] = []
    while entity.part_of:
        ways = {reference.field: reference for reference in references_of(entity)}
        level = [(ways[name].target, code) for name in entity.part_of for code in ways[name].codes(values)]
        if not level:
            break
        found += [(target.name, code) for target, code in level]
        entity, code = level[-1]
        values = _parents(entity, code)
    return found


def _parents(entity: EntityType, code: str) -> Values:
    """Return the fields of one entity that say what it is part of."""
    if not entity.part_of:
        return {}
    return dict(Session.execute(_parents_statement(entity), {"code": code}).mappings().first() or {})


@functools.cache
def _parents_statement(entity: EntityType) -> Any:
    columns = [entity.table.c[name] for name in entity.part_of]
    return sa.select(*columns).where(entity.table.c.code == sa.bindparam("code"))


def choices(fields: Iterable[Reference], most: int) -> dict[str, list[Named]]:
    """Return {field: what is published and named in it, in its order}: one query for all fields.

    Of a field that names more than ``most`` there is nothing: nobody reads such a list.
    """
    statement = _choices_statement(tuple((each.source.name, each.field) for each in fields), most)
    found: dict[str, list[Named]] = {}
    for row in Session.execute(statement) if statement is not None else ():
        found.setdefault(row.field, []).append(named(row))
    return found


@functools.cache
def _choices_statement(fields: tuple[tuple[str, str], ...], most: int) -> Any:
    """Return the one statement for all (entity, field)."""
    parts = [
        _used_in(reference, most)
        for name, field in fields
        for reference in references_of(registry.entity_type(name))
        if reference.field == field
    ]
    return sa.union_all(*parts).order_by("rank") if parts else None


def _used_in(reference: Reference, most: int) -> Any:
    """Return the select of what a field names, if that is at most ``most``."""
    target, source = reference.target, reference.source.table
    order = [target.table.c[column] for column in target.order]
    rank = sa.func.row_number().over(order_by=order).label("rank")
    # never of the surrounding select: a commitment names another one
    used = sa.select(reference.column).where(source.c.visibility == PUBLISHED).correlate(None)
    if reference.many:
        used = used.where(reference.parent == source.c.code)
    total = sa.func.count().over().label("total")
    found = named_select(target, rank, total, sa.literal(reference.field).label("field"))
    found = found.where(target.table.c.visibility == PUBLISHED, target.table.c.code.in_(used)).subquery()
    return sa.select(found).where(found.c.total <= most)


def counts(entity: EntityType, codes: Iterable[str]) -> dict[str, list[tuple[Reference, int]]]:
    """Return how many published entities name each of ``codes``, by the field: one query for all."""
    wanted, targets = list(codes), references_to(entity)
    found: dict[str, list[tuple[Reference, int]]] = {}
    if not targets or not wanted:
        return found
    for row in Session.execute(_counts_statement(entity), {"codes": wanted}):
        found.setdefault(row.code, []).append((targets[row.position], row.number))
    return found


@functools.cache
def _counts_statement(entity: EntityType) -> Any:
    parts = []
    for position, reference in enumerate(references_to(entity)):
        source = reference.source.table
        number = sa.func.count(sa.distinct(source.c.code)).label("number")
        part = sa.select(sa.literal(position).label("position"), reference.column.label("code"), number)
        if reference.many:
            part = part.join_from(source, reference.parent.table, reference.parent == source.c.code)
        part = part.where(source.c.visibility == PUBLISHED, among(reference.column, "codes"))
        parts.append(part.group_by(reference.column))
    return sa.union_all(*parts).order_by("position")


@dataclass(frozen=True)
class Related:
    """The entities of one kind that name a given one, the first of them by name."""

    reference: Reference
    count: int
    first: list[Named]


def related(entity: EntityType, code: str, limit: int = 50) -> list[Related]:
    """Return who, among the published, names (``entity``, ``code``): one query for all kinds."""
    targets = references_to(entity)
    if not targets:
        return []
    found: dict[int, tuple[int, list[Named]]] = {}
    for row in Session.execute(_related_statement(entity), {"code": code, "most": limit}):
        found.setdefault(row.position, (row.total, []))[1].append(named(row))
    return [Related(targets[position], total, first) for position, (total, first) in found.items()]


@functools.cache
def _related_statement(entity: EntityType) -> Any:
    parts = [_first_of(position, reference) for position, reference in enumerate(references_to(entity))]
    return sa.union_all(*parts).order_by("position", "rank")


def _first_of(position: int, reference: Reference) -> Any:
    """Return the select of the first ones that name ``code`` in a field, and how many there are.

    Only these are ranked: to rank all would sort every idea of a municipality.
    """
    source = reference.source
    order = [source.table.c[column] for column in source.order]
    these = source.table.c.visibility == PUBLISHED, reference.holds([sa.bindparam("code")])
    total = sa.select(sa.func.count()).select_from(source.table).where(*these).scalar_subquery()
    keys = [column.label(f"key_{number}") for number, column in enumerate(order)]
    first = named_select(source, sa.literal(position).label("position"), total.label("total"), *keys)
    first = first.where(*these).order_by(*order).limit(sa.bindparam("most")).subquery()
    rank = sa.func.row_number().over(order_by=[first.c[key.name] for key in keys]).label("rank")
    told = [each for each in first.c if not each.name.startswith("key_")]
    return sa.select(*told, rank)


def uses(entity: EntityType, code: str, *, published_only: bool = False) -> list[Named]:
    """Return every entity that names (``entity``, ``code``), drafts too unless ``published_only``."""
    parts = []
    for reference in references_to(entity):
        part = named_select(reference.source).where(reference.holds([code]))
        visibility = reference.source.table.c.visibility
        parts.append(part.where(visibility == PUBLISHED) if published_only else part)
    if not parts:
        return []
    return [named(row) for row in Session.execute(sa.union(*parts))]
