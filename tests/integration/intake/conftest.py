"""An officer of an organization, and what she sends."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup
from ckan.tests import factories
from ckanext.gobiernoabierto import config
from tests.remembered import remembered
from werkzeug.datastructures import FileStorage

CSV = "municipio,inversión\n0115,1200\n".encode()


@pytest.fixture
def csv():
    """The bytes of a small file."""
    return CSV


def headers_of(user: dict[str, Any]) -> dict[str, str]:
    """Return the headers of a request in the user's name, which need no CSRF token."""
    token = tk.get_action("api_token_create")(
        {"ignore_auth": True}, {"user": user["name"], "name": "test", "expires_in": 1, "unit": 86400}
    )
    return {"Authorization": token["token"]}


@pytest.fixture
def empty_folder(with_plugins) -> None:
    """No file of an earlier test."""
    shutil.rmtree(config.uploads_path(), ignore_errors=True)


@pytest.fixture
@remembered
def officer(clean_site, empty_folder) -> dict[str, Any]:
    """A user who edits for one organization, with an API token."""
    user = factories.User()
    organization = factories.Organization(users=[{"name": user["name"], "capacity": "editor"}])
    return {**user, "organization": organization, "headers": headers_of(user)}


@pytest.fixture
@remembered
def colleague(officer) -> dict[str, Any]:
    """Another editor of the same organization."""
    user = factories.User()
    tk.get_action("organization_member_create")(
        {"ignore_auth": True},
        {"id": officer["organization"]["id"], "username": user["name"], "role": "editor"},
    )
    return {**user, "headers": headers_of(user)}


@pytest.fixture
@remembered
def sysadmin(clean_site) -> dict[str, Any]:
    """Who may see everything."""
    user = factories.Sysadmin()
    return {**user, "headers": headers_of(user)}


@pytest.fixture
def sent():
    """Make a file as a form sends it."""

    def make(content: bytes = CSV, name: str = "datos.csv") -> FileStorage:
        return FileStorage(io.BytesIO(content), filename=name)

    return make


@pytest.fixture
def private_files():
    """List the names in the private folder."""

    def names() -> list[str]:
        place = config.uploads_path()
        return sorted(path.name for path in place.iterdir()) if place.is_dir() else []

    return names


@pytest.fixture
def stored():
    """Read the bytes that CKAN has stored for a resource."""

    def read(resource_id: str) -> bytes:
        folder = Path(tk.config["ckan.storage_path"]) / "resources"
        return (folder / resource_id[:3] / resource_id[3:6] / resource_id[6:]).read_bytes()

    return read


@pytest.fixture
def form_of():
    """Return what a browser would send back of the page's form: {name: value or list of values}."""

    def read(html: str) -> dict[str, Any]:
        found = BeautifulSoup(html, "html.parser").select_one("form[enctype], #dataset-edit")
        values: dict[str, Any] = {}
        for field in found.select("input[name], textarea[name], select[name]"):
            for value in _sent_by(field):
                values.setdefault(field["name"], []).append(value)
        return {name: each[0] if len(each) == 1 else each for name, each in values.items()}

    return read


def _sent_by(field: Any) -> list[str]:
    if field.name == "textarea":
        return [field.get_text().removeprefix("\n")]
    if field.name == "select":
        chosen = [option["value"] for option in field.select("option[selected]")]
        first = field.select_one("option")
        return chosen or ([first["value"]] if first and not field.has_attr("multiple") else [])
    if field.get("type") in ("file", "submit", "button"):
        return []
    if field.get("type") in ("checkbox", "radio") and not field.has_attr("checked"):
        return []
    return [field.get("value", "")]


@pytest.fixture
def chain(officer) -> None:
    """Villa Nueva and its idea marathon, commitment 3-11 and its axis 3-3: all that a dataset links."""
    published = {"visibility": "published"}

    def create(entity: str, code: str, **values: Any) -> None:
        action = tk.get_action(f"gobiernoabierto_{entity}_create")
        action({"ignore_auth": True, "user": ""}, {"code": code, **published, **values})

    create("department", "01", name="Guatemala")
    create("municipality", "0115", name="Villa Nueva", department="01")
    create("municipality", "0108", name="Mixco", department="01")
    create("plan", "3", title="Tercer Plan")
    create("axis", "3-3", plan="3", number=3, name="Participación Ciudadana")
    create("axis", "3-4", plan="3", number=4, name="Transparencia Fiscal")
    create("commitment", "3-11", plan="3", number=11, axis="3-3", title="Ideatones")
    create(
        "workshop", "ideaton-villa-nueva-2017", title="Ideatón de Villa Nueva", kind="idea_marathon",
        state="held", start_date="2017-05-27", municipalities=["0115"], commitment="3-11",
    )  # fmt: skip
    tk.get_action("gobiernoabierto_organization_role_update")(
        {"ignore_auth": True, "user": ""}, {"id": officer["organization"]["id"], "municipality": "0115"}
    )


@pytest.fixture
def filled(chain) -> dict[str, Any]:
    """What an officer types to publish."""
    return {
        "title": "Inversión municipal de Villa Nueva 2017",
        "notes": "Lo que la municipalidad invirtió en lo que pidió el ideatón.",
        "municipality": ["0115"],
        "workshop": ["ideaton-villa-nueva-2017"],
        "commitment": ["3-11"],
    }


@pytest.fixture
def post(app, officer):
    """Send the page's form as the officer; lists are sent as several values."""

    def send(form, content=None, name="datos.csv", save="publish", path="/publicar", person=None):
        data = {key: value for key, value in form.items() if value is not None}
        if content is not None:
            data["upload"] = (io.BytesIO(content), name)
        headers = (person or officer)["headers"]
        return app.post(
            path,
            data={**data, "save": save},
            headers=headers,
            content_type="multipart/form-data",
            follow_redirects=False,
        )

    return send


@pytest.fixture
def datasets():
    """List all datasets of the database, or those with these values."""

    def rows(**filters: Any) -> list[model.Package]:
        model.Session.expire_all()
        return model.Session.query(model.Package).filter_by(type="dataset", **filters).all()

    return rows


@pytest.fixture
def shown():
    """Return a dataset as everybody sees it."""
    return lambda id: tk.get_action("package_show")({"user": ""}, {"id": id})


@pytest.fixture
def received():
    """Return what a page says of the file that came with an earlier post."""

    def said(answer: Any) -> str:
        found = BeautifulSoup(answer.body, "html.parser").select_one(".ga-received")
        return " ".join(found.get_text().split()) if found else ""

    return said


@pytest.fixture
def errors_of():
    """Return {field: message} as a page's summary says it."""

    def said(answer: Any) -> dict[str, str]:
        links = BeautifulSoup(answer.body, "html.parser").select("#errors li")
        return {link.a["href"].removeprefix("#field-"): link.get_text() for link in links}

    return said
