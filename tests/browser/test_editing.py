"""An officer makes, changes and deletes a workshop, with mistakes, with and without scripts."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def check(barriers: Any, fits: Any, photograph: Any) -> Any:
    """Return a function that finds nothing wrong with a page as it stands."""

    def run(page: Any, name: str, scripts: bool) -> None:
        photograph(page, name)
        fits(page)
        assert not scripts or barriers(page) == []

    return run


def _delete(page: Any, live_site: Any, check: Any, how: str, scripts: bool) -> None:
    """What names the workshop of the page keeps it from being deleted; deleted, its address says so."""
    code = page.url.rpartition("/")[2]
    idea = live_site.call("gobiernoabierto_idea_create", title="X", municipality="0115", workshop=code)
    page.get_by_role("link", name="Borrar", exact=True).click()
    assert idea["code"] in page.locator("#errors").inner_text()
    assert page.locator("main button[name=delete]").count() == 0
    check(page, f"edit-in-use-{how}", scripts)
    live_site.call("gobiernoabierto_idea_delete", code=idea["code"], version=1)
    page.goto(f"/taller/{code}/borrar")
    page.fill("#field-reason", "Estaba repetido")
    page.locator("button[name=delete]").click()
    page.wait_for_url("**/talleres")
    answer = page.goto(f"/taller/{code}")
    assert answer.status == 410
    assert "Estaba repetido" in page.locator("main").inner_text()


@pytest.mark.long
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_workshop_is_made_changed_and_deleted(open_as, live_site, check, scripts, width):
    """The mistake costs nothing that was typed; somebody else's change is shown before it is overwritten.

    What names it keeps it from being deleted; deleted, its address says so.
    """
    how = f"{'con' if scripts else 'sin'}-{width}"
    code, place = f"taller-{how}-guiones", "Salón municipal, zona 1"
    page = open_as("officer", width, java_script_enabled=scripts).new_page()
    page.goto("/talleres")
    page.get_by_role("link", name="Agregar taller").click()
    page.fill("#field-code", code)
    page.fill("#field-title", f"Taller {how}")
    page.fill("#field-place", place)
    page.select_option("#field-state", "planned")
    assert page.locator("input[name=municipalities][value='0115']").is_checked()
    page.locator("button[name=save][value=draft]").click()
    page.wait_for_selector("#errors")
    assert [each.get_attribute("href") for each in page.locator("#errors a").all()] == ["#field-kind"]
    assert (page.input_value("#field-code"), page.input_value("#field-place")) == (code, place)
    assert page.locator("input[name=municipalities][value='0115']").is_checked()
    check(page, f"edit-mistake-{how}", scripts)
    page.select_option("#field-kind", "co_creation")
    page.locator("button[name=save][value=draft]").click()
    page.wait_for_url(f"**/taller/{code}")
    assert "borrador" in page.locator("main header").inner_text()

    page.get_by_role("link", name="Editar", exact=True).click()
    live_site.call("gobiernoabierto_workshop_update", code=code, version=1, place="Parque central")
    page.fill("#field-title", f"Cocreación {how}")
    page.locator("button[name=save][value=publish]").click()
    page.wait_for_selector(".ga-conflict")
    assert page.locator(".ga-conflict tbody tr").count() == 2
    assert page.input_value("#field-place") == place
    check(page, f"edit-conflict-{how}", scripts)
    page.locator("button[name=save][value=publish]").click()
    page.wait_for_url(f"**/taller/{code}")
    shown = live_site.call("gobiernoabierto_workshop_show", code=code)
    assert (shown["visibility"], shown["place"]) == ("published", place)
    assert shown["title"] == f"Cocreación {how}"
    _delete(page, live_site, check, how, scripts)
