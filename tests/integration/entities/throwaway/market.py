"""A whole new entity: what a maintainer would add, and then what comes of it, printed as JSON.

It is a program of its own (``python market.py INI``): the registry is read when CKAN loads the plugin.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import sqlalchemy as sa
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.base import BaseModel, Entity, EntityType, references, text_list


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
    Market.__table__.create(model.meta.engine)
    try:
        print(json.dumps(use(client)))  # noqa: T201
    finally:
        model.Session.close()
        Market.__table__.drop(model.meta.engine)


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
    for path in ("mercados", "mercados.csv", "mercado/central", "mercado/central.json", "municipio/0115"):
        answer = client.get(f"/{path}")
        found[path] = [answer.status_code, answer.get_data(as_text=True)]
    call("delete", code="central", version=2)
    found["deleted"] = client.get("/mercado/central").status_code
    return found


if __name__ == "__main__":
    main()
