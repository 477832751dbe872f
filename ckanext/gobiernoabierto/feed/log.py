"""Append to the log: events of what differs from its last ones, and the erasure of what is taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from . import packing, sets
from .model import CATALOG, CREATE, DATASET, DELETE, UPDATE, Entry
from .render import Fragment, Key
from .writing import clock

LOG = Entry.__table__
SAME = ("name", "address", "sha256")
COUNTED = {CREATE: 1, UPDATE: 0, DELETE: -1}
NAMELESS = (DATASET, CATALOG)
"""Kinds that no text of another names."""
NOTHING: dict[str, Any] = {"body": None, "sha256": None, "refs": [], "named": []}
MILLISECOND = dt.timedelta(milliseconds=1)
"""The least by which all readers can tell two moments apart: JavaScript's have no more digits."""


def among(keys: Iterable[Key]) -> Any:
    """Return the condition on the log that an event is of one of these subjects."""
    return sa.tuple_(LOG.c.kind, LOG.c.subject).in_(list(keys))


def last_of(keys: Iterable[Key]) -> dict[Key, Any]:
    """Return the last event of each subject that has any; of its body, what its checksum really is."""
    columns = [column for column in LOG.c if column.name not in ("body", "sha256")]
    columns.append(sa.func.encode(sa.func.sha256(LOG.c.body), "hex").label("sha256"))
    found = sa.select(*columns).where(among(keys), LOG.c.superseded_by.is_(None))
    return {(row.kind, row.subject): row for row in Session.execute(found)}


def append(state: Any, now_is: Mapping[Key, Fragment | None], fingerprint: str) -> dict[Key, str]:
    """Append an event for each subject that is not as its last event says; return {subject: what happened}.

    None stands for what is not published. The caller holds the writer's lock, and commits. A dataset that is
    published under another identifier now is deleted under the former one first, and so is another one that
    is still told under this one: who reads along keeps them by their identifiers.
    """
    last = last_of(now_is)
    datasets = {key: fragment for key, fragment in now_is.items() if fragment and key[0] == DATASET}
    moved = [key for key, fragment in datasets.items() if _has_moved(last.get(key), fragment)]
    away = {**{key: last[key] for key in moved}, **_told_as(datasets, last)}
    if away:
        _append(state, dict.fromkeys(away), away, fingerprint)
        last |= last_of(moved)
    return _append(state, now_is, last, fingerprint)


def _is_told(last: Any) -> bool:
    return last is not None and last.op != DELETE


def _has_moved(last: Any, fragment: Fragment) -> bool:
    return _is_told(last) and last.address != fragment.address


def _told_as(datasets: Mapping[Key, Fragment], last: Mapping[Key, Any]) -> dict[Key, Any]:
    """Return the last events of other datasets that are told under an identifier which one of these takes.

    They have got another one, and their turn is later. An identifier of this site is no two datasets'.
    """
    taken = [
        fragment.address
        for key, fragment in datasets.items()
        if not fragment.address.endswith(key[1])
        and not (_is_told(last.get(key)) and last[key].address == fragment.address)
    ]
    if not taken:
        return {}
    told = LOG.c.kind == DATASET, LOG.c.superseded_by.is_(None), LOG.c.op != DELETE
    found = Session.execute(sa.select(LOG.c.subject).where(*told, LOG.c.address.in_(taken))).scalars()
    return last_of(key for subject in found if (key := (DATASET, subject)) not in datasets)


def _append(
    state: Any, now_is: Mapping[Key, Fragment | None], last: Mapping[Key, Any], fingerprint: str
) -> dict[Key, str]:
    first, moments = state.position, _moments(state.position)
    events = []
    for key, fragment in now_is.items():
        op = _what_happened(last.get(key), fragment)
        if op:
            state.position += 1
            state.datasets += COUNTED[op] if key[0] == DATASET else 0
            said = _published(key[0], fragment) if fragment else _taken_back(last[key])
            where = {"seq": state.position, "kind": key[0], "subject": key[1], "datasets": state.datasets}
            events.append({**where, **said, "op": op, "published": next(moments), "fingerprint": fingerprint})
    if not events:
        return {}
    _supersede(events)
    Session.execute(sa.insert(LOG), events)
    happened = {(each["kind"], each["subject"]): each["op"] for each in events}
    superseded = [last[key] for key in happened if key in last]
    packing.write(events, fingerprint)
    if _erase(happened, superseded, first):
        state.erased = state.position
    return happened


def _moments(position: int) -> Iterator[dt.datetime]:
    """Yield the moments of the events after a position: each is later than the one before it.

    Whatever the clock says, which may be set back: the order of the moments is that of the positions, so
    that who goes on by moment (LDES, OAI-PMH) misses nothing either.
    """
    before = Session.scalar(sa.select(Entry.published).where(Entry.seq == position))
    present = clock()
    present = present.replace(microsecond=present.microsecond // 1000 * 1000)
    while True:
        before = present if before is None or present > before else before + MILLISECOND
        yield before


def _what_happened(last: Any, fragment: Fragment | None) -> str | None:
    was_there = last is not None and last.op != DELETE
    if fragment is None:
        return DELETE if was_there else None
    if not was_there:
        return CREATE
    same = all(getattr(last, name) == getattr(fragment, name) for name in SAME)
    return None if same and tuple(last.refs) == fragment.refs else UPDATE


def _published(kind: str, fragment: Fragment) -> dict[str, Any]:
    return {
        "name": fragment.name,
        "address": fragment.address,
        "body": fragment.body,
        "sha256": fragment.sha256,
        "size": len(fragment.body),
        "triples": fragment.triples,
        "refs": list(fragment.refs),
        "sets": sets.with_those_above(fragment.refs) if kind == DATASET else [],
        "named": list(fragment.named),
    }


def _taken_back(last: Any) -> dict[str, Any]:
    """Return a tombstone: it says what everybody knew, and not what the subject is called by now."""
    known = {"name": last.name, "address": last.address, "sets": last.sets}
    return {**NOTHING, **known, "size": 0, "triples": 0}


def _supersede(events: list[dict[str, Any]]) -> None:
    columns = (sa.column("kind", sa.Text), sa.column("subject", sa.Text), sa.column("seq", sa.BigInteger))
    rows = [(each["kind"], each["subject"], each["seq"]) for each in events]
    fresh = sa.values(*columns, name="fresh").data(rows)
    same = sa.and_(LOG.c.kind == fresh.c.kind, LOG.c.subject == fresh.c.subject)
    before = sa.update(LOG).where(same, LOG.c.superseded_by.is_(None))
    Session.execute(before.values(superseded_by=fresh.c.seq))


def _erase(happened: Mapping[Key, str], superseded: list[Any], first: int) -> bool:
    """Erase what nobody may read any more: all bodies of what is taken back, and former ones that name it.

    What names it now is rendered anew; once that is superseded, it is erased here as well. Tells whether
    copies of the log from before have become too old.
    """
    gone = [key for key, op in happened.items() if op == DELETE]
    if gone:
        forget(among(gone))
    if may_be_named := [key for key in gone if key[0] not in NAMELESS]:
        _forget_who_named(may_be_named, LOG.c.superseded_by.isnot(None))
    away = gone_among(word for each in superseded for word in each.named)
    if away:
        _forget_who_named(away, LOG.c.superseded_by > first)
    return bool(gone or away)


def gone_among(words: Iterable[str]) -> list[Key]:
    """Return those of the subjects that were taken back, each given as ``kind:code``."""
    keys = {(kind, subject) for kind, _, subject in (word.partition(":") for word in words)}
    return [key for key, row in last_of(keys).items() if row.op == DELETE]


def _forget_who_named(keys: list[Key], which: Any) -> None:
    """Erase those of these events that name what is taken back, but not what else they are about.

    Their subjects are published: a crawl that asks for another thing that they name goes on to have them,
    until that is taken back too.
    """
    those = words(keys)
    others = {name: _without(LOG.c[name], those) for name in ("refs", "named")}
    forget(sa.and_(which, LOG.c.named.overlap(those)), **others)


def _without(column: Any, words: Any) -> Any:
    each = sa.func.unnest(column).column_valued("word")
    return sa.func.array(sa.select(each).where(each != sa.all_(words)).scalar_subquery())


def forget(which: Any, **values: Any) -> int:
    """Erase the bodies of these events, their pieces and what they were about; return how many had any."""
    something = sa.or_(LOG.c.body.isnot(None), sa.func.cardinality(LOG.c.named) > 0)
    return erase(sa.and_(LOG.c.readable, something, which), **values)


def erase(which: Any, **values: Any) -> int:
    """Erase what these events have, write further values, and return how many events those are."""
    erased = sa.update(LOG).values(**{**NOTHING, **values}).where(which).returning(LOG.c.seq)
    positions = list(Session.execute(erased).scalars())
    packing.forget(positions)
    return len(positions)


def left() -> Any:
    """Return the select of the events whose body had to be erased, and is there: no way should lead here.

    What was taken back has none, and no superseded one names it.
    """
    gone = sa.select(LOG.c.kind, LOG.c.subject).where(LOG.c.superseded_by.is_(None), LOG.c.op == DELETE)
    its = gone.subquery()
    word = sa.func.unnest(LOG.c.named).table_valued("word").render_derived()
    own = sa.select(LOG.c.seq).join(its, sa.and_(its.c.kind == LOG.c.kind, its.c.subject == LOG.c.subject))
    naming = (
        sa.select(LOG.c.seq)
        .select_from(LOG.join(word, sa.true()))
        .join(its, word.c.word == its.c.kind + ":" + its.c.subject)
    )
    naming = naming.where(LOG.c.superseded_by.isnot(None))
    return sa.union(*(each.where(LOG.c.body.isnot(None)) for each in (own, naming)))


def words(keys: Iterable[Key]) -> Any:
    """Return subjects as the log names them, for SQL."""
    return sa.cast([f"{kind}:{subject}" for kind, subject in keys], sa.ARRAY(sa.Text))
