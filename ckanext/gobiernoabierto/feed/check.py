"""Compare the log with what is published, byte by byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from . import log, packing, prepared, renderers, snapshot
from .model import DATASET, Entry, published_now
from .render import Failure, kinds, published

MISSING, PHANTOM, STALE, DAMAGED, LEFT = "missing", "phantom", "stale", "damaged", "left"


@dataclass(frozen=True)
class Difference:
    """Where the log is not what it has to be.

    ``missing``: it is published, and not in the log; ``phantom``: the other way round; ``stale``: its
    fragment is another one, or cannot be rendered; ``damaged``: the body is not what its checksum says, or
    its pieces are not what the body says; ``left``: it is published no more, or was and named what is not,
    and such a body is still there.
    """

    what: str
    kind: str
    subject: str
    name: str = ""


@dataclass
class Checked:
    """What was found, and how many fragments were looked at."""

    fragments: int = 0
    differences: list[Difference] = field(default_factory=list)


def total() -> int:
    """Return how many fragments the log has at its head."""
    there = sa.select(sa.func.count()).where(*published_now())
    return int(Session.scalar(there))


def steps(found: Checked) -> Iterator[int]:
    """Compare page by page, add up in ``found``, and yield after each how many fragments were looked at.

    All at one moment of the database. The session of this thread is closed before and after.
    """
    with closing(renderers.Renderers()) as beside:
        if total() >= renderers.MUCH:
            beside.start()
        Session.close()
        Session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        try:
            position, after = snapshot.head().position, snapshot.FIRST
            while page := snapshot.rows(position, after):
                found.differences += _of_page(page, beside)
                found.fragments += len(page)
                after = (page[-1].kind, page[-1].subject)
                Session.expunge_all()
                yield len(page)
            found.differences += [*_missing(), *_left()]
        finally:
            Session.close()


def _of_page(page: list[Any], beside: renderers.Renderers) -> Iterator[Difference]:
    rendered = dict(beside.each((row.kind, row.subject) for row in page))
    forms = prepared.of_datasets(row.subject for row in page if row.kind == DATASET)
    torn = packing.damaged(row._mapping for row in page)
    for row in page:
        fragment = rendered[row.kind, row.subject]
        known = row.name, row.sha256, forms.get(row.subject)
        if fragment is None:
            yield Difference(PHANTOM, row.kind, row.subject, row.name)
        elif isinstance(fragment, Failure) or (fragment.name, fragment.sha256, fragment.forms) != known:
            yield Difference(STALE, row.kind, row.subject, row.name)
        if hashlib.sha256(row.body).hexdigest() != row.sha256 or row.seq in torn:
            yield Difference(DAMAGED, row.kind, row.subject, row.name)


def _missing() -> Iterator[Difference]:
    for kind in kinds():
        there = sa.select(Entry.subject).where(Entry.kind == kind, *published_now())
        asked = published(kind).subquery()
        lacking = sa.select(asked.c.subject).where(asked.c.subject.not_in(there)).order_by(asked.c.subject)
        yield from (Difference(MISSING, kind, subject) for subject in Session.execute(lacking).scalars())


def _left() -> Iterator[Difference]:
    asked = sa.select(Entry.kind, Entry.subject, Entry.name).distinct().where(Entry.seq.in_(log.left()))
    for row in Session.execute(asked.order_by(Entry.kind, Entry.subject)):
        yield Difference(LEFT, row.kind, row.subject, row.name)
    there = published(DATASET).subquery()
    for subject in sorted(prepared.not_among(sa.select(there.c.subject))):
        yield Difference(LEFT, DATASET, subject)
