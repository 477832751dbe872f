"""Problems and ideas, their answers and evidence, and the counter of their codes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, entity_table, index, reference, row_table, text

revision = "006"
down_revision = "005"
branch_labels = None
depends_on = None

TABLES = ("idea_evidence", "idea_answer", "idea", "problem_evidence", "problem_answer", "problem", "counter")


def upgrade() -> None:
    op.create_table(
        f"{P}counter",
        text("entity", primary_key=True),
        text("scope", primary_key=True),
        sa.Column("last", sa.Integer(), nullable=False),
    )
    said("problem", *reference("axis", "axis"))
    index("problem", "axis")
    said("idea", *reference("problem", "problem"), *reference("commitment", "commitment"))
    index("idea", "problem", "commitment")


def said(entity: str, *columns: Any) -> None:
    entity_table(
        entity,
        text("title"),
        text("description"),
        sa.Column("reported", sa.Date()),
        text("state", nullable=False),
        text("state_reason"),
        *reference("municipality", "municipality", nullable=False),
        *reference("workshop", "workshop"),
        *columns,
    )
    index(entity, "municipality", "workshop")
    row_table(
        f"{entity}_answer",
        entity,
        sa.Column("date", sa.Date(), nullable=False),
        text("office", nullable=False),
        text("text", nullable=False),
    )
    row_table(f"{entity}_evidence", entity, text("text", nullable=False), text("url"))


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(f"{P}{table}")
