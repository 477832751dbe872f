"""A site with its reference rows, an organization, its officer and one dataset, for all browser tests."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from ckanext.gobiernoabierto.follow import tokens
from ckanext.gobiernoabierto.follow.model import Follower, Mail, Subscription
from playwright.sync_api import Browser, BrowserContext, Page

PASSWORD = "una-clave-bien-larga"
OFFICER, COLLEAGUE = "oficial-de-alumbrado", "facilitador-de-villa-nueva"
WORKSHOP = "ideaton-villa-nueva-2017"


@pytest.fixture(scope="session")
def catalogue(live_site: Any, reference_rows: None) -> dict[str, str]:
    """Return the names of what was published."""
    live_site.add_user(OFFICER, PASSWORD)
    call = live_site.call
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
    names = {"dataset": dataset["name"], "resource": resource["id"], "organization": organization["name"]}
    return {**names, "document": _attended(live_site), **_links_of_a_reader(live_site)}


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


def _links_of_a_reader(live_site: Any) -> dict[str, str]:
    """Let somebody follow a problem and return what stands in the links of their mails."""
    asked = {"kind": "problem", "code": "0115-P1", "address": "lectora@example.org"}
    assert requests.post(f"{live_site.url}/seguir", asked, timeout=60).ok
    settings = configparser.RawConfigParser()
    settings.read(live_site.ini)
    engine = sa.create_engine(settings["app:main"]["sqlalchemy.url"])
    with engine.begin() as connection:
        connection.execute(sa.update(Subscription).values(confirmed=sa.func.now()))
        connection.execute(sa.update(Mail).values(token=tokens.digest("secreto-del-correo")))
        reader = connection.execute(sa.select(Follower.id)).scalar_one()
    engine.dispose()
    signed = {f"follow_{purpose}": tokens.sign(purpose, reader) for purpose in (tokens.LEAVE, tokens.MINE)}
    return {**signed, "follow_confirm": "secreto-del-correo"}


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
    return {"visitor": None, "officer": sign_in(OFFICER)}


@pytest.fixture
def open_as(
    browser: Browser, live_site: Any, signed_in: dict[str, Any]
) -> Iterator[Callable[..., BrowserContext]]:
    """Return a function that opens a browser of a person; it is closed after the test."""
    opened: list[BrowserContext] = []

    def start(who: str = "visitor", width: int = 1280, **options: Any) -> BrowserContext:
        context = browser.new_context(
            base_url=live_site.url,
            locale="es-GT",
            storage_state=signed_in[who],
            viewport={"width": width, "height": 900},
            **options,
        )
        opened.append(context)
        return context

    yield start
    for context in opened:
        context.close()


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
