"""The cookie by which a browser knows whose screen it may show without a connection."""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import Morsel, SimpleCookie
from typing import Any

import pytest
from werkzeug.test import Client

MARK = "gobiernoabierto_captura"
SCREEN = "/taller/charla/captura"


@pytest.fixture
def marked(app: Any, token_of: Callable[[str], str]) -> Callable[..., Morsel[str] | None]:
    """Return a function that gives the mark that an answer sets; the browser may have one already."""
    browser = Client(app.app, use_cookies=False)

    def run(path: str, user: dict[str, Any] | None = None, has: str | None = None) -> Morsel[str] | None:
        headers = {"Authorization": token_of(user["name"])} if user else {}
        headers |= {"Cookie": f"{MARK}={has}"} if has else {}
        answer = browser.get(path, headers=headers)
        jar: SimpleCookie = SimpleCookie()
        for header in answer.headers.getlist("Set-Cookie"):
            jar.load(header)
        return jar.get(MARK)

    return run


@pytest.mark.long
def test_the_screen_says_whose_it_is_until_the_session_ends(marked: Any, editor: Any):
    """To scripts of this site alone, as the session's cookie over https alone."""
    user = editor()
    mark = marked(SCREEN, user)
    assert mark.value == user["id"]
    assert 12 * 3600 - 60 < int(mark["max-age"]) <= 12 * 3600
    assert (mark["samesite"], bool(mark["secure"]), bool(mark["httponly"])) == ("Lax", True, False)


def test_it_stays_with_that_person_alone(marked: Any, editor: Any):
    """Whoever is signed out, or is somebody else, has it no more after any answer."""
    hers, his = editor(), editor()
    assert marked("/talleres", hers, has=hers["id"]) is None
    for user in (None, his):
        taken = marked("/talleres", user, has=hers["id"])
        assert (taken.value, taken["max-age"], bool(taken["secure"])) == ("", "0", True)


def test_nobody_else_gets_one(marked: Any, editor: Any):
    """Neither a visitor, nor at another page, nor where one may not capture."""
    assert marked(SCREEN) is None
    assert marked("/talleres", editor()) is None
    assert marked(SCREEN, editor("0101")) is None


def test_the_worker_is_one_script_for_all(app: Any, workshop: None):
    """A browser takes it for its own page only, and asks each time whether there is a newer one."""
    answer = app.get("/captura.js")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "no-cache" in answer.headers["Cache-Control"]
    assert "respondWith" in answer.body
    assert "Set-Cookie" not in answer.headers
