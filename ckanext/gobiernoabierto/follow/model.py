"""The tables of those who follow: the only place of the site where their addresses stand."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from ckanext.gobiernoabierto.entities.base import BaseModel, now
from sqlalchemy.dialects.postgresql import ARRAY

DATASET = "dataset"
FOLLOWED = (DATASET, "municipality", "commitment", "problem", "idea")
"""Kinds of things that can be followed: datasets by their id, entities by their code."""

CONFIRM, LINKS, DIGEST = "confirm", "links", "digest"
"""Kinds of mails: asks whether somebody wants to follow, sends the links to what they follow, tells news."""
WAITING, HANDING, SENT, UNSURE, REFUSED = "waiting", "handing", "sent", "unsure", "refused"
"""States of a mail. ``handing``: the server is being given its text. ``unsure``: that was interrupted, so
that nobody knows whether the server has it; it is not given again."""


def new_id() -> str:
    """Return an id that says nothing and cannot be guessed."""
    return str(uuid.uuid4())


class Follower(BaseModel):
    """Somebody with an address."""

    __tablename__ = "gobiernoabierto_follower"

    id = sa.Column(sa.Text, primary_key=True, default=new_id)
    address = sa.Column(sa.Text, nullable=False)
    digest = sa.Column(sa.Text, nullable=False, unique=True)
    """Of the address: what it is looked up by. Should a statement fail, the database's log has this."""
    created = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)
    read_until = sa.Column(sa.TIMESTAMP(timezone=True))
    """The moment until which they were told the news; NULL before the first time."""


class Subscription(BaseModel):
    """One thing that somebody asked to follow, and follows once ``confirmed``."""

    __tablename__ = "gobiernoabierto_subscription"

    follower = sa.Column(
        sa.Text, sa.ForeignKey("gobiernoabierto_follower.id", ondelete="CASCADE"), primary_key=True
    )
    kind = sa.Column(sa.Text, primary_key=True)
    code = sa.Column(sa.Text, primary_key=True)
    created = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)
    confirmed = sa.Column(sa.TIMESTAMP(timezone=True))


class Mail(BaseModel):
    """One mail that is to be sent, or was: the outbox. It has neither address nor text."""

    __tablename__ = "gobiernoabierto_mail"

    id = sa.Column(sa.BigInteger, primary_key=True)
    follower = sa.Column(
        sa.Text, sa.ForeignKey("gobiernoabierto_follower.id", ondelete="CASCADE"), index=True
    )
    """NULL for the links of an address that nobody has: asking writes the same for all of them."""
    sort = sa.Column(sa.Text, nullable=False)
    state = sa.Column(sa.Text, nullable=False, default=WAITING)
    created = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)
    kind = sa.Column(sa.Text)
    """Of a confirmation: what it asks about, with ``code``."""
    code = sa.Column(sa.Text)
    token = sa.Column(sa.Text, unique=True)
    """Of a confirmation: digest of the secret in its link."""
    day = sa.Column(sa.Date)
    """Of a digest: the day in Guatemala."""
    since = sa.Column(sa.TIMESTAMP(timezone=True))
    """Of a digest: ``read_until`` as it was before."""
    told = sa.Column(ARRAY(sa.Text), nullable=False, default=list, server_default="{}")
    """Of a digest: the keys of the news that it tells."""

    __table_args__ = (sa.UniqueConstraint("follower", "day"),)
