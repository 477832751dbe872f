"""The lines that facilitators type at a workshop: which key has become which problem or idea."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, index, instant, text

revision = "016"
down_revision = "015"
branch_labels = None
depends_on = None

GOES = {"workshop": "CASCADE", "problem": "SET NULL", "idea": "SET NULL"}
"""{what a line names: what becomes of the name when that is deleted}"""


def upgrade() -> None:
    keys = [
        sa.ForeignKeyConstraint([name], [f"{P}{name}.code"], onupdate="CASCADE", ondelete=gone)
        for name, gone in GOES.items()
    ]
    op.create_table(
        f"{P}captured_line",
        text("key", primary_key=True),
        text("user_id", nullable=False),
        text("workshop", nullable=False),
        text("content", nullable=False),
        text("problem"),
        text("idea"),
        instant("created"),
        *keys,
    )
    index("captured_line", *GOES)


def downgrade() -> None:
    op.drop_table(f"{P}captured_line")
