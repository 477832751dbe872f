"""Data request: data that is missing, who has to publish it, since when, and the dataset that closed it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import ckan.plugins.toolkit as tk
import sqlalchemy as sa

from .base import STORED, BaseModel, Entity, EntityType, Titled, Values, references
from .participation import local_today
from .problem import problem_is_near

OPEN, CLOSED, DECLINED = "open", "closed", "declined"


def state_is_paid(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when it is declined or opened again without a reason, or closed without the data."""
    stored = values.get(STORED) or {}
    said_anew = values.get("state_reason") and values["state_reason"] != stored.get("state_reason")
    if values.get("state") == OPEN and stored.get("state") in (CLOSED, DECLINED) and not said_anew:
        yield "state_reason", tk._("Say why it is opened again: everybody who visits the page reads it")
    if values.get("state") == DECLINED and not values.get("state_reason"):
        yield "state_reason", tk._("Say why: everybody who visits the page reads it")
    if values.get("state") == CLOSED and not values.get("closed_by"):
        yield "state", tk._("A dataset closes it: publish the data and choose it there")
    if values.get("state") != CLOSED and values.get("closed_by"):
        yield "closed_by", tk._("Only a closed request has the dataset that closed it: leave it empty")


def requested_in_the_past(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when it was requested on a day that has not come."""
    if values.get("requested") and values["requested"] > local_today():
        yield "requested", tk._("This day has not come yet")


class DataRequest(Titled, Entity, BaseModel):
    """A request; ``closed_by`` and ``closed`` are written by the verb that closes it."""

    __tablename__ = "gobiernoabierto_data_request"

    description = sa.Column(sa.Text)
    municipality = references("municipality", nullable=False)
    problem = references("problem")
    institution = references("institution")
    """Who has to publish the data, where it is known."""
    requested = sa.Column(sa.Date)
    state = sa.Column(sa.Text, nullable=False)
    state_reason = sa.Column(sa.Text)
    closed_by = sa.Column(sa.Text)
    """Id of the dataset that has the data."""
    closed = sa.Column(sa.Date)


def about(row: DataRequest) -> tuple[str, str]:
    """Return (entity, code) of what a dataset has to name that answers the request."""
    return ("problem", row.problem) if row.problem else ("municipality", row.municipality)


def closed_with(package_id: str) -> Values:
    """Return what is written of a request that a dataset closes today."""
    closing = {"closed_by": package_id, "closed": local_today(), "state_reason": None}
    return {"state": CLOSED, **closing}


def days_open(values: Values) -> int | None:
    """Return for how many days it is, or was, open; None where the day of the request is unknown.

    Of a declined one too: the history says on which day it was declined.
    """
    if values.get("requested") is None or values.get("state") == DECLINED:
        return None
    until: dt.date = values.get("closed") or local_today()
    return max(0, (until - values["requested"]).days)


DATA_REQUEST = EntityType(
    name="data_request",
    model=DataRequest,
    path="solicitud",
    list_path="solicitudes",
    title=("title",),
    names=("description",),
    order=("municipality", "requested", "code"),
    owners={"municipality": "municipality"},
    rules=(state_is_paid, requested_in_the_past, problem_is_near),
    part_of=("problem", "municipality"),
    line=("state", "requested", "municipality"),
    numbered=("municipality", "D"),
    by_verb=("closed_by", "closed"),
    told_in_full=True,
    title_is_said=True,
)
