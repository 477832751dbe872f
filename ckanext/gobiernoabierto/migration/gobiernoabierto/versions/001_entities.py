"""The linked entities, their history and codes, and who an organization is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import (
    P,
    entity_table,
    index,
    instant,
    reference,
    row_table,
    text,
    texts,
)
from sqlalchemy.dialects.postgresql import JSONB

revision = "001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "organization_role",
    "workshop_organizer",
    "workshop_municipality",
    "workshop",
    "commitment_participation",
    "commitment",
    "axis",
    "plan",
    "institution",
    "municipality",
    "department",
    "tombstone",
    "alias",
    "history",
)
"""In an order in which they can be dropped."""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    create_history()
    create_territory()
    create_plans()
    create_workshops()
    op.create_table(
        f"{P}organization_role",
        text("organization_id", primary_key=True),
        *reference("municipality", "municipality"),
        *reference("institution", "institution"),
        sa.Column("coordinator", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    index("organization_role", "municipality", "institution")


def create_history() -> None:
    op.create_table(
        f"{P}history",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        instant("happened"),
        text("subject", nullable=False),
        text("code", nullable=False),
        text("verb", nullable=False),
        sa.Column("version", sa.Integer()),
        text("visibility"),
        text("user_id"),
        text("origin", nullable=False),
        text("reason"),
        text("batch"),
        sa.Column("changes", JSONB(), nullable=False),
    )
    op.create_index(f"{P}history_subject", f"{P}history", ["subject", "code", "id"])
    index("history", "batch")
    op.create_table(
        f"{P}alias",
        text("entity", primary_key=True),
        text("alias", primary_key=True),
        text("code", nullable=False),
        instant("created"),
    )
    index("alias", "code")
    op.create_table(
        f"{P}tombstone",
        text("entity", primary_key=True),
        text("code", primary_key=True),
        instant("deleted"),
        sa.Column("published", sa.Boolean(), nullable=False),
        text("title"),
        text("reason"),
        text("successor"),
    )


def create_territory() -> None:
    entity_table("department", text("name", nullable=False), text("iso_3166_2"))
    entity_table(
        "municipality",
        text("name", nullable=False),
        *reference("department", "department", nullable=False),
        texts("other_names"),
    )
    index("municipality", "department")


def create_plans() -> None:
    entity_table(
        "institution",
        text("name", nullable=False),
        text("initials"),
        texts("other_names"),
        text("sector"),
        text("relation"),
        text("plan_text"),
    )
    entity_table(
        "plan",
        text("title"),
        text("period"),
        sa.Column("start", sa.Date()),
        sa.Column("end", sa.Date()),
        sa.Column("commitment_count", sa.Integer()),
        sa.Column("approved", sa.Date()),
        text("url"),
    )
    numbered = (*reference("plan", "plan", nullable=False), sa.Column("number", sa.Integer(), nullable=False))
    entity_table(
        "axis",
        *numbered,
        text("name", nullable=False),
        texts("other_names"),
        sa.UniqueConstraint("plan", "number"),
    )
    index("axis", "plan")
    create_commitments()


def create_commitments() -> None:
    entity_table(
        "commitment",
        *reference("plan", "plan", nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        text("title"),
        text("unofficial_title"),
        text("title_en"),
        text("ogp_id"),
        *reference("axis", "axis"),
        sa.Column("start", sa.Date()),
        sa.Column("end", sa.Date()),
        text("irm_ambition"),
        text("irm_results"),
        text("url"),
        sa.UniqueConstraint("plan", "number"),
    )
    index("commitment", "plan", "axis")
    row_table(
        "commitment_participation",
        "commitment",
        text("role", nullable=False),
        *reference("institution", "institution"),
        text("text"),
        text("source"),
    )
    index("commitment_participation", "institution")


def create_workshops() -> None:
    entity_table(
        "workshop",
        text("title"),
        text("kind", nullable=False),
        *reference("commitment", "commitment"),
        sa.Column("start_date", sa.Date()),
        sa.Column("start_time", sa.Time()),
        sa.Column("end_date", sa.Date()),
        sa.Column("end_time", sa.Time()),
        text("place"),
        text("state", nullable=False),
    )
    index("workshop", "commitment")
    row_table("workshop_municipality", "workshop", *reference("municipality", "municipality", nullable=False))
    index("workshop_municipality", "municipality")
    row_table("workshop_organizer", "workshop", *reference("institution", "institution", nullable=False))
    index("workshop_organizer", "institution")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(f"{P}{table}")
