"""What the feed answers in front of the application: as behind it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import ckan.tests.factories as factories
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.feed import flush, planned
from ckanext.gobiernoabierto.rdf import formats


@pytest.mark.long
@pytest.mark.parametrize("ending", [*formats.RDF_FORMATS])
@pytest.mark.parametrize("packed", [False, True])
def test_in_front_of_the_application_it_is_answered_as_behind(
    app: Any, many: list[str], ending: str, packed: bool
):
    """A reader with any cookie is answered by a view: bytes, tags and links are the same, page by page."""
    app.get("/catalog.nt")  # who comes first flushes, behind
    address: str | None = f"/catalog.{ending}"
    seen = 0
    while address:
        client = app.test_client(use_cookies=False)
        headers = {"Accept-Encoding": "gzip"} if packed else {}
        front = client.get(address, headers=headers)
        behind = client.get(address, headers={**headers, "Cookie": "visitor=1"})
        assert front.data == behind.data
        for name in (
            "ETag",
            "Link",
            "Content-Type",
            "Content-Encoding",
            "Last-Modified",
            "X-Content-Type-Options",
        ):
            assert front.headers.getlist(name) == behind.headers.getlist(name), name
        assert "Content-Security-Policy" in behind.headers
        assert "Content-Security-Policy" not in front.headers
        assert {*front.vary} == {"Accept-Encoding"}
        seen += 1
        following = [each for each in front.headers.getlist("Link") if 'rel="next"' in each]
        parts = urlsplit(following[0].partition("<")[2].partition(">")[0]) if following else None
        address = f"{parts.path}?{parts.query}" if parts else None
    assert seen > 1


@pytest.mark.long
@pytest.mark.parametrize(
    "question",
    [
        *("snapshot=x", "snapshot=99999999", "after=b", "page=2", "municipality=9999", "modified_since=nie"),
        *("snapshot=5&after=xx", "snapshot=5&after=00000000", "snapshot=0&after=xx"),
        *("snapshot=1&snapshot=2", "q=%00", "after=%00&snapshot=1", "snapshot=", "nada=1", "snapshot=%ff"),
    ],
)
def test_what_is_not_plain_is_left_to_the_view(app: Any, dataset: dict[str, Any], question: str):
    """With the same status, and what is wrong."""
    client = app.test_client(use_cookies=False)
    front = client.get(f"/catalog.nt?{question}")
    behind = client.get(f"/catalog.nt?{question}", headers={"Cookie": "visitor=1"})
    assert (front.status_code, front.data) == (behind.status_code, behind.data)


@pytest.mark.long
@pytest.mark.parametrize(
    "address",
    [
        *("/catalog.csv", "/catalog.ttl?nada=1", "/catalog.ttl?snapshot=999999", "/catalogo", "/catalog.nt"),
        *("/catalog/nada", "/catalog/changes.nt", "/catalog.nt.gz"),
    ],
)
def test_any_tag_is_no_tag_in_front(app: Any, dataset: dict[str, Any], address: str):
    """Whoever says that they have anything is answered by the view, which knows whether there is anything."""
    client = app.test_client(use_cookies=False)
    front = client.get(address, headers={"If-None-Match": "*"})
    behind = client.get(address, headers={"If-None-Match": "*", "Cookie": "visitor=1"})
    assert (front.status_code, front.data) == (behind.status_code, behind.data)


def test_a_token_is_never_answered_before_it_is_looked_at(app: Any, dataset: dict[str, Any]):
    """Who comes with one is told by the application, which knows whether it may be kept."""
    tag = app.get("/catalog.ttl").headers["ETag"]
    headers = {"Authorization": factories.APIToken(user=factories.User()["id"])["token"]}
    answer = app.get("/catalog.ttl", headers={**headers, "If-None-Match": tag})
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_tag_is_of_one_address_in_one_syntax(app: Any, dataset: dict[str, Any]):
    """Another address, its parameters or another syntax of the same one are not what the reader has."""
    tag = app.get("/catalog.ttl").headers["ETag"]
    for address in ("/catalog.nt", "/catalog.ttl?municipality=0115", "/dataset/" + dataset["id"] + ".ttl"):
        assert app.get(address, headers={"If-None-Match": tag}).status_code == 200, address
    by_accept = {"Accept": "application/ld+json", "If-None-Match": tag}
    assert app.get("/catalog", headers=by_accept).status_code == 200
    assert app.get("/catalog", headers={**by_accept, "Accept": "text/turtle"}).status_code == 304


@pytest.mark.long
def test_what_is_hidden_leaves_a_crawl_at_once(app: Any, call: Any, many: list[str]):
    """Before any job: a page of a snapshot that was begun before is read after what waits was flushed."""
    client = app.test_client(use_cookies=False)
    first = client.get("/catalog.nt")
    following = first.headers.getlist("Link")[0].partition("<")[2].partition(">")[0]
    parts = urlsplit(following)
    call("package_patch", id=many[2], private=True)
    body = client.get(f"{parts.path}?{parts.query}").get_data(as_text=True)
    assert (many[2] in body, many[3] in body) == (False, True)


@pytest.mark.parametrize("address", ["/catalog.nt?municipio=0115", "/catalog.nt.gz?municipality=0115"])
def test_a_misspelt_filter_is_not_everything(app: Any, dataset: dict[str, Any], address: str):
    """Who asks for what there is not is told so; twice is not once, but of what others add to addresses."""
    assert app.get(address).status_code == 400
    assert app.get("/catalog.nt?municipality=0115&municipality=0108").status_code == 400
    for asked in ("utm_source=x", "utm_source=x&utm_source=y"):
        assert app.get(f"/catalog.nt?{asked}").status_code == 200


def test_a_proxy_that_packs_keeps_the_304(app: Any, dataset: dict[str, Any]):
    """It makes weak tags of ours; they are compared weakly."""
    tag = app.get("/catalog.nt").headers["ETag"]
    assert app.get("/catalog.nt", headers={"If-None-Match": f"W/{tag}"}).status_code == 304


@pytest.mark.long
@pytest.mark.parametrize("address", ["/catalog.nt", "/catalog/changes.jsonl", "/catalog.nt.gz"])
def test_head_tells_no_length_that_it_does_not_know(app: Any, dataset: dict[str, Any], address: str):
    """Nought would be an empty file."""
    assert "Content-Length" not in app.test_client().head(address).headers


@pytest.mark.long
@pytest.mark.parametrize("visitor", [{}, {"Cookie": "visitor=1"}])
def test_what_is_hidden_while_a_page_is_read_is_known_by_no_later_tag(
    app: Any, call: Any, many: list[str], in_another_thread: Any, visitor: dict[str, str]
):
    """In front and behind: whoever has read the page before is told the next time, and gets no 304."""
    client = app.test_client(use_cookies=False)
    first = client.get("/catalog.nt").headers.getlist("Link")[0].partition("<")[2].partition(">")[0]
    parts, read = urlsplit(first), []

    def hide() -> None:
        call("package_patch", id=many[2], private=True)
        flush.flush()

    def see(_connection: Any, _cursor: Any, sent: str, *_rest: Any) -> None:
        reads = "EXECUTE" in sent or "JOIN gobiernoabierto_feed_packed" in sent
        if reads and not sent.startswith("PREPARE") and not read:
            read.append(sent)
            in_another_thread(hide)

    sa.event.listen(model.meta.engine, "after_cursor_execute", see)
    try:
        had = client.get(f"{parts.path}?{parts.query}", headers=visitor)
    finally:
        sa.event.remove(model.meta.engine, "after_cursor_execute", see)
    assert ("EXECUTE" in read[0]) == (not visitor)
    assert many[2] in had.get_data(as_text=True)
    headers = {**visitor, "If-None-Match": had.headers["ETag"]}
    again = client.get(f"{parts.path}?{parts.query}", headers=headers)
    assert (again.status_code, many[2] in again.get_data(as_text=True)) == (200, False)


def test_a_page_is_one_statement(app: Any, many: list[str], queries: Any):
    """Once its statement is planned, and what its datasets share is in memory."""
    client = app.test_client(use_cookies=False)
    link = client.get("/catalog.ttl").headers.getlist("Link")[0].partition("<")[2].partition(">")[0]
    parts = urlsplit(link)
    client.get(f"{parts.path}?{parts.query}")
    with queries() as sent:
        client.get(f"{parts.path}?{parts.query}")
    assert len(sent) == 1, sent


CONNECTIONS = 6
"""More than the pool hands around while one reader asks after the other."""


def test_a_pooler_that_forgets_what_was_planned_costs_no_reader_anything(app: Any, many: list[str]):
    """The view answers, which plans for itself; and the next one is in front again, whatever was planned."""
    client = app.test_client(use_cookies=False)
    app.get("/catalog.ttl")  # who comes first flushes, behind
    expected = [client.get("/catalog.ttl").data for _connection in range(CONNECTIONS)][-1]

    def forget(_connection: Any, cursor: Any, sent: str, *_rest: Any) -> None:
        if "EXECUTE" in sent:
            cursor.execute("DEALLOCATE ALL")

    sa.event.listen(model.meta.engine, "before_cursor_execute", forget)
    try:
        behind = [client.get("/catalog.ttl") for _connection in range(CONNECTIONS)]
    finally:
        sa.event.remove(model.meta.engine, "before_cursor_execute", forget)
    front = [client.get("/catalog.ttl") for _connection in range(CONNECTIONS)]
    _assert_answered(behind, expected, by_view=True)
    _assert_answered(front, expected, by_view=False)


def test_a_server_connection_that_has_the_plan_already_is_used(app: Any, many: list[str]):
    """A pooler may lend one on which another client of ours has planned the same: in front all the same."""
    client = app.test_client(use_cookies=False)
    app.get("/catalog.ttl")
    expected = client.get("/catalog.ttl").data

    def know_nothing(connection: Any, *_rest: Any) -> None:
        connection.info.get(planned.KNOWN, set()).clear()

    sa.event.listen(model.meta.engine, "after_cursor_execute", know_nothing)
    try:
        again = [client.get("/catalog.ttl") for _connection in range(2 * CONNECTIONS)]
    finally:
        sa.event.remove(model.meta.engine, "after_cursor_execute", know_nothing)
    _assert_answered(again, expected, by_view=False)


def _assert_answered(answers: list[Any], expected: bytes, *, by_view: bool) -> None:
    for each in answers:
        assert ("Content-Security-Policy" in each.headers) == by_view
        assert each.data == expected
