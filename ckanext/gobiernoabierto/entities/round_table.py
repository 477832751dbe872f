"""Round table: a session in which institutions and society write the commitments of a plan together."""

from __future__ import annotations

import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType, references
from .schedule import WHEN, Scheduled, held_has_date, times_in_order


class RoundTable(Scheduled, Entity, BaseModel):
    """A co-creation table; ``round`` counts the times that the tables of a plan meet."""

    __tablename__ = "gobiernoabierto_round_table"

    plan = references("plan", nullable=False)
    round = sa.Column(sa.Integer, nullable=False)
    number = sa.Column(sa.Integer, nullable=False)
    theme = sa.Column(sa.Text, nullable=False)
    axis = references("axis")
    state = sa.Column(sa.Text, nullable=False)
    registration_url = sa.Column(sa.Text)
    phone = sa.Column(sa.Text)

    __table_args__ = (sa.UniqueConstraint("plan", "round", "number"),)


ROUND_TABLE = EntityType(
    name="round_table",
    model=RoundTable,
    path="mesa",
    list_path="mesas",
    title=("theme",),
    names=("place",),
    order=("start_date", "plan", "round", "number"),
    rules=(held_has_date, times_in_order),
    line=WHEN,
    part_of=("axis", "plan"),
)
