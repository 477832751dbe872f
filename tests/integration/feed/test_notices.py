"""Notices about a dataset: at the field that causes them, for who may edit it, and for nobody else."""

from __future__ import annotations

import ckan.tests.factories as factories
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan import model
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.dataset_form import UPLOAD
from ckanext.gobiernoabierto.feed import shapes, wake
from tests.remembered import remembered

pytestmark = pytest.mark.long

ADDRESS = "http://a.gt/100%"


@pytest.fixture
@remembered
def people(organization, token_of):
    """Return the headers of an editor of the organization, of one of another, and of nobody."""
    made = {"editor": factories.User()["name"], "other": factories.User()["name"]}
    other = factories.Organization()
    for name, of in (("editor", organization), ("other", other)):
        member = {"id": of["id"], "username": made[name], "role": "editor"}
        call_action("organization_member_create", **member)
    return {name: {"Authorization": token_of(user)} for name, user in made.items()} | {"nobody": {}}


@pytest.fixture
def get(app, people):
    """Return the page at an address as one of these people gets it."""

    def get(path, who="editor", status=200):
        answer = app.get(path, headers=people[who], status=status)
        return BeautifulSoup(answer.body, "html.parser")

    return get


@pytest.fixture
def wrong(app, dataset):
    """A public dataset without a description, whose file has an address that is none."""
    for statement in ("UPDATE package SET notes = ''", f"UPDATE resource SET url = '{ADDRESS}'"):
        model.Session.execute(sa.text(statement))
    model.Session.commit()
    wake.flush_marked()
    return dataset


def lines(page):
    """Return (address, text) of each notice in a box or a list."""
    found = page.select(".ga-notices li, .ga-notice-list ul li")
    return [(each.a["href"] if each.a else None, each.get_text(" ", strip=True)) for each in found]


def test_the_editor_reads_on_the_page_what_is_wrong_and_where_to_mend_it(wrong, get):
    """What is wrong first, in Spanish; the suggestions behind a line."""
    page = get(f"/dataset/{wrong['name']}")
    file = wrong["resources"][0]["id"]
    first, second, *suggested = lines(page)
    assert first[0] == f"/dataset/{wrong['name']}/resource/{file}/edit#field-upload"
    assert f"«{ADDRESS}» no se publica" in first[1]
    assert second[0] == f"/dataset/edit/{wrong['name']}#field-notes"
    assert "Escriba la descripción" in second[1]
    assert len(suggested) == len(page.select(".ga-notices details li")) == 5


def test_each_notice_leads_to_a_field_and_stands_there(wrong, get):
    """On the form of the dataset, and on that of the file."""
    for address, _text in lines(get("/avisos")):
        path, _, anchor = address.partition("#")
        page = get(path)
        field = page.find(id=anchor)
        assert field is not None, address
        beside = field.find_parent(class_="ga-noticed")
        assert beside is not None, address
        assert beside.p["id"] == beside["aria-labelledby"]
        assert all("open" in each.attrs for each in field.find_parents("details", class_="ga-more"))


def test_every_field_of_the_rules_is_a_field_of_a_form(dataset, get):
    """A new rule cannot point nowhere."""
    forms = {
        "dataset": get(f"/dataset/edit/{dataset['name']}"),
        "file": get(f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/edit"),
    }
    for name, rule in shapes.rules().items():
        if rule.field:
            of_file = name.startswith(("file-", "suggest-file-"))
            field = UPLOAD.get(rule.field, rule.field) if of_file else rule.field
            assert forms["file" if of_file else "dataset"].find(id=f"field-{field}"), name


@pytest.mark.parametrize("who", ["other", "nobody"])
def test_nobody_else_reads_any_of_it(wrong, get, who):
    """Neither on the page nor in a list."""
    assert lines(get(f"/dataset/{wrong['name']}", who)) == []
    if who == "other":
        page = get("/avisos", who)
        assert lines(page) == []
        assert wrong["title"] not in page.text
        assert "No hay nada que corregir" in page.text


def test_a_visitor_is_asked_to_sign_in(app):
    """And comes back to the list."""
    answer = app.get("/avisos", follow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/user/login?came_from=/avisos")


@pytest.mark.parametrize(("asked", "status"), [("0", 400), ("x", 400), ("2", 404)])
def test_a_page_that_there_is_not_says_so(wrong, get, asked, status):
    """As other lists do."""
    get(f"/avisos?page={asked}", status=status)


def test_what_is_mended_goes_away(wrong, get, app, people):
    """As soon as it was flushed."""
    file = {"id": wrong["resources"][0]["id"], "url": "https://example.org/a.csv"}
    notes = {"id": wrong["id"], "notes": "Luminarias por colonia."}
    for action, change in (("resource_patch", file), ("package_patch", notes)):
        answer = app.post(f"/api/3/action/{action}", json=change, headers=people["editor"])
        assert answer.status_code == 200, answer.body
    wake.flush_marked()
    page = get(f"/dataset/{wrong['name']}")
    assert "Corrija esto" not in page.text
    assert len(lines(page)) == 5
    assert page.select_one(".ga-notices").h2.text == "Estos datos están publicados y pueden mejorar"


def test_of_a_dataset_that_is_not_public_nothing_is_noticed(wrong, get):
    """Nobody would get it."""
    model.Session.execute(sa.text("UPDATE package SET private = true"))
    model.Session.commit()
    wake.flush_marked()
    assert lines(get("/avisos")) == []
