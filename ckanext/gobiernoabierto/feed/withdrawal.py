"""What is told of a dataset that is gone: why, as far as somebody said so, and what takes its place.

Beside the log and not in it: it may be corrected, it ends when the dataset comes back (a trigger of the
migration sees to that, whoever brings it back), and a page of the log that is closed never changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities import forms
from ckanext.gobiernoabierto.entities.base import BaseModel, now

from .model import DATASET, DELETE, ORGANIZATION, Entry
from .render import published

SCHEMA = "withdrawal.yaml"
FIELDS = ("reason", "note", "successor")
PUBLISHED_BY = f"{ORGANIZATION}:"
"""How the set of those that an organization publishes begins."""
STEPS = 10
"""So many successors are followed, each withdrawn itself; two may name each other."""


class Withdrawal(BaseModel):
    """What an officer said for everybody to read; without any row, nobody said anything."""

    __tablename__ = "gobiernoabierto_feed_withdrawal"

    package_id = sa.Column(sa.Text, primary_key=True)
    reason = sa.Column(sa.Text)
    """One of the choices of ``schemas/withdrawal.yaml``."""
    note = sa.Column(sa.Text)
    """A sentence; it goes when the dataset is purged."""
    successor = sa.Column(sa.Text)
    """Id of the dataset that takes its place, public at the time."""
    said = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False)


@dataclass(frozen=True)
class Told:
    """What everybody reads of a dataset that is gone."""

    cause: str | None = None
    """One of the choices: for programs."""
    reason: str | None = None
    """In words: the label of the choice, and the sentence."""
    successor: Any = None
    """The log's last event of the public dataset that takes its place, also if by several steps."""


NOTHING = Told()


def said_of(package_id: str) -> dict[str, Any]:
    """Return what was said of a dataset, as it is stored: ``reason``, ``note``, ``successor`` (its id)."""
    row = Session.get(Withdrawal, package_id)
    return {name: getattr(row, name, None) for name in FIELDS}


def say(package_id: str, values: Mapping[str, Any]) -> None:
    """Write what is said of a dataset in the place of what was said, in the caller's transaction."""
    row = Session.get(Withdrawal, package_id)
    if not any(values.values()):
        if row is not None:
            Session.delete(row)
        return
    row = row or Withdrawal(package_id=package_id)
    for name in FIELDS:
        setattr(row, name, values[name])
    row.said = now()
    Session.add(row)


def told_of(subjects: Iterable[str]) -> dict[str, Told]:
    """Return what is told of those of the datasets of which anything is; a few queries for all of them.

    The caller asks for those that the log says are gone.
    """
    rows = _said_of(subjects)
    heirs = _followed({id: row.successor for id, row in rows.items() if row.successor})
    return {id: Told(row.reason, _in_words(row), heirs.get(id)) for id, row in rows.items()}


def _said_of(subjects: Iterable[str]) -> dict[str, Any]:
    found = sa.select(Withdrawal.__table__).where(Withdrawal.package_id.in_(list(subjects)))
    return {row.package_id: row for row in Session.execute(found)}


def _in_words(row: Any) -> str | None:
    field = forms.schema_of(SCHEMA)["by_name"]["reason"]
    label = forms.choice_label(field, row.reason) if row.reason else None
    return ". ".join(filter(None, (label, row.note))) or None


def _followed(named: Mapping[str, str]) -> dict[str, Any]:
    """Return {id: what takes its place now} of what was named at first; what leads nowhere is left out."""
    found: dict[str, Any] = {}
    for _step in range(STEPS):
        if not named:
            break
        last = _last_events(named.values())
        found |= {id: last[now] for id, now in named.items() if now in last and last[now].there}
        said = _said_of(now for id, now in named.items() if id not in found)
        named = {id: said[now].successor for id, now in named.items() if id not in found and now in said}
        named = {id: successor for id, successor in named.items() if successor}
    return found


def _last_events(subjects: Iterable[str]) -> dict[str, Any]:
    """Return {id: its last event} of datasets, each with whether it is there.

    The log alone does not know: what was hidden a moment ago is told there by the next flush.
    """
    there = sa.and_(Entry.op != DELETE, Entry.subject.in_(published(DATASET)))
    last = sa.select(Entry.subject, Entry.name, Entry.address, there.label("there"))
    last = last.where(Entry.kind == DATASET, Entry.superseded_by.is_(None))
    found = last.where(Entry.subject.in_(set(subjects)))
    return {row.subject: row for row in Session.execute(found)}


def leading_to(package_id: str) -> list[str]:
    """Return the ids of the datasets that are gone and lead their readers to this one, the nearest first."""
    found: dict[str, None] = {}
    nearest = [package_id]
    for _step in range(STEPS):
        asked = sa.select(Withdrawal.package_id).where(Withdrawal.successor.in_(nearest))
        named = Session.execute(asked.order_by(Withdrawal.said, Withdrawal.package_id)).scalars()
        nearest = [id for id in named if id not in found and id != package_id]
        if not nearest:
            break
        found |= dict.fromkeys(nearest)
    return list(found)


def publisher_of(last: Any) -> str | None:
    """Return the id of the organization that a dataset was last published by, as its event knows it.

    Not the one that it belongs to now: where a hidden dataset is moved to is nobody else's business.
    """
    ids = (word.removeprefix(PUBLISHED_BY) for word in last.sets if word.startswith(PUBLISHED_BY))
    return next(ids, None)
