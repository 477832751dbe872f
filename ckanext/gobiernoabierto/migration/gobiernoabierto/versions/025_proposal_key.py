"""Proposals from home have a key too: it is of no workshop."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P

revision = "025"
down_revision = "024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column(f"{P}captured_line", "workshop", nullable=True)


def downgrade() -> None:
    lines = sa.table(f"{P}captured_line", sa.column("workshop"))
    op.execute(sa.delete(lines).where(lines.c.workshop.is_(None)))
    op.alter_column(f"{P}captured_line", "workshop", nullable=False)
