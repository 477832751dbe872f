"""Open proposals in a browser: sent from a telephone without scripts, decided about, then followed."""

from __future__ import annotations

from typing import Any

import pytest

TITLE = "Lámparas en el parque"


@pytest.mark.long
def test_a_proposal_from_a_telephone_to_its_publication(open_as: Any, catalogue: Any, fits: Any):
    """Two people, neither with scripts: what is wrong comes back, the receipt leads to the story."""
    citizen = open_as(width=360, java_script_enabled=False).new_page()
    citizen.goto("/municipio/0115")
    citizen.get_by_role("link", name="Enviar un problema o una idea de este municipio").click()
    assert citizen.get_by_label("Municipio").input_value() == "Villa Nueva (0115)"
    citizen.wait_for_load_state()  # until then its styles hide nothing
    assert not citizen.get_by_label("Deje esto vacío").is_visible()
    citizen.get_by_label("Cuente más").fill("De noche no se ve")
    citizen.get_by_role("button", name="Enviar").click()
    assert citizen.locator("#errors a").all_inner_texts() == ["¿Qué es?", "En una frase"]
    citizen.get_by_label("Idea", exact=True).check()
    citizen.get_by_role("button", name="Enviar").click()
    assert citizen.locator("#errors a").all_inner_texts() == ["En una frase"]
    assert citizen.get_by_label("Cuente más").input_value() == "De noche no se ve"
    fits(citizen)
    citizen.get_by_label("En una frase").fill(TITLE)
    citizen.get_by_role("button", name="Enviar").click()
    code = citizen.locator(".ga-slip-code").inner_text()
    assert citizen.locator(".ga-slip-qr svg").is_visible()
    fits(citizen)
    citizen.goto(f"/recibo?codigo={code}")
    assert "recibida, en revisión" in citizen.inner_text("main")
    assert TITLE not in citizen.content()

    officer = open_as("officer", width=360, java_script_enabled=False).new_page()
    officer.goto("/")
    officer.get_by_role("link", name="Propuestas desde casa").click()
    waiting = officer.locator("li", has=officer.get_by_role("heading", name=TITLE))
    assert "De noche no se ve" in waiting.inner_text()
    fits(officer)
    waiting.get_by_role("button", name="No publicar").click()
    assert "Escriba por qué no se publica" in officer.inner_text("#errors")
    waiting.get_by_role("button", name="Publicar", exact=False).first.click()
    assert f"{code} está publicada" in officer.inner_text("body")

    citizen.goto(f"/recibo?codigo={code}")
    citizen.get_by_role("link", name="Ver toda su historia").click()
    assert citizen.locator("h1").inner_text() == TITLE
    assert "Propuesta desde casa" in citizen.inner_text("main")


@pytest.mark.long
def test_what_waits_is_for_everybody(
    open_as: Any, catalogue: Any, live_site: Any, barriers: Any, fits: Any, photograph: Any
):
    """axe finds nothing on the list of what waits, nor on the form with errors."""
    live_site.call("gobiernoabierto_proposal_create", entity="problem", municipality="0115", title="Sin agua")
    for who, path in (("officer", "/propuestas"), ("visitor", "/proponer")):
        page = open_as(who, width=360).new_page()
        page.goto(path)
        if who == "visitor":
            page.get_by_role("button", name="Enviar").click()
            assert page.locator("#errors a").count()
        assert barriers(page) == []
        fits(page)
        photograph(page, f"proposal-{who}")
