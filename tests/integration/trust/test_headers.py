"""The headers of every answer, on real answers."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import factories
from werkzeug.routing import Rule
from werkzeug.test import Client


def directives(answer: Any) -> dict[str, str]:
    """Return the Content-Security-Policy of an answer, by directive."""
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.long
def test_every_answer_of_every_route_carries_them(visitor: Client, rules: list[Rule], addresses: Any):
    """Pages, API, feeds, static files, redirects and errors, whoever registered the route."""
    lacking = {}
    for rule in rules:
        if "GET" not in rule.methods:
            continue
        for address in addresses(rule, ["agua"]):
            headers = visitor.get(address).headers
            policy = headers.get("Content-Security-Policy", "")
            right = "default-src" in policy and "script-src 'self' 'unsafe-inline'" not in policy
            right &= headers.get("X-Content-Type-Options") == "nosniff"
            right &= headers.get("Referrer-Policy") == "same-origin"
            right &= "Permissions-Policy" in headers
            if not right:
                lacking[address] = dict(headers)
    assert lacking == {}


def test_a_page_runs_loads_and_is_framed_by_this_site_alone(visitor: Client):
    """No inline script, no eval, no plugin, no other base, no other target of a form."""
    policy = directives(visitor.get("/"))
    assert policy["default-src"] == "'self'"
    assert "script-src" not in policy
    assert policy["object-src"] == "'none'"
    assert {policy[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'self'"}


def test_inline_handlers_are_for_the_file_form_alone(
    site: Any, sign_in: Any, editor: dict[str, Any], publishable: dict[str, Any]
):
    """CKAN's upload field cannot do without; its dataset form, and every other page, can."""
    organization = factories.Organization(users=[{"name": editor["name"], "capacity": "editor"}])
    dataset = factories.Dataset(**{**publishable, "owner_org": organization["id"]})
    browser = sign_in(editor)
    form = browser.get(f"/dataset/{dataset['name']}/resource/new")
    assert form.status_code == 200
    assert directives(form)["script-src-attr"] == "'unsafe-inline'"
    assert "script-src-attr" not in directives(browser.get(f"/dataset/edit/{dataset['name']}"))


def test_no_cache_keeps_what_somebody_saw_signed_in(
    visitor: Client, sign_in: Any, editor: dict[str, Any], secrets: Any
):
    """By page, by API and by token; stock CKAN calls the API's answers public."""
    token = factories.UserWithToken(sysadmin=True)["token"]
    show = f"/api/3/action/package_show?id={secrets.datasets[0]['name']}"
    browser = sign_in(editor)
    answers = [
        browser.get(show),
        browser.get(f"/dataset/{secrets.datasets[0]['name']}"),
        visitor.get(show, headers={"Authorization": token}),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-store"}


def test_no_refusal_is_kept_unasked(visitor: Client, sign_in: Any, editor: dict[str, Any]):
    """Browsers may keep 404 and 410 for ever, and what they say can be otherwise soon."""
    addresses = (
        ("/dataset/nada", 404),
        ("/dataset/nada/resource/nada/download", 404),
        ("/organization/nada", 404),
        ("/municipio/9999", 404),
        ("/api/3/action/package_show?id=nada", 404),
        ("/recibo?codigo=0115-I999", 404),
    )
    browser = sign_in(editor)
    for address, status in addresses:
        answer = visitor.get(address)
        assert answer.status_code == status, address
        assert answer.cache_control.no_cache, (address, answer.headers["Cache-Control"])
        assert browser.get(address).headers["Cache-Control"] == "private, no-store"
    assert not visitor.get("/").cache_control.no_cache


def test_style_sheets_and_scripts_of_the_site_may_be_kept(sign_in: Any, editor: dict[str, Any]):
    """They are the same for everybody, and heavy on a slow line."""
    assert "no-store" not in sign_in(editor).get("/base/images/ckan.ico").headers["Cache-Control"]


def test_https_stays_https(visitor: Client, monkeypatch: pytest.MonkeyPatch):
    """Only a site with a certificate may promise it."""
    assert "Strict-Transport-Security" not in visitor.get("/").headers
    monkeypatch.setitem(tk.config, "ckan.site_url", "https://datos.example")
    assert "max-age=" in visitor.get("/").headers["Strict-Transport-Security"]


def test_the_api_never_answers_with_a_script(visitor: Client):
    """`callback` would make any word a script of our own origin, past the policy."""
    answer = visitor.get("/api/3/action/package_list?callback=alert")
    assert answer.status_code == 400
    assert answer.content_type.startswith("application/json")
