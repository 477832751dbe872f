"""What has to go at once: nobody reads anything while the log tells of it.

A subject is marked by the transaction that hides it, with whatever else is marked. So what waits is asked for
what the log tells of and nobody may read: it is flushed before all else, and then what names it. What does
so the log says: who linked to it may have been made to let go of it first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities import codes, registry

from . import log, render
from .model import CHANGED, HIDES, ORGANIZATION, REACHED, Entry, Mark, published_now
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


def mark_what_names(gone: Iterable[Key]) -> None:
    """Mark what the log tells of subjects that were taken back just now, in the caller's transaction.

    Beside all that ``reach`` marks: some texts say another thing without what they never named.
    """
    named = [key for key in gone if key[0] not in log.NAMELESS]
    moved = [key for key in named if _is_moved(key)]
    for turn, keys in ((HIDES, [key for key in named if key not in moved]), (REACHED, moved)):
        if keys:
            telling = *published_now(), Entry.named.overlap(log.words(keys))
            found = sa.select(Entry.kind, Entry.subject, sa.literal(turn)).where(*telling)
            Session.execute(sa.insert(Mark.__table__).from_select(["kind", "subject", "turn"], found))


def telling(keys: Iterable[Key]) -> list[Key]:
    """Return those of the subjects whose last text names something that was taken back."""
    named = {key: set(row.named) for key, row in log.last_of(keys).items()}
    gone = [key for key in log.gone_among(set().union(*named.values())) if not _is_moved(key)]
    words = {f"{kind}:{subject}" for kind, subject in gone}
    return [key for key, those in named.items() if those & words]


def _is_moved(key: Key) -> bool:
    """Tell whether an entity has only got another code: then nothing of it is hidden."""
    kind, subject = key
    known = kind in render.kinds() and kind not in (*log.NAMELESS, ORGANIZATION)
    return known and codes.resolve(registry.entity_type(kind), subject).moved_to is not None
