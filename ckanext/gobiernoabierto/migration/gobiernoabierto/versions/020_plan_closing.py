"""The page of a plan as it was when its term ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, instant, text

revision = "020"
down_revision = "019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(f"{P}plan", sa.Column("closed", sa.Date()))
    op.create_table(
        f"{P}plan_closing",
        text("plan", primary_key=True),
        instant("closed"),
        text("snapshot", nullable=False),
        text("sha256", nullable=False),
        text("report", nullable=False),
        sa.ForeignKeyConstraint(["plan"], [f"{P}plan.code"], onupdate="CASCADE"),
    )


def downgrade() -> None:
    op.drop_table(f"{P}plan_closing")
    op.drop_column(f"{P}plan", "closed")
