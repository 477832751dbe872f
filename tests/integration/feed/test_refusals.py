"""What the feed refuses is told in the form that its contract promises: never a page, never a 500."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.feed import flush
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PICTURE = {"Accept": "image/png"}
REFUSED: tuple[tuple[str, int], ...] = (
    ("/catalog?q=%00", 400),
    ("/catalog.nt?municipality=%00", 400),
    ("/catalog.nt?municipality=9999", 400),
    ("/catalog.nt?q=title:%5B", 400),
    ("/catalog.nt?q=%7B!nada", 400),
    ("/catalog.nt?q=%7B!frange%20l%3D1%7Dsum(title)", 400),
    ("/catalog.nt?nada=1", 400),
    ("/catalog.nt?fq=title:%5B1%20TO", 400),
    ("/catalog.nt?page=2", 400),
    ("/catalog.nt?snapshot=999999", 400),
    ("/catalog.html", 404),
    ("/catalog/nada", 404),
    ("/catalog/changes?page=x", 400),
    ("/catalog/changes?kind=%00", 400),
    ("/catalog/changes.jsonl?afer=3", 400),
    ("/catalog/changes.jsonl?page=1", 400),
    ("/catalog/changes.atom?after=1", 400),
    ("/catalog/changes?limit=1", 400),
    ("/catalog/feed?after=1", 400),
    ("/catalog.nt?municipality=", 400),
    ("/catalog.nt?municipality=0115&snapshot=", 400),
    ("/catalog.nt?modified_since=", 400),
    ("/catalog/changes.csv", 404),
    ("/catalog/changes.jsonl?after=999999", 400),
    ("/catalog/changes/999999", 404),
    ("/catalog/changes/x", 404),
    ("/catalog/feed?page=1&group=1", 400),
    ("/catalog/feed?page=99", 404),
    ("/catalog/estado.xml", 404),
    ("/catalog/estado.json?x=1", 400),
    ("/catalog/dumps.json?x=1", 400),
    ("/catalog.nt?snapshot=1&after=xx", 400),
    ("/catalog.nt.gz?municipality=0115", 400),
    ("/catalog.xlsx.gz", 404),
    *((f"/{language}/catalog.nt", 404) for language in ("en", "pt_BR")),
    ("/dataset/nadie.ttl", 404),
    ("/dataset/a%00b.nt", 400),
    *((f"/dataset/{form}", 404) for form in ("x.json", "x/schemaorg.jsonld", "x/croissant.jsonld")),
    *((f"/dataset/alumbrado-publico/{form}", 404) for form in ("schemaorg.ttl", "croissant.json")),
)
READ = (
    *("/catalog", "/catalog.ttl", "/catalog/changes", "/catalog/changes.jsonl", "/catalog/feed"),
    *("/catalog/estado", "/catalog/estado.json", "/catalog.nt.gz", "/catalog/dumps.json", "/dataset/x.ttl"),
    *("/dataset/x.json", "/dataset/x/schemaorg.jsonld", "/dataset/x/croissant.jsonld"),
)
TELLS_WHAT_IS_PUBLISHED = tuple(each for each in READ if not each.startswith("/catalog/estado"))
REFUSING = """
CREATE FUNCTION refuse_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a secret of the inside'; END $$;
CREATE TRIGGER refuse_event BEFORE INSERT ON gobiernoabierto_feed_log
FOR EACH ROW EXECUTE FUNCTION refuse_event()
"""


def told(answer: Any, status: int) -> str:
    """What a refusal says; it is JSON that any program may read."""
    assert answer.status_code == status, answer.data
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    message = answer.json["error"]
    assert isinstance(message, str)
    assert message
    assert not {"org.apache", "Traceback", "psycopg2"} & {*message.split()}
    return message


@pytest.mark.long
@pytest.mark.parametrize(
    "headers", [{}, PAGE, {"Accept": "text/turtle, */*;q=0.1"}], ids=["any", "page", "rdf"]
)
def test_what_is_wrong_is_told_as_json(app: Any, dataset: dict[str, Any], headers: dict[str, str]):
    """Whatever the reader says that it accepts; a browser too."""
    for address, status in REFUSED:
        assert told(app.test_client().get(address, headers=headers), status)


def test_who_takes_none_of_the_syntaxes_is_told_which_there_are(app: Any, dataset: dict[str, Any]):
    """406 before any work; who says nothing gets one of them."""
    app.get("/catalog.ttl")
    assert told(app.test_client().get("/catalog?nada=1"), 400)
    for address in ("/catalog", "/catalog/changes", "/catalog/feed", "/catalog/changes/1"):
        assert "application/ld+json" in told(app.test_client().get(address, headers=PICTURE), 406)
        answer = app.test_client().get(address, follow_redirects=True)
        assert (answer.status_code, answer.mimetype in ("text/turtle", "application/trig")) == (200, True)


def test_what_is_only_read_says_so(app: Any, clean_site: None):
    """405, with what may be done, and who may ask for it from another site."""
    for address in READ:
        answer = app.test_client().put(address, data="x")
        told(answer, 405)
        assert "GET" in answer.headers["Allow"]
        assert app.test_client().post(address, data="x").mimetype == "application/json"


def test_scripts_of_other_sites_may_ask_on_a_condition(app: Any, clean_site: None):
    """Browsers ask first whether a script may send these headers."""
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    for address in (*READ, "/municipio/0115.ttl", "/municipios.csv"):
        answer = app.test_client().options(address, headers=asked)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")
        allowed = answer.headers["Access-Control-Allow-Headers"]
        assert {"If-None-Match", "If-Modified-Since", "Range"} <= {*allowed.split(", ")}
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    page = app.test_client().options("/municipio/0115", headers=asked)
    assert "If-None-Match" not in page.headers["Access-Control-Allow-Headers"]


def test_without_a_database_it_says_come_back(app: Any, without_database: None):
    """503 and when, kept by no cache."""
    for address in READ:
        answer = app.test_client().get(address)
        message = told(answer, 503)
        assert "connection refused" not in message
        assert (answer.headers["Retry-After"], answer.headers["Cache-Control"]) == ("60", "no-store")


@pytest.fixture
def unwritable(app: Any, many: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Publish, and then let PostgreSQL refuse every event, for a reason that nobody has foreseen."""
    flush.flush()
    monkeypatch.setitem(app.flask_app.config, "PROPAGATE_EXCEPTIONS", False)
    model.Session.execute(sa.text(REFUSING))
    model.Session.commit()
    yield
    model.Session.rollback()
    model.Session.execute(sa.text("DROP FUNCTION refuse_event CASCADE"))
    model.Session.commit()


@pytest.mark.long
def test_while_nothing_can_be_published_nobody_is_shown_what_was(
    app: Any, call: Any, many: list[str], unwritable: None
):
    """503 and when, of every address that tells what is published: what has to go may be among what waits."""
    call("package_patch", id=many[0], private=True)
    for address in TELLS_WHAT_IS_PUBLISHED:
        answer = app.test_client().get(address)
        assert "secret" not in told(answer, 503)
        assert (answer.headers["Retry-After"], answer.headers["Cache-Control"]) == ("5", "no-store")
    page = app.get(f"/dataset/{many[0]}", status=503)
    assert (page.mimetype, page.headers["Retry-After"]) == ("text/html", "5")


@pytest.mark.long
def test_while_nothing_can_be_published_everybody_is_told_so(
    app: Any, call: Any, many: list[str], unwritable: None
):
    """How many changes wait, for programs and for people, and the page from which both begin."""
    call("package_patch", id=many[0], private=True)
    assert app.get("/catalog/estado.json").json["waiting"] >= 1
    for address in ("/catalog/estado", "/datos-abiertos"):
        assert app.get(address).status_code == 200


def test_a_defect_of_ours_is_told_as_json_too(app: Any, clean_site: None, monkeypatch: pytest.MonkeyPatch):
    """500 in JSON, the cause in the log alone."""

    def fail() -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setitem(app.flask_app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(
        app.flask_app.before_request_funcs, None, [*app.flask_app.before_request_funcs[None], fail]
    )
    for address in READ:
        answer = app.test_client(use_cookies=False).get(address, headers={"Cookie": "visitor=1"})
        assert "secret" not in told(answer, 500)


@pytest.mark.long
def test_an_expired_snapshot_may_be_read_by_scripts(app: Any, many: list[str]):
    """What is 410 is told to other sites' scripts, with where to begin again."""
    app.get("/catalog.nt")
    answer = app.test_client().get("/catalog.nt?search=nada&snapshot=1")
    told(answer, 410)
    assert answer.json["first"].endswith("/catalog.nt")


@pytest.mark.parametrize(
    ("method", "status", "code"),
    [("put", 405, "badVerb"), ("delete", 405, "badVerb"), ("post", 403, "badArgument")],
)
def test_oai_is_refused_in_its_own_words(app: Any, clean_site: None, method: str, status: int, code: str):
    """A document of OAI-PMH, which any program may read."""
    ask = getattr(app.test_client(), method)
    headers = {"Origin": "https://example.org"} if status == 403 else {}
    answer = ask("/oai", data={"verb": "Identify"}, headers=headers)
    assert (answer.status_code, answer.mimetype) == (status, "text/xml")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert etree.fromstring(answer.data).xpath("string(//@code)") == code


@pytest.mark.parametrize("name", ["verb", "set", "x%00y", "identifier", "resumptionToken"])
def test_oai_takes_no_nul_either(app: Any, clean_site: None, name: str):
    """It is told as any other mistake is: 200, and what was wrong."""
    answer = app.test_client().get(f"/oai?verb=ListRecords&{name}=%00")
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert etree.fromstring(answer.data).xpath("string(//@code)").startswith("bad")


PATHS = (
    "",
    ".nt",
    ".ttl.gz",
    "/changes",
    "/changes.jsonl",
    "/changes.atom",
    "/feed",
    "/estado.json",
    "/nada",
)
NAMES = (
    *("q", "fq", "municipality", "organization", "modified_since", "snapshot", "after", "search"),
    *("kind", "limit", "page", "group"),
)


@pytest.mark.long
@given(
    path=st.sampled_from(PATHS),
    pairs=st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=5), st.text(max_size=8)), max_size=3),
    accept=st.sampled_from(["", "text/html", "*/*", "image/png", "text/turtle", "\xff"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_is_answered_in_a_form_that_is_promised(
    app: Any, dataset: dict[str, Any], path: str, pairs: list[tuple[str, str]], accept: str
):
    """Any characters in any parameter: an answer, or a refusal that is JSON."""
    question = "&".join(f"{quote(n, errors='replace')}={quote(v, errors='replace')}" for n, v in pairs)
    headers = {"Accept": accept} if accept else {}
    answer = app.test_client().get(f"/catalog{path}?{question}", headers=headers)
    if answer.status_code >= 400:
        told(answer, answer.status_code)
    assert answer.status_code < 500
