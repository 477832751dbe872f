"""How the feed is doing."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities.history import plain

from . import flush, snapshot
from .fingerprint import fingerprint
from .model import Entry, LeftOut, Mark, published_now


def status(head: snapshot.Head) -> dict[str, Any]:
    """Return position, what is published by kind, events by what happened, backlog and what was left out.

    JSON values; moments in ISO 8601. ``configuration_changed``: everything will be rendered anew.
    """
    last = published_now()
    since = Session.scalar(sa.select(sa.func.min(Mark.marked)))
    return {
        "position": head.position,
        "readable_from": head.readable_from,
        "flushed": plain(head.flushed),
        "configuration_changed": head.fingerprint != fingerprint(),
        "published": _counted(Entry.kind, *last),
        "events": _counted(Entry.op),
        "bytes": Session.scalar(sa.select(sa.func.coalesce(sa.func.sum(Entry.size), 0)).where(*last)),
        "waiting": flush.waiting(),
        "waiting_since": plain(since),
        "left_out": _counted(LeftOut.reason),
    }


def left_out() -> list[dict[str, Any]]:
    """Return what RDF could not carry, by subject."""
    columns = [column for column in LeftOut.__table__.c if column.name != "id"]
    asked = sa.select(*columns).order_by(LeftOut.kind, LeftOut.subject, LeftOut.id)
    return [plain(dict(row)) for row in Session.execute(asked).mappings()]


def _counted(column: Any, *conditions: Any) -> dict[str, int]:
    asked = sa.select(column, sa.func.count()).where(*conditions).group_by(column).order_by(column)
    return dict(Session.execute(asked).all())
