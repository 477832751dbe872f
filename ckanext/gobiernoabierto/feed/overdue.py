"""What has to go at once: nobody reads anything while the log tells of it.

A subject is marked by the transaction that hides it, with whatever else is marked. So what waits is asked for
what the log tells of and nobody may read: it is flushed before all else, and then what names it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from . import render
from .model import CHANGED, HIDES, Entry, Mark, published_now
from .render import Key


def anything() -> bool:
    """Tell whether something waits that was taken back, or that names what was."""
    naming = sa.select(sa.exists(sa.select(Mark.id).where(Mark.turn == HIDES)))
    found = bool(Session.scalar(naming) or subjects(1))
    Session.rollback()
    return found


def subjects(most: int) -> list[Key]:
    """Return marked subjects that the log tells of and that are published no more; in the transaction."""
    marked = set(Session.execute(sa.select(Mark.kind).where(Mark.turn == CHANGED).distinct()).scalars())
    asked = [_of(kind) for kind in render.kinds() if kind in marked]
    if not asked:
        return []
    found = Session.execute(sa.union_all(*asked).limit(most))
    return [(row.kind, row.subject) for row in found]


def _of(kind: str) -> Any:
    there = render.published(kind).subquery()
    marked = sa.select(Mark.subject).where(Mark.kind == kind, Mark.turn == CHANGED)
    told = Entry.kind == kind, *published_now(), Entry.subject.in_(marked)
    hidden = ~sa.exists(sa.select(there.c.subject).where(there.c.subject == Entry.subject))
    return sa.select(Entry.kind, Entry.subject).where(*told, hidden)
