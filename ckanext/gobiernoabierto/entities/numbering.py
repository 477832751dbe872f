"""Codes that the site makes: problem ``0115-P1`` is the first of municipality 0115."""

from __future__ import annotations

import re
import textwrap
import unicodedata

import sqlalchemy as sa
from ckan.model import Session
from sqlalchemy.dialects.postgresql import insert

from . import codes
from .base import BaseModel, EntityType, Values

MOST = 90
"""Letters of the words of a code, so that a number fits behind them."""


class Counter(BaseModel):
    """How far the codes of one kind have been counted within one scope, or behind the same words."""

    __tablename__ = "gobiernoabierto_counter"

    entity = sa.Column(sa.Text, primary_key=True)
    scope = sa.Column(sa.Text, primary_key=True)
    last = sa.Column(sa.Integer, nullable=False)


def next_code(entity: EntityType, values: Values) -> str:
    """Return the next code that was never used of a kind that is numbered.

    The counter's row stays locked until the transaction ends: two writers never get the same number.
    ValueError for a kind whose codes are given.
    """
    if entity.numbered is None:
        raise ValueError(f"The codes of {entity.name} are not counted")
    field, letter = entity.numbered
    scope = str(values[field])
    while codes.was_used(entity, code := f"{scope}-{letter}{_count(entity, scope)}"):
        pass
    return code


def coined_code(entity: EntityType, values: Values) -> str:
    """Return a code that was never used, made of the words of a kind that has any: ``ideaton-mixco-2017``.

    A further one of the same words gets a number, from 2 on; as above, writers wait for each other.
    ValueError for a kind that has none.
    """
    if entity.coined is None:
        raise ValueError(f"The codes of {entity.name} are given")
    plain = unicodedata.normalize("NFD", " ".join(entity.coined(values)).lower()).encode("ascii", "ignore")
    words = " ".join(re.findall("[a-z0-9]+", plain.decode()))
    stem = textwrap.shorten(words, MOST, placeholder="").replace(" ", "-")
    while codes.was_used(entity, code := _numbered(stem, _count(entity, stem))):
        pass
    return code


def _numbered(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}-{number}"


def _count(entity: EntityType, scope: str) -> int:
    """Return the next number of a scope, whose row stays locked until the transaction ends."""
    first = insert(Counter).values(entity=entity.name, scope=scope, last=1)
    counted = first.on_conflict_do_update(
        index_elements=["entity", "scope"], set_={"last": Counter.last + 1}
    ).returning(Counter.last)
    return int(Session.scalar(counted))
