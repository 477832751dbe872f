"""When what a filter shows can last have changed: who asks for one place is not sent another's news."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from .model import CATALOG, DATASET, DELETE, Entry
from .snapshot import ExpiredError, Head

LOG = Entry.__table__


def position_of(refs: Iterable[str], head: Head) -> int:
    """Return a position at which the same is published about ``refs`` as at the head, and has been since.

    The last one at which a dataset that names them all may have come, changed or gone, the header of the
    catalogue changed, or texts were erased; one query, of indexes from their end. What an erased event was
    about may be forgotten: such a position is not before that erasure.
    """
    header = sa.select(LOG.c.seq).where(LOG.c.kind == CATALOG, LOG.c.superseded_by.is_(None))
    asked = [header, *(question for ref in refs for question in _of(ref))]
    known, *found = Session.execute(sa.select(*(each.scalar_subquery() for each in asked))).one()
    # what concerns them all concerns each: the earliest of these is late enough
    ends = [max(came or 0, went or 0) for came, went in zip(found[::2], found[1::2], strict=True)]
    return min(head.position, max(head.erased, head.readable_from, known or 0, min(ends)))


def require(refs: Iterable[str], position: int) -> None:
    """Raise ExpiredError if one of ``refs`` was taken back after a position.

    What named it then is forgotten with its texts: a crawl that asks for it would miss that, and not know.
    To be asked after anything that is read of the position.
    """
    keys = [tuple(ref.split(":", 1)) for ref in refs]
    of_them = sa.tuple_(LOG.c.kind, LOG.c.subject).in_(keys), LOG.c.readable  # as the index of subjects is
    taken_back = LOG.c.op == DELETE, LOG.c.seq > position, *of_them
    if keys and Session.scalar(sa.select(sa.exists(sa.select(LOG.c.seq).where(*taken_back)))):
        raise ExpiredError(position)


def unchanged_since(position: int, head: Head) -> int:
    """Return the position at which a pinned page was last another: its own, unless texts were erased since.

    In the place of an erased text the present one is shown, which any event may change.
    """
    return position if head.erased <= position else head.position


def _of(ref: str) -> tuple[Any, Any]:
    """Return the selects of the last event that names what is asked for, and of what last replaced one."""
    named = LOG.c.kind == DATASET, LOG.c.readable, LOG.c.refs.contains([ref])
    came = sa.select(LOG.c.seq).where(*named).order_by(LOG.c.seq.desc()).limit(1)
    went = sa.select(LOG.c.superseded_by).where(*named, LOG.c.superseded_by.isnot(None))
    return came, went.order_by(LOG.c.superseded_by.desc()).limit(1)
