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
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities.base import now

from . import dumps, log, overdue, prepared, reach, render, renderers
from .fingerprint import fingerprint
from .model import CHANGED, DELETE, LeftOut, Mark
from .render import FAILED, Failure, Fragment, Key
from .renderers import Found
from .writing import is_outage, writing

logger = logging.getLogger(__name__)
Turns = dict[Key, bool]
"""The subjects of a batch; whether each changed itself, which what names it is told too."""
Rendered = Mapping[Key, Fragment | Failure | None]
"""What was found of each subject of a batch; None for what is not published."""
SUBJECTS = 100
"""Subjects of one batch, at most: seconds of work, after which others may write."""
SECONDS = 5.0
"""After which a batch takes no further subject, however few it has: one alone may take that long."""
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
    for _batch_done in steps(done, wait, side_by_side=seconds is None):
        if seconds is not None and time.monotonic() - started > seconds:
            break
    return done


def steps(done: Flushed, wait: float = WAIT, *, side_by_side: bool = True) -> Iterator[Flushed]:
    """Flush batch by batch, add up in ``done``, and yield that after each.

    Where much waits it is rendered ``side_by_side``, unless that is not wanted.
    """
    with closing(renderers.Renderers()) as beside:
        while marks := _marks(renderers.MUCH):
            if side_by_side and marks == renderers.MUCH:
                beside.start()
            try:
                _write(wait, done, rendered=partial(_in_time, each=beside.each))
            except Exception as error:  # whatever it is, it costs its own subject and no other
                if is_outage(error):
                    raise
                logger.exception("The feed goes on one by one: a batch failed")
                yield from _one_by_one(wait, done)
            yield done
    with writing(wait) as state:
        state.flushed = now()


def _write(
    wait: float,
    done: Flushed,
    next_turns: Callable[[], Turns] | None = None,
    rendered: Callable[[Turns], Rendered] | None = None,
    marks: list[int] | None = None,
) -> None:
    """Write one batch, and take away what that makes too old; of the marks only these, if they are named."""
    with writing(wait) as state:
        before = state.erased
        turns = (next_turns or _next_turns)()
        found = (rendered or _in_time)(turns)
        turns = {key: changed for key, changed in turns.items() if key in found}
        _batch(state, done, turns, found)
        _delete_marks(turns, marks)
        erased = state.erased
    if erased > before:
        dumps.sweep(erased)


def _one_by_one(wait: float, done: Flushed) -> Iterator[Flushed]:
    """Write the subjects of a batch one by one, as ``steps``; what cannot be written is told, and stays.

    What has to go is never left: to take something back that fails is an error.
    """
    subjects = list(_next_turns())
    Session.rollback()
    for key in subjects:
        of_key = partial(_turns_of, [key])
        marks = _marks_of(key)  # what is marked from now on is written in its own turn
        try:
            _write(wait, done, of_key)
        except Exception as error:
            if is_outage(error):
                raise
            logger.exception("The feed cannot write %s %s", *key)
            _write(wait, done, of_key, partial(_failures, error), marks)
        yield done


def _in_time(turns: Turns, each: Callable[[Turns, float], Iterator[Found]] | None = None) -> Rendered:
    """Render subjects until the batch has taken long enough; those that are left wait for the next one."""
    return dict((each or render.each)(turns, time.monotonic() + SECONDS))


def _failures(error: Exception, turns: Turns) -> Rendered:
    """Return failures in the place of fragments; the error itself for what is published no more."""
    for kind, subject in turns:
        if not render.published_among(kind, [subject]):
            raise error
    return dict.fromkeys(turns, render.failure(error))


def _marks_of(key: Key) -> list[int]:
    found = Session.execute(sa.select(Mark.id).where(Mark.kind == key[0], Mark.subject == key[1]))
    marks = list(found.scalars())
    Session.rollback()
    return marks


def waiting() -> int:
    """Return how many subjects are marked."""
    subjects = sa.select(Mark.kind, Mark.subject).distinct().subquery()
    found = Session.scalar(sa.select(sa.func.count()).select_from(subjects))
    Session.rollback()
    return int(found)


def _marks(most: int) -> int:
    """Return how many marks there are, or this number; to count them all would cost more with each mark."""
    found = Session.scalar(sa.select(sa.func.count()).select_from(sa.select(Mark.id).limit(most).subquery()))
    Session.rollback()
    return int(found)


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


def _batch(state: Any, done: Flushed, turns: Turns, rendered: Rendered) -> None:
    now_is = {key: fragment for key in turns if not isinstance(fragment := rendered.get(key), Failure)}
    events = log.append(state, now_is, fingerprint())
    # what cannot be rendered stays as it was, unless that tells of what was taken back
    telling = dict.fromkeys(overdue.telling(turns.keys() - now_is.keys()))
    events |= log.append(state, telling, fingerprint())
    prepared.keep({**now_is, **telling})
    overdue.mark_what_names(key for key, event in events.items() if event == DELETE)
    reach.mark_those_who_name(key for key in events if turns[key])
    _tell_left_out(turns, rendered)
    done.rendered += len(rendered) - list(rendered.values()).count(None)
    done.events.update(events.values())


def _next_turns() -> Turns:
    """Return the subjects of a batch: what has to go, else what names it, what changed, what that reaches."""
    return _turns_of(overdue.subjects(SUBJECTS) or _first_marked())


def _turns_of(subjects: Iterable[Key]) -> Turns:
    """Return of these subjects which have changed themselves.

    Each is looked up: there may be a hundred thousand marks, and PostgreSQL may know of none of them yet.
    """
    keys = list(subjects)
    if not keys:
        return {}
    these = sa.values(sa.column("kind", sa.Text), sa.column("subject", sa.Text), name="these").data(keys)
    of_it = Mark.kind == these.c.kind, Mark.subject == these.c.subject, Mark.turn == CHANGED
    found = sa.select(these).where(sa.select(sa.literal(1)).where(*of_it).limit(1).scalar_subquery() == 1)
    changed = {(row.kind, row.subject) for row in Session.execute(found)}
    return {key: key in changed for key in keys}


def _first_marked() -> list[Key]:
    """Return the subjects of the first marks."""
    first = sa.select(Mark.kind, Mark.subject, Mark.turn, Mark.id).order_by(Mark.turn, Mark.id).limit(MARKS)
    marks = first.subquery()
    subjects = sa.select(marks.c.kind, marks.c.subject).group_by(marks.c.kind, marks.c.subject)
    in_order = subjects.order_by(sa.func.min(marks.c.turn), sa.func.min(marks.c.id))
    return [(row.kind, row.subject) for row in Session.execute(in_order.limit(SUBJECTS))]


def _delete_marks(subjects: Iterable[Key], marks: list[int] | None) -> None:
    """Delete the marks of these subjects that this transaction sees; those that are made meanwhile stay."""
    of_them = sa.tuple_(Mark.kind, Mark.subject).in_(list(subjects))
    which = [of_them] if marks is None else [of_them, Mark.id.in_(marks)]
    Session.execute(sa.delete(Mark.__table__).where(*which))


def _tell_left_out(subjects: Iterable[Key], rendered: Rendered) -> None:
    """Write what could not be published of these subjects, in the place of what was told of them before."""
    named = sa.tuple_(LeftOut.kind, LeftOut.subject).in_(list(subjects))
    Session.execute(sa.delete(LeftOut.__table__).where(named))
    rows = [
        {"kind": kind, "subject": subject, "field": unfit.field or None}
        | {"value": _storable(unfit.value), "reason": unfit.reason, "noticed": now()}
        for (kind, subject), each in rendered.items()
        if each is not None
        for unfit in each.left_out
    ]
    if rows:
        Session.execute(sa.insert(LeftOut.__table__), rows)


def _storable(text: str) -> str:
    """Return a text with an escape for what no text of PostgreSQL can hold: NUL, and half a character."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()
