"""Read the log as records of OAI-PMH: each dataset's last event at a position, deletions too.

A list is of one moment: the position at which it began. Its order is that of the events, so that it goes on
after the last one that was shown. What was taken back since is shown as a deletion, and of a body that had to
be erased for another's sake the present one is shown: both come before what was pinned.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from . import sets, snapshot
from .model import DATASET, DELETE, Entry, published_now
from .render import Key

LOG = Entry.__table__
SHOWN = ("seq", "subject", "name", "address", "op", "published", "refs", "body")


@dataclass(frozen=True)
class Listed:
    """A list: of which moment, between which positions, of which set."""

    position: int
    first: int
    """No event before it; 0 for all."""
    last: int
    """No event after it."""
    of: str = ""
    """Only what is in this set. If ``first`` is given, also what was at any time since: what has left it
    meanwhile is in the list as it is now, so that whoever harvests only this set is told."""


def listed(
    position: int, since: dt.datetime | None = None, before: dt.datetime | None = None, of: str = ""
) -> Listed | None:
    """Return the list of what was published between two moments; None if there is nothing for sure.

    Datestamps are in the order of positions, so a span of time is one of positions.
    """
    later = position if before is None else _position_before(before)
    earlier = 0 if since is None else _position_before(since)
    if earlier >= min(position, later) or (of and not _is_set(of)):
        return None
    return Listed(position, earlier and earlier + 1, min(position, later), of)


def _position_before(moment: dt.datetime) -> int:
    found = sa.select(LOG.c.seq).where(LOG.c.published < moment)
    return Session.scalar(found.order_by(LOG.c.published.desc(), LOG.c.seq.desc()).limit(1)) or 0


def page(asked: Listed, after: int = 0, limit: int = 100) -> list[Any]:
    """Return records of a list, those after an event, in the order of events.

    ``at`` of each is the event that stands for it in the list, where the next page goes on. ExpiredError for
    a position that was compacted away.
    """
    then, shown, last = (sa.orm.aliased(LOG) for _ in range(3))
    present = sa.select(last.c.seq).where(
        last.c.kind == DATASET, last.c.subject == then.c.subject, last.c.superseded_by.is_(None)
    )
    erased = sa.and_(then.c.body.is_(None), then.c.op != DELETE)
    seq: Any = sa.case((erased, present.scalar_subquery()), else_=then.c.seq)
    found = sa.select(then.c.seq.label("at"), *(shown.c[name] for name in SHOWN))
    found = found.select_from(then.join(shown, shown.c.seq == seq)).where(
        *_in(then, asked), then.c.seq > after
    )
    rows = list(Session.execute(found.order_by(then.c.seq).limit(limit)))
    snapshot.totals(asked.position)
    return rows


def count(asked: Listed) -> int:
    """Return how many records a list has."""
    then = sa.orm.aliased(LOG)
    return int(Session.scalar(sa.select(sa.func.count()).where(*_in(then, asked))))


def _in(then: Any, asked: Listed) -> list[Any]:
    """Return the conditions on an event that it stands for a record of a list."""
    current = sa.or_(then.c.superseded_by.is_(None), then.c.superseded_by > asked.position)
    found = [then.c.kind == DATASET, then.c.seq >= asked.first, then.c.seq <= asked.last, current]
    if asked.of and asked.first:
        found.append(then.c.subject.in_(_members_since(asked)))
    elif asked.of:
        found.append(then.c.sets.contains([asked.of]))
    return found


def _members_since(asked: Listed) -> Any:
    """Return the select of what was in a set at any time from a list's first position on."""
    was = sa.orm.aliased(LOG)
    later = sa.or_(was.c.superseded_by.is_(None), was.c.superseded_by >= asked.first)
    found = sa.select(was.c.subject).where(was.c.kind == DATASET, was.c.seq <= asked.position, later)
    return found.where(was.c.sets.contains([asked.of]))


def record(subject: str) -> Any:
    """Return the last event of a dataset; None if it never was public."""
    found = sa.select(*(LOG.c[name] for name in SHOWN))
    return Session.execute(
        found.where(LOG.c.kind == DATASET, LOG.c.superseded_by.is_(None), LOG.c.subject == subject)
    ).first()


def earliest() -> dt.datetime | None:
    """Return the moment of the first event; no record is older. None for an empty log."""
    return Session.scalar(sa.select(LOG.c.published).order_by(LOG.c.seq).limit(1))


def _is_set(spec: str) -> bool:
    """Tell whether there is such a set, or was: who harvests one that has ended is told what left it."""
    kind, colon, subject = spec.partition(":")
    if not colon:
        return kind in sets.KINDS
    last = sa.select(LOG.c.seq).where(LOG.c.kind == kind, LOG.c.superseded_by.is_(None))
    return kind in sets.KINDS and Session.scalar(last.where(LOG.c.subject == subject)) is not None


def sets_page(after: Key = snapshot.FIRST, limit: int = 100) -> list[Any]:
    """Return what there is a set of, in the order of (kind, subject)."""
    found = sa.select(LOG.c.kind, LOG.c.subject, LOG.c.name, LOG.c.address, LOG.c.body).where(*_sets())
    found = found.where(sa.tuple_(LOG.c.kind, LOG.c.subject) > after).order_by(LOG.c.kind, LOG.c.subject)
    return list(Session.execute(found.limit(limit)))


def sets_count() -> int:
    """Return of how many things there is a set."""
    return int(Session.scalar(sa.select(sa.func.count()).where(*_sets())))


def _sets() -> tuple[Any, ...]:
    return LOG.c.kind.in_(sets.KINDS), *published_now(LOG)
