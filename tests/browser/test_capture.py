"""Live capture in a real browser: connections, sessions and tabs that end, and the keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route

pytestmark = pytest.mark.long

WORKSHOP = "ideaton-villa-nueva-2017"
SCREEN = f"/taller/{WORKSHOP}/captura"
PASSWORD = "una-clave-bien-larga"


def choose(page: Page, what: str) -> None:
    """Choose what a line is, by words of the choice: a problem has its code there once it is saved."""
    page.locator("#field-what option", has_text=what).wait_for(state="attached")
    page.locator("#field-what").evaluate(
        "(e, what) => { e.value = [...e.options].find(each => each.text.includes(what)).value }", what
    )


def type_line(page: Page, text: str, what: str | None = None) -> None:
    """Type a line as a person does, choosing what it is first; Enter ends it."""
    if what:
        choose(page, what)
    page.get_by_label("Lo que se dijo").focus()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def counted(page: Page, saved: int, pending: int = 0, wrong: int = 0) -> None:
    """Wait until the page counts so many lines, each kind in the singular where it is one."""
    kept = "1 guardada" if saved == 1 else f"{saved} guardadas"
    waiting = "1 pendiente" if pending == 1 else f"{pending} pendientes"
    page.get_by_text(f"{kept} · {waiting} · {wrong} con error", exact=True).wait_for()


def send_now(page: Page) -> None:
    """Press the button that sends what waits, even in the moment in which the page has begun by itself."""
    page.locator("button", has_text="Enviar ahora").evaluate("button => button.click()")


def cut(page: Page) -> None:
    """Let nothing that a page sends arrive, until it is unrouted."""
    page.route(
        "**/captura", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )


def kept(page: Page) -> int:
    """Return how many lines wait in the browser."""
    names = page.evaluate("Object.keys(localStorage)")
    return sum(name.startswith("gobiernoabierto:") and not name.endswith(":choice") for name in names)


def test_a_table_is_captured_by_keyboard_alone(facilitator: Page, stored: Any):
    """A problem, an idea for it, corrections; the receipts are a link away. The page opens at the field."""
    page = facilitator
    page.keyboard.type("Calles oscuras")
    page.keyboard.press("Enter")
    counted(page, 1)
    assert page.locator("#field-text:focus").count() == 1
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "Calles oscuras" in page.locator("#field-what").evaluate("e => e.selectedOptions[0].text")
    page.keyboard.press("Tab")
    page.keyboard.type("Un mapa de lámparas")
    page.keyboard.press("Enter")
    counted(page, 2)
    assert stored() == ["idea Un mapa de lámparas", "problem Calles oscuras"]
    line = page.locator(".ga-line").first
    code = line.locator(".ga-line-code").inner_text()
    assert "Idea" in line.inner_text()
    assert "para 0115-P" in line.inner_text()
    line.locator("input[name=text]").focus()
    page.keyboard.press("End")
    page.keyboard.type(" apagadas")
    page.keyboard.press("Enter")
    counted(page, 2)
    assert "idea Un mapa de lámparas apagadas" in stored()
    assert kept(page) == 0
    page.get_by_role("link", name="Recibos para imprimir").click()
    assert code in page.locator(".ga-slips").inner_text()


def test_what_is_typed_without_a_connection_is_sent_when_it_is_back(facilitator: Page, stored: Any):
    """Cut in mid-typing, closed, opened again: nothing lost, nothing doubled, in order, with its problem."""
    page = facilitator
    type_line(page, "Antes del corte")
    counted(page, 1)
    page.get_by_label("Lo que se dijo").focus()
    page.keyboard.type("Sin agua ")
    page.context.set_offline(True)
    page.keyboard.type("los lunes")
    page.keyboard.press("Enter")
    type_line(page, "Un horario del agua", "Sin agua los lunes")
    page.get_by_text("No hay conexión").wait_for()
    counted(page, 1, 2)
    page.get_by_label("Lo que se dijo").focus()
    page.keyboard.type("A medio escr")
    again = page.context.new_page()
    page.close()
    again.context.set_offline(False)
    again.goto(SCREEN)
    counted(again, 3)
    assert again.get_by_label("Lo que se dijo").input_value() == "A medio escr"
    again.get_by_label("Lo que se dijo").focus()
    again.keyboard.press("End")
    again.keyboard.type("ibir")
    again.keyboard.press("Enter")
    counted(again, 4)
    everything = ["idea A medio escribir", "idea Un horario del agua", "problem Antes del corte"]
    assert sorted(stored()) == sorted([*everything, "problem Sin agua los lunes"])
    assert "para 0115-P" in again.locator(".ga-captured").inner_text()
    assert kept(again) == 0


def test_a_lost_answer_doubles_nothing(facilitator: Page, stored: Any):
    """The site has saved the line and nobody was told; typed over meanwhile, it is corrected."""
    page, lost = facilitator, []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and len(lost) < 2:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/captura", lose)
    type_line(page, "Calles oscuras")
    page.get_by_text("No hay conexión").wait_for()
    assert (lost, stored()) == ([200], ["problem Calles oscuras"])
    page.locator(".ga-line input[name=text]").fill("Calles sin luz")
    page.locator(".ga-line input[name=text]").press("Enter")
    counted(page, 1)
    assert stored() == ["problem Calles sin luz"]
    page.reload()
    counted(page, 1)
    assert stored() == ["problem Calles sin luz"]


@pytest.mark.parametrize("status", [500, 502, 200])
def test_an_answer_that_is_not_the_sites_is_not_believed(facilitator: Page, stored: Any, status: int):
    """A proxy's error, or the page of a hotel's network: the line waits."""
    page = facilitator
    page.route("**/captura", lambda route: route.fulfill(status=status, body="<h1>Bienvenido</h1>"))
    type_line(page, "Calles oscuras")
    page.get_by_text("No hay conexión").wait_for()
    counted(page, 0, 1)
    page.unroute("**/captura")
    send_now(page)
    counted(page, 1)
    assert stored() == ["problem Calles oscuras"]


def test_a_refused_line_says_why_and_is_corrected(facilitator: Page, stored: Any):
    """The others go on; a reload keeps it with its reason. Corrected, an idea can be for it."""
    page = facilitator
    page.get_by_label("Lo que se dijo").fill("x" * 251)
    page.get_by_label("Lo que se dijo").press("Enter")
    type_line(page, "Calles oscuras")
    counted(page, 1, 0, 1)
    page.reload()
    counted(page, 1, 0, 1)
    wrong = page.locator(".ga-line").first
    assert "tiene 251 caracteres" in wrong.inner_text()
    assert wrong.locator("input[name=text]").get_attribute("aria-invalid") == "true"
    wrong.locator("input[name=text]").fill("Corta")
    wrong.locator("input[name=text]").press("Tab")
    counted(page, 2)
    type_line(page, "Un mapa", "Corta")
    counted(page, 3)
    assert stored() == ["idea Un mapa", "problem Calles oscuras", "problem Corta"]


@pytest.mark.parametrize("lost", [False, True])
def test_a_refused_line_goes_at_once(facilitator: Page, stored: Any, lost: bool):
    """Nothing of it is stored, also where the first answer never came; no idea can be for it."""
    page = facilitator

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    if lost:
        page.route("**/captura", lose, times=1)
    choose(page, "Problema")
    page.get_by_label("Lo que se dijo").fill("Calles oscuras " + "x" * 251)
    page.get_by_label("Lo que se dijo").press("Enter")
    counted(page, 0, 0, 1)
    assert "Calles oscuras" not in page.locator("#field-what").inner_html()
    page.get_by_role("button", name="Quitar").click()
    counted(page, 0)
    assert (page.locator(".ga-line").count(), kept(page), stored()) == (0, 0, [])


def test_a_line_is_removed_with_and_without_a_connection(facilitator: Page, stored: Any):
    """One that was never sent goes at once; one that is saved when the connection is back."""
    page = facilitator
    type_line(page, "Calles oscuras")
    counted(page, 1)
    page.context.set_offline(True)
    type_line(page, "Por error")
    page.get_by_text("No hay conexión").wait_for()
    page.locator(".ga-line").last.get_by_role("button", name="Quitar").click()
    page.get_by_text("quitándose").wait_for()
    page.context.set_offline(False)
    counted(page, 1)
    assert stored() == ["problem Por error"]
    page.get_by_role("button", name="Quitar").click()
    counted(page, 0)
    assert stored() == []


def test_a_problem_keeps_its_ideas(facilitator: Page, stored: Any):
    """It is not removed under them, neither here nor at the site."""
    page = facilitator
    type_line(page, "Calles oscuras")
    type_line(page, "Un mapa", "Calles oscuras")
    counted(page, 2)
    page.locator(".ga-line").last.get_by_role("button", name="Quitar").click()
    page.get_by_text("no se guardó: Está en uso").wait_for()
    assert stored() == ["idea Un mapa", "problem Calles oscuras"]


def test_a_session_that_ends_loses_nothing(facilitator: Page, stored: Any, signed_in: Any):
    """She signs in in another tab, and what waits is sent."""
    page = facilitator
    page.context.clear_cookies()
    type_line(page, "Calles oscuras")
    page.get_by_text("Su sesión terminó").wait_for()
    counted(page, 0, 1)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Entrar en otra pestaña").click()
    opened.value.fill("#field-login", "oficial-de-alumbrado")
    opened.value.fill("#field-password", PASSWORD)
    opened.value.click("form[method=post] button[type=submit]")
    opened.value.wait_for_url("**/dashboard/**")
    counted(page, 1)
    assert stored() == ["problem Calles oscuras"]


def test_another_account_of_the_device_neither_sees_nor_sends(
    facilitator: Page, stored: Any, sign_in_here: Any
):
    """What waits is hers; it goes when she is back."""
    page, hers = facilitator, facilitator.context.cookies()
    cut(page)
    type_line(page, "De ella")
    page.get_by_text("No hay conexión").wait_for()
    page.unroute("**/captura")
    page.context.clear_cookies()
    other = page.context.new_page()
    sign_in_here(other)
    other.goto(SCREEN)
    type_line(other, "De él")
    counted(other, 1)
    assert "De ella" not in other.locator("main").inner_html()
    send_now(page)
    page.get_by_text("Otra persona inició sesión").wait_for()
    assert stored() == ["problem De él"]
    page.context.clear_cookies()
    page.context.add_cookies(hers)
    page.reload()
    counted(page, 1)
    assert stored() == ["problem De ella", "problem De él"]
    assert "De él" not in page.locator("main").inner_html()


def test_the_choice_outlives_the_page(facilitator: Page, stored: Any):
    """Loaded again or opened anew, the next line is what the last one was: nothing is filed wrongly."""
    page = facilitator
    type_line(page, "Calles oscuras")
    counted(page, 1)
    type_line(page, "Un mapa", "para: 0115-P")
    counted(page, 2)
    page.reload()
    type_line(page, "Un plano")
    counted(page, 3)
    assert page.get_by_text("para 0115-P").count() == 2
    page.locator("#field-what").select_option("idea")
    again = page.context.new_page()
    page.close()
    again.goto(SCREEN)
    type_line(again, "Una app")
    counted(again, 4)
    assert stored() == ["idea Un mapa", "idea Un plano", "idea Una app", "problem Calles oscuras"]


def test_a_telephone_opens_no_keyboard_by_itself(open_as: Any, stored: Any):
    """It would cover half of the screen; with a mouse the cursor is in the field."""
    page = open_as("officer", width=360, has_touch=True, is_mobile=True).new_page()
    page.goto(SCREEN)
    counted(page, 0)
    assert page.locator("#field-text:focus").count() == 0


def test_two_tabs_send_a_waiting_line_once(facilitator: Page, stored: Any):
    """Both keep it, and the later correction stands."""
    first = facilitator
    cut(first)
    type_line(first, "Calles oscuras")
    first.get_by_text("No hay conexión").wait_for()
    second = first.context.new_page()
    second.goto(SCREEN)
    counted(second, 1)
    first.unroute("**/captura")
    send_now(first)
    counted(first, 1)
    assert stored() == ["problem Calles oscuras"]
    line = first.locator(".ga-line input[name=text]")
    line.fill("Sin luz")
    line.press("Enter")
    counted(first, 1)
    assert stored() == ["problem Sin luz"]


def test_a_browser_that_keeps_nothing_says_so(open_as: Any, stored: Any):
    """And sends all the same."""
    context = open_as("officer")
    context.add_init_script("Storage.prototype.setItem = () => { throw new Error('full') }")
    page = context.new_page()
    page.goto(SCREEN)
    page.get_by_text("Este navegador no guarda nada").wait_for()
    type_line(page, "Calles oscuras")
    counted(page, 1)
    assert stored() == ["problem Calles oscuras"]


def test_a_line_that_is_left_is_finished(facilitator: Page, stored: Any):
    """By tab or by a click on another line, as by Enter; several that were pasted are several."""
    page = facilitator
    page.get_by_label("Lo que se dijo").fill("Calles oscuras\n\n  Sin   agua ")
    page.get_by_label("Lo que se dijo").press("Enter")
    counted(page, 2)
    page.get_by_label("Lo que se dijo").fill("Sin sombra")
    page.locator(".ga-line input[name=text]").first.click()
    counted(page, 3)
    assert stored() == ["problem Calles oscuras", "problem Sin agua", "problem Sin sombra"]


def test_without_scripts_a_form_saves_many_lines(open_as: Any, stored: Any):
    """And corrects and removes one."""
    page = open_as("officer", width=360, java_script_enabled=False).new_page()
    page.goto(f"/taller/{WORKSHOP}")
    page.get_by_role("link", name="Capturar lo que se dice").click()
    page.get_by_label("Lo que se dijo").fill("Calles oscuras\nSin agua")
    page.get_by_role("button", name="Guardar").click()
    assert "2 líneas guardadas" in page.locator("body").inner_text()
    choose(page, "Sin agua")
    page.get_by_label("Lo que se dijo").fill("Un pozo")
    page.get_by_role("button", name="Guardar").click()
    last = page.locator(".ga-line").last
    last.locator("input[name=text]").fill("Calles sin luz")
    last.get_by_role("button", name="Corregir").click()
    page.locator(".ga-line").first.get_by_role("button", name="Quitar").click()
    assert stored() == ["problem Calles sin luz", "problem Sin agua"]


def test_the_screen_has_no_barrier_whatever_its_lines_say(facilitator: Page, barriers: Any, fits: Any):
    """Saved, waiting and refused: no violation of WCAG 2.1 A and AA, and nothing sticks out."""
    page = facilitator
    type_line(page, "Calles oscuras")
    type_line(page, "Un mapa", "Calles oscuras")
    type_line(page, "x" * 251)
    counted(page, 2, 0, 1)
    page.context.set_offline(True)
    type_line(page, "Sin agua")
    counted(page, 2, 1, 1)
    for width in (1280, 360, 320):
        page.set_viewport_size({"width": width, "height": 900})
        fits(page, width)
        assert barriers(page) == []
    page.context.set_offline(False)
    counted(page, 3, 0, 1)


def test_an_editor_publishes_what_was_captured(facilitator: Page, stored: Any, barriers: Any, fits: Any):
    """From the page of the workshop, with one button that asks for the session's token."""
    page = facilitator
    type_line(page, "Calles oscuras")
    type_line(page, "Un mapa", "Calles oscuras")
    counted(page, 2)
    page.goto(f"/taller/{WORKSHOP}")
    page.get_by_role("link", name="2 borradores de la captura").click()
    for width in (1280, 360, 320):
        page.set_viewport_size({"width": width, "height": 900})
        fits(page, width)
        assert barriers(page) == []
    seen = page.locator("input[name=seen]").first.get_attribute("value") or ""
    refused = page.request.post(page.url, form={"seen": seen})
    assert refused.status == 400
    page.get_by_role("button", name="Publicar todos").click()
    page.get_by_text("2 borradores publicados").wait_for()
    assert page.get_by_text("borradores de la captura").count() == 0
