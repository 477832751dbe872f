"""The tables of the feed: marks, the log, where it stands, what was left out of it, what is wrong in it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from ckanext.gobiernoabierto.entities.base import BaseModel, text_list

DATASET, ORGANIZATION, CATALOG = "dataset", "organization", "catalog"
"""Kinds of subjects; the others are the names of the entities that have RDF. Of the last there is one."""
CREATE, UPDATE, DELETE = "create", "update", "delete"
HIDES, CHANGED, REACHED = -1, 0, 1
"""Turns of marks: it names what was taken back; it changed itself; it names what changed, or everything is
rendered anew."""


class Mark(BaseModel):
    """A subject that may have changed since it was rendered. Triggers write it, with the change itself.

    A plain row for each change, however many a subject has: nobody waits for anybody.
    """

    __tablename__ = "gobiernoabierto_feed_mark"

    id = sa.Column(sa.BigInteger, primary_key=True)
    kind = sa.Column(sa.Text, nullable=False)
    subject = sa.Column(sa.Text, nullable=False)
    """Id of a dataset or an organization, code of an entity."""
    turn = sa.Column(sa.SmallInteger, nullable=False, server_default=str(CHANGED))
    marked = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now())

    __table_args__ = (
        sa.Index("ix_gobiernoabierto_feed_mark_turn", "turn", "id"),
        sa.Index("ix_gobiernoabierto_feed_mark_subject", "kind", "subject"),
    )


class Entry(BaseModel):
    """One event of the log: a fragment as it was published, or that a subject is published no more."""

    __tablename__ = "gobiernoabierto_feed_log"

    seq = sa.Column(sa.BigInteger, primary_key=True, autoincrement=False)
    """Position: without gaps, in the order of the commits."""
    kind = sa.Column(sa.Text, nullable=False)
    subject = sa.Column(sa.Text, nullable=False)
    name = sa.Column(sa.Text, nullable=False)
    """What people find it by: the dataset's or organization's name, the entity's code."""
    address = sa.Column(sa.Text, nullable=False)
    """Its identifier in RDF."""
    op = sa.Column(sa.Text, nullable=False)
    published = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False)
    """By the database's clock; later, by a millisecond at least, than that of the position before it."""
    superseded_by = sa.Column(sa.BigInteger)
    """Position of the next event of the same subject."""
    body = sa.Column(sa.LargeBinary)
    """N-Triples in UTF-8, its lines sorted, no blank nodes. NULL: a deletion, or erased by one or by age."""
    sha256 = sa.Column(sa.Text)
    size = sa.Column(sa.Integer, nullable=False)
    """Bytes of the body."""
    triples = sa.Column(sa.Integer, nullable=False)
    fingerprint = sa.Column(sa.Text, nullable=False)
    """Of the configuration that it was rendered with."""
    refs = text_list()
    """What it is about, as ``kind:code``: what the feed is filtered by."""
    sets = text_list()
    """Of a dataset, the sets that it was in (``sets.py``). They stay when the body is erased, and with a
    deletion: whoever harvests one set has to be told of what leaves it. They are what the map and the plan
    are made of, not what people bring; and they choose what is told. Only who published it is told itself,
    at the address of what was taken back (``withdrawal.publisher_of``)."""
    named = text_list()
    """All that the body names of what may be taken back, as ``kind:code``, itself left out."""
    datasets = sa.Column(sa.Integer, nullable=False, server_default="0")
    """How many datasets were published once this had happened."""
    readable = sa.Column(sa.Boolean, nullable=False, server_default=sa.true())
    """Whether a snapshot can still be asked for that has it; of others only the event is kept."""

    __table_args__ = (
        sa.Index(
            "ix_gobiernoabierto_feed_log_subject",
            "kind",
            "subject",
            "seq",
            postgresql_where=sa.text("readable"),
        ),
        sa.Index(
            "ix_gobiernoabierto_feed_log_superseded",
            "superseded_by",
            postgresql_where=sa.text("readable"),
        ),
        sa.Index(
            "ix_gobiernoabierto_feed_log_last",
            "kind",
            "subject",
            unique=True,
            postgresql_where=sa.text("superseded_by IS NULL"),
        ),
        sa.Index("ix_gobiernoabierto_feed_log_refs", "refs", postgresql_using="gin"),
        sa.Index("ix_gobiernoabierto_feed_log_sets", "sets", postgresql_using="gin"),
        sa.Index("ix_gobiernoabierto_feed_log_published", "published"),
    )


class _Block:
    """The columns of compressed bytes: those of ``lib.deflate.Block``."""

    packed = sa.Column(sa.LargeBinary, nullable=False)
    size = sa.Column(sa.Integer, nullable=False)
    crc = sa.Column(sa.BigInteger, nullable=False)


class PackedFragment(_Block, BaseModel):
    """What a page or a dump has of a fragment in one syntax, compressed, as long as the fragment is kept."""

    __tablename__ = "gobiernoabierto_feed_packed"

    seq = sa.Column(sa.BigInteger, sa.ForeignKey(Entry.seq, ondelete="CASCADE"), primary_key=True)
    syntax = sa.Column(sa.Text, primary_key=True)
    fingerprint = sa.Column(sa.Text, nullable=False)
    """Of the program that has packed it."""
    shared = text_list()
    """Digests of what the fragment says of other things."""


class SharedPiece(_Block, BaseModel):
    """What fragments say of something else (a place, a word of a vocabulary), in one syntax, compressed."""

    __tablename__ = "gobiernoabierto_feed_shared"

    digest = sa.Column(sa.Text, primary_key=True)
    """Of the lines, and of the program that has packed them."""
    syntax = sa.Column(sa.Text, primary_key=True)
    about = sa.Column(sa.Text, nullable=False)
    """Address of what it is about; of a bare type, that too."""
    told = sa.Column(sa.Boolean, nullable=False)
    """Whether that has a fragment of its own."""


def published_now(log: Any = Entry) -> tuple[Any, Any]:
    """Return the conditions on the log, or on an alias or table of it, that an event is what is published."""
    columns = getattr(log, "c", log)
    return columns.superseded_by.is_(None), columns.op != DELETE


class State(BaseModel):
    """Where the log stands: one row, which the flusher writes, and whose table it locks."""

    __tablename__ = "gobiernoabierto_feed_state"

    id = sa.Column(sa.SmallInteger, sa.CheckConstraint("id = 1"), primary_key=True)
    position = sa.Column(sa.BigInteger, nullable=False, server_default="0")
    """The last position of the log; 0 while it is empty."""
    readable_from = sa.Column(sa.BigInteger, nullable=False, server_default="0")
    """The lowest position whose snapshot is whole."""
    datasets = sa.Column(sa.Integer, nullable=False, server_default="0")
    """How many datasets are published at that position."""
    erased = sa.Column(sa.BigInteger, nullable=False, server_default="0")
    """The last position at which bodies were erased because something was taken back."""
    flushed = sa.Column(sa.TIMESTAMP(timezone=True))
    """When a flush last came to its end."""
    fingerprint = sa.Column(sa.Text)
    """Of the configuration for which everything was last marked."""


class Search(BaseModel):
    """The datasets that a question found, for as long as its pages are read: the index has no past."""

    __tablename__ = "gobiernoabierto_feed_search"

    token = sa.Column(sa.Text, primary_key=True)
    subjects = text_list()
    """Ids of datasets."""
    created = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, index=True)


class LeftOut(BaseModel):
    """A value that the fragment of a subject could not carry; the rest of the fragment is published."""

    __tablename__ = "gobiernoabierto_feed_left_out"

    id = sa.Column(sa.BigInteger, primary_key=True)
    kind = sa.Column(sa.Text, nullable=False)
    subject = sa.Column(sa.Text, nullable=False)
    field = sa.Column(sa.Text)
    """The field of the form; None where only the triple is known."""
    value = sa.Column(sa.Text, nullable=False)
    """The value of the field, else the triple, else what went wrong."""
    reason = sa.Column(sa.Text, nullable=False)
    noticed = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False)

    __table_args__ = (sa.Index("ix_gobiernoabierto_feed_left_out_subject", "kind", "subject"),)


class Violation(BaseModel):
    """Something in the fragment of a subject that is against a rule of DCAT-AP, or that it recommends."""

    __tablename__ = "gobiernoabierto_feed_violation"

    id = sa.Column(sa.BigInteger, primary_key=True)
    kind = sa.Column(sa.Text, nullable=False)
    subject = sa.Column(sa.Text, nullable=False)
    rule = sa.Column(sa.Text, nullable=False)
    """Its name in the shapes, which say what to do about it."""
    severity = sa.Column(sa.Text, nullable=False)
    field = sa.Column(sa.Text)
    """The field of the form; None where no officer can do anything about it."""
    resource = sa.Column(sa.Text)
    """Id of the file whose field it is; None of the dataset's."""
    node = sa.Column(sa.Text, nullable=False)
    """The address of what it is said of."""
    value = sa.Column(sa.Text, nullable=False)
    """The value that is wrong, its beginning; empty where one is lacking."""
    noticed = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False)
    """When it was first found."""

    __table_args__ = (sa.Index("ix_gobiernoabierto_feed_violation_subject", "kind", "subject"),)


class Validated(BaseModel):
    """Which fragment of a subject was validated, and by which rules: the same need not be asked again."""

    __tablename__ = "gobiernoabierto_feed_validated"

    kind = sa.Column(sa.Text, primary_key=True)
    subject = sa.Column(sa.Text, primary_key=True)
    sha256 = sa.Column(sa.Text, nullable=False)
    rules = sa.Column(sa.Text, nullable=False)
    validated = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False)
