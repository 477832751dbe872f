"""The migrations and the models say the same, and a migration can be taken back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ckan import model
from ckan.model.meta import metadata

OURS = "gobiernoabierto_"


def _ours(_object, name, kind, _reflected, _compare_to):
    return kind != "table" or (name.startswith(OURS) and not name.endswith("alembic_version"))


def _differences():
    with model.meta.engine.connect() as connection:
        options = {"compare_type": True, "include_object": _ours}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def test_the_migrated_tables_are_those_of_the_models(clean_site):
    """No column, index or key is in one and not in the other."""
    assert _differences() == []


@pytest.mark.long
def test_the_migrations_can_be_taken_back_and_applied_again(clean_site, migrate_db_for):
    """Down to nothing of ours, and up to the same tables."""
    model.Session.close()
    migrate_db_for("gobiernoabierto", forward=False, version="base")
    names = sa.inspect(model.meta.engine).get_table_names()
    assert [name for name in names if name.startswith(OURS) and not name.endswith("alembic_version")] == []
    migrate_db_for("gobiernoabierto")
    assert _differences() == []
