"""Promise P2: nobody acts as somebody else, whichever plugin brought the route."""

from __future__ import annotations

import re
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories
from flask_login import encode_cookie
from werkzeug.routing import Rule
from werkzeug.test import Client

MUTATING = {"POST", "PUT", "PATCH", "DELETE"}
ELSEWHERE = {"Origin": "https://otra-parte.example"}


@pytest.fixture
def signed_in(request: pytest.FixtureRequest, app: Any, sign_in: Any, editor: dict[str, Any]) -> Client:
    """Return a browser with a session, or with nothing but the remember-me cookie of an older site."""
    if request.param == "session":
        return sign_in(editor)
    browser = Client(app.app)
    with app.flask_app.test_request_context("/"):
        browser.set_cookie("remember_token", encode_cookie(editor["id"]), domain="localhost")
    assert browser.get("/dashboard/datasets").status_code == 200
    return browser


def doors(rules: list[Rule], addresses: Any) -> list[tuple[str, str]]:
    """Return (method, address) of each route that may change something."""
    return [
        (method, address)
        for rule in rules
        for method in sorted(MUTATING & rule.methods)
        for address in addresses(rule, ["agua"])
    ]


@pytest.mark.long
@pytest.mark.parametrize("signed_in", ["session", "remembered"], indirect=True)
@pytest.mark.parametrize("primed", [False, True], ids=["cold", "after a visitor"])
def test_no_route_takes_a_cookie_for_consent(
    signed_in: Client, primed: bool, rules: list[Rule], addresses: Any, visitor: Client
):
    """A POST with the cookies and without the token is refused, before and after a visitor's request.

    The second half is CVE-2026-41255: one anonymous request used to open a view for everybody.
    """
    found = doors(rules, addresses)
    assert len(found) > 50
    let_in = {}
    for method, address in found:
        if primed:
            visitor.get(address)
            visitor.open(address, method=method)
        status = signed_in.open(address, method=method, data={"name": "x"}).status_code
        if status not in (400, 403):
            let_in[f"{method} {address}"] = status
    assert let_in == {}


def test_a_signed_in_form_works_with_its_token(sign_in: Any, editor: dict[str, Any]):
    """The token that the page carries is the one that the form needs."""
    browser = sign_in(editor)
    page = browser.get(f"/user/edit/{editor['name']}").get_data(as_text=True)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    form = {"name": editor["name"], "fullname": "Ana", "email": editor["email"], "save": ""}
    assert browser.post(f"/user/edit/{editor['name']}", data=form).status_code == 400
    answer = browser.post(f"/user/edit/{editor['name']}", data={**form, "_csrf_token": token[1]})
    assert answer.status_code == 302
    assert model.User.get(editor["name"]).fullname == "Ana"


def test_a_program_with_an_api_token_needs_no_csrf_token(visitor: Client):
    """A token in the header is consent enough, from any origin."""
    token = factories.UserWithToken(sysadmin=True)["token"]
    headers = {"Authorization": token, **ELSEWHERE}
    answer = visitor.post("/api/3/action/organization_create", json={"name": "uno"}, headers=headers)
    assert answer.status_code == 200


def test_another_site_cannot_sign_a_visitor_in(visitor: Client, editor: dict[str, Any]):
    """A visitor's form carries no token, so the origin decides; without one, a program is asking."""
    form = {"login": editor["name"], "password": "correct-horse-battery"}
    for origin in ("https://otra-parte.example", "null"):
        assert visitor.post("/user/login", data=form, headers={"Origin": origin}).status_code == 403
    ours = {"Origin": tk.config["ckan.site_url"]}
    assert visitor.post("/user/login", data=form, headers=ours).status_code == 302


@pytest.mark.parametrize("address", ["/", "/dataset/", "/organization/", "/about", "/user/login", "/nada"])
def test_a_visitors_page_has_no_token_and_sets_no_cookie(visitor: Client, address: str):
    """One copy of a page serves every visitor; an error page, too."""
    answer = visitor.get(address)
    assert "Set-Cookie" not in answer.headers
    values = re.findall(r'name="_csrf_token" (?:value|content)="([^"]*)"', answer.get_data(as_text=True))
    assert not any(values)
