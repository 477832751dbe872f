"""The search over all entities: PostgreSQL's full text, in Spanish, without accents, by word beginnings."""

from __future__ import annotations

import difflib
import re
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.lib import spanish_order
from sqlalchemy.dialects.postgresql import TSVECTOR

from . import references, registry
from .base import PUBLISHED, BaseModel
from .municipality import MUNICIPALITY, Municipality
from .references import Named

CONFIGURATION = "gobiernoabierto_es"
MOST_WORDS = 12
WORD = re.compile(r"\w+")
LONGEST_NAME = 60
ALIKE = 0.75


class Text(BaseModel):
    """What one entity is called, as words; triggers of the entities' tables keep it."""

    __tablename__ = "gobiernoabierto_text"

    entity = sa.Column(sa.Text, primary_key=True)
    code = sa.Column(sa.Text, primary_key=True)
    published = sa.Column(sa.Boolean, nullable=False)
    document = sa.Column(TSVECTOR, nullable=False)

    __table_args__ = (sa.Index("ix_gobiernoabierto_text_document", "document", postgresql_using="gin"),)


def _asked(q: str) -> Any:
    """Return the SQL of a question: every word, each by its beginning; None where there is no word."""
    words = WORD.findall(q.replace("_", " "))[:MOST_WORDS]
    return sa.func.to_tsquery(CONFIGURATION, " & ".join(f"{word}:*" for word in words)) if words else None


def statement(q: str, limit: int = 30) -> Any:
    """Return the select of (entity, code) of what is called so, the nearest first; None of no word."""
    asked = _asked(q)
    if asked is None:
        return None
    rank = sa.func.ts_rank(Text.document, asked)
    return (
        sa.select(Text.entity, Text.code)
        .where(Text.published, Text.document.op("@@")(asked))
        .order_by(rank.desc(), Text.entity, Text.code)
        .limit(limit)
    )


def find(q: str, limit: int = 30) -> list[Named]:
    """Return the published entities that are called so, the nearest first; two queries."""
    found = statement(q, limit)
    if found is None:
        return []
    hits = [(row.entity, row.code) for row in Session.execute(found)]
    titles = references.titles(hits)
    return [titles[hit] for hit in hits if hit in titles]


def with_code(*spellings: str) -> list[Named]:
    """Return the published entities, of whatever kind, that have one of these codes; one query."""
    pairs = [(kind.name, code) for kind in registry.ENTITY_TYPES for code in spellings]
    found = references.titles(pairs)
    return [found[pair] for pair in dict.fromkeys(pairs) if pair in found and _public(found[pair])]


def _public(named: Named) -> bool:
    return named.visibility == PUBLISHED


def municipalities_like(q: str, most: int = 3) -> list[Named]:
    """Return the published municipalities whose names are written almost so, the likest first; one query."""
    if not 3 < len(q) <= LONGEST_NAME:
        return []
    called: dict[str, list[Any]] = {}
    for row in Session.execute(_municipalities()):
        for name in (row.title, *row.other_names):
            called.setdefault(spanish_order.key(name), []).append(row)
    near = difflib.get_close_matches(spanish_order.key(q), called, most, ALIKE)
    return list(dict.fromkeys(references.named(row) for name in near for row in called[name]))


def _municipalities() -> Any:
    """Return the select of the published ones, with their other names."""
    found = references.named_select(MUNICIPALITY, Municipality.other_names)
    return found.where(Municipality.visibility == PUBLISHED).order_by(Municipality.code)
