"""Plan: an Open Government action plan (OGP), national today, municipal perhaps tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

import ckan.plugins.toolkit as tk
import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType, Titled, Values


def ends_after_start(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error beside ``end`` when the term ends before it starts."""
    start, end = values.get("start"), values.get("end")
    if start and end and end < start:
        yield "end", tk._("The end is before the start: correct one of the two dates")


class Plan(Titled, Entity, BaseModel):
    """A plan and its term; kept when the term ends."""

    __tablename__ = "gobiernoabierto_plan"

    period = sa.Column(sa.Text)
    start = sa.Column(sa.Date)
    end = sa.Column(sa.Date)
    commitment_count = sa.Column(sa.Integer)
    """How many commitments the plan has, which may be more than we know by name."""
    approved = sa.Column(sa.Date)
    description = sa.Column(sa.Text)
    url = sa.Column(sa.Text)
    closed = sa.Column(sa.Date)
    """The day on which its page was kept as it was at the end of its term."""


PLAN = EntityType(
    name="plan",
    model=Plan,
    path="plan",
    list_path="planes",
    title=("title",),
    names=("period",),
    rules=(ends_after_start,),
    by_verb=("closed",),
)
