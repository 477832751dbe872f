"""What is told of a plan beside its dates."""

from __future__ import annotations

from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, text

revision = "011"
down_revision = "007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(f"{P}plan", text("description"))


def downgrade() -> None:
    op.drop_column(f"{P}plan", "description")
