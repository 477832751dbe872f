"""What is against DCAT-AP in the fragments of the feed, and which of them were asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, instant, text

revision = "032"
down_revision = "031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        f"{P}feed_violation",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        text("kind", nullable=False),
        text("subject", nullable=False),
        text("rule", nullable=False),
        text("severity", nullable=False),
        text("field"),
        text("resource"),
        text("node", nullable=False),
        text("value", nullable=False),
        instant("noticed"),
    )
    op.create_index(f"ix_{P}feed_violation_subject", f"{P}feed_violation", ["kind", "subject"])
    op.create_table(
        f"{P}feed_validated",
        text("kind", primary_key=True),
        text("subject", primary_key=True),
        text("sha256", nullable=False),
        text("rules", nullable=False),
        instant("validated"),
    )


def downgrade() -> None:
    op.drop_table(f"{P}feed_validated")
    op.drop_table(f"{P}feed_violation")
