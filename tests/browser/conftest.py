"""A site with its reference rows, an organization, its officer and one dataset, for all browser tests."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from ckanext.gobiernoabierto.feed.model import LeftOut, Violation
from ckanext.gobiernoabierto.follow import tokens
from ckanext.gobiernoabierto.follow.model import Follower, Mail, Subscription
from playwright.sync_api import Browser, BrowserContext, Page

AXE = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
}
PASSWORD = "una-clave-bien-larga"
OFFICER, COLLEAGUE = "oficial-de-alumbrado", "facilitador-de-villa-nueva"
SYSADMIN = "administrador-del-sitio"
WORKSHOP = "ideaton-villa-nueva-2017"


@pytest.fixture(scope="session")
def in_feed(live_site: Any) -> Callable[[str], None]:
    """Return a function that asks for what the feed has prepared of a dataset until it has."""

    def wait(name: str) -> None:
        for _second in range(60):
            if requests.get(f"{live_site.url}/dataset/{name}/schemaorg.jsonld", timeout=60).ok:
                return
        raise AssertionError(f"{name} is not in the feed")

    return wait


@pytest.fixture(scope="session")
def catalogue(live_site: Any, reference_rows: None, in_feed: Callable[[str], None]) -> dict[str, str]:
    """Return the names of what was published."""
    call = live_site.call
    for person in (OFFICER, SYSADMIN):
        live_site.add_user(person, PASSWORD)
    call("user_patch", id=SYSADMIN, sysadmin=True)
    organization = call(
        "organization_create",
        name="empresa-municipal-de-alumbrado",
        title="Empresa Municipal de Alumbrado",
        description="Publica los datos del alumbrado público de Villa Nueva.",
        users=[{"name": OFFICER, "capacity": "editor"}],
    )
    call("gobiernoabierto_organization_role_update", id=organization["id"], municipality="0115")
    dataset = call(
        "package_create",
        name="alumbrado-publico-villa-nueva",
        title="Alumbrado público de Villa Nueva, 2017",
        notes="Lámparas por tipo y zona, como se contaron después del ideatón.",
        owner_org=organization["id"],
        license_id="CC-BY-4.0",
        coverage="municipal",
        municipality=["0115"],
        workshop_origin="workshop",
        workshop=["ideaton-villa-nueva-2017"],
        commitment=["3-11"],
        tags=[{"name": "alumbrado"}, {"name": "servicios públicos"}],
    )
    resource = call(
        "resource_create",
        package_id=dataset["id"],
        name="Lámparas por zona",
        description="Una fila por tipo de lámpara y zona.",
        url=f"{live_site.url}/municipios.csv",
        format="CSV",
    )
    call("api_token_create", user=OFFICER, name="El programa que publica cada noche lo del alumbrado")
    call("gobiernoabierto_institution_create", code="de-prueba", name="Una de prueba", visibility="published")
    call("gobiernoabierto_institution_delete", code="de-prueba", version=1, reason="Era una prueba")
    version = call("gobiernoabierto_plan_show", code="3")["version"]
    call("gobiernoabierto_plan_close", code="3", version=version)
    sent = {"entity": "idea", "municipality": "0115", "title": "Lámparas en la cancha"}
    proposal = call("gobiernoabierto_proposal_create", **sent)["code"]
    names = {"dataset": dataset["name"], "resource": resource["id"], "organization": organization["name"]}
    names["proposal"] = proposal
    names["withdrawn"] = _taken_back(live_site, in_feed, organization["id"], dataset["name"])
    names["draft"] = _drafts(live_site, organization["id"])
    _noticed(live_site, dataset["id"], resource["id"])
    return {**names, "document": _attended(live_site), **_links_of_a_reader(live_site)}


def _taken_back(live_site: Any, in_feed: Callable[[str], None], organization: str, successor: str) -> str:
    """Publish a dataset and take it back for another one; return its name."""
    said = {"title": "Alumbrado de antes", "notes": "Lo de 2016.", "owner_org": organization}
    links = {"coverage": "national", "workshop_origin": "none", "commitment": ["3-11"]}
    name = live_site.call("package_create", name="alumbrado-de-antes", **said, **links)["name"]
    in_feed(name)
    told = {"reason": "replaced", "note": "El nuevo trae las zonas.", "successor": successor}
    live_site.call("gobiernoabierto_dataset_withdraw", id=name, **told)
    return name


def _drafts(live_site: Any, organization: str) -> str:
    """Begin two drafts and delete one of them; return the name of the other."""
    said = {"title": "Postes de luz", "owner_org": organization}
    gone, kept = (live_site.call("gobiernoabierto_dataset_draft", **said)["name"] for _ in range(2))
    live_site.call("package_delete", id=gone)
    return kept


def _attended(live_site: Any) -> str:
    """Say who came to the ideatón of Jacaltenango, and add a document of it and of the one of Villa Nueva.

    Return the id of the latter, which the officer may change.
    """
    came = {"women": 31, "men": 24, "age_18_29": 20, "age_30_59": 33, "age_60": 2, "maya": 52, "ladino": 3}
    counted = [{"group": group, "number": number} for group, number in came.items()]
    attended = "ideaton-jacaltenango-2017"
    version = live_site.call("gobiernoabierto_workshop_show", code=attended)["version"]
    live_site.call("gobiernoabierto_workshop_update", code=attended, version=version, attendance=counted)
    made = ""
    for code in (attended, "ideaton-villa-nueva-2017"):
        said = {"entity": "workshop", "code": code, "title": "Informe del ideatón", "kind": "report"}
        answer = requests.post(
            f"{live_site.url}/api/3/action/gobiernoabierto_document_create",
            data={**said, "visibility": "published"},
            files={"upload": ("informe-del-ideaton.pdf", b"%PDF-1.4\n%%EOF\n")},
            headers={"Authorization": live_site.token},
            timeout=60,
        )
        made = answer.json()["result"]["id"]
    return made


@contextmanager
def _database(live_site: Any) -> Iterator[Any]:
    """Give a connection to the site's database, for one transaction."""
    settings = configparser.RawConfigParser()
    settings.read(live_site.ini)
    engine = sa.create_engine(settings["app:main"]["sqlalchemy.url"])
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _noticed(live_site: Any, dataset: str, resource: str) -> None:
    """Let there be notices about the dataset and its file, as the job that validates writes them."""
    subject = {"kind": "dataset", "subject": dataset, "noticed": sa.func.now()}
    left_out = {"field": "url", "value": "en la municipalidad", "reason": "address"}
    lacking = [("theme", None, "suggest-theme"), ("size", resource, "suggest-file-size")]
    with _database(live_site) as connection:
        connection.execute(sa.insert(LeftOut).values(**subject, **left_out))
        for field, file, rule in lacking:
            found = {"rule": rule, "severity": "suggestion", "field": field, "resource": file}
            connection.execute(sa.insert(Violation).values(**subject, **found, node="", value=""))


def _links_of_a_reader(live_site: Any) -> dict[str, str]:
    """Let somebody follow a problem and return what stands in the links of their mails."""
    for kind, code in (("problem", "0115-P1"), ("municipality", "0115")):
        asked = {"kind": kind, "code": code, "address": "lectora@example.org"}
        assert requests.post(f"{live_site.url}/seguir", asked, timeout=60).ok
    with _database(live_site) as connection:
        followed = sa.update(Subscription).where(Subscription.kind == "problem")
        connection.execute(followed.values(confirmed=sa.func.now()))
        for kind in ("problem", "municipality"):
            mail = sa.update(Mail).where(Mail.kind == kind)
            connection.execute(mail.values(token=tokens.digest(f"secreto-del-correo-{kind}")))
        reader = connection.execute(sa.select(Follower.id)).scalar_one()
    signed = {f"follow_{purpose}": tokens.sign(purpose, reader) for purpose in (tokens.LEAVE, tokens.MINE)}
    links = {"follow_confirm": "municipality", "follow_again": "problem"}
    return signed | {name: f"secreto-del-correo-{kind}" for name, kind in links.items()}


@pytest.fixture(scope="session")
def sign_in(browser: Browser, live_site: Any) -> Callable[[str], Any]:
    """Return a function that signs somebody in by the form and gives what their browser remembers."""

    def signed(name: str) -> Any:
        with browser.new_context(base_url=live_site.url) as context:
            page = context.new_page()
            page.goto("/user/login")
            page.fill("#field-login", name)
            page.fill("#field-password", PASSWORD)
            page.click("form[method=post] button[type=submit]")
            page.wait_for_url("**/dashboard/**")
            return context.storage_state()

    return signed


@pytest.fixture(scope="session")
def officer_of(live_site: Any) -> Callable[..., None]:
    """Return a function that makes a person, an organization that they edit for, and its role."""

    def make(person: str, organization: str, **role: Any) -> None:
        live_site.add_user(person, PASSWORD)
        users = [{"name": person, "capacity": "editor"}]
        made = live_site.call("organization_create", name=organization, title=organization, users=users)
        live_site.call("gobiernoabierto_organization_role_update", id=made["id"], **role)

    return make


@pytest.fixture(scope="session")
def signed_in(sign_in: Callable[[str], Any], catalogue: dict[str, str]) -> dict[str, Any]:
    """Return, for each kind of person, what their browser remembers."""
    return {"visitor": None, "officer": sign_in(OFFICER), "sysadmin": sign_in(SYSADMIN)}


Open = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def new_context(browser: Browser, live_site: Any, signed_in: dict[str, Any]) -> Open:
    """Return a function that opens a browser of a person."""

    def start(who: str = "visitor", width: int = 1280, **options: Any) -> BrowserContext:
        return browser.new_context(
            base_url=live_site.url,
            locale="es-GT",
            storage_state=signed_in[who],
            viewport={"width": width, "height": 900},
            **options,
        )

    return start


@pytest.fixture
def open_as(new_context: Open) -> Iterator[Open]:
    """Return a function that opens a browser of a person; it is closed after the test."""
    opened: list[BrowserContext] = []

    def start(*who: str, **options: Any) -> BrowserContext:
        opened.append(new_context(*who, **options))
        return opened[-1]

    yield start
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def kept_open(new_context: Open) -> Iterator[Open]:
    """Return ``open_as`` for those who only look: all tests share a browser, and what it has loaded."""
    opened: dict[Any, BrowserContext] = {}

    def start(who: str, **options: Any) -> BrowserContext:
        kind = (who, *sorted(options.items()))
        if kind not in opened:
            opened[kind] = new_context(who, **options)
        return opened[kind]

    yield start
    for context in opened.values():
        context.close()


@pytest.fixture
def look_as(kept_open: Open) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page of a person who only looks; it is closed after the test."""
    opened: list[Page] = []

    def start(who: str, **options: Any) -> Page:
        opened.append(kept_open(who, **options).new_page())
        return opened[-1]

    yield start
    for page in opened:
        page.close()


# -- What holds for every page ------------------------------------------------------------------------


@pytest.fixture(scope="session")
def barriers() -> Callable[[Page], list[str]]:
    """Return a function that gives what axe finds on a page, with the elements; it needs scripts."""

    axe = Axe()

    def find(page: Page) -> list[str]:
        page.wait_for_load_state()  # a page that still comes has no styles yet
        if not page.evaluate("Boolean(window.axe)"):  # half a megabyte, once for each page
            page.evaluate(axe.axe_script)
        found = page.evaluate("options => axe.run(options).then(results => results.violations)", AXE)
        return [f"{v['id']}: {node['html'][:160]} {node['target']}" for v in found for node in v["nodes"]]

    return find


@pytest.fixture(scope="session")
def fits() -> Callable[..., None]:
    """Return a function that tells that nothing sticks out of a page, on the narrowest telephones too."""

    def check(page: Page, *widths: int) -> None:
        page.wait_for_load_state()
        before = page.viewport_size
        for width in widths or (before["width"], 320):
            page.set_viewport_size({**before, "width": width})
            taken = page.evaluate("document.documentElement.scrollWidth")
            assert taken <= width, f"{page.url}: {taken} of {width} pixels"
        page.set_viewport_size(before)

    return check


@pytest.fixture(scope="session")
def photograph(live_site: Any) -> Callable[[Page, str], None]:
    """Return a function that keeps a picture of a whole page, beside the site's configuration."""
    folder = live_site.ini.parent / "pictures"
    folder.mkdir(exist_ok=True)

    def keep(page: Page, name: str) -> None:
        page.wait_for_load_state()
        kept = folder / f"{name}-{page.viewport_size['width']}.jpg"
        page.screenshot(path=kept, full_page=True, type="jpeg", quality=70)

    return keep


# -- Live capture --------------------------------------------------------------------------------------


@pytest.fixture
def stored(live_site: Any, catalogue: dict[str, str]) -> Iterator[Callable[[], list[str]]]:
    """Return a function that tells what the test has saved of the workshop; it is removed after."""

    def rows() -> list[tuple[str, Any]]:
        asked = {"workshop": WORKSHOP, "limit": 200}
        kinds = ("idea", "problem")
        found = [
            (k, e) for k in kinds for e in live_site.call(f"gobiernoabierto_{k}_list", **asked)["results"]
        ]
        return [(kind, each) for kind, each in found if each["code"] not in before]

    before: set[str] = set()
    before = {each["code"] for _, each in rows()}
    yield lambda: sorted(f"{kind} {each['title']}" for kind, each in rows())
    for kind, each in rows():
        live_site.call(f"gobiernoabierto_{kind}_delete", code=each["code"], version=each["version"])


@pytest.fixture
def facilitator(open_as: Callable[..., BrowserContext], stored: Any) -> Page:
    """The screen of the facilitator on a tablet."""
    page = open_as("officer", width=800).new_page()
    page.goto(f"/taller/{WORKSHOP}/captura")
    return page


@pytest.fixture
def sign_in_here(live_site: Any) -> Callable[[Page], None]:
    """Return a function by which a colleague, who may capture here too, signs in in this browser."""
    live_site.add_user(COLLEAGUE, PASSWORD)
    office = live_site.call("organization_show", id="empresa-municipal-de-alumbrado")["id"]
    live_site.call("organization_member_create", id=office, username=COLLEAGUE, role="editor")

    def run(page: Page) -> None:
        page.context.clear_cookies(name="ckan")
        page.goto("/user/login")
        page.fill("#field-login", COLLEAGUE)
        page.fill("#field-password", PASSWORD)
        page.click("form[method=post] button[type=submit]")
        page.wait_for_url("**/dashboard/**")

    return run
