"""A whole new entity: what a maintainer would add, and then what comes of it, printed as JSON.

It is a program of its own (``python market.py INI``): the registry is read when CKAN loads the plugin.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import migration
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.base import BaseModel, Entity, EntityType, references, text_list

PATHS = (
    *("mercados", "mercados.csv", "mercado/central", "mercado/central.json", "municipio/0115"),
    *("buscar?q=mercado", "api/3/action/gobiernoabierto_autocomplete?entity=market&q=central"),
)


class Market(Entity, BaseModel):
    """A market of a municipality."""

    __tablename__ = "gobiernoabierto_market"

    name = sa.Column(sa.Text, nullable=False)
    municipality = references("municipality", nullable=False)
    days = text_list()


class MarketType(EntityType):
    """The type of markets: its schema stands beside this file."""

    schema = str(Path(__file__).with_name("market.yaml"))


MARKET = MarketType(
    name="market",
    model=Market,
    path="mercado",
    list_path="mercados",
    title=("name",),
    owners={"municipality": "municipality"},
)
registry.ENTITY_TYPES += (MARKET,)


def main() -> None:
    """Load CKAN with the new entity, use it in every way, and print what came of each."""
    from ckan import model
    from ckan.cli import load_config
    from ckan.config.middleware import make_app
    from ckan.tests.helpers import CKANTestApp

    client = CKANTestApp(make_app(load_config(sys.argv[1]))).test_client()
    with migrated(model.meta.engine) as differences:
        print(json.dumps({**use(client), "differences": differences}))  # noqa: T201
        model.Session.close()


@contextmanager
def migrated(engine: sa.engine.Engine) -> Iterator[list[str]]:
    """Apply the migration while it lasts, and give what the table has that the model has not, or lacks."""
    from ckan import model

    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        migration.upgrade()
    try:
        with engine.connect() as connection:
            found = compare_metadata(MigrationContext.configure(connection), BaseModel.metadata)
        yield [str(each) for each in found if Market.__tablename__ in str(each)]
    finally:
        model.Session.close()
        with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
            migration.downgrade()


def administrator() -> dict[str, str]:
    """Return what a sysadmin sends with a request."""
    import ckan.plugins.toolkit as tk
    from ckan.tests import factories

    asked = {"user": factories.Sysadmin()["name"], "name": "test", "expires_in": 1, "unit": 86_400}
    return {
        "Authorization": tk.get_action("api_token_create")({"ignore_auth": True, "user": ""}, asked)["token"]
    }


def use(client) -> dict:
    """Write and read a market by actions and addresses; return what each answered."""
    import ckan.plugins.toolkit as tk

    def call(verb: str, entity: str = "market", **data):
        return tk.get_action(f"gobiernoabierto_{entity}_{verb}")({"ignore_auth": True, "user": ""}, data)

    public = {"visibility": "published"}
    call("create", "department", code="01", name="Guatemala", **public)
    call("create", "municipality", code="0115", name="Villa Nueva", department="01", **public)
    call("create", code="central", name="Mercado Central", municipality="0115", days=["jueves"], **public)
    call("create", code="borrador", name="Borrador", municipality="0115")
    call("update", code="central", version=1, days=["jueves", "domingo"])
    found = {
        "show": call("show", code="central")["days"],
        "history": [row["verb"] for row in call("history", code="central")],
        "list": tk.get_action("gobiernoabierto_market_list")({"user": ""}, {"municipality": "0115"})["count"],
    }
    try:
        call("delete", "municipality", code="0115", version=1)
    except tk.ValidationError as error:
        found["in use"] = error.error_dict["code"][0]
    answers = {path: client.get(f"/{path}") for path in PATHS}
    found["pages"] = {path: [each.status_code, each.get_data(as_text=True)] for path, each in answers.items()}
    found["workbook"] = client.get("/mercados.xlsx").mimetype
    found["form"] = client.get("/mercado/_nuevo", headers=administrator()).get_data(as_text=True)
    call("delete", code="central", version=2)
    found["deleted"] = client.get("/mercado/central").status_code
    return found


if __name__ == "__main__":
    main()
