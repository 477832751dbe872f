"""The tables that migrations make again and again.

Migrations that were released stand on these functions: add to them, and change none.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

P = "gobiernoabierto_"


def text(name: str, **options: Any) -> sa.Column:
    """Return a column of text."""
    return sa.Column(name, sa.Text(), **options)


def texts(name: str) -> sa.Column:
    """Return a column of several texts; empty is unknown."""
    return sa.Column(name, ARRAY(sa.Text()), server_default="{}", nullable=False)


def instant(name: str) -> sa.Column:
    """Return a column of a moment."""
    return sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=False)


def reference(name: str, entity: str, **options: Any) -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    """Return the column and the key that hold the code of an ``entity`` and follow it."""
    key = sa.ForeignKeyConstraint(
        [name], [f"{P}{entity}.code"], onupdate="CASCADE", initially="DEFERRED", deferrable=True
    )
    return text(name, **options), key


def index(table: str, *columns: str) -> None:
    """Index each of these columns."""
    for column in columns:
        op.create_index(f"ix_{P}{table}_{column}", f"{P}{table}", [column])


def entity_table(name: str, *columns: Any) -> None:
    """Create the table of an entity: the machinery's columns, and its own."""
    op.create_table(
        f"{P}{name}",
        text("code", primary_key=True),
        text("visibility", server_default="draft", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        instant("created"),
        instant("modified"),
        texts("source"),
        *columns,
    )


def row_table(name: str, parent: str, *columns: Any) -> None:
    """Create the table of the rows that belong to a ``parent``."""
    op.create_table(
        f"{P}{name}",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("position", sa.Integer(), nullable=False),
        text("parent", nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["parent"], [f"{P}{parent}.code"], onupdate="CASCADE", ondelete="CASCADE"),
    )
    index(name, "parent")


def searchable(kind: str, called: str, also: str = "") -> None:
    """Let the full text follow a table: ``called`` and ``also`` are names of columns, with commas between."""
    op.execute(
        f"CREATE TRIGGER {P}text_follows AFTER INSERT OR UPDATE OR DELETE ON {P}{kind}"
        f" FOR EACH ROW EXECUTE FUNCTION {P}text_follows('{kind}', '{called}', '{also}')"
    )
    table = sa.table(f"{P}{kind}", sa.column("code"))
    op.execute(table.update().values(code=table.c.code))


def marks_feed(table: str, kind: str, column: str) -> None:
    """Let each change of a table mark the subject that ``column`` names for the feed."""
    op.execute(
        f'CREATE TRIGGER {P}feed_marks AFTER INSERT OR UPDATE OR DELETE ON "{table}"'
        f" FOR EACH ROW EXECUTE FUNCTION {P}feed_marks_{column}('{kind}')"
    )
