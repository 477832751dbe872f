"""Requests for data that is missing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, entity_table, index, reference, searchable, text

revision = "013"
down_revision = "012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    entity_table(
        "data_request",
        text("title"),
        text("description"),
        *reference("municipality", "municipality", nullable=False),
        *reference("problem", "problem"),
        *reference("institution", "institution"),
        sa.Column("requested", sa.Date()),
        text("state", nullable=False),
        text("state_reason"),
        text("closed_by"),
        sa.Column("closed", sa.Date()),
    )
    index("data_request", "municipality", "problem", "institution")
    searchable("data_request", "title", "description")


def downgrade() -> None:
    op.drop_table(f"{P}data_request")
