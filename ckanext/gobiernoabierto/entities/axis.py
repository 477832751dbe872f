"""Axis: a plan's axis, theme or thematic area, under which its commitments stand."""

from __future__ import annotations

import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType, references, text_list


class Axis(Entity, BaseModel):
    """An axis; ``plan`` and ``number`` are columns because a code is never parsed."""

    __tablename__ = "gobiernoabierto_axis"

    plan = references("plan", nullable=False)
    number = sa.Column(sa.Integer, nullable=False)
    name = sa.Column(sa.Text, nullable=False)
    other_names = text_list()

    __table_args__ = (sa.UniqueConstraint("plan", "number"),)


AXIS = EntityType(
    name="axis",
    model=Axis,
    path="eje",
    list_path="ejes",
    title=("name",),
    names=("other_names",),
    order=("plan", "number"),
    part_of=("plan",),
)
