"""The screen of live capture without a connection: whoever had it open loads it again, and nobody else."""

from __future__ import annotations

import time
from typing import Any

import pytest
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
    kept = "1 guardada" if saved == 1 else f"{saved} guardadas"
    page.get_by_text(f"{kept} · {pending} pendiente{'s' if pending != 1 else ''} ·").wait_for()


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


@pytest.mark.long
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
    assert again.get_by_text(AS_IT_WAS).is_visible()
    again.context.set_offline(False)
    counted(again, 3)
    again.get_by_text(AS_IT_WAS).wait_for(state="hidden")
    again.reload()
    counted(again, 3)
    assert not again.get_by_text(AS_IT_WAS).is_visible()
    assert stored() == ["idea Un pozo", "problem Antes del corte", "problem Sin agua"]


def test_with_the_connection_back_the_notice_goes(facilitator: Page, stored: Any):
    """Also where nothing waited to be sent."""
    page = facilitator
    keeps(page, "data-ga-capture")
    page.context.set_offline(True)
    page.reload()
    page.get_by_text(AS_IT_WAS).wait_for()
    page.context.set_offline(False)
    page.get_by_text(AS_IT_WAS).wait_for(state="hidden")


@pytest.mark.long
def test_what_was_saved_since_is_shown_without_a_connection(facilitator: Page, stored: Any):
    """At once, and not when the page is kept anew: corrected, removed, and the problem that ideas are for."""
    page = facilitator
    keeps(page, "data-ga-capture")
    type_line(page, 'Calles & "plazas" <b>$&')
    counted(page, 1)
    type_line(page, "Un mapa", "Calles")
    type_line(page, "Por error")
    counted(page, 3)
    page.get_by_role("button", name="Quitar").first.click()
    counted(page, 2)
    page.locator(".ga-line input[name=text]").first.fill("Un plano")
    page.locator(".ga-line input[name=text]").first.press("Enter")
    counted(page, 2)
    page.context.set_offline(True)
    type_line(page, "Una app", "Calles")
    page.reload()
    counted(page, 2, 1)
    texts = page.locator(".ga-line input[name=text]").evaluate_all("all => all.map(each => each.value)")
    assert texts == ["Una app", "Un plano", 'Calles & "plazas" <b>$&']
    assert page.get_by_text("para 0115-P").count() == 2
    assert "0115-P" in page.locator("#field-what").evaluate("e => e.selectedOptions[0].text")
    page.get_by_text("No hay conexión. Lo que").wait_for()
    assert page.get_by_text(AS_IT_WAS).is_visible()
    page.context.set_offline(False)
    counted(page, 3)
    assert stored() == ["idea Un plano", "idea Una app", 'problem Calles & "plazas" <b>$&']


@pytest.mark.long
def test_notes_of_single_lines_go_with_the_next_page(facilitator: Page, stored: Any):
    """The page tells what they said: what somebody removes elsewhere later does not come back."""
    page = facilitator
    keeps(page, "data-ga-capture")
    type_line(page, "Calles oscuras")
    counted(page, 1)
    noted = """async (many) => {
        const [name] = await caches.keys();
        const notes = (await (await caches.open(name)).keys()).filter(each => each.url.includes('?line='));
        return String(notes.length) === many;
    }"""
    until(page, noted, "1")
    page.reload()
    until(page, noted, "0")


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
def test_signing_out_takes_the_page_away(facilitator: Page, stored: Any):
    """At once; without a connection there is nothing to see."""
    page = facilitator
    keeps(page, "data-ga-capture")
    page.get_by_role("button", name="Salir").click()
    page.wait_for_url("**/user/logged_out*")
    until(page, "() => caches.keys().then(names => names.length === 0)")
    assert unreachable(page)


@pytest.mark.long
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
