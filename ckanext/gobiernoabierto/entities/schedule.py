"""What takes place on a day: workshops and round tables."""

from __future__ import annotations

from collections.abc import Iterator

import ckan.plugins.toolkit as tk
import sqlalchemy as sa

from .base import Values
from .participation import local_today

WHEN = ("start_date", "start_time", "end_date", "end_time", "state")
"""What says when something takes place, and whether it does."""


class Scheduled:
    """Days and hours of Guatemala (UTC-6); days without hours where none is known."""

    start_date = sa.Column(sa.Date)
    start_time = sa.Column(sa.Time)
    end_date = sa.Column(sa.Date)
    end_time = sa.Column(sa.Time)
    place = sa.Column(sa.Text)


def held_has_date(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when something was held and nobody says when, or it is still to come."""
    if values.get("state") not in ("held", "closed"):
        return
    if not values.get("start_date"):
        yield "start_date", tk._("What was held needs its date")
    elif values["start_date"] > local_today():
        yield (
            "start_date",
            tk._("This day has not come, and the state says that it was held: correct one of the two"),
        )


def times_in_order(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when it ends before it starts, or has an hour without a day."""
    start, end = values.get("start_date"), values.get("end_date")
    if values.get("start_time") and not start:
        yield "start_time", tk._("Give the date of this hour")
    if start and end and end < start:
        yield "end_date", tk._("The end is before the start: correct one of the two dates")
    hours = values.get("start_time"), values.get("end_time")
    if all(hours) and (not end or end == start) and hours[1] < hours[0]:  # type: ignore[operator]
        yield "end_time", tk._("The end is before the start: correct one of the two hours")
