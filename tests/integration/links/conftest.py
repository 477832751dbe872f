"""What the tests of links stand on: a few entities, an organization, and a way to make datasets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pytest
from ckan import model
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.links.model import LINKED
from tests.remembered import remembered

ENTITIES = (
    ("department", "01", {"name": "Guatemala"}),
    ("department", "13", {"name": "Huehuetenango"}),
    ("municipality", "0115", {"name": "Villa Nueva", "department": "01"}),
    ("municipality", "0108", {"name": "Mixco", "department": "01"}),
    ("municipality", "1307", {"name": "Jacaltenango", "department": "13"}),
    ("plan", "3", {"title": "Tercer Plan de Acción"}),
    ("axis", "3-1", {"plan": "3", "number": 1, "name": "Acceso a la Información Pública"}),
    ("axis", "3-3", {"plan": "3", "number": 3, "name": "Participación Ciudadana"}),
    ("commitment", "3-1", {"plan": "3", "number": 1, "title": "Archivos", "axis": "3-1"}),
    ("commitment", "3-11", {"plan": "3", "number": 11, "title": "Maratones de ideas", "axis": "3-3"}),
    ("commitment", "3-12", {"plan": "3", "number": 12, "title": "Sin eje conocido"}),
    (
        "workshop",
        "ideaton-villa-nueva-2017",
        {
            "title": "Ideatón de Villa Nueva",
            "kind": "idea_marathon",
            "municipalities": ["0115"],
            "state": "held",
            "start_date": "2017-05-27",
        },
    ),
    (
        "workshop",
        "ideaton-jacaltenango-2017",
        {"title": "Encuentro", "kind": "idea_marathon", "municipalities": ["1307"], "state": "planned"},
    ),
    ("problem", "0115-P1", {"title": "Calles oscuras", "municipality": "0115"}),
    ("problem", "1307-P1", {"title": "Falta de agua", "municipality": "1307"}),
    ("idea", "0115-I1", {"title": "Mapa de luminarias", "municipality": "0115", "problem": "0115-P1"}),
    ("idea", "1307-I1", {"title": "Cosecha de lluvia", "municipality": "1307", "problem": "1307-P1"}),
    ("data_request", "0115-D1", {"title": "Recibos de luz", "municipality": "0115", "problem": "0115-P1"}),
)


@pytest.fixture
@remembered
def sysadmin(clean_site: None) -> str:
    """The name of a sysadmin."""
    return factories.Sysadmin()["name"]


@pytest.fixture
def call(sysadmin: str) -> Callable[..., Any]:
    """Call an action as a sysadmin, or as another user: ``call(name, values, user=name)``."""

    def call(action: str, values: dict[str, Any] | None = None, user: str = sysadmin, **more: Any) -> Any:
        context = {"user": user, "auth_user_obj": model.User.get(user)}
        return tk.get_action(action)(context, {**(values or {}), **more})

    return call


@pytest.fixture
@remembered
def entities(call: Callable[..., Any]) -> None:
    """A few published entities of every kind that a dataset may name."""
    for entity, code, values in ENTITIES:
        given = {} if registry.entity_type(entity).numbered else {"code": code}
        made = call(f"gobiernoabierto_{entity}_create", {"visibility": "published", **given, **values})
        assert made["code"] == code


@pytest.fixture
@remembered
def organization(clean_site: None) -> dict[str, Any]:
    """The organization of the municipality, with an editor named in ``editor``."""
    editor = factories.User()
    made = factories.Organization(users=[{"name": editor["name"], "capacity": "editor"}])
    return {**made, "editor": editor["name"]}


@pytest.fixture
def fields(entities: None, organization: dict[str, Any]) -> dict[str, Any]:
    """The fields of a dataset that may be published."""
    return {
        "title": "Alumbrado público",
        "notes": "Luminarias por colonia.",
        "owner_org": organization["id"],
        "municipality": ["0115"],
        "workshop": ["ideaton-villa-nueva-2017"],
        "commitment": ["3-11"],
    }


@pytest.fixture
def linked(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a dataset that names one entity of every kind."""
    said = {"problem": ["0115-P1"], "idea": ["0115-I1"], "data_request": ["0115-D1"]}
    linked = {**fields, **said, "axis": ["3-3"]}
    lacking = [name for name in LINKED if len(linked.get(name, ())) != 1]
    assert not lacking, f"linked: one code of {lacking}, and the thing itself in ENTITIES"
    return linked


@pytest.fixture
@remembered
def dataset(call: Callable[..., Any], fields: dict[str, Any]) -> dict[str, Any]:
    """A published dataset with links."""
    return call("package_create", fields)
