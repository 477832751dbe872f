"""Lines typed at a workshop, and proposals from home: each has a key of its form, and is saved once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from sqlalchemy.dialects.postgresql import insert

from . import owners, registry
from .base import DRAFT, PREFIX, PUBLISHED, BaseModel, EntityType, now

KINDS = ("problem", "idea")
"""What a line can become, each with a column of its own."""


def _became(entity: str) -> Any:
    """Return the column with the code of what the line became; empty once that is deleted."""
    key = sa.ForeignKey(f"{PREFIX}{entity}.code", onupdate="CASCADE", ondelete="SET NULL")
    return sa.Column(sa.Text, key, index=True)


class CapturedLine(BaseModel):
    """What was saved under the key that a form had for it."""

    __tablename__ = "gobiernoabierto_captured_line"

    key = sa.Column(sa.Text, primary_key=True)
    user_id = sa.Column(sa.Text, nullable=False)
    """Who has captured the line; empty for a proposal, whose sender is written down nowhere."""
    workshop = sa.Column(
        sa.Text,
        sa.ForeignKey(f"{PREFIX}workshop.code", onupdate="CASCADE", ondelete="CASCADE"),
        index=True,
    )
    """NULL for a proposal."""
    content = sa.Column(sa.Text, nullable=False)
    """Digest of what was sent: the same key with other words is another line."""
    problem = _became("problem")
    idea = _became("idea")
    created = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)

    @property
    def became(self) -> tuple[str, str] | None:
        """Return (kind, code) of what was saved; None once that is deleted."""
        kind = next((name for name in KINDS if getattr(self, name)), None)
        return (kind, getattr(self, kind)) if kind else None


@dataclass(frozen=True)
class Line:
    """A line as the screen of its facilitator shows it."""

    key: str
    entity: str
    code: str
    version: int
    text: str
    municipality: str
    problem: str | None
    """Code of the problem that the idea is for."""
    public: bool


def digest(content: Mapping[str, Any]) -> str:
    """Return a text that is the same for the same content only."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def proposed(key: str) -> tuple[str, str] | None:
    """Return (kind, code) of the proposal that was sent with a key; None where there is none."""
    line = Session.get(CapturedLine, key)
    return line.became if line is not None and line.workshop is None else None


def claim(key: str, user_id: str, workshop: str | None, content: str) -> tuple[CapturedLine, bool]:
    """Return the row of a key, and whether this call has made it.

    Whoever claims the key at the same time waits until this transaction ends: then the row is there for
    them, with what it became, or is theirs to make.
    """
    values = {"key": key, "user_id": user_id, "workshop": workshop, "content": content, "created": now()}
    made = insert(CapturedLine).values(values).on_conflict_do_nothing().returning(CapturedLine.key)
    is_new = Session.scalar(made) is not None
    row = sa.select(CapturedLine).where(CapturedLine.key == key)
    return Session.execute(row.execution_options(populate_existing=True)).scalar_one(), is_new


def lines_of(user_id: str, workshop: str) -> list[Line]:
    """Return what a person has captured at a workshop and is still there, in its order; one query."""
    return _lines(workshop, lambda _: CapturedLine.user_id == user_id)


def drafts_of(workshop: str, owned_by: Mapping[str, frozenset[str]] | None) -> list[Line]:
    """Return what anybody has captured at a workshop and is not published, in its order; one query.

    ``owned_by`` are the owners (``municipality``, ``institution``) whose drafts are meant; None for all.
    """

    def wanted(entity: EntityType) -> Any:
        draft = entity.table.c.visibility == DRAFT
        if owned_by is None:
            return draft
        kinds = [kind for kind in entity.owners if owned_by.get(kind)]
        mine = [owners.owned(entity, kind, owned_by[kind]) for kind in kinds]
        return sa.and_(draft, sa.or_(sa.false(), *mine))

    return _lines(workshop, wanted)


def _lines(workshop: str, wanted: Callable[[EntityType], Any]) -> list[Line]:
    parts = []
    for name in KINDS:
        entity = registry.entity_type(name)
        table = entity.table
        became = getattr(CapturedLine, name)
        parts.append(
            sa.select(
                CapturedLine.key,
                sa.literal(name).label("entity"),
                table.c.code,
                table.c.version,
                table.c.title.label("text"),
                table.c.municipality,
                table.c.problem if "problem" in table.c else sa.null().label("problem"),
                (table.c.visibility == PUBLISHED).label("public"),
                CapturedLine.created,
            )
            .join(table, table.c.code == became)
            .where(CapturedLine.workshop == workshop, wanted(entity))
        )
    every = sa.union_all(*parts).subquery()
    columns = [column for column in every.c if column.key != "created"]
    found = sa.select(*columns).order_by(every.c.created, every.c.key)
    return [Line(**row) for row in Session.execute(found).mappings()]
