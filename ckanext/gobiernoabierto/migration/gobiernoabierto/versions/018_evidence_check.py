"""Whether the addresses of evidence answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, instant, text

revision = "018"
down_revision = "017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        f"{P}evidence_check",
        text("url", primary_key=True),
        instant("checked"),
        text("state", nullable=False),
        text("outcome", nullable=False),
        sa.Column("since", sa.Date()),
    )


def downgrade() -> None:
    op.drop_table(f"{P}evidence_check")
