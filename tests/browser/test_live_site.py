"""The site that the browser tests visit."""

from __future__ import annotations

import time
from typing import Any

import requests


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


def test_no_log_has_a_link_that_works(live_site: Any, catalogue: dict[str, str]) -> None:
    """What a mail's links lead to: the line is there, the secret is not."""
    paths = [
        ("/seguir/confirmar", catalogue["follow_again"]),
        ("/seguir/baja", catalogue["follow_leave"]),
        ("/seguir/mis-seguimientos", catalogue["follow_mine"]),
    ]
    for path, secret in paths:
        assert requests.get(f"{live_site.url}{path}/{secret}", timeout=60).ok
    requests.post(f"{live_site.url}{paths[0][0]}/{paths[0][1]}", timeout=60)
    requests.get(f"{live_site.url}{paths[2][0]}/{paths[2][1]}/datos.json", timeout=60)
    requests.get(f"{live_site.url}/fin-de-la-prueba", timeout=60)
    deadline = time.monotonic() + 10
    while "fin-de-la-prueba" not in (told := live_site.log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    for path, _ in paths:
        assert f" 200 {path}/*** render time" in told
    assert "/seguir/mis-seguimientos/***/datos.json render time" in told
    assert [secret for _, secret in paths if secret in told] == []
