"""The migration of the new entity, as it would stand among the others."""

from __future__ import annotations

from alembic import op
from ckanext.gobiernoabierto.migration.tables import (
    P,
    entity_table,
    index,
    reference,
    searchable,
    text,
    texts,
)


def upgrade() -> None:
    """Make its table, and let the search follow it."""
    entity_table(
        "market",
        text("name", nullable=False),
        *reference("municipality", "municipality", nullable=False),
        texts("days"),
    )
    index("market", "municipality")
    searchable("market", "name")


def downgrade() -> None:
    """Take it back."""
    op.drop_table(f"{P}market")
