"""Workshop: a marathon of ideas (ideatón), an information meeting or a co-creation session."""

from __future__ import annotations

import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType, Row, Titled, belongs_to, references, rows_of
from .schedule import Scheduled, held_has_date, times_in_order


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


class Workshop(Titled, Scheduled, Entity, BaseModel):
    """A workshop."""

    __tablename__ = "gobiernoabierto_workshop"

    kind = sa.Column(sa.Text, nullable=False)
    municipalities = rows_of("workshop", "WorkshopMunicipality")
    commitment = references("commitment")
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
