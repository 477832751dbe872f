"""What holds for every page of pages.yaml: for all eyes, hands and telephones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import Page, Response

PAGES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("pages.yaml").read_text("utf-8"))
WIDTHS = (1280, 360)
NARROWEST = 320
SMALLEST_TARGET = 24
# What lies over a link or a field where somebody would click it; a label belongs to its field.
COVERED = """() => {
  const all = document.querySelectorAll('a[href], button, input, select, textarea, summary');
  return [...all].filter(each => {
    const box = each.getClientRects()[0];
    if (!box || box.width < 3 || box.height < 3 || !each.checkVisibility({visibilityProperty: true}))
      return false;
    if (each.closest('svg'))  // its box is larger than its shape
      return false;
    if (each.closest('.visually-hidden, .visually-hidden-focusable, .select2-offscreen, .select2-container'))
      return false;
    each.scrollIntoView({block: 'center', behavior: 'instant'});
    const now = each.getClientRects()[0];
    const top = document.elementFromPoint(now.x + now.width / 2, now.y + now.height / 2);
    const label = top && top.closest('label');
    if (top && top.type === 'file')  // CKAN's upload lies over the button that it works for
      return false;
    return !(each.contains(top) || (label && label.control === each));
  }).map(each => each.outerHTML.slice(0, 160));
}"""
MAIN = "[role=main], main"
# Bytes, compressed, of all that a first visit loads: people come over slow lines.
HEAVIEST_FIRST_PAGE = 200_000


def _case(entry: dict[str, Any]) -> Any:
    marks = () if entry.get("often") else pytest.mark.long
    return pytest.param(entry, id=entry["name"], marks=marks)


each_page = pytest.mark.parametrize("entry", [_case(entry) for entry in PAGES])


def go(page: Page, entry: dict[str, Any], names: dict[str, str]) -> Response:
    """Open the page of an entry; it answers as the entry says."""
    answer = page.goto(entry["path"].format(**names))
    assert answer is not None
    assert answer.status == entry.get("status", 200), page.inner_text("body")
    return answer


def show_in_readme(page: Page, entry: dict[str, Any], checkout: Path) -> None:
    """Take the picture of a page that the README shows."""
    name = entry["name"] if page.viewport_size["width"] == WIDTHS[0] else f"{entry['name']}-telephone"  # type: ignore[index]
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=checkout / "docs" / "pictures" / f"{name}.png")


@pytest.fixture(scope="session")
def words() -> dict[str, set[str]]:
    """The words of each page, as a browser with scripts shows them."""
    return {}


def watch(page: Page, ours: str, status: int) -> list[str]:
    """Return a list that fills with what goes wrong on a page, and who else is asked."""
    seen: list[str] = []
    usual = f"status of {status}"
    page.on("pageerror", lambda error: seen.append(f"script: {error}"))
    page.on(
        "console",
        lambda line: seen.append(line.text) if line.type == "error" and usual not in line.text else None,
    )
    page.on(
        "request",
        lambda asked: seen.append(asked.url) if urlsplit(asked.url).netloc not in (ours, "") else None,
    )
    return seen


@each_page
def test_a_page_is_for_everybody(entry, look_as, catalogue, live_site, checkout, words, barriers, photograph):
    """axe finds nothing, nothing sticks out or lies over a link, no script fails, nobody else is asked."""
    page = look_as(entry.get("who", "visitor"))
    troubles = watch(page, urlsplit(live_site.url).netloc, entry.get("status", 200))
    go(page, entry, catalogue)
    assert page.get_attribute("html", "lang") == "es"
    assert page.locator("h1").count() == 1, page.locator("h1").all_inner_texts()
    words[entry["name"]] = set(page.inner_text(MAIN).split())
    found, covered = {}, {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        photograph(page, entry["name"])
        if entry.get("picture") and os.environ.get("UPDATE_PICTURES"):
            show_in_readme(page, entry, checkout)
        found[width] = barriers(page)
        covered[width] = page.evaluate(COVERED)
    page.set_viewport_size({"width": NARROWEST, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST
    assert found == {width: [] for width in WIDTHS}
    assert covered == {width: [] for width in WIDTHS}
    assert troubles == []


@each_page
def test_a_page_is_there_without_scripts(entry, look_as, catalogue, words):
    """The same words stand on it, but for a few that only scripts can do something with."""
    page = look_as(entry.get("who", "visitor"), java_script_enabled=False)
    go(page, entry, catalogue)
    without = set(page.inner_text(MAIN).split())
    with_scripts = words.get(entry["name"], without)
    assert len(without) > 3
    assert len(with_scripts - without) <= max(8, 0.1 * len(with_scripts)), with_scripts - without


@pytest.mark.long
@pytest.mark.parametrize("path", ["/", "/dataset/{dataset}", "/municipio/0115"])
def test_a_first_page_is_light(open_as, catalogue, path):
    """As it is sent, with all that it loads: what a telephone with little credit can pay."""
    page = open_as().new_page()
    loaded: list[Response] = []
    page.on("response", lambda answer: loaded.append(answer))
    page.goto(path.format(**catalogue), wait_until="networkidle")
    weights = {r.url: r.request.sizes()["responseBodySize"] for r in loaded if r.status == 200}
    assert sum(weights.values()) < HEAVIEST_FIRST_PAGE, weights


def test_the_keyboard_skips_to_the_content(open_as, catalogue):
    """The first stop of the tab key is a link past the header, and it is seen."""
    page = open_as().new_page()
    page.goto("/municipio/0115")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.get_attribute("href") == "#content"
    assert focused.bounding_box()["height"] > 20
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = page.evaluate("document.querySelector('#content').contains(document.activeElement)")
    assert inside


def test_what_has_the_focus_is_seen(open_as, catalogue):
    """Every stop of the tab key has an outline."""
    page = open_as().new_page()
    page.goto("/municipios")
    for _ in range(12):
        page.keyboard.press("Tab")
        style = "getComputedStyle(document.activeElement)"
        assert page.evaluate(f"{style}.outlineStyle") != "none"
        assert page.evaluate(f"parseFloat({style}.outlineWidth)") >= 2


def test_a_visitor_finds_a_municipality_without_scripts(open_as, catalogue):
    """From the home page to Villa Nueva, its department and its workshop, by links and a form."""
    page = open_as(width=360, java_script_enabled=False).new_page()
    page.goto("/")
    page.get_by_role("link", name="Mi municipio").click()
    page.get_by_label("Nombre o código").fill("villa nueva")
    page.locator(".ga-filter button").click()
    page.get_by_role("link", name="Villa Nueva", exact=True).click()
    page.get_by_role("link", name="Ideatón de Villa Nueva").click()
    assert page.locator("h1").inner_text() == "Ideatón de Villa Nueva"


@pytest.mark.long
@pytest.mark.parametrize("path", ["/", "/dataset/{dataset}", "/municipio/0115"])
@pytest.mark.parametrize("who", ["visitor", "officer"])
def test_text_of_twice_the_size_fits_a_telephone(open_as, catalogue, path, who):
    """360 pixels at 200 % are 180: nothing sticks out."""
    page = open_as(who, width=180).new_page()
    page.goto(path.format(**catalogue))
    beyond = """[...document.querySelectorAll('body *')].filter(
        each => each.getBoundingClientRect().right > 181 && each.checkVisibility()
    ).map(each => each.outerHTML.slice(0, 120))"""
    assert page.evaluate("document.documentElement.scrollWidth") <= 180, page.evaluate(beyond)


def test_the_keyboard_reaches_what_was_found_before_the_filters(open_as, catalogue):
    """The first stop leads to the results; the filters come after them, and a link leads there."""
    page = open_as(width=360).new_page()
    page.goto("/dataset/?q=alumbrado")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("href") == "#results"
    order = """document.querySelector('.ga-dataset, .dataset-item, #results')
        .compareDocumentPosition(document.querySelector('#filters'))"""
    assert page.evaluate(order) == 4
    assert page.locator(".ga-to-filters a, a.ga-to-filters").first.get_attribute("href") == "#filters"


def test_filters_that_find_nothing_are_told_by_name(open_as, catalogue):
    """Villa Nueva, not its code; large enough to be taken away; no heading over no filters."""
    page = open_as(width=360).new_page()
    page.goto("/dataset/?municipality=0115&res_format=PDF")
    assert "Municipios: Villa Nueva" in page.locator(".ga-chips").inner_text()
    for cross in page.locator(".ga-chips a").all():
        box = cross.bounding_box()
        assert min(box["width"], box["height"]) >= SMALLEST_TARGET
    assert not page.get_by_role("heading", name="Filtros").count()


def test_a_choice_in_english_is_marked(open_as, catalogue):
    """As the same title is in lists; who listens hears it in its language."""
    page = open_as().new_page()
    page.goto("/compromisos")
    english = page.locator("select option[lang=en]").all_inner_texts()
    assert english
    assert all(text.strip().endswith("(título en inglés)") for text in english)


@pytest.mark.parametrize(
    "path", ["/taller/ideaton-villa-nueva-2017", "/dataset/{dataset}", "/organization/{organization}"]
)
def test_the_way_up_has_room_for_a_finger(open_as, catalogue, path):
    """Each link is as high as WCAG 2.5.8 asks for."""
    page = open_as(width=360).new_page()
    page.goto(path.format(**catalogue))
    links = page.locator(".toolbar .breadcrumb a").all()
    assert links
    for link in links:
        assert link.bounding_box()["height"] >= SMALLEST_TARGET, link.inner_text()


def test_a_dataset_prints_with_all_that_cites_it(open_as, catalogue, live_site):
    """Who published it, under which licence, when and where; neither buttons nor the footer."""
    page = open_as("officer").new_page()
    page.goto(f"/dataset/{catalogue['dataset']}")
    address = page.get_by_text(f"{live_site.url}/dataset/{catalogue['dataset']}", exact=True)
    assert not address.is_visible()
    page.emulate_media(media="print")
    assert address.is_visible()
    for said in ("Licencia", "Publica", "Fechas"):
        assert page.locator(".ga-aside h2", has_text=said).is_visible(), said
    for useless in (".ga-footer", ".ga-button", ".btn", ".ga-actions", ".ga-as-data"):
        assert not page.locator(useless).locator("visible=true").count(), useless


def test_a_list_of_choices_is_searched_by_its_groups_too(open_as, catalogue):
    """Who types a department gets its municipalities, though no name of theirs has it."""
    page = open_as("officer").new_page()
    page.goto("/dataset/new")
    page.locator("#field-municipality-search").fill("peten")
    shown = page.locator("#field-municipality .ga-codes-list label", has_text="Melchor de Mencos")
    assert shown.is_visible()
    page.locator("#field-municipality-search").fill("peten melchor")
    assert page.locator("#field-municipality details label").locator("visible=true").count() == 1


def test_an_empty_file_is_called_empty(open_as, catalogue):
    """As it is chosen, and by the form that is sent with it."""
    page = open_as("officer").new_page()
    page.goto("/publicar")
    page.set_input_files("#field-upload", {"name": "a.csv", "mimeType": "text/csv", "buffer": b""})
    assert "El archivo está vacío" in page.locator("[data-ga-status]").inner_text()
    page.locator("button[name=save][value=publish]").click()
    page.wait_for_selector("#errors")
    assert "El archivo está vacío" in page.locator("#errors").inner_text()


def test_a_page_prints_without_what_paper_cannot_do(open_as, catalogue):
    """No search, no ways in, no buttons."""
    page = open_as().new_page()
    page.goto("/municipio/0115")
    page.emulate_media(media="print")
    for useless in (".ga-search", ".ga-ways", ".ga-downloads"):
        assert not page.locator(useless).first.is_visible()
    assert page.locator("h1").is_visible()
