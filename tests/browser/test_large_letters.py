"""Who sets letters of twice the size in a telephone's browser reads and searches all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

TELEPHONE: Any = {"width": 360, "height": 800}
PAGES = ["/", "/dataset/", "/municipio/0115", "/catalog/estado", "/recibo", "/dataset/{dataset}"]
BEYOND = """[...document.querySelectorAll('body *')].filter(
    each => each.getBoundingClientRect().right > innerWidth + 1 && each.checkVisibility()
).map(each => each.outerHTML.slice(0, 120))"""
LETTERS = "parseFloat(getComputedStyle(document.querySelector('{}')).fontSize)"


@pytest.fixture(scope="module")
def telephone(large_letters: Browser, live_site: Any) -> Iterator[BrowserContext]:
    """A telephone with such a browser."""
    with large_letters.new_context(base_url=live_site.url, locale="es-GT", viewport=TELEPHONE) as context:
        yield context


def no_wider(page: Page) -> None:
    """Nothing sticks out of the telephone."""
    taken = page.evaluate("document.documentElement.scrollWidth")
    assert taken <= TELEPHONE["width"], (taken, page.evaluate(BEYOND))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_with_the_letters_of_the_browser(telephone, catalogue, path):
    """The setting of the browser, in which every length that goes by letters is twice as long."""
    page = telephone.new_page()
    page.goto(path.format(**catalogue))
    no_wider(page)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_with_letters_that_another_style_enlarges(open_as, catalogue, path):
    """What an extension of a browser does: conditions on the width of the window know nothing of it."""
    page = open_as(width=TELEPHONE["width"]).new_page()
    page.goto(path.format(**catalogue))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    no_wider(page)


def test_there_is_room_for_what_one_looks_for(telephone, catalogue):
    """The button goes below the field rather than leave it the room of one letter."""
    page = telephone.new_page()
    page.goto("/dataset/")
    for field in ("#field-giant-search", "#field-sitewide-search"):
        assert page.locator(field).bounding_box()["width"] > TELEPHONE["width"] / 2, field


@pytest.mark.parametrize(("path", "field"), [("/user/login", "field-login"), ("/proponer", "field-title")])
def test_the_labels_of_forms_grow_too(telephone, catalogue, path, field):
    """They are as large as what is typed beside them."""
    page = telephone.new_page()
    page.goto(path)
    label = page.evaluate(LETTERS.format(f"label[for={field}]"))
    assert label >= page.evaluate(LETTERS.format(f"#{field}"))
