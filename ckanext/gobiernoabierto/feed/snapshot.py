"""Read the log: where it stands, and what was published at a position, page by page."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from . import packing, planned
from .fingerprint import fingerprint
from .model import CATALOG, DATASET, DELETE, Entry, Mark, Search, State
from .render import Key
from .syntax import SYNTAXES, Syntax

FIRST: Key = ("", "")
"""Before all subjects."""


class ExpiredError(Exception):
    """What was published at that position can be read no more."""


class NowhereError(Exception):
    """No dataset of the log has the id after which a page is asked for."""


@dataclass(frozen=True)
class Asked:
    """Which of the datasets: all, unless something is given."""

    refs: tuple[str, ...] = ()
    """What they have to be about, all of it, as ``kind:code``."""
    since: dt.datetime | None = None
    """Those that were published anew at this moment or later."""
    search: str | None = None
    """Those that a question found: the token of ``searches``."""


class _Bytes(sa.types.TypeDecorator[bytes]):
    """Text of the database that is bytes here."""

    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: str | None, _dialect: Any) -> bytes | None:
        """Return UTF-8."""
        return None if value is None else value.encode()


def _body(column: Any) -> Any:
    """Return a column of bodies, fetched as the text that they are: three times as fast as bytes, in hex."""
    return sa.type_coerce(sa.func.convert_from(column, "UTF8"), _Bytes()).label("body")


ALL = Asked()
SHOWN = ("seq", "kind", "subject", "name", "address", "sha256", "body")


@dataclass(frozen=True)
class Page:
    """What was published at a position, or some of the datasets of it, as rows of ``packing.with_pieces``."""

    header: list[Any]
    """One row, or none."""
    datasets: list[Any]
    following: str | None
    """After which id the next page goes on; None of the last one."""
    total: int
    """How many datasets were published, on all pages."""
    moment: dt.datetime | None
    """Of the position."""
    head: Head
    """Where the log stood when it was read: what is taken back since has a later position."""
    fingerprint: str
    """Of the program that reads it."""


@dataclass(frozen=True)
class Head:
    """Where the log stands."""

    position: int = 0
    readable_from: int = 0
    """The lowest position that can be read."""
    fingerprint: str | None = None
    """Of the configuration for which everything was last marked."""
    flushed: dt.datetime | None = None
    datasets: int = 0
    """How many datasets are published."""
    changed: dt.datetime | None = None
    """When the last event was appended."""
    pending: bool = False
    """Whether there are marks that nobody has flushed."""
    erased: int = 0
    """The last position at which something was taken back."""

    @property
    def shown_from(self) -> int:
        """Return the lowest position of which a copy may still be shown to anybody."""
        return max(self.erased, self.readable_from)


def head(connection: Any = Session) -> Head:
    """Return where the log stands now; one query."""
    row = connection.execute(_head_statement()).first()
    return _head_of(row, connection)


def _head_of(row: Any, connection: Any = Session) -> Head:
    if row is None:
        return Head(pending=bool(connection.scalar(sa.select(Mark.id).limit(1))))
    return Head(**{each.name: getattr(row, each.name) for each in fields(Head)})


@functools.cache
def _head_statement() -> Any:
    return planned.once(sa.select(*_head_columns()).select_from(State))


def _head_columns() -> tuple[Any, ...]:
    changed = sa.select(Entry.published).where(Entry.seq == State.position).scalar_subquery()
    # by the index, which forgets rows that are gone: after a great flush the table is full of them
    first = sa.select(Mark.id).order_by(Mark.turn, Mark.id).limit(1).scalar_subquery()
    pending = first.isnot(None)
    named = (State.position, State.readable_from, State.fingerprint, State.flushed, State.datasets)
    return *named, changed.label("changed"), pending.label("pending"), State.erased


def rows(position: int, after: Key = FIRST, limit: int = 100) -> list[Any]:
    """Return what was published at a position, in the order of (kind, subject), which never change.

    What was taken back since is not there, and of what had to be erased for another's sake the present text
    is: both come before what was pinned. ExpiredError for a position that was compacted away.
    """
    asked = {"at": position, "kind": after[0], "subject": after[1], "most": limit}
    found = list(Session.execute(_of_all(), asked))
    totals(position)
    return found


def page(
    position: int,
    after: str = "",
    size: int = 100,
    asked: Asked = ALL,
    syntax: Syntax = SYNTAXES["nt"],
    connection: Any = Session,
) -> Page:
    """Return the header of the catalogue and those of the datasets that were published at a position.

    In the order of their ids, as ``rows`` does, but with their pieces in a syntax and without bodies. There
    may be less of them than ``size`` before the last page: what was taken back since is not there.

    One statement: what is on the page, and where the log stood, are of one moment. ExpiredError as ``rows``
    does; NowhereError where ``after`` never was published, which what is left of a cut address looks like.
    """
    # one more than is shown: whether another page follows
    wanted = _page_of_all(syntax, size + 1) if asked == ALL else _page_of(asked, syntax, size + 1)
    made_with = fingerprint()
    given = {"at": position, "subject": after, "made_with": made_with}
    told, datasets = None, []
    for row in connection.execute(wanted, given):
        if row.position is None:
            datasets.append(row)
        else:
            told = row
    total, moment = _total(told, position, asked, connection)
    if after and (told is None or not told.goes_on):
        raise NowhereError(after)
    following = datasets[size - 1].subject if len(datasets) > size else None
    header = [told] if told is not None and told.seq is not None else []
    header, datasets = (_as_now(each, syntax, made_with, connection) for each in (header, datasets[:size]))
    return Page(header, datasets, following, total, moment, _head_of(told, connection), made_with)


def _as_now(rows: list[Any], syntax: Syntax, made_with: str, connection: Any) -> list[Any]:
    """Return the rows of a page, and of what had to be erased the present ones, if there are any."""
    textless = [(row.kind, row.subject) for row in rows if row.textless]
    if not textless:
        return rows
    last = Entry.__table__
    present = sa.select(last.c.seq, last.c.kind, last.c.subject, last.c.address)
    same = sa.tuple_(last.c.kind, last.c.subject).in_(textless), last.c.superseded_by.is_(None)
    present = packing.with_pieces(
        present.where(*same, last.c.body.isnot(None)).subquery(), syntax, packing.FOR_PAGES
    )
    now = {row.subject: row for row in connection.execute(present, {"made_with": made_with})}
    found = (now.get(row.subject) if row.textless else row for row in rows)
    return [row for row in found if row is not None]


def last_of(kind: str, word: str) -> Any:
    """Return the last event of what has this id, or else of what last had this name; None without any."""
    found = sa.select(Entry.__table__).where(Entry.kind == kind, Entry.superseded_by.is_(None))
    by_id = Session.execute(found.where(Entry.subject == word)).first()
    by_name = found.where(Entry.name == word).order_by(Entry.seq.desc()).limit(1)
    return by_id or Session.execute(by_name).first()


def subject_at(position: int, kind: str, name: str) -> str | None:
    """Return the id of what had this name at a position, or had it as its id; None without any."""
    then = Entry.__table__
    named = sa.or_(then.c.subject == name, then.c.name == name)
    found = sa.select(then.c.subject).where(*_published_at(then), then.c.kind == kind, named)
    by_id_first = found.order_by(then.c.subject != name, then.c.seq.desc()).limit(1)
    return Session.scalar(by_id_first, {"at": position})


def totals(position: int, asked: Asked = ALL) -> tuple[int, dt.datetime | None]:
    """Return how many datasets were published at a position, and when that was; nothing is, at none.

    Those among them are counted that were taken back since. ExpiredError as ``rows`` does: to be asked after
    anything that is read of the position.
    """
    return _total(Session.execute(_totals(), {"at": position}).first(), position, asked, Session)


def moments(positions: Iterable[int]) -> dict[int, dt.datetime]:
    """Return {position: when it was published} of those of the positions that the log has."""
    found = sa.select(Entry.seq, Entry.published).where(Entry.seq.in_(list(positions)))
    return {row.seq: row.published for row in Session.execute(found)}


def _total(told: Any, position: int, asked: Asked, connection: Any) -> tuple[int, dt.datetime | None]:
    if told is None:
        return 0, None
    if position < told.readable_from:
        raise ExpiredError(position)
    return (told.total or 0) if asked == ALL else _count(position, asked, connection), told.moment


@functools.cache
def _totals() -> Any:
    return sa.select(State.readable_from, *_of_position()).select_from(State)


def _of_position() -> tuple[Any, Any]:
    """Return the columns that tell of a position how many datasets there were, and when it was."""
    event = sa.orm.aliased(Entry.__table__)
    at: Any = sa.bindparam("at")
    number, moment = (
        sa.select(each).where(event.c.seq == at).scalar_subquery()
        for each in (event.c.datasets, event.c.published)
    )
    return number.label("total"), moment.label("moment")


def _count(position: int, asked: Asked, connection: Any) -> int:
    then = Entry.__table__
    found = sa.select(sa.func.count()).where(*_published_at(then), then.c.kind == DATASET)
    return int(connection.scalar(found.where(*_conditions(then, asked)), {"at": position}))


def _conditions(then: Any, asked: Asked) -> list[Any]:
    found = [then.c.refs.contains([word]) for word in asked.refs]
    if asked.since is not None:
        found.append(then.c.published >= asked.since)
    if asked.search is not None:
        ids = sa.select(sa.func.unnest(Search.subjects)).where(Search.token == asked.search)
        found.append(then.c.subject.in_(ids))
    return found


def _published_at(then: Any) -> list[Any]:
    at: Any = sa.bindparam("at")
    later = sa.or_(then.c.superseded_by.is_(None), then.c.superseded_by > at)
    return [then.c.readable, then.c.seq <= at, later, then.c.op != DELETE]


@functools.cache
def _page_of_all(syntax: Syntax, most: int) -> Any:
    return planned.once(_page_of(ALL, syntax, most))


def _page_of(asked: Asked, syntax: Syntax, most: int) -> Any:
    """Return the select of where the log stands, with the header if it had one, and of datasets after it."""
    standing = _standing()
    then, found = _at_position()
    found = found.where(then.c.kind == DATASET, then.c.subject > sa.bindparam("subject"))
    found = found.where(*_conditions(then, asked)).order_by(then.c.subject).limit(most)
    datasets = found.subquery()
    told = [each for each in standing.selected_columns if each.name not in datasets.c]
    others = sa.select(*datasets.c, *(sa.null().label(each.name) for each in told))
    rows = sa.union_all(standing, others).subquery()
    further = (rows.c[each.name] for each in told)
    return packing.with_pieces(rows, syntax, (rows.c.textless, *packing.FOR_PAGES, *further))


def _standing() -> Any:
    """Return the select of one row: where the log stands, what a position was, and the header it had."""
    then, found = _at_position()
    header = found.where(then.c.kind == CATALOG).subquery()
    row = sa.select(
        header.c.seq,
        sa.func.coalesce(header.c.kind, "").label("kind"),  # it comes before all datasets
        *(header.c.subject, header.c.address, header.c.textless),
        *_head_columns(),
        *_of_position(),
        _was_published(sa.bindparam("subject")).label("goes_on"),
    )
    return row.select_from(sa.outerjoin(State.__table__, header, sa.true()))


def _was_published(subject: Any) -> Any:
    """Return the condition that a dataset of this id is public, or was."""
    last = sa.orm.aliased(Entry.__table__)
    found = sa.select(last.c.seq).where(last.c.kind == DATASET, last.c.superseded_by.is_(None))
    return sa.exists(found.where(last.c.subject == subject))


def _at_position() -> tuple[Any, Any]:
    """Return the log as it was at a position, and the select of its events then."""
    then = sa.orm.aliased(Entry.__table__)
    named = then.c.seq, then.c.kind, then.c.subject, then.c.address, then.c.body.is_(None).label("textless")
    return then, sa.select(*named).where(*_published_at(then))


@functools.cache
def _of_all() -> Any:
    then, found = _pinned()
    after: Any = sa.tuple_(sa.bindparam("kind"), sa.bindparam("subject"))
    found = found.where(sa.tuple_(then.c.kind, then.c.subject) > after)
    found = found.order_by(then.c.kind, then.c.subject).limit(sa.bindparam("most"))
    return _with_text(found.subquery())


def _pinned() -> tuple[Any, Any]:
    """Return the log as it was at a position, and the select of which events are shown of it now."""
    then, last = (sa.orm.aliased(Entry.__table__) for _ in range(2))
    same = last.c.kind == then.c.kind, last.c.subject == then.c.subject, last.c.superseded_by.is_(None)
    present = sa.select(last.c.seq).where(*same, last.c.body.isnot(None)).scalar_subquery()
    seq: Any = sa.case((then.c.body.is_(None), present), else_=then.c.seq)
    found = sa.select(seq.label("seq"), then.c.kind, then.c.subject, then.c.address).select_from(then)
    return then, found.where(*_published_at(then), sa.or_(then.c.body.isnot(None), present.isnot(None)))


def _with_text(found: Any) -> Any:
    """Return what is shown of events, their bodies read only now: what sorts them need not unpack them."""
    shown = Entry.__table__
    columns = [_body(shown.c.body) if name == "body" else shown.c[name] for name in SHOWN]
    rows = sa.select(*columns).select_from(sa.join(found, shown, shown.c.seq == found.c.seq))
    return rows.order_by(shown.c.kind, shown.c.subject)
