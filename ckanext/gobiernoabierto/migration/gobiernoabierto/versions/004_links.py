"""The mirror of the datasets' links, which a purged dataset takes along though CKAN calls no hook."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "004"
down_revision = "003"
branch_labels = None
depends_on = None

P = "gobiernoabierto_"
AFTER_PURGE = """
CREATE FUNCTION gobiernoabierto_after_package_purge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM gobiernoabierto_link WHERE package_id = OLD.id;
  INSERT INTO gobiernoabierto_history (happened, subject, code, verb, origin, changes)
  VALUES (now(), 'dataset', OLD.id, 'purge', 'database', '{}');
  RETURN NULL;
END
$$;
CREATE TRIGGER gobiernoabierto_after_purge AFTER DELETE ON package
FOR EACH ROW EXECUTE FUNCTION gobiernoabierto_after_package_purge();
"""


def upgrade() -> None:
    op.create_table(
        f"{P}link",
        sa.Column("package_id", sa.Text(), primary_key=True),
        sa.Column("entity", sa.Text(), primary_key=True),
        sa.Column("code", sa.Text(), primary_key=True),
    )
    op.create_index(f"ix_{P}link_entity_code", f"{P}link", ["entity", "code"])
    op.execute(AFTER_PURGE)


def downgrade() -> None:
    op.execute(f"DROP TRIGGER {P}after_purge ON package")
    op.execute(f"DROP FUNCTION {P}after_package_purge()")
    op.drop_table(f"{P}link")
