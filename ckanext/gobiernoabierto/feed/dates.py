"""Dates of whole seconds, which HTTP has, as signs of what a reader has: where they cannot be mistaken."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from ckan.model import Session

from .fingerprint import fingerprint

_MISTAKABLE = sa.text(
    """
    SELECT EXISTS (
        SELECT 1 FROM gobiernoabierto_feed_log AS other
        WHERE other.published >= date_trunc('second', this.published)
        AND other.seq < this.seq
        AND (
            other.superseded_by IS NOT NULL
            OR other.xmin <> this.xmin
            OR this.published - other.published <> (this.seq - other.seq) * interval '1 millisecond'
        )
    )
    FROM gobiernoabierto_feed_log AS this
    WHERE this.published = :moment AND this.fingerprint = :fingerprint
    """
)
"""Whether there was another state of the log in the second of an event, before it. Those of one flush are no
states: they are committed together (``xmin``, unless superseded since), a millisecond each after the other,
which a copy of the database keeps too. Moments alone do not tell: a commit comes later than they, and clocks
are set back."""


def is_sign(date: dt.datetime, moment: dt.datetime) -> bool:
    """Tell whether who was given this date has what is since the event of a moment, and nothing older.

    Only the very date that is sent with it is: whoever sends another one has not got it from here. Of an
    event that another program has written no date is, for its answers may have looked different.
    """
    if date != moment.replace(microsecond=0):
        return False
    mistakable = Session.scalar(_MISTAKABLE, {"moment": moment, "fingerprint": fingerprint()})
    return mistakable is False
