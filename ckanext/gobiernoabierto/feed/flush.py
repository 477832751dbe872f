"""From marks to the log: each marked subject is rendered once, and appended where it differs.

Why nothing is lost. A mark is written by the transaction that makes the change, so both can be seen from
one moment on. A batch reads marks, renders and deletes marks in one REPEATABLE READ transaction: a mark that
it sees comes with its change in what it renders; one that it does not see it cannot delete, and the next
batch has it. Killed at any step, the whole batch is undone with its events, and the marks are there.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities.base import now

from . import dumps, log, prepared, reach, render
from .fingerprint import fingerprint
from .model import CHANGED, LeftOut, Mark
from .render import FAILED, Failure, Fragment, Key
from .writing import BusyError, writing

logger = logging.getLogger(__name__)
SUBJECTS = 100
"""Subjects of one batch: seconds of work, after which others may write."""
MARKS = 2000
"""Marks that are looked at for them: a subject that is changed often has many."""
WAIT = 10.0
"""Seconds for which a batch waits for another writer."""


@dataclass
class Flushed:
    """What a flush has done."""

    rendered: int = 0
    events: Counter[str] = field(default_factory=Counter)
    """How many of each kind were appended."""


def flush(seconds: float | None = None, wait: float = WAIT) -> Flushed:
    """Flush all that is marked, or as much as ``seconds`` allow: one batch at least.

    Call it with nothing pending in the session. BusyError if another writer goes on for longer than ``wait``.
    """
    started, done = time.monotonic(), Flushed()
    for _batch_done in steps(done, wait):
        if seconds is not None and time.monotonic() - started > seconds:
            break
    return done


def steps(done: Flushed, wait: float = WAIT) -> Iterator[Flushed]:
    """Flush batch by batch, add up in ``done``, and yield that after each."""
    while _anything_marked():
        try:
            _write(wait, done)
        except (BusyError, sa.exc.OperationalError):
            raise
        except Exception:  # whatever it is, it costs its own subject and no other
            logger.exception("The feed goes on one by one: a batch failed")
            _one_by_one(wait, done)
        yield done
    with writing(wait) as state:
        state.flushed = now()


def _write(wait: float, done: Flushed, only: Key | None = None) -> None:
    """Write one batch, or one subject, and take away what that makes too old."""
    with writing(wait) as state:
        before = state.erased
        turns = _first_marked() if only is None else {only: _turn_of(only)}
        _batch(state, done, turns)
        erased = state.erased
    if erased > before:
        dumps.sweep(erased)


def _one_by_one(wait: float, done: Flushed) -> None:
    """Write the subjects of a batch one by one; what cannot be written is told, and stays as it was.

    What has to go is never left: to take something back that fails is an error.
    """
    subjects = list(_first_marked())
    Session.rollback()
    for key in subjects:
        try:
            _write(wait, done, key)
        except (BusyError, sa.exc.OperationalError):
            raise
        except Exception as error:
            with writing(wait):
                if not render.published_among(key[0], [key[1]]):
                    raise
                logger.exception("The feed leaves %s %s as it was: it could not be written", *key)
                _tell_left_out([key], {key: render.failure(error)})
                _delete_marks([key])


def _turn_of(key: Key) -> int:
    turn = sa.select(sa.func.min(Mark.turn)).where(Mark.kind == key[0], Mark.subject == key[1])
    return Session.scalar(turn) or CHANGED


def waiting() -> int:
    """Return how many subjects are marked."""
    subjects = sa.select(Mark.kind, Mark.subject).distinct().subquery()
    found = Session.scalar(sa.select(sa.func.count()).select_from(subjects))
    Session.rollback()
    return int(found)


def _anything_marked() -> bool:
    """Tell whether there is a batch to do; to count them all would cost more with each mark."""
    found = Session.scalar(sa.select(sa.exists(sa.select(Mark.id))))
    Session.rollback()
    return bool(found)


def mark_all(wait: float = WAIT) -> None:
    """Mark everything, so that the next flush renders it as the configuration is now."""
    with writing(wait) as state:
        reach.mark_all()
        state.fingerprint = fingerprint()


def mark_failed() -> None:
    """Mark what could not be rendered: what was wrong may have been mended."""
    failed = sa.select(LeftOut.kind, LeftOut.subject).where(LeftOut.reason == FAILED).distinct()
    Session.execute(sa.insert(Mark.__table__).from_select(["kind", "subject"], failed))
    Session.commit()


def _batch(state: Any, done: Flushed, turns: dict[Key, int]) -> None:
    rendered = render.render(turns)
    now_is = {key: fragment for key in turns if not isinstance(fragment := rendered.get(key), Failure)}
    events = log.append(state, now_is, fingerprint())
    prepared.keep(now_is)
    reach.mark_those_who_name(key for key in events if turns[key] == CHANGED)
    _tell_left_out(turns, rendered)
    _delete_marks(turns)
    done.rendered += len(rendered)
    done.events.update(events.values())


def _first_marked() -> dict[Key, int]:
    """Return {subject: turn} of those whose turn it is: first what changed, then what that reaches."""
    first = sa.select(Mark.kind, Mark.subject, Mark.turn, Mark.id).order_by(Mark.turn, Mark.id).limit(MARKS)
    marks = first.subquery()
    turn = sa.func.min(marks.c.turn).label("turn")
    subjects = sa.select(marks.c.kind, marks.c.subject, turn).group_by(marks.c.kind, marks.c.subject)
    found = Session.execute(subjects.order_by(turn, sa.func.min(marks.c.id)).limit(SUBJECTS))
    return {(row.kind, row.subject): row.turn for row in found}


def _delete_marks(subjects: Iterable[Key]) -> None:
    """Delete the marks of these subjects that this transaction sees; those that are made meanwhile stay."""
    named = sa.tuple_(Mark.kind, Mark.subject).in_(list(subjects))
    Session.execute(sa.delete(Mark.__table__).where(named))


def _tell_left_out(subjects: Iterable[Key], rendered: Mapping[Key, Fragment | Failure]) -> None:
    """Write what could not be published of these subjects, in the place of what was told of them before."""
    named = sa.tuple_(LeftOut.kind, LeftOut.subject).in_(list(subjects))
    Session.execute(sa.delete(LeftOut.__table__).where(named))
    rows = [
        {"kind": kind, "subject": subject, "field": unfit.field or None}
        | {"value": _storable(unfit.value), "reason": unfit.reason, "noticed": now()}
        for (kind, subject), each in rendered.items()
        for unfit in each.left_out
    ]
    if rows:
        Session.execute(sa.insert(LeftOut.__table__), rows)


def _storable(text: str) -> str:
    """Return a text with an escape for what no text of PostgreSQL can hold: NUL, and half a character."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()
