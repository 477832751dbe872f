"""The map by hand: with the keyboard alone, without scripts, and on paper."""

from __future__ import annotations

FOCUSED = "document.activeElement"


def test_the_keyboard_walks_the_map_by_department(open_as, catalogue):
    """From the list of departments to the first municipality of one, and to its page."""
    page = open_as(java_script_enabled=False).new_page()
    page.goto("/mapa")
    page.get_by_text("Ir a un departamento del mapa").click()
    page.get_by_role("link", name="Huehuetenango", exact=True).first.press("Enter")
    page.wait_for_url("**/mapa#ga-d13")
    page.keyboard.press("Tab")
    focused = page.locator(".ga-map a:focus")
    assert focused.get_attribute("href") == "/municipio/1301"
    page.keyboard.press("Enter")
    page.wait_for_url("**/municipio/1301")
    assert page.locator("h1").inner_text() == "Huehuetenango"


def test_what_has_the_focus_on_the_map_is_seen(open_as, catalogue):
    """Its shape has a thick line of another colour."""
    page = open_as().new_page()
    page.goto("/mapa")
    before, after = (
        page.locator(".ga-map svg a").first.evaluate(
            f"(link, focus) => {{ if (focus) link.focus(); return [{FOCUSED} === link,"
            " getComputedStyle(link.querySelector('path')).strokeWidth] }",
            focus,
        )
        for focus in (False, True)
    )
    assert before == [False, "0.7px"]
    assert after == [True, "4px"]


def test_a_municipality_is_found_by_its_name_on_a_telephone(open_as, catalogue):
    """Its shape may be narrower than a finger: above the map, without scripts, by part of its name."""
    page = open_as(width=360, java_script_enabled=False).new_page()
    page.goto("/mapa")
    name = page.get_by_label("Busque un municipio por su nombre")
    assert name.bounding_box()["y"] < page.locator(".ga-map svg").last.bounding_box()["y"]
    name.fill("jacal")
    name.press("Enter")
    page.wait_for_url("**/municipios?q=jacal")
    (found,) = page.locator("main .ga-list a").all()
    found.click()
    page.wait_for_url("**/municipio/1307")


def test_the_map_can_be_skipped(open_as, catalogue):
    """340 links lie between the heading and the table."""
    page = open_as().new_page()
    page.goto("/mapa")
    page.get_by_role("link", name="Saltar el mapa").press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.querySelector('#ga-table').parentElement.contains({FOCUSED})")


def test_the_map_prints_with_its_legend_and_table(open_as, catalogue):
    """Without what paper cannot do."""
    page = open_as().new_page()
    page.goto("/mapa?por=problemas")
    page.emulate_media(media="print")
    for useless in (".ga-measures", ".ga-skip-map", ".ga-map details"):
        assert not page.locator(useless).is_visible()
    for kept in (".ga-map svg[role]", ".ga-legend", ".ga-figures-table"):
        assert page.locator(kept).is_visible()
