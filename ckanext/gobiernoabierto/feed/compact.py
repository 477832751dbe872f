"""Remove from the log what no snapshot needs that can still be asked for."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities.base import now

from .flush import WAIT
from .model import DELETE, Entry
from .writing import writing

ROWS = 5000
"""Removed in one transaction: moments, after which a flush may go on."""


def compact(older_than: dt.timedelta, wait: float = WAIT) -> int:
    """Remove what was superseded that long ago, and return how many events that were.

    The last event of each subject stays, and so does every tombstone. Snapshots from before can be read no
    more: that is said first, in a transaction of its own, so that nobody reads half of one.
    """
    with writing(wait) as state:
        state.readable_from = max(state.readable_from, _position_at(now() - older_than, state.position))
    removed = 0
    while True:
        with writing(wait) as state:
            old = sa.select(Entry.seq).where(Entry.superseded_by <= state.readable_from, Entry.op != DELETE)
            done = sa.delete(Entry.__table__).where(Entry.seq.in_(old.order_by(Entry.seq).limit(ROWS)))
            number = Session.execute(done).rowcount
        removed += number
        if number < ROWS:
            return removed


def _position_at(moment: dt.datetime, position: int) -> int:
    """Return the position at which the log stood then."""
    later = Session.scalar(sa.select(sa.func.min(Entry.seq)).where(Entry.published > moment))
    return position if later is None else later - 1
