"""The page of signing in."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from ckan.tests import factories
from werkzeug.test import Client

PASSWORD = "correct-horse-battery"


@pytest.fixture
def browser(clean_site, app):
    """Return a browser without cookies."""
    return Client(app.app)


def test_a_wrong_password_costs_the_password_alone(browser):
    """The name is there again, and is text whatever it holds."""
    answer = browser.post("/user/login", data={"login": 'ana"><b>', "password": "x"})
    page = BeautifulSoup(answer.get_data(), "html.parser")
    assert page.select_one("#field-login")["value"] == 'ana"><b>'
    assert not page.select_one("#field-password").get("value")


def test_a_forgotten_password_is_asked_about_once(browser):
    """A link, not a heading and a button of the same words."""
    assert browser.get("/user/login").get_data(as_text=True).count("Olvidó su contraseña") == 1


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("", "/dashboard/datasets"),
        ("/publicar", "/publicar"),
        ("https://otra.example/", "/dashboard/datasets"),
    ],
)
def test_who_is_signed_in_is_led_on(browser, wanted, place):
    """To where they wanted to go, if it is a page of this site."""
    user = factories.User(password=PASSWORD)
    browser.post("/user/login", data={"login": user["name"], "password": PASSWORD})
    answer = browser.get("/user/login", query_string={"came_from": wanted})
    assert answer.status_code == 302
    assert answer.location.endswith(place)
    assert "otra.example" not in answer.location


def test_the_page_about_this_site_is_our_own(browser):
    """What it is, who publishes, under which licence, its source and whom to ask: nothing on CKAN."""
    page = BeautifulSoup(browser.get("/about").get_data(), "html.parser")
    text = page.select_one("[role=main]").get_text()
    assert "CKAN" not in text
    assert "ideatones" in text
    headings = [each.get_text() for each in page.select("[role=main] h2")]
    assert len(headings) == 5
    assert page.select_one("[role=main] a[href*=codigo], [role=main] a[href*=source]")
