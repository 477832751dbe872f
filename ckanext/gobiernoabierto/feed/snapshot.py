"""Read the log: where it stands, and what was published at a position, page by page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from .model import DELETE, Entry, State
from .render import Key

FIRST: Key = ("", "")
"""Before all subjects."""


class ExpiredError(Exception):
    """What was published at that position can be read no more."""


@dataclass(frozen=True)
class Head:
    """Where the log stands."""

    position: int = 0
    readable_from: int = 0
    """The lowest position that can be read."""
    fingerprint: str | None = None
    """Of the configuration for which everything was last marked."""
    flushed: dt.datetime | None = None


def head() -> Head:
    """Return where the log stands now; one query."""
    row = Session.execute(sa.select(State.__table__)).first()
    return Head(row.position, row.readable_from, row.fingerprint, row.flushed) if row else Head()


def rows(position: int, after: Key = FIRST, limit: int = 100) -> list[Any]:
    """Return what was published at a position, in the order of (kind, subject), which never change.

    What was taken back since is not there, and of what had to be erased for another's sake the present text
    is: both come before what was pinned. ExpiredError for a position that was compacted away.
    """
    asked = {"at": position, "kind": after[0], "subject": after[1], "most": limit}
    found = list(Session.execute(_statement(), asked))
    # after the rows: whoever compacts commits this before deleting the first of them
    if position < head().readable_from:
        raise ExpiredError(position)
    return found


def _statement() -> Any:
    then, shown, last = (sa.orm.aliased(Entry.__table__) for _ in range(3))
    at: Any = sa.bindparam("at")
    after: Any = sa.tuple_(sa.bindparam("kind"), sa.bindparam("subject"))
    present = sa.select(last.c.seq).where(
        last.c.kind == then.c.kind, last.c.subject == then.c.subject, last.c.superseded_by.is_(None)
    )
    seq: Any = sa.case((then.c.body.is_(None), present.scalar_subquery()), else_=then.c.seq)
    return (
        sa.select(shown)
        .select_from(then.join(shown, shown.c.seq == seq))
        .where(sa.tuple_(then.c.kind, then.c.subject) > after)
        .where(then.c.seq <= at, sa.or_(then.c.superseded_by.is_(None), then.c.superseded_by > at))
        .where(then.c.op != DELETE, shown.c.body.isnot(None))
        .order_by(then.c.kind, then.c.subject)
        .limit(sa.bindparam("most"))
    )
