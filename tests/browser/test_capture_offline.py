"""The screen of live capture without a connection: whoever had it open loads it again, and nobody else."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Error, Page

SCREEN = "/taller/ideaton-villa-nueva-2017/captura"
AS_IT_WAS = "Esta página está como se vio por última vez"


def type_line(page: Page, text: str, what: str = "Problema") -> None:
    """Type a line; ``what`` it is, by words of the choice."""
    page.locator("#field-what option", has_text=what).wait_for(state="attached")
    page.locator("#field-what").evaluate(
        "(e, what) => { e.value = [...e.options].find(each => each.text.includes(what)).value }", what
    )
    page.get_by_label("Lo que se dijo").fill(text)
    page.get_by_label("Lo que se dijo").press("Enter")


def counted(page: Page, saved: int, pending: int = 0) -> None:
    """Wait until the page counts so many lines."""
    page.get_by_text(f"{saved} guardadas · {pending} pendientes").wait_for()


def until(page: Page, script: str, arg: str = "") -> None:
    """Wait until what a script promises is true."""
    for _ in range(100):
        if page.evaluate(script, arg):
            return
        page.wait_for_timeout(100)
    raise AssertionError(script)


def keeps(page: Page, text: str) -> None:
    """Wait until the browser keeps the page with this text, and its script."""
    until(
        page,
        """async (text) => {
            const found = await caches.match(location.pathname);
            const script = document.querySelector("script[src*=capture]").src;
            return found && (await found.text()).includes(text) && Boolean(await caches.match(script));
        }""",
        text,
    )


def look(page: Page) -> list[str]:
    """Return how something looks to which each of the page's styles adds."""
    return page.evaluate(
        """['body', '.btn-primary', '.ga-line', '.ga-capture h1'].map(each => {
            const style = getComputedStyle(document.querySelector(each));
            return [style.font, style.color, style.backgroundColor, style.padding, style.display].join();
        })"""
    )


def kept_pages(page: Page) -> list[str]:
    """Return the names of what the browser keeps."""
    return page.evaluate("caches.keys()")


def test_the_page_is_loaded_again_without_a_connection(facilitator: Page, stored: Any):
    """As it was last seen, and says so; typed on, closed and opened again, and nothing is lost."""
    page = facilitator
    type_line(page, "Antes del corte")
    counted(page, 1)
    page.reload()
    keeps(page, "Antes del corte")
    online = look(page)
    page.context.set_offline(True)
    page.reload()
    page.get_by_text(AS_IT_WAS).wait_for()
    counted(page, 1)
    assert look(page) == online
    type_line(page, "Sin agua")
    type_line(page, "Un pozo", "Sin agua")
    again = page.context.new_page()
    page.close()
    again.goto(SCREEN)
    counted(again, 1, 2)
    again.context.set_offline(False)
    again.get_by_role("button", name="Enviar ahora").click()
    counted(again, 3)
    again.reload()
    counted(again, 3)
    assert not again.get_by_text(AS_IT_WAS).is_visible()
    assert stored() == ["idea Un pozo", "problem Antes del corte", "problem Sin agua"]


def test_what_was_saved_since_is_kept_too(facilitator: Page, stored: Any):
    """The page is kept again while one types: not each time, but soon."""
    page = facilitator
    page.add_init_script(
        "const later = setTimeout; setTimeout = (run, wait) => later(run, wait === 30000 ? 300 : wait)"
    )
    page.reload()
    keeps(page, "data-ga-capture")
    type_line(page, "Calles oscuras")
    counted(page, 1)
    keeps(page, "Calles oscuras")


def test_a_site_that_is_down_is_as_good_as_no_connection(facilitator: Page, stored: Any):
    """Whatever a proxy says then; what the site itself refuses is believed."""
    page = facilitator
    keeps(page, "data-ga-capture")
    (worker,) = page.context.service_workers
    for status, shown in ((502, True), (403, False)):
        worker.evaluate("status => { self.fetch = async () => new Response('Bad', { status }) }", status)
        page.reload()
        assert page.get_by_text(AS_IT_WAS).count() == shown
    assert page.locator("body").inner_text() == "Bad"


def unreachable(page: Page) -> bool:
    """Tell whether the browser has no page to show without a connection."""
    page.context.set_offline(True)
    try:
        page.goto(SCREEN)
    except Error:
        return True
    finally:
        page.context.set_offline(False)
        page.goto("/")  # no script may ask a browser's own page for anything
    return False


def test_signing_out_takes_the_page_away(facilitator: Page, stored: Any):
    """At once; without a connection there is nothing to see."""
    page = facilitator
    keeps(page, "data-ga-capture")
    page.get_by_role("button", name="Salir").click()
    page.wait_for_url("**/user/logged_out*")
    until(page, "() => caches.keys().then(names => names.length === 0)")
    assert unreachable(page)


def test_nobody_else_is_shown_the_page(facilitator: Page, stored: Any, sign_in_here: Any):
    """Somebody signs in over the session that there was: without a connection there is nothing for them."""
    page = facilitator
    type_line(page, "De ella")
    counted(page, 1)
    page.reload()
    keeps(page, "De ella")
    sign_in_here(page)
    assert unreachable(page)
    assert kept_pages(page) == []
    page.goto(SCREEN)
    keeps(page, "data-ga-capture")
    page.context.set_offline(True)
    page.reload()
    page.get_by_text(AS_IT_WAS).wait_for()
    assert "De ella" not in page.locator("main").inner_html()


def test_a_session_that_is_over_keeps_the_page_from_everybody(facilitator: Page, stored: Any):
    """The cookie by which the browser knows whose page it is ends with it."""
    page = facilitator
    keeps(page, "data-ga-capture")
    cookies = {each["name"]: each for each in page.context.cookies()}
    ends = cookies["gobiernoabierto_captura"]["expires"] - time.time()
    assert 0 < ends <= 12 * 3600
    page.context.clear_cookies()
    assert unreachable(page)
