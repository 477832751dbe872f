"""Codes that once led somewhere: aliases answer 301, tombstones 410. None is ever used again."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from sqlalchemy import orm

from .base import BaseModel, EntityType, now


class Alias(BaseModel):
    """An earlier code of an entity, and the code that replaced it."""

    __tablename__ = "gobiernoabierto_alias"

    entity = sa.Column(sa.Text, primary_key=True)
    alias = sa.Column(sa.Text, primary_key=True)
    code = sa.Column(sa.Text, nullable=False, index=True)
    created = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)


class Tombstone(BaseModel):
    """A deleted entity; ``published`` says whether anybody could have known its address."""

    __tablename__ = "gobiernoabierto_tombstone"

    entity = sa.Column(sa.Text, primary_key=True)
    code = sa.Column(sa.Text, primary_key=True)
    deleted = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)
    published = sa.Column(sa.Boolean, nullable=False)
    title = sa.Column(sa.Text)
    reason = sa.Column(sa.Text)
    successor = sa.Column(sa.Text)


@dataclass(frozen=True)
class Found:
    """Where a code leads: a row, the code that replaced it, a tombstone, or nothing at all."""

    row: Any = None
    moved_to: str | None = None
    gone: Tombstone | None = None


def resolve(entity: EntityType, code: str) -> Found:
    """Return what stands under ``code``; one query where it is a living code."""
    row = Session.get(entity.model, code, options=_along(entity))
    if row is not None:
        return Found(row=row)
    alias = Session.get(Alias, (entity.name, code))
    if alias is not None:
        return Found(row=Session.get(entity.model, alias.code), moved_to=alias.code)
    gone = Session.get(Tombstone, (entity.name, code))
    return Found(gone=gone) if gone is not None and gone.published else Found()


@functools.cache
def _along(entity: EntityType) -> list[Any]:
    """Return what lets its rows come along: they are few, and a query costs more than their product."""
    return [orm.joinedload(getattr(entity.model, name)) for name in entity.model.row_fields()]


def was_used(entity: EntityType, code: str) -> bool:
    """Tell whether ``code`` is or ever was one of this entity: then it cannot be given again."""
    places = (
        sa.select(entity.table.c.code).where(entity.table.c.code == code),
        sa.select(Alias.alias).where(Alias.entity == entity.name, Alias.alias == code),
        sa.select(Tombstone.code).where(Tombstone.entity == entity.name, Tombstone.code == code),
    )
    return any(Session.scalar(place) is not None for place in places)


def every_code(entity: EntityType, code: str) -> Any:
    """Return the select of ``code`` and every code that it replaced."""
    earlier = sa.select(Alias.alias).where(Alias.entity == entity.name, Alias.code == code)
    return sa.select(sa.literal(code)).union_all(earlier)
