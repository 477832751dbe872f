"""Who changed what, when and why: the one history, of entities, datasets, organizations and batches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from sqlalchemy.dialects.postgresql import JSONB

from .base import PUBLISHED, BaseModel, now

PERSON, REFERENCE, PROPOSAL, HARVEST = "person", "reference", "proposal", "harvest"
"""Origins: someone wrote it, it came from the reference rows, a visitor sent it, or it is another site's."""


@dataclass(frozen=True)
class Actor:
    """On whose behalf something is written."""

    user_id: str | None = None
    origin: str = PERSON
    reason: str | None = None
    batch: str | None = None


class History(BaseModel):
    """One change of one thing; rows are only ever added."""

    __tablename__ = "gobiernoabierto_history"

    id = sa.Column(sa.BigInteger, primary_key=True)
    happened = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)
    subject = sa.Column(sa.Text, nullable=False)
    """Kind of the thing: an entity's name, ``dataset``, ``organization``, ``batch``."""
    code = sa.Column(sa.Text, nullable=False)
    verb = sa.Column(sa.Text, nullable=False)
    version = sa.Column(sa.Integer)
    visibility = sa.Column(sa.Text)
    """Visibility that the thing has after the change: decides who may read this row."""
    user_id = sa.Column(sa.Text)
    origin = sa.Column(sa.Text, nullable=False)
    reason = sa.Column(sa.Text)
    batch = sa.Column(sa.Text, index=True)
    changes = sa.Column(JSONB, nullable=False)
    """{field: [before, after]}, dates and hours in ISO 8601."""

    __table_args__ = (sa.Index("gobiernoabierto_history_subject", "subject", "code", "id"),)


def plain(value: Any) -> Any:
    """Return ``value`` as JSON can hold it: dates and hours in ISO 8601, lists item by item."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, dt.time):
        return value.isoformat("minutes")
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return value


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return {field: [before, after]} of the fields of ``after`` that differ, as JSON values."""
    return {
        name: [plain(before.get(name)), plain(value)]
        for name, value in after.items()
        if (before.get(name) or None) != (value or None)
    }


def record(
    subject: str,
    code: str,
    verb: str,
    changes: Mapping[str, list[Any]],
    actor: Actor,
    *,
    version: int | None = None,
    visibility: str | None = None,
) -> None:
    """Add one row to the history, in the caller's transaction."""
    Session.add(
        History(
            subject=subject,
            code=code,
            verb=verb,
            version=version,
            visibility=visibility,
            user_id=actor.user_id,
            origin=actor.origin,
            reason=actor.reason,
            batch=actor.batch,
            changes=dict(changes),
        )
    )


def rows_about(subject: str, codes: Any) -> Any:
    """Return the statement of all rows about one thing, the oldest first.

    ``codes`` lists or selects every code that it ever had: rows are never rewritten when one is replaced.
    """
    return sa.select(History).where(History.subject == subject, History.code.in_(codes)).order_by(History.id)


def last_values(subject: str, code: str) -> dict[str, Any]:
    """Return {field: value} as the rows about one thing last told them."""
    each = sa.func.jsonb_each(History.changes).table_valued("key", "value").lateral("each")
    found = (
        sa.select(each.c.key, sa.cast(each.c.value, JSONB)[1].label("value"))
        .select_from(History)
        .join(each, sa.true())
        .where(History.subject == subject, History.code == code)
        .distinct(each.c.key)
        .order_by(each.c.key, History.id.desc())
    )
    return {row.key: row.value for row in Session.execute(found)}


def public_part(row: History, untold: Collection[str] = ()) -> dict[str, Any] | None:
    """Return what a visitor may read of a row, or None: no draft's content, and no author.

    A row that publishes says that it did, and not what the draft had been before. Of the fields
    ``untold`` nothing is said.
    """
    if row.visibility != PUBLISHED:
        return None
    published_now = "visibility" in row.changes
    told = {name: change for name, change in row.changes.items() if name not in untold}
    shown = {"visibility": row.changes["visibility"]} if published_now else told
    return {
        "happened": plain(row.happened),
        "verb": row.verb,
        "version": row.version,
        "reason": row.reason,
        "changes": shown,
    }


def full(row: History) -> dict[str, Any]:
    """Return all of a row, for those who may edit the thing."""
    return {
        "happened": plain(row.happened),
        "verb": row.verb,
        "version": row.version,
        "reason": row.reason,
        "changes": row.changes,
        "visibility": row.visibility,
        "user_id": row.user_id,
        "origin": row.origin,
        "batch": row.batch,
    }


def last_written_by_others(
    subject: str, origin: str, codes: Collection[str] | None = None
) -> set[tuple[str, str]]:
    """Return the (code, field) pairs of ``subject`` whose last change was of another origin.

    Of all things of that kind, or of those with one of ``codes``.
    """
    field = sa.func.jsonb_object_keys(History.changes).label("field")
    rows = sa.select(History.id, History.code, History.origin, field).where(History.subject == subject)
    each = (rows if codes is None else rows.where(History.code.in_(codes))).subquery()
    last = (
        sa.select(each.c.code, each.c.field, each.c.origin)
        .distinct(each.c.code, each.c.field)
        .order_by(each.c.code, each.c.field, each.c.id.desc())
    )
    return {(row.code, row.field) for row in Session.execute(last) if row.origin != origin}
