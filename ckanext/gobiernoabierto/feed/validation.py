"""Which fragments are against DCAT-AP: asked soon after they are published, and at night what is left over.

A fragment is asked once for each set of rules. Each few are a commit of their own: stopped at any step, what
was asked is known, and the next one goes on.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.dcat.utils import catalog_uri
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.hourly import Job
from ckanext.gobiernoabierto.lib.formats import local
from ckanext.gobiernoabierto.spanish import in_spanish
from sqlalchemy.dialects.postgresql import insert

from . import pages, shapes, snapshot
from .model import Entry, Validated, Violation, published_now
from .shapes import VIOLATION, Found
from .syntax import SYNTAXES

log = logging.getLogger(__name__)
BATCH = 50
SOON_SECONDS = 30.0
"""For so long at most after a flush: the worker has other jobs, and the night is long."""
NIGHT = range(6)
"""Hours in Guatemala in which nobody waits for the worker."""
OVERDUE_HOURS = 24
FAILED = "failed"
"""The rule of what could not be asked."""
FILE = re.compile("/resource/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:#|$)")
TOLD = ("rule", "severity", "field", "resource", "node", "value")


@dataclass
class Done:
    """What a validation has done."""

    fragments: int = 0
    against: int = 0
    """What is against DCAT-AP in them."""
    failed: list[str] = field(default_factory=list)
    """Those that could not be asked."""


def validate(seconds: float | None = None) -> Done:
    """Ask all that is due, or as much as ``seconds`` allow; what was published last comes first."""
    started, done = time.monotonic(), Done()
    for _batch in steps(done):
        if seconds is not None and time.monotonic() - started > seconds:
            break
    return done


def steps(done: Done) -> Iterator[int]:
    """Ask batch by batch, add up in ``done``, and yield after each how many were asked.

    Call it with nothing pending in the session.
    """
    _forget()
    before: int | None = None
    while rows := _due(before):
        found = {row.seq: _asked(row, done) for row in rows}
        for row in sorted(rows, key=lambda row: (row.kind, row.subject)):  # two who validate never cross
            _write(row, found[row.seq])
        Session.commit()
        before = rows[-1].seq
        yield len(rows)


def steps_by(rules: Any, found: list[Found]) -> Iterator[int]:
    """Ask other shapes of every fragment and every page of the catalogue, add up in ``found``, write nothing.

    Yields after each page how many fragments were asked.
    """
    position, after, catalogue = snapshot.head().position, snapshot.FIRST, catalog_uri()
    while rows := snapshot.rows(position, after):
        for row in rows:
            found += shapes.against(rules, row.body)
        after = (rows[-1].kind, rows[-1].subject)
        yield len(rows)
    place = pages.Place(f"{catalogue}/catalog.nt", f"{catalogue}/catalog.nt", None, 0, BATCH, None)
    following: str | None = ""
    while following is not None:
        page = snapshot.page(position, following, BATCH)
        rows = [*page.header, *page.datasets]
        found += shapes.against(rules, pages.written(SYNTAXES["nt"], rows, place))
        following = page.following


def waiting() -> int:
    """Return how many fragments are due."""
    found = sa.select(sa.func.count()).select_from(_not_asked(Entry.seq).subquery())
    number = Session.scalar(found)
    Session.rollback()
    return int(number)


def _not_asked(*columns: Any) -> Any:
    same = sa.and_(
        *(getattr(Validated, name) == getattr(Entry, name) for name in ("kind", "subject", "sha256")),
        Validated.rules == shapes.digest(),
    )
    found = sa.select(*columns).outerjoin(Validated, same)
    return found.where(*published_now(), Validated.kind.is_(None))


def _due(before: int | None) -> list[Any]:
    found = _not_asked(Entry.seq, Entry.kind, Entry.subject, Entry.sha256, Entry.body)
    if before is not None:
        found = found.where(Entry.seq < before)
    rows = list(Session.execute(found.order_by(Entry.seq.desc()).limit(BATCH)))
    Session.rollback()
    return rows


def _asked(row: Any, done: Done) -> list[dict[str, Any]]:
    done.fragments += 1
    try:
        found = shapes.against(shapes.ours(), row.body)
    except Exception:  # whatever it is, the others are asked
        log.exception("%s %s could not be validated", row.kind, row.subject)
        done.failed.append(f"{row.kind} {row.subject}")
        found = [Found(FAILED, VIOLATION, "", "", "")]
    done.against += sum(each.severity == VIOLATION for each in found)
    return [_told(each) for each in found]


def _told(found: Found) -> dict[str, Any]:
    rule, file = shapes.rules().get(found.rule), FILE.search(found.node)
    return {
        "rule": found.rule,
        "severity": found.severity,
        "field": rule.field if rule else None,
        "resource": file[1] if file else None,
        "node": found.node,
        "value": found.value,
    }


def _write(row: Any, found: list[dict[str, Any]]) -> None:
    """Write what was found in the place of what was known; what is the same keeps the day of its notice."""
    subject = {"kind": row.kind, "subject": row.subject}
    asked = {"sha256": row.sha256, "rules": shapes.digest(), "validated": now()}
    stored = insert(Validated.__table__).values(**subject, **asked)
    # first of all: the row's lock makes another one who validates the same wait
    Session.execute(stored.on_conflict_do_update(index_elements=list(subject), set_=asked))
    gone = sa.delete(Violation.__table__).filter_by(**subject)
    known = {
        tuple(before[name] for name in TOLD): before["noticed"]
        for before in Session.execute(gone.returning(*Violation.__table__.c)).mappings()
    }
    rows = [
        {**subject, **each, "noticed": known.get(tuple(each[name] for name in TOLD), asked["validated"])}
        for each in found
    ]
    if rows:
        Session.execute(sa.insert(Violation.__table__), rows)


def _forget() -> None:
    """Forget what is published no more."""
    there = sa.select(Entry.kind, Entry.subject).where(*published_now())
    for table in (Violation.__table__, Validated.__table__):
        Session.execute(sa.delete(table).where(sa.tuple_(table.c.kind, table.c.subject).not_in(there)))
    Session.commit()


# -- At night -----------------------------------------------------------------------------------------------


def _overdue() -> bool:
    """Tell whether something waits since yesterday: a site that nobody visits at night has no hour then."""
    oldest = Session.scalar(_not_asked(sa.func.min(Entry.published)))
    Session.rollback()
    return oldest is not None and (now() - oldest).total_seconds() > OVERDUE_HOURS * 3600


@in_spanish
def nightly() -> None:
    """Ask what is due, at night; at another hour only where no night came."""
    if local(now()).hour in NIGHT or _overdue():
        done = validate()
        if done.fragments:
            log.info("feed: %s validated, %s against DCAT-AP", done.fragments, done.against)


JOB = Job("validation", "validate what the feed publishes", nightly)
