"""Why a dataset was taken back and what takes its place; and the forms of a dataset that its page carries."""

from __future__ import annotations

from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, instant, text

revision = "030"
down_revision = "029"
branch_labels = None
depends_on = None

FORGETS = """
CREATE FUNCTION gobiernoabierto_withdrawal_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    UPDATE gobiernoabierto_feed_withdrawal SET note = NULL WHERE package_id = OLD.id;
  ELSIF NEW.state = 'active' AND NOT NEW.private THEN
    DELETE FROM gobiernoabierto_feed_withdrawal WHERE package_id = NEW.id;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER gobiernoabierto_withdrawal_ends AFTER INSERT OR UPDATE OR DELETE ON package
FOR EACH ROW EXECUTE FUNCTION gobiernoabierto_withdrawal_ends();
"""


def upgrade() -> None:
    op.create_table(
        f"{P}feed_withdrawal",
        text("package_id", primary_key=True),
        text("reason"),
        text("note"),
        text("successor"),
        instant("said"),
    )
    op.create_table(
        f"{P}feed_prepared",
        text("subject", primary_key=True),
        text("schemaorg", nullable=False),
        text("croissant"),
    )
    op.execute(FORGETS)


def downgrade() -> None:
    op.execute(f"DROP TRIGGER {P}withdrawal_ends ON package")
    op.execute(f"DROP FUNCTION {P}withdrawal_ends()")
    op.drop_table(f"{P}feed_prepared")
    op.drop_table(f"{P}feed_withdrawal")
