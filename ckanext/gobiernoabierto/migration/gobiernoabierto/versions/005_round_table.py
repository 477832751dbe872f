"""Round tables, in which the commitments of a plan are written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, entity_table, index, reference, text

revision = "005"
down_revision = "004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    entity_table(
        "round_table",
        *reference("plan", "plan", nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        text("theme", nullable=False),
        *reference("axis", "axis"),
        sa.Column("start_date", sa.Date()),
        sa.Column("start_time", sa.Time()),
        sa.Column("end_date", sa.Date()),
        sa.Column("end_time", sa.Time()),
        text("place"),
        text("state", nullable=False),
        text("registration_url"),
        text("phone"),
        sa.UniqueConstraint("plan", "round", "number"),
    )
    index("round_table", "plan", "axis")


def downgrade() -> None:
    op.drop_table(f"{P}round_table")
