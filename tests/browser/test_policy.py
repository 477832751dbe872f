"""Promise P3 in a real browser: the policy stops what it should, and nothing that the site needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from ckanext.gobiernoabierto.entities.registry import ENTITY_TYPES
from playwright.sync_api import Browser, BrowserContext, Page

PASSWORD = "correct-horse-battery"
STRANGER = "https://otra-parte.example/"
HOSTILE = (
    "<script>window.tomado = 1</script><img src='data:,' onerror='window.tomado = 1'>"
    "<a href='javascript:window.tomado = 1'>x</a> </script>"
    f"![]({STRANGER}x.png)"
)

# Every kind of page that CKAN has; ours join here. {dataset}, {resource}, {organization} are filled in.
FOR_VISITORS = (
    "/",
    "/dataset/",
    "/dataset/{dataset}",
    "/dataset/{dataset}/resource/{resource}",
    "/organization/",
    "/organization/{organization}",
    "/organization/about/{organization}",
    "/group/",
    "/about",
    "/user/login",
    "/user/reset",
    "/nada",
    *(f"/{entity.list_path}" for entity in ENTITY_TYPES),
)
FOR_PUBLISHERS = (
    "/dashboard/datasets",
    "/dashboard/organizations",
    "/dataset/new",
    "/dataset/edit/{dataset}",
    "/dataset/resources/{dataset}",
    "/dataset/{dataset}/resource/new",
    "/dataset/{dataset}/resource/{resource}/edit",
    "/dataset/groups/{dataset}",
    "/organization/new",
    "/organization/edit/{organization}",
    "/organization/members/{organization}",
    "/organization/member_new/{organization}",
    "/organization/bulk_process/{organization}",
    "/user/administra",
    "/user/edit/administra",
    "/user/administra/api-tokens",
    "/ckan-admin/",
    "/ckan-admin/config",
    "/ckan-admin/trash",
)


@pytest.fixture(scope="session")
def things(live_site: Any, in_feed: Callable[[str], None]) -> dict[str, str]:
    """Publish a dataset whose every text attacks the reader, and return the names to find it by."""
    live_site.add_user("administra", PASSWORD)
    live_site.call("user_patch", id="administra", sysadmin=True)
    call = live_site.call
    organization = call("organization_create", name="hostil", title=HOSTILE, description=HOSTILE)
    published = {"visibility": "published"}
    call("gobiernoabierto_plan_create", code="h", title=HOSTILE, **published)
    call("gobiernoabierto_axis_create", code="h-1", plan="h", number=1, name=HOSTILE, **published)
    links = {"coverage": "national", "workshop_origin": "none", "axis": ["h-1"]}
    texts = {"name": "hostil", "title": HOSTILE, "notes": HOSTILE}
    dataset = call("package_create", owner_org=organization["id"], **texts, **links)
    resource = call(
        "resource_create",
        package_id=dataset["id"],
        name=HOSTILE,
        description=HOSTILE,
        url=f"{STRANGER}x.png",
        format="PNG",
    )
    in_feed(dataset["name"])
    return {"dataset": dataset["name"], "resource": resource["id"], "organization": organization["name"]}


@pytest.fixture
def publisher(browser: Browser, live_site: Any, things: dict[str, str]) -> Iterator[BrowserContext]:
    """Return a browser of somebody who signed in by the form, over http://127.0.0.1 with Secure cookies."""
    with browser.new_context(base_url=live_site.url, locale="es-GT") as context:
        page = context.new_page()
        page.goto("/user/login")
        page.fill("#field-login", "administra")
        page.fill("#field-password", PASSWORD)
        page.click("form[method=post] button[type=submit]")
        page.wait_for_url("**/dashboard/**")
        yield context


Visit = Callable[[BrowserContext, tuple[str, ...]], dict[str, list[str]]]
AT_ONCE = 8


@pytest.fixture
def troubles(live_site: Any, things: dict[str, str]) -> Visit:
    """Return a function that opens pages and tells what ran, what was stopped and who else was asked."""
    ours = urlsplit(live_site.url).netloc

    def visit(context: BrowserContext, addresses: tuple[str, ...]) -> dict[str, list[str]]:
        found = {}
        # Each page is idle for a while before it is known to ask no more: some of them wait side by side.
        for first in range(0, len(addresses), AT_ONCE):
            opened = {address: _opened(context, address, things) for address in addresses[first:][:AT_ONCE]}
            for address, (page, seen, answer) in opened.items():
                page.wait_for_load_state("networkidle")
                if page.evaluate("window.tomado"):
                    seen.append("a script of the dataset's author ran")
                told = [line for line in seen if not _harmless(line, ours, answer.status)]
                if told:
                    found[address] = told
                page.close()
        return found

    return visit


def _opened(context: BrowserContext, address: str, things: dict[str, str]) -> tuple[Page, list[str], Any]:
    """Open a page and return it, a list that fills with what happens on it, and the site's answer."""
    page, seen = context.new_page(), []
    page.on("console", lambda message: seen.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: seen.append(f"script error: {error}"))
    page.on("requestfinished", lambda request: seen.append(f"asked {request.url}"))
    page.on("requestfailed", lambda request: seen.append(f"{request.failure}: asked {request.url}"))
    return page, seen, page.goto(address.format(**things))


def _harmless(line: str, ours: str, status: int) -> bool:
    """Tell whether a line is a request to this site, or the policy stopping what it has to stop."""
    if STRANGER in line:
        return "Content Security Policy" in line or line.startswith("csp: ")
    if "status of 404" in line:
        return status == 404
    return line.startswith((f"asked http://{ours}/", "asked data:", "asked blob:"))


@pytest.mark.long
def test_visitors_pages_run_no_stranger_and_ask_no_stranger(page: Page, troubles: Visit):
    """No script of an author runs, no page needs what the policy forbids, no other origin is asked."""
    assert troubles(page.context, FOR_VISITORS) == {}


@pytest.mark.long
def test_publishers_pages_work_under_the_same_policy(publisher: BrowserContext, troubles: Visit):
    """The forms and the administration too."""
    assert troubles(publisher, FOR_PUBLISHERS) == {}


def test_what_search_engines_read_is_data_and_no_script(page: Page, things: dict[str, str]):
    """The policy lets it stand there, all of it, and nothing in it runs."""
    stopped: list[str] = []
    page.on("console", lambda message: stopped.append(message.text) if message.type == "error" else None)
    page.goto(f"/dataset/{things['dataset']}")
    form = json.loads(page.locator("head script[type='application/ld+json']").text_content() or "")
    assert HOSTILE.split()[0] in form["description"]
    assert not [line for line in stopped if "inline" in line]
    assert page.evaluate("window.tomado") is None
