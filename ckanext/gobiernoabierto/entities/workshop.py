"""Workshop: a marathon of ideas (ideatón), an information meeting or a co-creation session."""

from __future__ import annotations

from collections.abc import Iterator

import ckan.plugins.toolkit as tk
import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType, Row, Titled, Values, belongs_to, references, rows_of


def held_has_date(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when a workshop was held and nobody says when (what the state costs)."""
    if values.get("state") in ("held", "closed") and not values.get("start_date"):
        yield "start_date", tk._("A workshop that was held needs its date")


def times_in_order(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when the workshop ends before it starts, or has an hour without a day."""
    start, end = values.get("start_date"), values.get("end_date")
    if values.get("start_time") and not start:
        yield "start_time", tk._("Give the date of this hour")
    if start and end and end < start:
        yield "end_date", tk._("The end is before the start: correct one of the two dates")
    hours = values.get("start_time"), values.get("end_time")
    if all(hours) and (not end or end == start) and hours[1] < hours[0]:  # type: ignore[operator]
        yield "end_time", tk._("The end is before the start: correct one of the two hours")


class WorkshopMunicipality(Row, BaseModel):
    """A municipality whose people the workshop is for."""

    __tablename__ = "gobiernoabierto_workshop_municipality"
    columns = ("municipality",)

    parent = belongs_to("workshop")
    municipality = references("municipality", nullable=False)


class WorkshopOrganizer(Row, BaseModel):
    """An institution that organizes the workshop."""

    __tablename__ = "gobiernoabierto_workshop_organizer"
    columns = ("institution",)

    parent = belongs_to("workshop")
    institution = references("institution", nullable=False)


class Workshop(Titled, Entity, BaseModel):
    """A workshop; hours are those of Guatemala (UTC-6), dates without hours where none is known."""

    __tablename__ = "gobiernoabierto_workshop"

    kind = sa.Column(sa.Text, nullable=False)
    municipalities = rows_of("workshop", "WorkshopMunicipality")
    commitment = references("commitment")
    start_date = sa.Column(sa.Date)
    start_time = sa.Column(sa.Time)
    end_date = sa.Column(sa.Date)
    end_time = sa.Column(sa.Time)
    place = sa.Column(sa.Text)
    state = sa.Column(sa.Text, nullable=False)
    organizers = rows_of("workshop", "WorkshopOrganizer")


WORKSHOP = EntityType(
    name="workshop",
    model=Workshop,
    path="taller",
    list_path="talleres",
    title=("title",),
    names=("place",),
    order=("start_date", "code"),
    owners={"municipality": "municipalities"},
    rules=(held_has_date, times_in_order),
    part_of=("commitment",),
)
