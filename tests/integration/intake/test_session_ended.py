"""The form of publishing that comes without its session, or without the session's token: nothing is lost."""

from __future__ import annotations

import io

import pytest
from bs4 import BeautifulSoup
from ckan.tests import factories
from ckan.tests.helpers import call_action
from werkzeug.test import Client

PASSWORD = "correct-horse-battery"


@pytest.fixture
def browser(app, officer):
    """Return a browser in which an editor of the officer's organization has signed in by the form."""
    user = factories.User(password=PASSWORD)
    organization = {"id": officer["organization"]["id"]}
    call_action("organization_member_create", **organization, username=user["name"], role="editor")
    browser = Client(app.app)
    signed_in = browser.post("/user/login", data={"login": user["name"], "password": PASSWORD})
    assert signed_in.status_code == 302
    return browser


def words(html):
    """Return the words of a page's form and of what is told above it."""
    return " ".join(BeautifulSoup(html, "html.parser").select_one("main").get_text().split())


def typed(form_of, html, filled):
    """Return what a page still has of what was typed."""
    form = form_of(html)
    found = {name: form.get(name) for name in filled}
    return {name: [code for code in v if code] if isinstance(v, list) else v for name, v in found.items()}


def test_without_a_session_all_that_was_typed_comes_back(post, filled, csv, form_of, datasets, officer):
    """With a way to sign in beside it, and the organization that a visitor could not choose."""
    form = {**filled, "owner_org": officer["organization"]["id"], "file__name": "Por colonia"}
    answer = post(form, person={"headers": {}})
    assert answer.status_code == 401
    assert typed(form_of, answer.body, form) == form
    assert "Su sesión terminó" in words(answer.body)
    link = BeautifulSoup(answer.body, "html.parser").select_one("main a[target=_blank]")
    assert "/user/login" in link["href"]
    assert datasets() == []


def test_nothing_is_stored_for_a_visitor(post, filled, csv, private_files, errors_of):
    """Not even the file: the page says so, at its place; and no cache keeps the page."""
    answer = post(filled, csv, "inversión.csv", person={"headers": {}})
    assert "inversión.csv" in errors_of(answer)["upload"]
    assert private_files() == []
    assert "no-store" in answer.headers["Cache-Control"]
    assert "public" not in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


def test_a_file_that_had_arrived_stays_with_the_form(post, filled, csv, form_of, datasets):
    """The token goes along, and finds it as soon as its sender is back."""
    form = {**form_of(post({**filled, "title": ""}, csv).body), **filled}
    ended = post(form, person={"headers": {}})
    assert "datos.csv" not in ended.body
    assert post(form_of(ended.body)).status_code == 302
    assert len(datasets(state="active")[0].resources) == 1


def test_a_visitor_learns_of_no_draft(post, filled, csv, datasets):
    """The same answer whether there is one or not."""
    post({"title": "Secreto"}, csv, save="draft")
    (draft,) = datasets()
    told = [post(filled, path=f"/publicar/{name}", person={"headers": {}}) for name in (draft.name, "nada")]
    assert [each.status_code for each in told] == [401, 401]
    assert "Secreto" not in told[0].body


def test_without_the_token_nothing_is_done_and_nothing_is_lost(browser, filled, form_of, datasets):
    """The page that comes back has a token of the present session, with which the form is taken."""
    answer = browser.post("/publicar", data={**filled, "save": "draft"})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert typed(form_of, html, filled) == filled
    assert "más antigua que su sesión" in words(html)
    assert datasets() == []
    assert browser.post("/publicar", data={**form_of(html), "save": "draft"}).status_code == 302
    assert [each.title for each in datasets()] == [filled["title"]]


@pytest.mark.parametrize("ours", [True, False], ids=["from our page", "from nobody knows where"])
def test_without_the_token_a_file_is_kept_from_our_own_page_alone(
    browser, filled, csv, private_files, ours, ckan_config
):
    """The browser's header of origin says whose page it was."""
    headers = {"Origin": ckan_config["ckan.site_url"]} if ours else {}
    sent = {**filled, "save": "publish", "upload": (io.BytesIO(csv), "datos.csv")}
    html = browser.post("/publicar", data=sent, headers=headers).get_data(as_text=True)
    assert len(private_files()) == int(ours)
    assert ("ya recibido" if ours else "no se pudo guardar") in words(html)


def test_from_another_site_nothing_comes_back(browser, filled):
    """Nobody else fills in an officer's form."""
    answer = browser.post("/publicar", data=filled, headers={"Origin": "https://otra-parte.example"})
    assert answer.status_code == 403
    assert filled["title"] not in answer.get_data(as_text=True)
