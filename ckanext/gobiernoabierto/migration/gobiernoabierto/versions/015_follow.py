"""Followers, what they follow, and their mails."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, index, instant, text, texts

revision = "015"
down_revision = "014"
branch_labels = None
depends_on = None


def _moment(name: str) -> sa.Column:
    return sa.Column(name, sa.TIMESTAMP(timezone=True))


def _follower(name: str, **options: bool) -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    return text(name, **options), sa.ForeignKeyConstraint([name], [f"{P}follower.id"], ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        f"{P}follower",
        text("id", primary_key=True),
        text("address", nullable=False),
        text("digest", nullable=False, unique=True),
        instant("created"),
        _moment("read_until"),
    )
    op.create_table(
        f"{P}subscription",
        *_follower("follower", primary_key=True),
        text("kind", primary_key=True),
        text("code", primary_key=True),
        instant("created"),
        _moment("confirmed"),
    )
    op.create_table(
        f"{P}mail",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        *_follower("follower"),
        text("sort", nullable=False),
        text("state", nullable=False),
        instant("created"),
        text("kind"),
        text("code"),
        text("token", unique=True),
        sa.Column("day", sa.Date()),
        _moment("since"),
        texts("told"),
        sa.UniqueConstraint("follower", "day"),
    )
    index("mail", "follower")


def downgrade() -> None:
    for name in ("mail", "subscription", "follower"):
        op.drop_table(f"{P}{name}")
