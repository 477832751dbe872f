"""What came with a form that is not finished yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "003"
down_revision = "001"
branch_labels = None
depends_on = None

TABLE = "gobiernoabierto_staged_upload"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("user_id", sa.Text(), primary_key=True),
        sa.Column("token", sa.Text(), primary_key=True),
        sa.Column("created", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("file", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sha256", sa.Text()),
        sa.Column("media_type", sa.Text()),
        sa.Column("claimed", sa.TIMESTAMP(timezone=True)),
        sa.Column("package_id", sa.Text()),
        sa.Column("resource_id", sa.Text()),
    )
    op.create_index(f"ix_{TABLE}_expires", TABLE, ["expires"])
    op.create_index(f"ix_{TABLE}_token", TABLE, ["token"])


def downgrade() -> None:
    op.drop_table(TABLE)
