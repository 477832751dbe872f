"""What became of commitments, their milestones, and the letters that invited the model municipalities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, entity_table, index, reference, row_table, text, texts
from sqlalchemy.dialects.postgresql import ARRAY

revision = "007"
down_revision = "006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(f"{P}municipality", text("pilot"))
    op.add_column(f"{P}municipality", text("pilot_source"))
    for name in ("irm_completion", "objective", "description", "self_report", "predecessor"):
        op.add_column(f"{P}commitment", text(name))
    op.add_column(f"{P}commitment", sa.Column("self_report_date", sa.Date()))
    op.add_column(
        f"{P}commitment", sa.Column("sdgs", ARRAY(sa.Integer()), server_default="{}", nullable=False)
    )
    op.add_column(f"{P}commitment", texts("also_serves"))
    op.create_foreign_key(
        None,
        f"{P}commitment",
        f"{P}commitment",
        ["predecessor"],
        ["code"],
        onupdate="CASCADE",
        initially="DEFERRED",
        deferrable=True,
    )
    index("commitment", "predecessor")
    create_milestones()
    create_invitations()


def create_milestones() -> None:
    entity_table(
        "milestone",
        text("title"),
        *reference("commitment", "commitment", nullable=False),
        sa.Column("start", sa.Date()),
        sa.Column("end", sa.Date()),
        text("state", nullable=False),
    )
    index("milestone", "commitment")
    row_table("milestone_evidence", "milestone", text("text", nullable=False), text("url"))


def create_invitations() -> None:
    entity_table(
        "invitation",
        text("number", nullable=False, unique=True),
        *reference("municipality", "municipality", nullable=False),
        *reference("workshop", "workshop"),
        sa.Column("letter_date", sa.Date()),
        text("issuing_office"),
        text("addressed_office"),
        sa.Column("confirm_by", sa.Date()),
        text("phone"),
        text("state", nullable=False),
        text("answer_office"),
        sa.Column("answer_date", sa.Date()),
    )
    index("invitation", "municipality", "workshop")


def downgrade() -> None:
    for table in ("invitation", "milestone_evidence", "milestone"):
        op.drop_table(f"{P}{table}")
    for name in (
        "irm_completion",
        "objective",
        "description",
        "self_report",
        "self_report_date",
        "predecessor",
        "sdgs",
        "also_serves",
    ):
        op.drop_column(f"{P}commitment", name)
    op.drop_column(f"{P}municipality", "pilot_source")
    op.drop_column(f"{P}municipality", "pilot")
