"""What citizens send from home: drafts of problems and ideas that wait until an editor has read them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from . import registry
from .base import DRAFT, EntityType
from .listing import Listing, visible

HOME = "home"
"""What the field ``origin`` says of them."""
REFUSED = {"problem": "discarded", "idea": "declined"}
"""{kind: the state of those that an editor did not publish}"""


def is_waiting(entity: EntityType, row: Any) -> bool:
    """Tell whether the row was sent from home and nobody has decided about it."""
    return row.origin == HOME and row.visibility == DRAFT and row.state in entity.waiting


def was_refused(entity: EntityType, row: Any) -> bool:
    """Tell whether the row was sent from home and an editor did not publish it."""
    return row.origin == HOME and row.visibility == DRAFT and row.state == REFUSED[entity.name]


def _waiting(asked: Listing) -> Any:
    """Return (kind, code, moment) of what waits and whom ``asked`` is for may see, as a subquery."""
    parts = []
    for entity in map(registry.entity_type, REFUSED):
        table = entity.table
        waits = (table.c.origin == HOME, table.c.visibility == DRAFT, table.c.state.in_(entity.waiting))
        kind = sa.literal(entity.name).label("kind")
        parts.append(sa.select(kind, table.c.code, table.c.created).where(*waits, visible(entity, asked)))
    return sa.union_all(*parts).subquery()


def count(asked: Listing) -> int:
    """Return how many wait in all."""
    return Session.scalar(sa.select(sa.func.count()).select_from(_waiting(asked)))


def page(asked: Listing) -> list[tuple[EntityType, Any]]:
    """Return one page of what waits, as (kind, row), what came first before the others."""
    every = _waiting(asked)
    ordered = sa.select(every).order_by(every.c.created, every.c.kind, every.c.code)
    wanted = [(r.kind, r.code) for r in Session.execute(ordered.limit(asked.limit).offset(asked.offset))]
    rows: dict[tuple[str, str], Any] = {}
    for entity in map(registry.entity_type, REFUSED):
        codes = [code for kind, code in wanted if kind == entity.name]
        found = Session.execute(sa.select(entity.model).where(entity.model.code.in_(codes))).scalars()
        rows |= {(entity.name, row.code): row for row in found}
    return [(registry.entity_type(kind), rows[kind, code]) for kind, code in wanted if (kind, code) in rows]
