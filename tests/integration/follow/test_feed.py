"""The Atom feed of what can be followed: valid (RFC 4287), stable, and without what is hidden."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

import pytest
from ckan.tests import factories
from ckan.tests.helpers import call_action
from lxml import etree

pytestmark = pytest.mark.usefixtures("villa_nueva")
ATOM = "{http://www.w3.org/2005/Atom}"
PATHS = ("/problema/0115-P1", "/idea/0115-I1", "/municipio/0115", "/dataset/lamparas")
SECRET = "zz9secreto"


def only(parent: Any, name: str) -> Any:
    """Return the one child of that name."""
    (found,) = parent.findall(ATOM + name)
    return found


def checked(body: bytes, path: str) -> Any:
    """Return the feed, once it has what RFC 4287, 4.1.1 and 4.1.2, demands."""
    feed = etree.fromstring(body)
    assert feed.tag == ATOM + "feed"
    links = {link.get("rel"): link for link in feed.findall(ATOM + "link")}
    assert set(links) == {"self", "alternate"}
    assert urlsplit(links["self"].get("href")).path == f"{path}.atom"
    assert links["self"].get("type") == "application/atom+xml"
    assert urlsplit(links["alternate"].get("href")).path == path
    assert only(only(feed, "author"), "name").text
    entries = feed.findall(ATOM + "entry")
    for each in (feed, *entries):
        assert urlsplit(only(each, "id").text).scheme in ("http", "https", "tag")
        assert only(each, "title").text
        assert dt.datetime.fromisoformat(only(each, "updated").text).tzinfo
    for each in entries:
        assert only(each, "content").get("type") in (None, "text")
        assert only(each, "link").get("rel", "alternate") == "alternate"
    ids = [only(each, "id").text for each in entries]
    assert len(ids) == len(set(ids))
    assert feed.nsmap == {None: ATOM[1:-1]}
    return feed


def read(app: Any, path: str) -> Any:
    """Return the feed of a page."""
    answer = app.get(f"{path}.atom")
    assert answer.headers["Content-Type"] == "application/atom+xml"
    assert "Set-Cookie" not in answer.headers
    return checked(answer.data, path)


def texts(feed: Any) -> str:
    """Return all that its entries say."""
    return "\n".join(
        f"{only(e, 'title').text}: {only(e, 'content').text}" for e in feed.findall(ATOM + "entry")
    )


@pytest.mark.long
@pytest.mark.parametrize("path", PATHS)
def test_each_page_has_a_valid_feed_and_names_it(app: Any, path: str):
    """In its head, as a program that collects feeds looks for it."""
    assert read(app, path) is not None
    assert f'<link rel="alternate" type="application/atom+xml" href="{path}.atom">' in app.get(path).body


@pytest.mark.long
@pytest.mark.parametrize("path", PATHS)
def test_who_has_it_already_is_told_so(app: Any, answer: Any, path: str):
    """304 until there is news: programs that collect feeds come back each hour."""
    tag = app.get(f"{path}.atom").headers["ETag"]
    assert app.get(f"{path}.atom", headers={"If-None-Match": tag}).status_code == 304
    if path.startswith("/problema"):
        answer("Algo nuevo")
        assert app.get(f"{path}.atom", headers={"If-None-Match": tag}).status_code == 200


def test_it_tells_what_the_mails_tell_newest_first_and_keeps_its_ids(app: Any, answer: Any):
    """An entry that was read stays the same entry."""
    answer("Primera <b>&amp;")
    before = read(app, "/problema/0115-P1")
    answer("Segunda")
    after = read(app, "/problema/0115-P1")
    said = texts(after)
    assert said.index("Respuesta de Alcaldía: Segunda") < said.index(
        "Respuesta de Alcaldía: Primera <b>&amp;"
    )
    ids = [[only(e, "id").text for e in feed.findall(ATOM + "entry")] for feed in (before, after)]
    assert ids[1][1:] == ids[0]
    assert only(after, "updated").text == only(after.findall(ATOM + "entry")[0], "updated").text


def test_a_place_tells_of_what_names_it(app: Any, answer: Any):
    """Problems, ideas, datasets."""
    answer("De la idea", "idea", "0115-I1")
    said = texts(read(app, "/municipio/0115"))
    assert "Idea 0115-I1: Un mapa de lámparas: Respuesta de Alcaldía: De la idea" in said
    assert "Conjunto de datos: Lámparas: Se publicó aquí" in said


def test_what_is_hidden_is_in_no_feed(app: Any, answer: Any, publishable: Any):
    """Drafts, private data, what was taken back; and what is hidden itself has none."""
    said = {"title": SECRET, "municipality": "0115", "problem": "0115-P1"}
    draft = call_action("gobiernoabierto_idea_create", **said)["code"]
    linked = {**publishable, "coverage": "municipal", "municipality": ["0115"], "problem": ["0115-P1"]}
    hidden = factories.Dataset(title=SECRET, private=True, **linked)
    answer(SECRET)
    version = call_action("gobiernoabierto_problem_show", code="0115-P1")["version"]
    call_action("gobiernoabierto_problem_update", code="0115-P1", version=version, answers=[])
    for path in PATHS:
        assert SECRET not in app.get(f"{path}.atom").body
    for path in (f"/idea/{draft}", f"/dataset/{hidden['name']}", "/dataset/no-hay", "/idea/0115-I99"):
        answered = app.get(f"{path}.atom", status=404)
        assert SECRET not in answered.body


def test_kinds_that_cannot_be_followed_have_none(app: Any):
    """404, and no list has one either."""
    for path in ("/departamento/01.atom", "/problemas.atom", "/plan/1.atom"):
        app.get(path, status=404)


def test_an_old_code_leads_to_the_feed_of_the_new_one(app: Any):
    """301, as for the page."""
    replaced = {"entity": "problem", "code": "0115-P1", "new_code": "0115-P7", "version": 1}
    call_action("gobiernoabierto_code_replace", **replaced)
    answer = app.get("/problema/0115-P1.atom", follow_redirects=False)
    assert answer.status_code == 301
    assert answer.headers["Location"].endswith("/problema/0115-P7.atom")
    assert read(app, "/problema/0115-P7") is not None


def test_it_asks_few_queries_whatever_there_is_to_tell(app: Any, queries: Any):
    """As many for thirty ideas as for one."""
    sent = []
    for number in (0, 30):
        for each in range(number):
            said = {"title": f"Idea {each}", "municipality": "0115", "visibility": "published"}
            call_action("gobiernoabierto_idea_create", **said)
        app.get("/municipio/0115.atom")
        with queries() as asked:
            app.get("/municipio/0115.atom")
        sent.append(len(asked))
    assert sent[0] == sent[1]
    assert sent[1] <= 12
