"""What the tests of a dataset's RDF share: an organization among linked entities, and its dataset."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ckan.tests.factories as factories
import pytest
from ckan import model
from ckan.tests.helpers import CKANTestApp, call_action
from ckanext.gobiernoabierto.entities import registry, store
from ckanext.gobiernoabierto.entities.base import DRAFT, PUBLISHED
from ckanext.gobiernoabierto.entities.history import Actor
from tests.remembered import remembered

EU = "http://publications.europa.eu/resource/authority/"
ROWS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("department", "01", {"name": "Guatemala", "iso_3166_2": "GT-01"}),
    ("municipality", "0108", {"name": "Mixco", "department": "01"}),
    ("municipality", "0115", {"name": "Villa Nueva", "department": "01"}),
    ("institution", "infom", {"name": "Instituto de Fomento Municipal"}),
    ("plan", "3", {"title": "Tercer Plan"}),
    ("axis", "3-3", {"plan": "3", "number": 3, "name": "Participación Ciudadana"}),
    ("axis", "3-4", {"plan": "3", "number": 4, "name": "Rendición de Cuentas"}),
    ("commitment", "3-1", {"plan": "3", "number": 1, "title_en": "Training"}),
    ("commitment", "3-11", {"plan": "3", "number": 11, "axis": "3-3", "title": "Maratones de ideas"}),
    (
        "workshop",
        "ideaton-villa-nueva-2017",
        {
            "title": "Ideatón de Villa Nueva",
            "kind": "idea_marathon",
            "state": "held",
            "start_date": dt.date(2017, 5, 27),
            "municipalities": ["0115"],
            "organizers": ["infom"],
        },
    ),
    ("workshop", "ideaton-mixco", {"title": "Ideatón de Mixco", "kind": "idea_marathon", "state": "planned"}),
    ("problem", "0115-P1", {"title": "Seguridad", "municipality": "0115", "state": "reported"}),
    ("invitation", "ger-1", {"number": "GER-1", "municipality": "0115", "state": "sent"}),
    ("milestone", "3-11-H1", {"title": "Ocho talleres", "commitment": "3-11", "state": "limited"}),
    ("idea", "0115-I1", {"title": "Un mapa", "municipality": "0115", "state": "received"}),
    ("data_request", "0115-D1", {"title": "Lámparas", "municipality": "0115", "state": "open"}),
    (
        "round_table",
        "4-2-1",
        {"plan": "3", "round": 2, "number": 1, "theme": "Transparencia", "state": "planned"},
    ),
)
DRAFTS = (("municipality", "0199", {"name": "CANARIO", "department": "01"}),)


@pytest.fixture(scope="module")
@remembered
def publisher(empty_app: CKANTestApp) -> dict[str, Any]:
    """The municipality that publishes, among a plan, its workshops and a draft."""
    for rows, visibility in ((ROWS, PUBLISHED), (DRAFTS, DRAFT)):
        for name, code, values in rows:
            store.create(registry.entity_type(name), code, values, visibility, Actor())
    model.Session.commit()
    made = factories.Organization(title="Municipalidad de Villa Nueva")
    role = {"municipality": "0115", "coordinator": True}
    call_action("gobiernoabierto_organization_role_update", id=made["id"], **role)
    return made


@pytest.fixture
def dataset(publisher: dict[str, Any]) -> dict[str, Any]:
    """A complete dataset, as ``package_show`` gives it."""
    return {
        "id": "8b2a1b6e-0000-4000-8000-000000000001",
        "name": "incidentes",
        "type": "dataset",
        "title": "Incidentes de seguridad",
        "notes": "Los que se denunciaron",
        "organization": {"id": publisher["id"], "name": publisher["name"], "title": "Nombre viejo"},
        "coverage": "municipal",
        "municipality": ["0115"],
        "workshop_origin": "workshop",
        "workshop": ["ideaton-villa-nueva-2017"],
        "commitment": ["3-11"],
        "axis": ["3-3"],
        "license_id": "CC-BY-4.0",
        "theme": [EU + "data-theme/JUST"],
        "language": [EU + "language/SPA"],
        "frequency": EU + "frequency/ANNUAL",
        "contact_name": "Unidad de Información Pública",
        "contact_email": "uip@example.gob.gt",
        "temporal_start": "2025-01-01",
        "temporal_end": "2025-12-31",
        "url": "https://example.org/origen",
        "tags": [{"name": "seguridad"}],
        "metadata_created": "2026-06-01T06:00:00.000001",
        "metadata_modified": "2026-06-02T06:00:00.000001",
        "resources": [
            {
                "id": "8b2a1b6e-0000-4000-8000-000000000002",
                "package_id": "8b2a1b6e-0000-4000-8000-000000000001",
                "name": "Incidentes",
                "description": "Una fila por denuncia",
                "url": "http://test.ckan.net/d1.csv",
                "url_type": "upload",
                "format": "CSV",
                "size": 1234,
                "hash": "ab" * 32,
                "created": "2026-06-01T06:00:00.000001",
                "metadata_modified": "2026-06-01T06:00:00.000001",
            }
        ],
    }
