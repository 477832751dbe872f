"""Documents of entities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, instant, text

revision = "017"
down_revision = "016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        f"{P}document",
        text("id", primary_key=True),
        text("entity", nullable=False),
        text("code", nullable=False),
        text("title", nullable=False),
        text("kind", nullable=False),
        text("visibility", server_default="draft", nullable=False),
        text("file", nullable=False, unique=True),
        text("name", nullable=False),
        text("media_type", nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        text("sha256", nullable=False),
        instant("created"),
        text("user_id"),
    )
    op.create_index(f"{P}document_of", f"{P}document", ["entity", "code"])


def downgrade() -> None:
    op.drop_table(f"{P}document")
