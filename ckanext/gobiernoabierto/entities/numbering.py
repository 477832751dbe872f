"""Codes that are given by counting: problem ``0115-P1`` is the first of municipality 0115."""

from __future__ import annotations

import sqlalchemy as sa
from ckan.model import Session
from sqlalchemy.dialects.postgresql import insert

from . import codes
from .base import BaseModel, EntityType, Values


class Counter(BaseModel):
    """How far the codes of one kind have been counted within one scope."""

    __tablename__ = "gobiernoabierto_counter"

    entity = sa.Column(sa.Text, primary_key=True)
    scope = sa.Column(sa.Text, primary_key=True)
    last = sa.Column(sa.Integer, nullable=False)


def next_code(entity: EntityType, values: Values) -> str:
    """Return the next code that was never used of a kind that is numbered.

    The counter's row stays locked until the transaction ends: two writers never get the same number.
    ValueError for a kind whose codes are given.
    """
    if entity.numbered is None:
        raise ValueError(f"The codes of {entity.name} are not counted")
    field, letter = entity.numbered
    scope = str(values[field])
    while True:
        first = insert(Counter).values(entity=entity.name, scope=scope, last=1)
        counted = first.on_conflict_do_update(
            index_elements=["entity", "scope"], set_={"last": Counter.last + 1}
        ).returning(Counter.last)
        code = f"{scope}-{letter}{Session.scalar(counted)}"
        if not codes.was_used(entity, code):
            return code
