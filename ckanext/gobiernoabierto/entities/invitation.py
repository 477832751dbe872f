"""Invitation: the numbered letter that calls a model municipality to a meeting, and its answer."""

from __future__ import annotations

from collections.abc import Iterator

import ckan.plugins.toolkit as tk
import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType, Values, references
from .document import documents_of


def confirmed_by_an_office(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when it was answered and nobody says by which office or when (what the state costs)."""
    if values.get("state") not in ("confirmed", "declined"):
        return
    if not values.get("answer_office"):
        yield "answer_office", tk._("Say which office answered")
    if not values.get("answer_date"):
        yield "answer_date", tk._("Say on which day it answered")


def answered_after_it_was_written(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when a day of the letter comes before the letter."""
    for name in ("confirm_by", "answer_date"):
        if values.get("letter_date") and values.get(name) and values[name] < values["letter_date"]:
            yield name, tk._("This day is before the one of the letter: correct one of the two")


class Invitation(Entity, BaseModel):
    """A letter. It names offices, not people."""

    __tablename__ = "gobiernoabierto_invitation"

    number = sa.Column(sa.Text, nullable=False, unique=True)
    municipality = references("municipality", nullable=False)
    workshop = references("workshop")
    letter_date = sa.Column(sa.Date)
    issuing_office = sa.Column(sa.Text)
    addressed_office = sa.Column(sa.Text)
    confirm_by = sa.Column(sa.Date)
    phone = sa.Column(sa.Text)
    state = sa.Column(sa.Text, nullable=False)
    answer_office = sa.Column(sa.Text)
    answer_date = sa.Column(sa.Date)
    documents = documents_of("invitation", "Invitation")


INVITATION = EntityType(
    name="invitation",
    model=Invitation,
    path="invitacion",
    list_path="invitaciones",
    title=("number",),
    names=("issuing_office", "addressed_office"),
    order=("letter_date", "code"),
    rules=(confirmed_by_an_office, answered_after_it_was_written),
    part_of=("municipality",),
    documents=("letter", "answer", "other"),
    told_in_full=True,
)
