"""An index in the order of the lists of problems and ideas: there are thousands of a municipality."""

from __future__ import annotations

from alembic import op
from ckanext.gobiernoabierto.migration.tables import P

revision = "023"
down_revision = "022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for kind in ("problem", "idea"):
        op.create_index(f"ix_{P}{kind}_listed", f"{P}{kind}", ["municipality", "reported", "code"])


def downgrade() -> None:
    for kind in ("problem", "idea"):
        op.drop_index(f"ix_{P}{kind}_listed", f"{P}{kind}")
