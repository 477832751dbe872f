"""Who came to workshops: how many people of each group."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, row_table, text

revision = "014"
down_revision = "013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    row_table(
        "workshop_attendance",
        "workshop",
        text("group", nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table(f"{P}workshop_attendance")
