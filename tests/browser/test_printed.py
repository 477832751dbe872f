"""Paper: how many pages come out of a printer, and whether all stands on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

LONGEST = "Taller de cocreación sobre el alumbrado público "


def pages_of(pdf: bytes) -> int:
    """Return the number of pages of a PDF as Chromium writes it."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


@pytest.fixture(scope="module")
def workshop(live_site: Any, catalogue: dict[str, str]) -> Iterator[str]:
    """A workshop whose texts are as long as its form takes them, with 23 ideas."""
    code = "taller-de-papel"
    institutions = live_site.call("gobiernoabierto_institution_list", limit=30)["results"]
    live_site.call(
        "gobiernoabierto_workshop_create",
        code=code,
        title=(LONGEST * 9)[:250],
        kind="idea_marathon",
        municipalities=["0115", "0108", "1307"],
        organizers=[each["code"] for each in institutions],
        place=(LONGEST * 30)[:1000],
        start_date="2017-05-27",
        end_date="2017-06-03",
        start_time="08:00",
        end_time="15:00",
        state="cancelled",
        visibility="published",
    )
    ideas = [
        live_site.call(
            "gobiernoabierto_idea_create", title=(LONGEST * 5)[:200], municipality="0115", workshop=code
        )
        for _ in range(23)
    ]
    yield code
    for idea in ideas:
        live_site.call("gobiernoabierto_idea_delete", code=idea["code"], version=1, reason="Prueba")
    live_site.call("gobiernoabierto_workshop_delete", code=code, version=1, reason="Prueba")


@pytest.mark.long
@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("code", ["reunion-informativa-2016", "taller-de-papel"])
def test_a_poster_is_one_page(open_as, workshop, live_site, code, paper):
    """However long its texts are; what leads to the workshop is on it, and nothing is cut off."""
    page = open_as().new_page()
    page.goto(f"/taller/{code}/cartel")
    assert page.locator("script").count() == 0
    for size in ({"prefer_css_page_size": True}, {"format": paper}):
        assert pages_of(page.pdf(**size)) == 1
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1032})  # A4 within its margins
    text = page.locator(".ga-poster-text")
    assert text.evaluate("e => e.scrollHeight <= e.clientHeight + 1")
    foot = page.locator(".ga-poster-foot").bounding_box()
    assert foot["y"] + foot["height"] <= 1032
    assert page.locator(".ga-poster-qr svg").bounding_box()["width"] > 110
    assert not page.locator(".ga-on-screen").is_visible()


@pytest.mark.long
def test_receipts_stand_ten_on_a_page(browser, workshop, live_site):
    """23 of them are three pages; each text is one line and stays within its receipt."""
    headers = {"Authorization": live_site.token}
    with browser.new_context(base_url=live_site.url, extra_http_headers=headers) as context:
        page = context.new_page()
        page.goto(f"/taller/{workshop}/recibos")
        assert page.locator(".ga-slip").count() == 23
        assert pages_of(page.pdf(prefer_css_page_size=True)) == 3
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 703, "height": 1032})
        assert page.locator(".ga-slip").evaluate_all(
            "all => all.every(e => e.scrollHeight <= e.clientHeight)"
        )
        rights = page.locator(".ga-slip").evaluate_all("all => all.map(e => e.getBoundingClientRect().right)")
        assert max(rights) <= 703
        assert page.locator(".ga-slip-line").first.bounding_box()["height"] < 20
