"""A checksum goes on after a block by its size alone: what it was multiplied by is worked out by ISA-L."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P

revision = "034"
down_revision = "033"
branch_labels = None
depends_on = None

TABLES = (f"{P}feed_packed", f"{P}feed_shared")


def upgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "shift")


def downgrade() -> None:
    for table in TABLES:
        op.execute(sa.delete(sa.table(table)))  # they are packed anew by ``feed rebuild``
        op.add_column(table, sa.Column("shift", sa.BigInteger(), nullable=False))
