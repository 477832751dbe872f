"""Erase from the log what no snapshot needs that can still be asked for: texts, never events."""

from __future__ import annotations

import datetime as dt
import logging

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.hourly import DAY, Job

from . import dumps, packing, snapshot
from . import log as events
from .flush import WAIT
from .model import Entry
from .writing import BusyError, writing

log = logging.getLogger(__name__)
TITLE = "erase texts of the feed that were superseded long ago"
ROWS = 5000
"""Compacted in one transaction: moments, after which a flush may go on."""


def compact(older_than: dt.timedelta, wait: float = WAIT) -> int:
    """Erase the bodies of what was superseded that long ago, and return of how many events.

    The events stay: who reads changes by position finds every one. Snapshots from before can be read no
    more: that is said first, in a transaction of its own, so that nobody reads half of one.
    """
    with writing(wait) as state:
        state.readable_from = max(state.readable_from, _position_at(now() - older_than, state.position))
    dumps.sweep(snapshot.head().shown_from)
    done = 0
    while True:
        with writing(wait) as state:
            old = sa.select(Entry.seq).where(Entry.readable, Entry.superseded_by <= state.readable_from)
            number = events.erase(Entry.seq.in_(old.order_by(Entry.seq).limit(ROWS)), readable=False)
        done += number
        if number < ROWS:
            packing.sweep(wait)
            return done


def erase_left(wait: float = WAIT) -> int:
    """Erase what ``check`` calls ``left``, and return how many bodies that were."""
    with writing(wait):
        return events.erase(Entry.seq.in_(events.left()))


def each_day() -> None:
    """Do both as a job, by the configured number of days."""
    try:
        done, mended = compact(dt.timedelta(days=config.feed_days())), erase_left()
    except BusyError:
        log.info("the feed is being written by somebody else: it is compacted tomorrow")
        return
    if done:
        log.info("feed: %s events compacted", done)
    if mended:
        log.error("feed: %s bodies had been left that ought to be erased", mended)


def _position_at(moment: dt.datetime, position: int) -> int:
    """Return the position at which the log stood then."""
    later = Session.scalar(sa.select(sa.func.min(Entry.seq)).where(Entry.published > moment))
    return position if later is None else later - 1


JOB = Job("feed-compact", TITLE, each_day, every=DAY)
