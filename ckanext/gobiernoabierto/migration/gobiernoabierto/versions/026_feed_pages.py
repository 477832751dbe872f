"""What pages of the catalogue need: its header in the log, how many datasets there were, what it is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, instant, text, texts

revision = "026"
down_revision = "025"
branch_labels = None
depends_on = None

MARKS_THE_HEADER = """
CREATE FUNCTION gobiernoabierto_feed_marks_catalog() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO gobiernoabierto_feed_mark (kind, subject) VALUES ('catalog', 'catalog');
  RETURN NULL;
END
$$;
CREATE TRIGGER gobiernoabierto_feed_marks_catalog
AFTER INSERT OR UPDATE OR DELETE ON gobiernoabierto_organization_role
FOR EACH ROW EXECUTE FUNCTION gobiernoabierto_feed_marks_catalog();
INSERT INTO gobiernoabierto_feed_mark (kind, subject) VALUES ('catalog', 'catalog');
"""
COUNT_ALL = """
UPDATE gobiernoabierto_feed_log SET datasets = counted.number FROM (
  SELECT seq, sum(CASE WHEN kind <> 'dataset' THEN 0 WHEN op = 'create' THEN 1 WHEN op = 'delete' THEN -1
    ELSE 0 END) OVER (ORDER BY seq) AS number FROM gobiernoabierto_feed_log
) AS counted WHERE counted.seq = gobiernoabierto_feed_log.seq;
UPDATE gobiernoabierto_feed_state SET datasets = COALESCE(
  (SELECT datasets FROM gobiernoabierto_feed_log ORDER BY seq DESC LIMIT 1), 0);
"""


def upgrade() -> None:
    for table in ("log", "state"):
        op.add_column(
            f"{P}feed_{table}", sa.Column("datasets", sa.Integer(), server_default="0", nullable=False)
        )
    op.execute(COUNT_ALL)
    op.create_index(f"ix_{P}feed_log_refs", f"{P}feed_log", ["refs"], postgresql_using="gin")
    op.create_table(
        f"{P}feed_search",
        text("token", primary_key=True),
        texts("subjects"),
        instant("created"),
    )
    op.create_index(f"ix_{P}feed_search_created", f"{P}feed_search", ["created"])
    op.execute(MARKS_THE_HEADER)


def downgrade() -> None:
    op.execute(f"DROP TRIGGER {P}feed_marks_catalog ON {P}organization_role")
    op.execute(f"DROP FUNCTION {P}feed_marks_catalog()")
    op.execute("DELETE FROM gobiernoabierto_feed_mark WHERE kind = 'catalog'")
    op.drop_table(f"{P}feed_search")
    op.drop_index(f"ix_{P}feed_log_refs", f"{P}feed_log")
    for table in ("log", "state"):
        op.drop_column(f"{P}feed_{table}", "datasets")
