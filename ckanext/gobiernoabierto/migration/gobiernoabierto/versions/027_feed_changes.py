"""What the feed's changes need: moments in the order of positions, and events that outlive their texts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P

revision = "027"
down_revision = "026"
branch_labels = None
depends_on = None

LOG = f"{P}feed_log"
ORDER_MOMENTS = """
UPDATE gobiernoabierto_feed_log AS log SET published = ordered.moment FROM (
  SELECT seq, later + max(date_trunc('milliseconds', published) - later) OVER (ORDER BY seq) AS moment
  FROM (SELECT seq, published, seq * interval '1 millisecond' AS later FROM gobiernoabierto_feed_log) AS each
) AS ordered WHERE ordered.seq = log.seq AND ordered.moment <> log.published;
"""


def upgrade() -> None:
    op.execute(ORDER_MOMENTS)
    op.add_column(LOG, sa.Column("readable", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.drop_index(f"ix_{LOG}_subject", LOG)
    where = sa.text("readable")
    op.create_index(f"ix_{LOG}_subject", LOG, ["kind", "subject", "seq"], postgresql_where=where)
    op.create_index(f"ix_{LOG}_superseded", LOG, ["superseded_by"], postgresql_where=where)


def downgrade() -> None:
    op.drop_index(f"ix_{LOG}_superseded", LOG)
    op.drop_index(f"ix_{LOG}_subject", LOG)
    op.drop_column(LOG, "readable")
    op.create_index(f"ix_{LOG}_subject", LOG, ["kind", "subject", "seq"])
