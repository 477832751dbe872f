"""What citizens said has: a state with its reason, an answer or its absence, and evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckanext.gobiernoabierto.lib import formats

from .base import EntityType, Proof, Row, Rule, Values, now
from .document import has


class Answer(Row):
    """What the municipality answered: offices, not people."""

    columns = ("date", "office", "text")

    date = sa.Column(sa.Date, nullable=False)
    office = sa.Column(sa.Text, nullable=False)
    text = sa.Column(sa.Text, nullable=False)


class Said:
    """The columns of what citizens said, and what became of it."""

    description = sa.Column(sa.Text)
    reported = sa.Column(sa.Date)
    """The day on which it was said: since then it waits."""
    state = sa.Column(sa.Text, nullable=False)
    state_reason = sa.Column(sa.Text)
    """Why it is in this state; shown in public."""
    origin = sa.Column(sa.Text)
    """``home`` if somebody sent it from home; empty if it was said at a workshop, or nobody knows where."""


def state_costs(*, reason: str, evidence: Proof) -> Rule:
    """Return the rule that the state ``reason`` demands its reason, and what ``evidence`` says an evidence.

    A text without an address will do: acts are on paper.
    """

    def rule(values: Values) -> Iterator[tuple[str, str]]:
        if values.get("state") == reason and not values.get("state_reason"):
            yield "state_reason", tk._("Say why: everybody who visits the page reads it")
        if evidence.claimed(values) and not (values.get("evidence") or has(values, "evidence")):
            yield "evidence", tk._("Say what shows that it was done, with its address if there is one")

    return rule


def said_in_the_past(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when something was said, or answered, on a day that has not come."""
    message = tk._("This day has not come yet")
    if values.get("reported") and values["reported"] > local_today():
        yield "reported", message
    days = [answer["date"] for answer in values.get("answers") or () if answer["date"]]
    if any(day > local_today() for day in days):
        yield "answers", message
    if values.get("reported") and any(day < values["reported"] for day in days):
        yield "answers", tk._("Nobody answers before it was said: correct one of the two dates")


def local_today() -> dt.date:
    """Return the day that it is in Guatemala."""
    return formats.local(now()).date()


def unanswered_since(entity: EntityType, values: Values, days: int) -> dt.date | None:
    """Return the day since which it waits for an answer, once ``days`` have passed; else None."""
    said = values.get("reported")
    if said is None or values.get("answers") or values.get("state") not in entity.waiting:
        return None
    return said if said + dt.timedelta(days) < local_today() else None


def unanswered(entity: EntityType, days: int) -> Any:
    """Return ``unanswered_since`` as the SQL condition on the entity's table."""
    table, answers = entity.table, entity.model.row_fields()["answers"].__table__
    late = table.c.reported < local_today() - dt.timedelta(days)
    return sa.and_(
        table.c.state.in_(entity.waiting), late, ~sa.exists().where(answers.c.parent == table.c.code)
    )
