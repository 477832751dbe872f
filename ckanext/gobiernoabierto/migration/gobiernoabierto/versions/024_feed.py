"""The log of published fragments, and the triggers that mark what changed, whoever changes it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, instant, marks_feed, text, texts

revision = "024"
down_revision = "023"
branch_labels = None
depends_on = None

MARKS = """
CREATE FUNCTION gobiernoabierto_feed_marks_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD *= NEW THEN
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' AND OLD.{column} IS NOT NULL THEN
    INSERT INTO gobiernoabierto_feed_mark (kind, subject) VALUES (TG_ARGV[0], OLD.{column});
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.{column} IS NOT NULL
    AND (TG_OP = 'INSERT' OR NEW.{column} IS DISTINCT FROM OLD.{column}) THEN
    INSERT INTO gobiernoabierto_feed_mark (kind, subject) VALUES (TG_ARGV[0], NEW.{column});
  END IF;
  RETURN NULL;
END
$$;
"""
MARKS_OF_DOCUMENTS = """
CREATE FUNCTION gobiernoabierto_feed_marks_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO gobiernoabierto_feed_mark (kind, subject) VALUES (OLD.entity, OLD.code);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO gobiernoabierto_feed_mark (kind, subject) VALUES (NEW.entity, NEW.code);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER gobiernoabierto_feed_marks AFTER INSERT OR UPDATE OR DELETE ON gobiernoabierto_document
FOR EACH ROW EXECUTE FUNCTION gobiernoabierto_feed_marks_document();
"""
MARKS_OF_TAGS = """
CREATE FUNCTION gobiernoabierto_feed_marks_tag() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO gobiernoabierto_feed_mark (kind, subject)
  SELECT 'dataset', package_id FROM package_tag WHERE tag_id = NEW.id;
  RETURN NULL;
END
$$;
CREATE TRIGGER gobiernoabierto_feed_marks AFTER UPDATE ON tag
FOR EACH ROW EXECUTE FUNCTION gobiernoabierto_feed_marks_tag();
"""
OF_DATASETS = {
    "package": "id",
    "resource": "package_id",
    "package_extra": "package_id",
    "package_tag": "package_id",
    f"{P}link": "package_id",
}
OF_ORGANIZATIONS = {"group": "id", f"{P}organization_role": "organization_id"}
ENTITIES = (
    *("department", "municipality", "institution", "plan", "axis", "commitment", "workshop", "round_table"),
    *("problem", "idea", "data_request", "invitation", "milestone"),
)
ROWS = {
    "commitment": ("participation", "evidence"),
    "workshop": ("municipality", "organizer", "attendance"),
    "problem": ("answer", "evidence"),
    "idea": ("answer", "evidence"),
    "milestone": ("evidence",),
}
COLUMNS = ("id", "package_id", "organization_id", "code", "parent")


def _watched() -> list[tuple[str, str, str]]:
    """Return (table, kind, column) of all tables whose changes are marked; CKAN 2.12 has no package_extra."""
    there = sa.inspect(op.get_bind()).get_table_names()
    datasets = [(table, "dataset", column) for table, column in OF_DATASETS.items() if table in there]
    organizations = [(table, "organization", column) for table, column in OF_ORGANIZATIONS.items()]
    entities = [(f"{P}{kind}", kind, "code") for kind in ENTITIES]
    rows = [(f"{P}{kind}_{row}", kind, "parent") for kind, names in ROWS.items() for row in names]
    return [*datasets, *organizations, *entities, *rows]


def upgrade() -> None:
    op.create_table(
        f"{P}feed_mark",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        text("kind", nullable=False),
        text("subject", nullable=False),
        sa.Column("turn", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("marked", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index(f"ix_{P}feed_mark_turn", f"{P}feed_mark", ["turn", "id"])
    op.create_index(f"ix_{P}feed_mark_subject", f"{P}feed_mark", ["kind", "subject"])
    _log()
    op.create_table(
        f"{P}feed_state",
        sa.Column("id", sa.SmallInteger(), sa.CheckConstraint("id = 1"), primary_key=True),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("readable_from", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("flushed", sa.TIMESTAMP(timezone=True)),
        text("fingerprint"),
    )
    op.create_table(
        f"{P}feed_left_out",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        text("kind", nullable=False),
        text("subject", nullable=False),
        text("field"),
        text("value", nullable=False),
        text("reason", nullable=False),
        instant("noticed"),
    )
    op.create_index(f"ix_{P}feed_left_out_subject", f"{P}feed_left_out", ["kind", "subject"])
    for column in COLUMNS:
        op.execute(MARKS.format(column=column))
    for table, kind, column in _watched():
        marks_feed(table, kind, column)
    op.execute(MARKS_OF_DOCUMENTS)
    op.execute(MARKS_OF_TAGS)


def _log() -> None:
    op.create_table(
        f"{P}feed_log",
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        text("kind", nullable=False),
        text("subject", nullable=False),
        text("name", nullable=False),
        text("address", nullable=False),
        text("op", nullable=False),
        instant("published"),
        sa.Column("superseded_by", sa.BigInteger()),
        sa.Column("body", sa.LargeBinary()),
        text("sha256"),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("triples", sa.Integer(), nullable=False),
        text("fingerprint", nullable=False),
        texts("refs"),
        texts("named"),
    )
    op.create_index(f"ix_{P}feed_log_subject", f"{P}feed_log", ["kind", "subject", "seq"])
    op.create_index(
        f"ix_{P}feed_log_last",
        f"{P}feed_log",
        ["kind", "subject"],
        unique=True,
        postgresql_where=sa.text("superseded_by IS NULL"),
    )


def downgrade() -> None:
    tables = [table for table, _kind, _column in _watched()]
    for table in (*tables, f"{P}document", "tag"):
        op.execute(f'DROP TRIGGER {P}feed_marks ON "{table}"')
    for name in (*COLUMNS, "document", "tag"):
        op.execute(f"DROP FUNCTION {P}feed_marks_{name}()")
    for table in ("left_out", "state", "log", "mark"):
        op.drop_table(f"{P}feed_{table}")
