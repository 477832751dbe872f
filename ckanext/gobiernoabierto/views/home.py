"""The home page: what this is, three ways in, what is new, and figures that lead to their lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckanext.gobiernoabierto.entities import forms, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from flask import Blueprint

home_page = Blueprint("gobiernoabierto_home", __name__)

NEWEST = 5


@dataclass(frozen=True)
class Figure:
    """A number and the list that it counts."""

    label: str
    count: int
    address: str


def _public_datasets() -> Any:
    package = model.Package
    return sa.and_(package.state == "active", package.private.is_(False), package.type == "dataset")


def figures() -> list[Figure]:
    """Return how many there are of each kind that a visitor can see: one query."""
    parts = [
        sa.select(sa.literal(e.name).label("kind"), sa.func.count().label("number"))
        .select_from(e.table)
        .where(e.table.c.visibility == PUBLISHED)
        for e in registry.ENTITY_TYPES
    ]
    datasets = sa.select(sa.literal("dataset"), sa.func.count()).select_from(model.Package)
    parts.append(datasets.where(_public_datasets()))
    counted = {row.kind: row.number for row in model.Session.execute(sa.union_all(*parts))}
    shown = [
        Figure(forms.form_schema(e)["plural"], counted[e.name], tk.url_for(f"gobiernoabierto.{e.name}_list"))
        for e in registry.ENTITY_TYPES
    ]
    return [Figure(tk._("Datasets"), counted["dataset"], tk.url_for("dataset.search")), *shown]


def newest() -> list[Any]:
    """Return the public datasets that came last, with who publishes them: one query."""
    package, group = model.Package, model.Group
    statement = (
        sa.select(
            package.name,
            package.title,
            group.title.label("organization"),
            package.metadata_created.label("published"),
        )
        .outerjoin(group, group.id == package.owner_org)
        .where(_public_datasets())
        .order_by(package.metadata_created.desc(), package.name)
        .limit(NEWEST)
    )
    return list(model.Session.execute(statement))


@home_page.route("/gobierno-abierto", methods=["GET"])
def open_government() -> str:
    """Return the page that says what Open Government is here, and who to ask."""
    return tk.render("gobiernoabierto/about.html")


@home_page.route("/", methods=["GET"])
def index() -> str:
    """Return the home page."""
    return tk.render("home/index.html", {"figures": figures(), "newest": newest()})
