"""The home page and what the footer offers."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import ckan.tests.factories as factories
import pytest
from ckan.lib.search import SearchError
from ckan.tests.helpers import call_action


@pytest.mark.usefixtures("clean_site")
def test_home_shows_what_the_public_may_see(app: Any) -> None:
    """Figures count what is published; a private dataset is neither counted nor named."""
    call_action("gobiernoabierto_plan_create", code="3", title="Tercer Plan", visibility="published")
    call_action("gobiernoabierto_plan_create", code="9", title="Un plan secreto", visibility="draft")
    axis = {"code": "3-1", "plan": "3", "number": 1, "name": "Acceso", "visibility": "published"}
    call_action("gobiernoabierto_axis_create", **axis)
    organization = factories.Organization(title="Municipalidad de Villa Nueva")["id"]
    fields = {"owner_org": organization, "coverage": "national", "workshop_origin": "none", "axis": ["3-1"]}
    factories.Dataset(title="Alumbrado", **fields)
    factories.Dataset(title="Guardado", private=True, **fields)
    body = app.get("/").body
    assert "Alumbrado" in body
    assert "Municipalidad de Villa Nueva" in body
    assert "Guardado" not in body
    figures = dict(re.findall(r'href="([^"]+)"><strong>([^<]+)</strong>', body))
    assert figures["/planes"] == "1"
    assert figures["/dataset/"] == "1"


@pytest.mark.usefixtures("clean_site")
def test_home_reads_postgresql_alone_and_little_of_it(app: Any, monkeypatch: Any, queries: Any) -> None:
    """It answers while Solr does not, which the catalogue's search cannot."""

    def broken(**_options: Any) -> None:
        raise SearchError("no Solr")

    monkeypatch.setattr("ckan.lib.search.query.make_connection", broken)
    with pytest.raises(SearchError):
        call_action("package_search")
    app.get("/")
    with queries() as sent:
        assert app.get("/").status_code == 200
    assert len(sent) <= 4, sent


@pytest.mark.usefixtures("with_plugins")
def test_the_source_of_what_runs_can_be_had(app: Any) -> None:
    """The AGPL's section 13: every template, schema and migration, and nothing of the place."""
    archive = zipfile.ZipFile(io.BytesIO(app.get("/codigo-fuente.zip").data))
    names = archive.namelist()
    assert len(names) == len(set(names))
    for name in (
        "ckanext/gobiernoabierto/plugin.py",
        "ckanext/gobiernoabierto/templates/header.html",
        "ckanext/gobiernoabierto/schemas/plan.yaml",
        "ckanext/gobiernoabierto/migration/gobiernoabierto/versions/001_entities.py",
    ):
        assert name in names
    assert not [name for name in names if name.endswith(".pyc") or ".git" in name]
