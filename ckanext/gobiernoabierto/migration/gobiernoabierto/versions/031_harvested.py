"""Which entities were read from another site, and from which one."""

from __future__ import annotations

from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, instant, text

revision = "031"
down_revision = "030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        f"{P}harvested",
        text("entity", primary_key=True),
        text("code", primary_key=True),
        text("origin", nullable=False),
        text("sha256", nullable=False),
        instant("read"),
    )
    op.create_index(f"ix_{P}harvested_origin", f"{P}harvested", ["origin"])


def downgrade() -> None:
    op.drop_table(f"{P}harvested")
