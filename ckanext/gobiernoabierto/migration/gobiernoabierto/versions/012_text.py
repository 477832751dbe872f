"""The full text of the entities: what people call them, in Spanish, without accents, kept by triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from ckanext.gobiernoabierto.migration.tables import P, searchable, text
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "012"
down_revision = "011"
branch_labels = None
depends_on = None

CONFIGURATION = """
CREATE TEXT SEARCH CONFIGURATION gobiernoabierto_es (COPY = spanish);
ALTER TEXT SEARCH CONFIGURATION gobiernoabierto_es
  ALTER MAPPING FOR hword, hword_part, word WITH unaccent, spanish_stem;
"""
FOLLOWS = """
CREATE FUNCTION gobiernoabierto_text_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kind text := TG_ARGV[0];
  fields jsonb;
  called text;
  also text;
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM gobiernoabierto_text WHERE entity = kind AND code = OLD.code;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN NULL;
  END IF;
  fields := to_jsonb(NEW);
  SELECT string_agg(fields ->> name, ' ') INTO called FROM unnest(string_to_array(TG_ARGV[1], ',')) AS name;
  SELECT string_agg(fields ->> name, ' ') INTO also FROM unnest(string_to_array(TG_ARGV[2], ',')) AS name;
  INSERT INTO gobiernoabierto_text (entity, code, published, document) VALUES (
    kind, NEW.code, NEW.visibility = 'published',
    setweight(to_tsvector('simple', replace(NEW.code, '-', ' ')), 'A')
    || setweight(to_tsvector('gobiernoabierto_es', coalesce(called, '')), 'A')
    || setweight(to_tsvector('gobiernoabierto_es', coalesce(also, '')), 'C')
  );
  RETURN NULL;
END
$$;
"""
KINDS = {
    "department": ("name", ""),
    "municipality": ("name,other_names", ""),
    "institution": ("name,initials,other_names", ""),
    "plan": ("title,period", "description"),
    "axis": ("name,other_names", ""),
    "commitment": ("title,unofficial_title,title_en,ogp_id", "objective,description"),
    "workshop": ("title", "place"),
    "round_table": ("theme", "place"),
    "problem": ("title", "description"),
    "idea": ("title", "description"),
    "invitation": ("number", "issuing_office,addressed_office"),
    "milestone": ("title", ""),
}
"""{kind: (columns with what it is called, columns with more about it)}"""


def upgrade() -> None:
    op.execute(CONFIGURATION)
    op.create_table(
        f"{P}text",
        text("entity", primary_key=True),
        text("code", primary_key=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("document", TSVECTOR(), nullable=False),
    )
    op.create_index(f"ix_{P}text_document", f"{P}text", ["document"], postgresql_using="gin")
    op.execute(FOLLOWS)
    for kind, (called, also) in KINDS.items():
        searchable(kind, called, also)


def downgrade() -> None:
    for kind in KINDS:
        op.execute(f"DROP TRIGGER {P}text_follows ON {P}{kind}")
    op.execute(f"DROP FUNCTION {P}text_follows()")
    op.drop_table(f"{P}text")
    op.execute("DROP TEXT SEARCH CONFIGURATION gobiernoabierto_es")
