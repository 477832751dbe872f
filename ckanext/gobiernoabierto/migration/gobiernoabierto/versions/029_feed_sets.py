"""Who harvests one set of the feed is told what leaves it, also by being deleted."""

from __future__ import annotations

from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, index, texts

revision = "029"
down_revision = "028"
branch_labels = None
depends_on = None

FROM_REFS = """
UPDATE gobiernoabierto_feed_log SET sets = ARRAY(
  SELECT DISTINCT word
  FROM unnest(refs) AS ref, LATERAL (VALUES (ref), (split_part(ref, ':', 1))) AS named(word)
  WHERE split_part(ref, ':', 1) IN ('axis', 'commitment', 'municipality', 'organization') ORDER BY word
) WHERE kind = 'dataset'
"""
# what was deleted before has forgotten where it was: every set is told
OF_DELETED = """
UPDATE gobiernoabierto_feed_log SET sets = ARRAY(
  SELECT DISTINCT word FROM gobiernoabierto_feed_log, unnest(sets) AS word ORDER BY word
) WHERE kind = 'dataset' AND op = 'delete'
"""


def upgrade() -> None:
    op.add_column(f"{P}feed_log", texts("sets"))
    op.execute(FROM_REFS)
    op.execute(OF_DELETED)
    op.create_index(f"ix_{P}feed_log_sets", f"{P}feed_log", ["sets"], postgresql_using="gin")
    index("feed_log", "published")


def downgrade() -> None:
    op.drop_index(f"ix_{P}feed_log_published", f"{P}feed_log")
    op.drop_index(f"ix_{P}feed_log_sets", f"{P}feed_log")
    op.drop_column(f"{P}feed_log", "sets")
