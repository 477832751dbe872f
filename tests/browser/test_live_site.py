"""The site that the browser tests visit."""

from __future__ import annotations

from typing import Any


def test_home_page_opens_in_spanish(page: Any) -> None:
    """A visitor's first page is there, in Spanish."""
    answer = page.goto("/")
    assert answer.status == 200
    assert page.locator("html").get_attribute("lang") == "es"


def test_a_new_user_signs_in(live_site: Any, page: Any) -> None:
    """The cookies of the profile work in a browser on the loopback address."""
    live_site.add_user("vecina", "una-clave-larga")
    page.goto("/user/login")
    page.fill("#field-login", "vecina")
    page.fill("#field-password", "una-clave-larga")
    page.click("button[type=submit].btn-primary")
    page.goto("/user/vecina")
    assert page.locator("a[href='/user/_logout'], form[action='/user/_logout']").count() > 0
