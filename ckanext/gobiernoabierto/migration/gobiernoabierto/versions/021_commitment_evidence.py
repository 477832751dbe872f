"""What shows what institutions report on their commitments."""

from __future__ import annotations

from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, row_table, text

revision = "021"
down_revision = "020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    row_table("commitment_evidence", "commitment", text("text", nullable=False), text("url"))


def downgrade() -> None:
    op.drop_table(f"{P}commitment_evidence")
