"""What the tests of the feed share: linked entities, an organization and its dataset."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from typing import Any

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import psycopg2
import pyoxigraph
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.entities import registry, store
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.history import Actor
from ckanext.gobiernoabierto.feed import flush as flushing
from ckanext.gobiernoabierto.feed import wake
from ckanext.gobiernoabierto.feed.model import Entry, Mark
from lxml import etree
from tests.remembered import remembered

ROWS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("department", "01", {"name": "Guatemala", "iso_3166_2": "GT-01"}),
    ("municipality", "0108", {"name": "Mixco", "department": "01"}),
    ("municipality", "0115", {"name": "Villa Nueva", "department": "01"}),
    ("institution", "infom", {"name": "Instituto de Fomento Municipal"}),
    ("plan", "3", {"title": "Tercer Plan"}),
    ("axis", "3-3", {"plan": "3", "number": 3, "name": "Participación Ciudadana"}),
    (
        "commitment",
        "3-11",
        {
            "plan": "3",
            "number": 11,
            "axis": "3-3",
            "title": "Maratones de ideas",
            "participations": [{"role": "lead", "institution": "infom"}],
        },
    ),
    (
        "workshop",
        "ideaton-villa-nueva-2017",
        {
            "title": "Ideatón de Villa Nueva",
            "kind": "idea_marathon",
            "state": "held",
            "municipalities": ["0115"],
            "organizers": ["infom"],
        },
    ),
    ("problem", "0115-P1", {"title": "Calles oscuras", "municipality": "0115", "state": "reported"}),
)


@pytest.fixture(autouse=True)
def patient_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers wait until all is flushed, however slow the machine is."""
    monkeypatch.setattr(wake, "READER_SECONDS", 30.0)


@pytest.fixture
@remembered
def entities(clean_site: None) -> None:
    """A published entity of most kinds that a dataset may name."""
    for name, code, values in ROWS:
        store.create(registry.entity_type(name), code, values, PUBLISHED, Actor())
    model.Session.commit()


@pytest.fixture
@remembered
def sysadmin(clean_site: None) -> str:
    """The name of a sysadmin."""
    return factories.Sysadmin()["name"]


@pytest.fixture
def call(sysadmin: str) -> Callable[..., Any]:
    """Call an action as a sysadmin."""

    def call(action: str, **values: Any) -> Any:
        context = {"user": sysadmin, "auth_user_obj": model.User.get(sysadmin)}
        return tk.get_action(action)(context, values)

    return call


@pytest.fixture
@remembered
def organization(clean_site: None) -> dict[str, Any]:
    """The organization that publishes."""
    return factories.Organization(title="Municipalidad de Villa Nueva")


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
        "license_id": "CC-BY-4.0",
        "tags": [{"name": "alumbrado"}],
        "resources": [{"url": "https://example.org/a.csv", "name": "Luminarias", "format": "CSV"}],
    }


@pytest.fixture
@remembered
def dataset(call: Callable[..., Any], fields: dict[str, Any]) -> dict[str, Any]:
    """A published dataset."""
    return call("package_create", **fields)


@pytest.fixture
def stored() -> Callable[..., None]:
    """Write an extra past all checks, as a plugin or an earlier version may have."""

    def write(name: str, key: str, value: str) -> None:
        package = model.Package.get(name)
        package.extras[key] = value
        model.Session.commit()
        flushing.flush()

    return write


@pytest.fixture
def says(app: Any) -> Callable[[], set[str]]:
    """All triples of the pages, which are those of the dump."""

    def read() -> set[str]:
        page = pyoxigraph.parse(app.get("/catalog.nt").data, pyoxigraph.RdfFormat.N_TRIPLES)
        packed = app.get("/catalog.nt.gz").data
        dump = pyoxigraph.parse(gzip.decompress(packed), pyoxigraph.RdfFormat.N_TRIPLES)
        found = {str(each.triple) for each in page if "hydra" not in str(each.triple)}
        whole = {str(each.triple) for each in dump}
        assert {each for each in found - whole if "/dataset/" in each} == set()
        return found | whole

    return read


@pytest.fixture
def change() -> Callable[[str, str], Callable[..., None]]:
    """Write columns of an entity in one commit: ``change(kind, code)(column=value)``."""

    def of(kind: str, code: str) -> Callable[..., None]:
        def write(visibility: str = PUBLISHED, **values: Any) -> None:
            entity = registry.entity_type(kind)
            store.change(entity, store.locked(entity, code), values, visibility, Actor())
            model.Session.commit()

        return write

    return of


@pytest.fixture
def marks() -> Callable[[], set[tuple[str, str]]]:
    """Return what is marked, and forget it."""

    def take() -> set[tuple[str, str]]:
        model.Session.rollback()
        found = {(row.kind, row.subject) for row in model.Session.execute(sa.select(Mark.__table__))}
        model.Session.execute(sa.delete(Mark.__table__))
        model.Session.commit()
        return found

    return take


@pytest.fixture
def log() -> Callable[..., list[Any]]:
    """Flush, and return the log's events, of one subject or of all, in their order."""

    def read(*subject: str) -> list[Any]:
        model.Session.commit()
        flushing.flush()
        found = sa.select(Entry.__table__).order_by(Entry.seq)
        rows = model.Session.execute(found).all()
        model.Session.rollback()
        return [row for row in rows if subject in ((), (row.kind, row.subject), (row.kind,))]

    return read


@pytest.fixture
@remembered
def three(call: Callable[..., Any], fields: dict[str, Any]) -> None:
    """Three datasets, named ``d0`` to ``d2``."""
    for number in range(3):
        call("package_create", **{**fields, "name": f"d{number}"})


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, ckan_config: Any) -> None:
    """Two datasets on a page."""
    monkeypatch.setitem(ckan_config, "ckanext.dcat.datasets_per_page", 2)


@pytest.fixture
@remembered
def many(call: Any, fields: dict[str, Any], small: None) -> list[str]:
    """The ids of five datasets."""
    return sorted(call("package_create", **{**fields, "title": f"Datos {n}"})["id"] for n in range(5))


@pytest.fixture
@remembered
def others(call: Callable[..., Any], fields: dict[str, Any]) -> list[dict[str, Any]]:
    """Three more public datasets."""
    return [call("package_create", **{**fields, "name": f"otro-{n}", "title": f"Otro {n}"}) for n in range(3)]


@pytest.fixture
@remembered
def officer(organization: dict[str, Any]) -> dict[str, str]:
    """The headers of an editor of the organization."""
    user = factories.User()
    member = {"id": organization["id"], "username": user["name"], "role": "editor"}
    tk.get_action("organization_member_create")({"ignore_auth": True}, member)
    return {"Authorization": factories.APIToken(user=user["name"])["token"]}


@pytest.fixture
def gone(app: Any) -> Callable[..., Any]:
    """Get what stands at the address of a dataset that is gone."""

    def get(name: str, ending: str = "", **headers: str) -> Any:
        answer = app.get(f"/dataset/{name}{ending}", headers=headers, follow_redirects=False)
        assert answer.status_code == 410, answer.body
        return answer

    return get


@pytest.fixture(scope="session")
def rules(checkout: Any) -> etree.RelaxNG:
    """What the protocol wants of every answer."""
    return etree.RelaxNG(etree.parse(checkout / "tests" / "shapes" / "oai_pmh.rng"))


@pytest.fixture
def without_database(app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection, as a server does that is down; errors are answered as in production."""

    def refuse(*_given: Any) -> None:
        raise psycopg2.OperationalError("connection refused")

    monkeypatch.setitem(app.flask_app.config, "PROPAGATE_EXCEPTIONS", False)
    model.Session.remove()
    model.meta.engine.dispose()
    sa.event.listen(model.meta.engine, "do_connect", refuse)
    yield
    sa.event.remove(model.meta.engine, "do_connect", refuse)


@pytest.fixture
def in_another_thread() -> Callable[[Callable[[], Any]], None]:
    """Do work with a session of its own, and wait for it."""

    def do(work: Callable[[], Any]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                model.Session.remove()

        thread = threading.Thread(target=run)
        thread.start()
        thread.join(60)

    return do
