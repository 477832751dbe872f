"""What fragments say of things that many name, packed once: pages are put together from pieces too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, text, texts

revision = "033"
down_revision = "032"
branch_labels = None
depends_on = None

IN_A_ROW = 4080
"""Bytes: two rows of a page of the database."""


def upgrade() -> None:
    op.add_column(f"{P}feed_packed", texts("shared"))
    # a piece of two kilobytes stays in its row: a page reads a hundred of them
    op.execute(f"ALTER TABLE {P}feed_packed SET (toast_tuple_target = {IN_A_ROW})")
    op.create_table(
        f"{P}feed_shared",
        text("digest", primary_key=True),
        text("syntax", primary_key=True),
        text("about", nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("crc", sa.BigInteger(), nullable=False),
        sa.Column("shift", sa.BigInteger(), nullable=False),
    )
    # it is compressed: PostgreSQL would try once more
    op.execute(f"ALTER TABLE {P}feed_shared ALTER COLUMN packed SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table(f"{P}feed_shared")
    op.execute(f"ALTER TABLE {P}feed_packed RESET (toast_tuple_target)")
    op.drop_column(f"{P}feed_packed", "shared")
