"""The one writer of the feed: whoever writes waits for the other, and sees what the other has committed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from psycopg2.errors import LockNotAvailable

from .model import State

MILLISECONDS = 1000


class BusyError(Exception):
    """Somebody else is writing the feed, and goes on longer than one wanted to wait."""


OF_THE_VALUE = "54"
"""Class of SQLSTATE: what was sent goes beyond a limit of PostgreSQL's, and will each time."""


def is_outage(error: Exception) -> bool:
    """Tell whether nothing is wrong with what is written: another writes, or the database is away."""
    if isinstance(error, sa.exc.OperationalError):
        return not (getattr(error.orig, "pgcode", None) or "").startswith(OF_THE_VALUE)
    return isinstance(error, BusyError)


@contextmanager
def writing(wait: float) -> Iterator[Any]:
    """Give where the log stands, for one transaction, and commit it; BusyError after ``wait`` seconds.

    The session of this thread is closed before and after: what it has read is forgotten. Positions are in
    the order of the commits because nobody else writes until this one is committed. The table is locked and
    not a row, nor with an advisory lock: LOCK TABLE alone waits before the transaction takes its snapshot,
    which REPEATABLE READ then keeps. So it sees all that the writer before it has committed, and one moment
    only of everything that it reads.
    """
    Session.close()
    Session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        _lock("EXCLUSIVE", wait)
        state = Session.get(State, 1)
        if state is None:
            state = State(id=1, position=0, readable_from=0, datasets=0, erased=0)
            Session.add(state)
        yield state
        Session.commit()
    finally:
        Session.close()


@contextmanager
def quiet(wait: float) -> Iterator[dt.datetime]:
    """Give the present moment by the database's clock while nobody writes; BusyError after ``wait`` seconds.

    What was published before that moment can be read, and what is published later will say so: whoever writes
    takes its own moment after this one lets go. To be left soon.
    """
    Session.close()
    try:
        _lock("ROW SHARE", wait)
        yield clock()
    finally:
        Session.close()


def clock() -> dt.datetime:
    """Return the present moment by the database's clock: one for all machines."""
    return Session.scalar(sa.select(sa.func.clock_timestamp()))


def _lock(mode: str, wait: float) -> None:
    """Lock out writers until the end of the transaction; those of ROW SHARE do not lock out each other."""
    try:
        Session.execute(sa.text(f"SET LOCAL lock_timeout = {max(1, round(wait * MILLISECONDS))}"))
        Session.execute(sa.text(f"LOCK TABLE gobiernoabierto_feed_state IN {mode} MODE"))
    except sa.exc.OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise BusyError from None
        raise
