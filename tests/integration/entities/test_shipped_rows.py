"""The reference rows that the package ships: all of them are there, and nothing else."""

from __future__ import annotations

import csv

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.logic.reference import SHIPPED
from ckanext.gobiernoabierto.logic.reference.files import FILES


@pytest.fixture(autouse=True)
def request_context(shipped_site):
    """A request of a visitor on the site with the shipped rows."""
    with shipped_site.flask_app.test_request_context():
        yield
        model.Session.remove()


def show(entity, code):
    """Show an entity as a visitor."""
    return tk.get_action(f"gobiernoabierto_{entity}_show")({"user": ""}, {"code": code})


@pytest.mark.long
def test_every_row_of_every_file_is_loaded_and_published():
    """The tables hold as many rows as the shipped files, all public."""
    for file in FILES:
        with (SHIPPED / file.name).open(encoding="utf-8", newline="") as shipped:
            expected = len(list(csv.DictReader(shipped)))
        table = registry.entity_type(file.entity).table
        rows = sa.select(table.c.visibility, sa.func.count()).group_by(table.c.visibility)
        assert model.Session.execute(rows).all() == [("published", expected)]


@pytest.mark.long
def test_empty_cells_stay_unknown_and_sources_are_kept():
    """Nothing is invented for what no source tells."""
    commitment = show("commitment", "3-4")
    assert commitment["title"] is commitment["unofficial_title"] is commitment["title_en"] is None
    assert commitment["source"] == [
        "http://docplayer.es/64800553-Guatemala-informe-de-autoevaluacion-de-medio-termino-del-plan-de-accion-nacional-de-gobierno-abierto.html"
    ]
    assert show("workshop", "ideaton-villa-nueva-2017")["start_time"] is None
    assert all(show("municipality", code)["source"] for code in ("0101", "2217"))


def test_who_takes_part_is_kept_as_codes_and_as_texts():
    """All 231 participations are there: 36 of them are texts that name a group."""
    codes = model.Session.execute(sa.select(registry.entity_type("commitment").table.c.code)).scalars().all()
    every = [row for code in codes for row in show("commitment", code)["participations"]]
    assert len(every) == 231
    assert sum(row["institution"] is None for row in every) == 36
    assert all(row["text"] for row in every if row["institution"] is None)
