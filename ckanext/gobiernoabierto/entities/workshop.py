"""Workshop: a marathon of ideas (ideatón), an information meeting or a co-creation session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.model import Session

from . import attendance, forms
from .base import BaseModel, Entity, EntityType, Row, Titled, Values, belongs_to, references, rows_of
from .document import documents_of, has
from .municipality import Municipality
from .participation import local_today
from .schedule import WHEN, Scheduled, held_has_date, times_in_order


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


class WorkshopAttendance(attendance.Count, BaseModel):
    """How many people of one group came."""

    __tablename__ = "gobiernoabierto_workshop_attendance"

    parent = belongs_to("workshop")


def attendance_told(rows: list[Values]) -> list[Values]:
    """Return the attendance as everybody may read it."""
    return attendance.told(forms.field_of(WORKSHOP, "attendance"), rows)


def attendance_adds_up(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error where a group is counted twice, or sex, age and people count not as many."""
    for message in attendance.wrong(forms.field_of(WORKSHOP, "attendance"), values.get("attendance") or []):
        yield "attendance", message


def attended_in_the_past(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when somebody came on a day that has not come."""
    day = values.get("start_date")
    if values.get("attendance") and day and day > local_today():
        yield "attendance", tk._("This day has not come yet")


def closed_has_minutes(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when it is closed and nobody can read what came of it (what the state costs)."""
    if values.get("state") == "closed" and not has(values, "minutes", "report"):
        yield (
            "state",
            tk._("Add the minutes or the report among its documents and publish them, then close it"),
        )


IN_CODES = {
    "idea_marathon": "ideaton",
    "information_meeting": "reunion-informativa",
    "co_creation": "cocreacion",
}
"""What each kind is called in a code."""


def words_of_code(values: Values) -> list[str]:
    """Return what a workshop is told from others by: its kind, its municipality if it is one, its year."""
    codes, day = values["municipalities"], values.get("start_date")
    name = sa.select(Municipality.name).where(Municipality.code.in_(codes))
    where = list(Session.scalars(name)) if len(codes) == 1 else []
    return [IN_CODES[values["kind"]], *where, *([str(day.year)] if day else [])]


class Workshop(Titled, Scheduled, Entity, BaseModel):
    """A workshop."""

    __tablename__ = "gobiernoabierto_workshop"

    kind = sa.Column(sa.Text, nullable=False)
    municipalities = rows_of("workshop", "WorkshopMunicipality")
    commitment = references("commitment")
    state = sa.Column(sa.Text, nullable=False)
    organizers = rows_of("workshop", "WorkshopOrganizer")
    attendance = rows_of("workshop", "WorkshopAttendance")

    documents = documents_of("workshop", "Workshop")

    told_as: ClassVar = {"attendance": attendance_told}


WORKSHOP = EntityType(
    name="workshop",
    model=Workshop,
    path="taller",
    list_path="talleres",
    title=("title",),
    names=("place",),
    order=("start_date", "code"),
    owners={"municipality": "municipalities"},
    coined=words_of_code,
    rules=(held_has_date, times_in_order, attendance_adds_up, attended_in_the_past, closed_has_minutes),
    line=WHEN,
    part_of=("commitment",),
    documents=("agenda", "presentation", "minutes", "report", "photograph", "other"),
)
