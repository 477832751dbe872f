"""What dumps are put together from: fragments that were compressed when they were published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, text

revision = "028"
down_revision = "027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(f"{P}feed_state", sa.Column("erased", sa.BigInteger(), server_default="0", nullable=False))
    log = sa.ForeignKey(f"{P}feed_log.seq", ondelete="CASCADE")
    op.create_table(
        f"{P}feed_packed",
        sa.Column("seq", sa.BigInteger(), log, primary_key=True),
        text("syntax", primary_key=True),
        text("fingerprint", nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("crc", sa.BigInteger(), nullable=False),
        sa.Column("shift", sa.BigInteger(), nullable=False),
    )
    # it is compressed: PostgreSQL would try once more
    op.execute(f"ALTER TABLE {P}feed_packed ALTER COLUMN packed SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table(f"{P}feed_packed")
    op.drop_column(f"{P}feed_state", "erased")
