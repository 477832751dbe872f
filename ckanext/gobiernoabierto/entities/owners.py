"""Whose an entity is: the municipality or institution that it names, or that its commitment is led by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from . import references
from .base import EntityType, Through


def _rows(entity: EntityType, way: Through) -> Any:
    """Return the table of the rows that name the owners, and the condition on it."""
    named = {reference.field: reference.target for reference in references.references_of(entity)}
    table = named[way.field].model.row_fields()[way.rows].__table__
    return table, table.c[way.where[0]] == way.where[1]


def _texts(given: Any) -> set[str]:
    many = given if isinstance(given, list) else [given]
    return {code for code in many if code and isinstance(code, str) and "\0" not in code}


def owners_of(entity: EntityType, kind: str, values: Mapping[str, Any]) -> set[str]:
    """Return the codes of the owners of that ``kind``; one query where another entity's rows name them."""
    way = entity.owners[kind]
    if isinstance(way, str):
        return _texts(values.get(way))
    table, makes_owner = _rows(entity, way)
    asked = sa.select(table.c[kind]).where(
        makes_owner, table.c.parent.in_(_texts(values.get(way.field))), table.c[kind].isnot(None)
    )
    return set(Session.execute(asked).scalars())


def owned(entity: EntityType, kind: str, codes: Collection[str]) -> Any:
    """Return the condition on the entity's table that one of ``codes`` owns it."""
    way = entity.owners[kind]
    if isinstance(way, str):
        return references.naming(entity, way, codes)
    table, makes_owner = _rows(entity, way)
    led = sa.select(table.c.parent).where(makes_owner, table.c[kind].in_(codes))
    return entity.table.c[way.field].in_(led)


def could_own(entity: EntityType, kind: str, codes: Collection[str]) -> bool:
    """Tell whether one of ``codes`` can own an ``entity`` that is made now."""
    way = entity.owners[kind]
    if not codes or isinstance(way, str):
        return bool(codes)
    table, makes_owner = _rows(entity, way)
    led = sa.select(table.c.parent).where(makes_owner, table.c[kind].in_(codes))
    return Session.execute(led.limit(1)).first() is not None
