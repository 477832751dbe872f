"""The story of an entity that has a state: what was said, what was answered, and each change, by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ckan.model import Session
from ckanext.gobiernoabierto.lib import formats

from . import codes, forms, history
from .base import PUBLISHED, EntityType

SAID, REQUESTED, ANSWERED, BECAME, PUBLIC = "said", "requested", "answered", "became", "public"
"""Kinds of moments: it was said, requested, answered, became something, was published here."""


@dataclass(frozen=True)
class Moment:
    """One step of the story, as everybody may read it."""

    day: dt.date
    kind: str
    label: str | None = None
    """Spanish name of the state, or the office that answered."""
    text: str | None = None
    dataset: str | None = None
    """Id of the dataset that closed it then, whether or not everybody may see it now."""


def has_story(entity: EntityType) -> bool:
    """Tell whether this kind has a state."""
    return "state" in entity.table.c


def story(entity: EntityType, row: Any) -> list[Moment]:
    """Return the moments of a published entity, the oldest first; one query."""
    rows = Session.execute(history.rows_about(entity.name, codes.every_code(entity, row.code))).scalars()
    moments = [*_said(row), *[moment for each in rows for moment in told(entity, each)]]
    return sorted(moments, key=lambda moment: moment.day)


def public_states(entity: EntityType, row: Any) -> set[str]:
    """Return the states in which everybody could read a published entity; one query."""
    rows = Session.execute(history.rows_about(entity.name, codes.every_code(entity, row.code))).scalars()
    state, found = None, {row.state}
    for each in rows:
        state = each.changes.get("state", [None, state])[1]
        if each.visibility == PUBLISHED and state:
            found.add(state)
    return found


def _said(row: Any) -> Iterator[Moment]:
    if getattr(row, "reported", None):
        yield Moment(row.reported, SAID)
    if getattr(row, "requested", None):
        yield Moment(row.requested, REQUESTED)
    for answer in getattr(row, "answers", ()):
        yield Moment(answer.date, ANSWERED, answer.office, answer.text)


def told(entity: EntityType, row: Any) -> Iterator[Moment]:
    """Yield what one row of history has for everybody."""
    shown = history.public_part(row, entity.untold)
    if shown is None:
        return
    day = formats.local(row.happened).date()
    if "visibility" in shown["changes"]:
        if shown["changes"]["visibility"][1] == PUBLISHED:
            yield Moment(day, PUBLIC)
    elif "state" in shown["changes"]:
        state = shown["changes"]["state"][1]
        field = forms.field_of(entity, "state")
        reason = shown["changes"].get("state_reason", [None, None])[1]
        dataset = shown["changes"].get("closed_by", [None, None])[1]
        yield Moment(day, BECAME, forms.choice_label(field, state), reason or shown["reason"], dataset)
