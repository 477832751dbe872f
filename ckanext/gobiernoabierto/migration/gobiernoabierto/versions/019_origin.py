"""Whether a problem or an idea was sent from home."""

from __future__ import annotations

from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, text

revision = "019"
down_revision = "018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for kind in ("problem", "idea"):
        op.add_column(f"{P}{kind}", text("origin"))


def downgrade() -> None:
    for kind in ("problem", "idea"):
        op.drop_column(f"{P}{kind}", "origin")
