"""From the invitation to the receipt, as each of those who take part does it in a browser of their own.

INFOM, a municipality and its facilitator sign in; a participant, a journalist and a program do not.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from ckanext.gobiernoabierto.entities.participation import local_today
from ckanext.gobiernoabierto.lib import formats
from icalendar import Calendar
from openpyxl import load_workbook
from rdflib import Graph, URIRef

MUNICIPALITY = "1307"
WORKSHOP = "ideaton-jacaltenango-de-prueba"
LETTER, INVITATION = "GER-77-2026", "ger-77-2026"
OFFICE = "Dirección Municipal de Planificación"
ANSWER = "Lo hará la empresa municipal en marzo."
SAID = {"problem": "La calle del mercado está a oscuras", "idea": "Un mapa de lámparas apagadas"}
DAY = local_today() - dt.timedelta(90)
"""Of the workshop: months before the participant asks."""


@pytest.fixture(scope="module")
def people(browser: Any, live_site: Any, catalogue: Any, officer_of: Any, sign_in: Any) -> Any:
    """Return a function that opens a page of somebody; ``visitor`` has no account."""
    officer_of("infom-editora", "infom-oficina", institution="infom", coordinator=True)
    officer_of("jacaltenango-oficial", "municipalidad-de-jacaltenango", municipality=MUNICIPALITY)
    officer_of("jacaltenango-facilitadora", "oficina-de-la-mujer", municipality=MUNICIPALITY)
    remembered, opened = {"visitor": None}, []

    def page_of(name: str, width: int = 1280) -> Any:
        if name not in remembered:
            remembered[name] = sign_in(name)
        options = {"storage_state": remembered[name], "viewport": {"width": width, "height": 800}}
        opened.append(browser.new_context(base_url=live_site.url, locale="es-GT", **options))
        return opened[-1].new_page()

    yield page_of
    for context in opened:
        context.close()


@pytest.fixture
def check(barriers: Any, fits: Any) -> Any:
    """Return a function that finds nothing wrong by axe on a page, and nothing that sticks out."""

    def run(page: Any) -> None:
        assert barriers(page) == []
        fits(page, page.viewport_size["width"])

    return run


def send(page: Any, button: str, leads_to: str) -> None:
    """Send the form of the page with its button and follow where it leads."""
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url(f"**{leads_to}")


def texts(page: Any, selector: str = "main") -> str:
    """Return what can be read there."""
    return " ".join(page.locator(selector).first.inner_text().split())


def invite(page: Any) -> None:
    """INFOM makes a workshop and writes the numbered letter."""
    page.goto("/talleres")
    page.get_by_role("link", name="Agregar taller").click()
    page.fill("#field-code", WORKSHOP)
    page.fill("#field-title", "Ideatón de Jacaltenango")
    page.select_option("#field-kind", "idea_marathon")
    page.get_by_label("Buscar en la lista: Municipios").fill("jacal")
    page.check(f"input[name=municipalities][value='{MUNICIPALITY}']")
    page.select_option("#field-commitment", "3-11")
    page.fill("#field-start_date", DAY.isoformat())
    page.fill("#field-start_time", "09:00")
    page.fill("#field-place", "Salón municipal")
    page.select_option("#field-state", "planned")
    send(page, "Publicar", f"/taller/{WORKSHOP}")
    page.goto("/invitaciones")
    page.get_by_role("link", name="Agregar invitación").click()
    page.fill("#field-code", INVITATION)
    page.fill("#field-number", LETTER)
    page.select_option("#field-municipality", MUNICIPALITY)
    page.select_option("#field-workshop", WORKSHOP)
    page.fill("#field-letter_date", (DAY - dt.timedelta(20)).isoformat())
    page.fill("#field-issuing_office", "Gerencia General del INFOM")
    page.fill("#field-addressed_office", "Alcaldía Municipal")
    page.fill("#field-phone", "2422-1425")
    send(page, "Publicar", f"/invitacion/{INVITATION}")
    assert "Enviada; espera respuesta" in texts(page)


def confirm(page: Any, check: Any) -> None:
    """The municipality finds the letter on the page of the workshop and confirms it."""
    page.goto(f"/taller/{WORKSHOP}")
    page.get_by_role("link", name=f"Ver la invitación {LETTER}").click()
    page.get_by_role("link", name="Confirmar o declinar").click()
    check(page)
    page.get_by_label("Confirma que asistirá").check()
    page.fill("#field-office", OFFICE)
    send(page, "Guardar", f"/invitacion/{INVITATION}")
    assert "La respuesta a la invitación quedó guardada" in texts(page, "body")
    assert f"Confirmada por {OFFICE} el {formats.date(local_today())}" in texts(page)


def capture(page: Any, check: Any) -> dict[str, str]:
    """The facilitator types what a table says and prints its receipts; return {kind: code}."""
    page.goto(f"/taller/{WORKSHOP}")
    page.get_by_role("link", name="Capturar lo que se dice").click()
    check(page)
    for number, (kind, said) in enumerate(SAID.items(), 1):
        page.get_by_label("Lo que se dijo").wait_for()
        if kind == "idea":
            chosen = page.locator("#field-what option", has_text=SAID["problem"])
            chosen.wait_for(state="attached")
            page.select_option("#field-what", chosen.get_attribute("value"))
        page.fill("#field-text", said)
        page.press("#field-text", "Enter")
        page.get_by_text(f"{number} guardada{'s' if number > 1 else ''}").wait_for()
    idea, problem = page.locator(".ga-line .ga-line-code").all_inner_texts()
    page.get_by_role("link", name="Recibos para imprimir").click()
    assert sorted(page.locator(".ga-slip-code").all_inner_texts()) == sorted([idea, problem])
    assert page.pdf().startswith(b"%PDF")
    return {"problem": problem, "idea": idea}


def publish(page: Any, codes: dict[str, str]) -> None:
    """The facilitator reads it again, says on which day it was said, and publishes it."""
    for kind, path in (("problem", "problema"), ("idea", "idea")):
        page.goto(f"/{path}/{codes[kind]}")
        assert "borrador" in texts(page, "main header")
        page.get_by_role("link", name="Editar", exact=True).click()
        assert page.input_value("#field-title") == SAID[kind]
        page.fill("#field-reported", DAY.isoformat())
        send(page, "Publicar", f"/{path}/{codes[kind]}")


def ask(page: Any, check: Any, typed: str) -> str:
    """The participant types the code of the receipt on a telephone; return what the page says."""
    page.goto("/")
    page.get_by_role("link", name="Qué pasó con mi idea").first.click()
    page.fill("#code", typed)
    page.get_by_role("button", name="Ver qué pasó").click()
    page.wait_for_url("**/recibo?codigo=*")
    check(page)
    return texts(page)


def answer(page: Any, check: Any, code: str) -> None:
    """The municipality answers; a mistake costs it nothing."""
    page.goto(f"/idea/{code}")
    page.get_by_role("link", name="Responder", exact=True).click()
    check(page)
    page.fill("#field-text", ANSWER)
    page.select_option("#field-state", "declined")
    page.get_by_role("button", name="Guardar", exact=True).click()
    page.wait_for_selector("#errors")
    assert [each.get_attribute("href") for each in page.locator("#errors a").all()] == ["#field-office"]
    page.fill("#field-office", OFFICE)
    page.select_option("#field-state", "accepted")
    assert page.input_value("#field-text") == ANSWER
    send(page, "Guardar", f"/idea/{code}")
    assert "La respuesta quedó guardada" in texts(page, "body")


def report(page: Any, check: Any) -> None:
    """The lead institution says that its commitment is completed, and has to show it."""
    page.goto("/compromiso/3-11")
    page.get_by_role("link", name="Informar el avance").click()
    check(page)
    page.select_option("#field-self_report", "completed")
    page.get_by_role("button", name="Guardar", exact=True).click()
    page.wait_for_selector("#errors")
    assert [each.get_attribute("href") for each in page.locator("#errors a").all()] == ["#field-evidence"]
    check(page)
    page.fill("#field-evidence-0-text", "El ideatón de Jacaltenango")
    page.fill("#field-evidence-0-url", f"{page.url.partition('/compromiso')[0]}/taller/{WORKSHOP}")
    send(page, "Guardar", "/compromiso/3-11")
    assert "El ideatón de Jacaltenango" in texts(page, "section[aria-labelledby=evidence]")


def fetch(page: Any, address: str) -> bytes:
    """A program gets an address."""
    answered = page.request.get(address)
    assert answered.status == 200, address
    return answered.body()


def read_as_data(page: Any, site: str, code: str) -> None:
    """A program gets the same in every format."""
    told = json.loads(fetch(page, f"/idea/{code}.json"))
    assert (told["state"], told["answers"][0]["text"]) == ("accepted", ANSWER)
    accepted = fetch(page, f"/ideas.csv?state=accepted&municipality={MUNICIPALITY}").decode("utf-8-sig")
    assert [row["code"] for row in csv.DictReader(io.StringIO(accepted))] == [code]
    sheet = load_workbook(io.BytesIO(fetch(page, f"/idea/{code}.xlsx"))).active
    assert "Aceptada" in [cell.value for cell in sheet[2]]
    graph = Graph().parse(data=fetch(page, f"/idea/{code}.ttl"), format="turtle")
    assert any(graph.predicate_objects(URIRef(f"{site}/idea/{code}")))
    event = Calendar.from_ical(fetch(page, f"/taller/{WORKSHOP}.ics")).walk("VEVENT")[0]
    assert event["SUMMARY"] == "Ideatón de Jacaltenango"
    commitment = json.loads(fetch(page, "/compromiso/3-11.json"))
    assert (commitment["self_report"], commitment["irm_completion"]) == ("completed", "limited")


@pytest.mark.long
def test_the_whole_chain_from_invitation_to_receipt(people: Callable[..., Any], check: Any, live_site: Any):
    """Each step is done by whom it is for, and seen by those who come after."""
    infom, municipality = people("infom-editora"), people("jacaltenango-oficial")
    participant = people("visitor", 360)
    invite(infom)
    confirm(municipality, check)
    facilitator = people("jacaltenango-facilitadora")
    codes = capture(facilitator, check)
    code, mistyped = codes["idea"], codes["idea"].replace("0", "O").replace("-I", " l")
    assert "recibida, en revisión" in ask(participant, check, mistyped).lower()
    publish(facilitator, codes)
    assert f"Sin respuesta de la municipalidad desde el {formats.date(DAY)}" in ask(
        participant, check, mistyped
    )
    answer(municipality, check, code)
    told = ask(participant, check, mistyped)
    assert "Sin respuesta" not in told
    assert f"Respuesta de {OFFICE}" in told
    participant.get_by_role("link", name="Ver toda su historia").click()
    participant.wait_for_url(f"**/idea/{code}")
    assert ANSWER in texts(participant)
    assert "Aceptada" in texts(participant, ".ga-lead")

    report(infom, check)
    stored = live_site.call("gobiernoabierto_commitment_show", code="3-11")
    rated = {"code": "3-11", "version": stored["version"], "irm_completion": "limited"}
    live_site.call("gobiernoabierto_commitment_update", **rated)
    journalist = people("visitor")
    journalist.goto("/compromiso/3-11")
    check(journalist)
    read = texts(journalist)
    assert "programa piloto de maratones de ideas" in read
    assert "Completado" in texts(journalist, "section[aria-labelledby=progress]")
    assert "Limitado" in texts(journalist, "section[aria-labelledby=progress]")
    assert "No coinciden" in read
    assert "Alumbrado público de Villa Nueva, 2017" in texts(journalist, "section[aria-labelledby=datasets]")
    read_as_data(journalist, live_site.url, code)
