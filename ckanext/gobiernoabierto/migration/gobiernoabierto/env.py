"""Run our migrations against CKAN's database; ``ckan db upgrade -p gobiernoabierto`` comes here."""

from __future__ import annotations

from typing import Any

from alembic import context
from ckan.model.meta import metadata
from ckanext.gobiernoabierto.entities import codes, harvested, history, organization_role, registry  # noqa: F401
from ckanext.gobiernoabierto.feed import model as feed  # noqa: F401
from ckanext.gobiernoabierto.intake import staged_upload  # noqa: F401
from ckanext.gobiernoabierto.links import model as links  # noqa: F401
from sqlalchemy import engine_from_config, pool

NAME = "gobiernoabierto"
VERSION_TABLE = f"{NAME}_alembic_version"


def include_object(_object: Any, name: Any, type_: str, _reflected: bool, _compare_to: Any) -> bool:
    """Keep to our own tables: the rest of the database is CKAN's."""
    return type_ != "table" or (name.startswith(f"{NAME}_") and name != VERSION_TABLE)


def run() -> None:
    """Apply the migrations in one transaction."""
    section = context.config.get_section(context.config.config_ini_section)
    engine = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            version_table=VERSION_TABLE,
            include_object=include_object,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
