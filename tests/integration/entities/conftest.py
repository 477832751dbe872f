"""What the tests of the entities share: users in their roles, and a few real rows."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pytest
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.intake import folder
from tests.integration.entities.visitors import Citizen, Person
from tests.remembered import MEMORY, remembered
from werkzeug.datastructures import FileStorage

Call = Callable[..., Any]


@pytest.fixture
def call(clean_site: None, test_request_context: Any) -> Call:
    """Call an action by its short name, as a user (None: a visitor), with the access checks on."""

    def run(action: str, user: str | None = None, **data: Any) -> Any:
        context = {"user": user or "", "ignore_auth": False}
        with test_request_context():
            return tk.get_action(f"gobiernoabierto_{action}")(context, data)

    return run


@pytest.fixture
@remembered
def sysadmin(clean_site: None) -> str:
    """The name of a sysadmin."""
    return factories.Sysadmin()["name"]


@pytest.fixture
@remembered
def territory(call: Call, sysadmin: str) -> None:
    """Three published municipalities of two departments."""
    for code, name in (("01", "Guatemala"), ("14", "Quiché")):
        call("department_create", sysadmin, code=code, name=name, visibility="published")
    for code, name, department, others in (
        ("0108", "Mixco", "01", []),
        ("0115", "Villa Nueva", "01", []),
        ("1413", "Santa María Nebaj", "14", ["Nebaj"]),
    ):
        call(
            "municipality_create",
            sysadmin,
            code=code,
            name=name,
            department=department,
            other_names=others,
            visibility="published",
        )


@pytest.fixture
@remembered
def chain(call: Call, sysadmin: str, territory: None) -> None:
    """Plan 3, its axis 3, commitment 11 and the institution that leads it, all published."""
    published = {"visibility": "published"}
    call(
        "plan_create",
        sysadmin,
        code="3",
        title="Tercer Plan",
        start="2016-08-15",
        end="2018-06-30",
        **published,
    )
    call("axis_create", sysadmin, code="3-3", plan="3", number=3, name="Participación Ciudadana", **published)
    call("institution_create", sysadmin, code="infom", name="Instituto de Fomento Municipal", **published)
    call(
        "commitment_create",
        sysadmin,
        code="3-11",
        plan="3",
        number=11,
        axis="3-3",
        title="Maratones de ideas",
        participations=[{"role": "lead", "institution": "infom"}, {"role": "support", "text": "entre otras"}],
        **published,
    )


@pytest.fixture
@remembered
def workshop(call: Call, sysadmin: str, chain: None) -> dict[str, Any]:
    """The ideatón of Villa Nueva, published."""
    return call(
        "workshop_create",
        sysadmin,
        code="ideaton-villa-nueva-2017",
        title="Ideatón de Villa Nueva",
        kind="idea_marathon",
        municipalities=["0115"],
        commitment="3-11",
        start_date="2017-05-27",
        state="held",
        visibility="published",
    )


@pytest.fixture
@remembered
def round_table(call: Call, sysadmin: str, chain: None) -> dict[str, Any]:
    """The first co-creation table of plan 3, published."""
    return call(
        "round_table_create",
        sysadmin,
        code="3-1-1",
        plan="3",
        round=1,
        number=1,
        theme="Participación",
        axis="3-3",
        start_date="2016-05-05",
        state="held",
        visibility="published",
    )


@pytest.fixture
@remembered
def problem(call: Call, sysadmin: str, workshop: dict[str, Any]) -> dict[str, Any]:
    """The first problem of Villa Nueva, published."""
    return call(
        "problem_create",
        sysadmin,
        title="Seguridad en la colonia",
        municipality="0115",
        workshop=workshop["code"],
        reported="2017-05-27",
        visibility="published",
    )


@pytest.fixture
@remembered
def idea(call: Call, sysadmin: str, problem: dict[str, Any]) -> dict[str, Any]:
    """The first idea of Villa Nueva, for its first problem, published."""
    return call(
        "idea_create",
        sysadmin,
        title="Un mapa de lámparas apagadas",
        municipality="0115",
        problem=problem["code"],
        reported="2017-05-27",
        visibility="published",
    )


@pytest.fixture
@remembered
def data_request(call: Call, sysadmin: str, problem: dict[str, Any]) -> dict[str, Any]:
    """The first request for data of Villa Nueva, for its first problem, published."""
    return call(
        "data_request_create",
        sysadmin,
        title="Lámparas apagadas por colonia",
        municipality="0115",
        problem=problem["code"],
        institution="infom",
        requested="2017-05-27",
        visibility="published",
    )


@pytest.fixture
@remembered
def invitation(call: Call, sysadmin: str, territory: None) -> dict[str, Any]:
    """The letter to Mixco, published."""
    return call(
        "invitation_create",
        sysadmin,
        code="ger-1530-2016",
        number="GER-1530-2016",
        municipality="0108",
        letter_date="2016-09-28",
        issuing_office="Gerencia General del INFOM",
        addressed_office="Alcaldía Municipal de Mixco",
        confirm_by="2016-10-04",
        phone="2422-1425",
        visibility="published",
    )


@pytest.fixture
@remembered
def milestone(call: Call, sysadmin: str, chain: None) -> dict[str, Any]:
    """The first milestone of commitment 11, published."""
    return call(
        "milestone_create",
        sysadmin,
        title="Ocho talleres realizados",
        commitment="3-11",
        visibility="published",
    )


@pytest.fixture
def organization_editor(call: Call, sysadmin: str) -> Callable[..., str]:
    """Make an organization with a role and return the name of an editor of it."""

    def made(capacity: str, role: dict[str, Any]) -> str:
        user = factories.User()["name"]
        organization = factories.Organization(users=[{"name": user, "capacity": capacity}])
        if role:
            call("organization_role_update", sysadmin, id=organization["id"], **role)
        return user

    def make(capacity: str = "editor", **role: Any) -> str:
        return MEMORY.run(f"organization's {capacity} {sorted(role.items())}", lambda: made(capacity, role))

    return make


@pytest.fixture
def person(app: Any, token_of: Callable[[str], str]) -> Callable[[str | None], Person]:
    """Return a function that signs somebody in; None is a visitor."""
    return lambda user: Person(app, {"Authorization": token_of(user)} if user else {})


@pytest.fixture
def officer(person: Callable[..., Person], organization_editor: Callable[..., str], chain: None) -> Person:
    """The officer of Villa Nueva."""
    return person(organization_editor(municipality="0115"))


@pytest.fixture
def admin(person: Callable[..., Person], sysadmin: str, chain: None) -> Person:
    """A sysadmin."""
    return person(sysadmin)


@pytest.fixture
def municipality(workshop: dict[str, Any], organization_editor: Callable[..., str]) -> str:
    """An editor of the workshop's municipality."""
    return organization_editor(municipality="0115")


@pytest.fixture
def get(app: Any, token_of: Callable[[str], str]) -> Callable[..., Any]:
    """Get an address as a user, or as a visitor."""

    def visit(path: str, user: str | None = None) -> Any:
        headers = {"Authorization": token_of(user)} if user else {}
        return app.get(path, headers=headers, follow_redirects=False)

    return visit


@pytest.fixture
def pdf() -> bytes:
    """The bytes of a small document."""
    return b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


@pytest.fixture
def sent(pdf: bytes) -> Callable[..., FileStorage]:
    """Make a file as a form sends it."""

    def make(content: bytes = pdf, name: str = "acta.pdf") -> FileStorage:
        return FileStorage(io.BytesIO(content), filename=name)

    return make


@pytest.fixture
def files(with_plugins: None) -> Callable[[], list[str]]:
    """List the private folder of the documents, which is empty at first."""
    place = config.documents_path()
    for name in folder.names_older_than(place, -1):
        folder.remove(place, name)
    return lambda: sorted(folder.names_older_than(place, -1))


@pytest.fixture
def add(call: Call, files: Any, sent: Any, workshop: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Add a document to the workshop, or to another entity."""

    def run(user: str, entity: str = "workshop", code: str | None = None, **values: Any) -> dict[str, Any]:
        data = {"title": "Acta del ideatón", "kind": "minutes", "upload": sent(), **values}
        return call("document_create", user, entity=entity, code=code or workshop["code"], **data)

    return run


# -- Open proposals -----------------------------------------------------------------------------------


@pytest.fixture
def open_site(clean_limits: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site takes proposals."""
    monkeypatch.setitem(tk.config, "ckanext.gobiernoabierto.proposals.open", True)


@pytest.fixture
def citizen(app: Any, open_site: None, chain: None) -> Citizen:
    """Somebody at home; the site takes proposals."""
    return Citizen(app)
