"""What bots and attackers send to the stock search, lists and feeds: refused, never an error of ours."""

from __future__ import annotations

import io
import re
from typing import Any
from urllib.parse import quote, quote_plus

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import factories, helpers
from tests.remembered import remembered
from werkzeug.test import Client

# Of the kinds in CKAN's own search tests, and what 2,790 requests were tried with.
STRINGS = (
    "{!bool must=test}",
    " {!bool must='test string'}solr rocks",
    "{!must='test text' type=bool}solr rocks",
    "{!type=dismax qf=myfield v='solr rocks'}",
    "{!type=lucene df=summary}solr rocks",
    "{!some_parser a='0.9' traversalFilter='foo:[*+TO+15]'}",
    "{!some_parser must=$ref}",
    "{!v='lies type= here' some params",
    '{!child of="content_type:parentDoc"}',
    "name:test OR _query_:{!bool must=test}",
    "_val_:{!bool must=test}",
    r"\_query_:{!bool must=test}",
    '"',
    "title:",
    "title:(",
    "a AND",
    "[* TO",
    "no_such_field:x",
    "metadata_modified:[ayer TO NOW]",
    "*:* AND -*:* ^",
    "\\",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "ñandú 🦜",
    " ",
    ",",
    "name asc, ,",
    "a\x00b",
    "\ud800".encode("utf-16-le", "surrogatepass").decode("latin-1"),
    "x" * 5000,
)
LONG = ("a " * 330, "a+" * 400, "agua OR " * 1100, '"' + "a " * 700 + '"', "ideatón " * 600)
INSIDES = ("solr.", "java.", "org.apache", "Traceback", "psycopg")
NUMBERS = ("-1", "0", "1.5", "x", "", "99999999999999999999", "2147483648", "\x00", "٣")

BY_TEXT = (
    "/dataset/?q={}",
    "/dataset/?tags={}",
    "/dataset/?organization={}",
    "/dataset/?res_format={}",
    "/dataset/?sort={}",
    "/dataset/?ext_x={}",
    "/dataset/?{}=x",
    "/organization/?q={}",
    "/organization/?sort={}",
    "/organization/muni?q={}",
    "/organization/muni?sort={}",
    "/dataset/{}",
    "/organization/{}",
    "/feeds/custom.atom?q={}",
    "/feeds/custom.atom?{}=x",
    "/feeds/tag/{}.atom",
    "/feeds/organization/{}.atom",
    "/catalog.xml?q={}",
    "/catalog.xml?fq={}",
    "/catalog.xml?modified_since={}",
    "/catalog.{}",
    "/catalog/changes.jsonl?kind={}",
    "/catalog/changes.{}",
    "/dataset/agua.{}",
    "/api/3/action/package_search?q={}",
    "/api/3/action/package_search?fq={}",
    "/api/3/action/package_search?sort={}",
    "/api/3/action/package_search?facet.field={}",
    "/api/3/action/package_autocomplete?q={}",
    "/api/3/action/package_show?id={}",
    "/api/3/action/resource_search?query={}",
    "/api/3/action/tag_search?query={}",
    "/api/3/action/tag_list?vocabulary_id={}",
    "/api/3/action/organization_list?sort={}",
    "/api/3/action/organization_show?id={}",
    "/api/3/action/format_autocomplete?q={}",
    "/api/2/util/dataset/autocomplete?incomplete={}",
    "/api/2/util/tag/autocomplete?incomplete={}",
    "/api/2/util/resource/format_autocomplete?incomplete={}",
)
BY_NUMBER = (
    "/dataset/?page={}",
    "/dataset/?_tags_limit={}",
    "/organization/?page={}",
    "/organization/muni?page={}",
    "/feeds/dataset.atom?page={}",
    "/catalog.xml?page={}",
    "/catalog/changes.ttl?page={}",
    "/catalog/changes.jsonl?after={}",
    "/catalog/feed.trig?group={}",
    "/catalog/changes/{}.nt",
    "/api/3/action/package_search?rows={}",
    "/api/3/action/package_search?start={}",
    "/api/3/action/package_search?facet.limit={}",
    "/api/3/action/package_list?limit={}",
    "/api/3/action/package_list?offset={}",
    "/api/3/action/resource_search?query=name:x&limit={}",
    "/api/3/action/tag_search?query=x&limit={}",
    "/api/3/action/organization_list?limit={}",
    "/api/3/action/organization_list?offset={}",
    "/api/3/action/current_package_list_with_resources?limit={}",
    "/api/2/util/dataset/autocomplete?incomplete=agua&limit={}",
    "/api/2/util/tag/autocomplete?incomplete=agua&limit={}",
)


@pytest.fixture
@remembered
def catalogue(site: Any, publishable: dict[str, Any]) -> None:
    """Publish one dataset of one organization."""
    organization = factories.Organization(name="muni")
    factories.Dataset(name="agua", title="Agua", **{**publishable, "owner_org": organization["id"]})


@pytest.mark.long
@pytest.mark.parametrize(
    ("addresses", "values"), [(BY_TEXT, STRINGS), (BY_NUMBER, NUMBERS)], ids=["text", "numbers"]
)
def test_bad_input_is_refused_in_our_words(
    catalogue: None, visitor: Client, addresses: tuple[str, ...], values: tuple[str, ...]
):
    """No 5xx, and nothing of Solr's, Java's or Python's inside."""
    broken = {}
    for address in addresses:
        for value in values:
            asked = address.format(quote_plus(value.encode("utf-8", "replace")))
            answer = visitor.get(asked)
            body = answer.get_data(as_text=True)
            inside = [
                word for word in ("solr.", "java.", "org.apache", "Traceback", "psycopg") if word in body
            ]
            if answer.status_code >= 500 or inside:
                broken[asked[:100]] = (answer.status_code, inside)
    assert broken == {}


def test_json_with_a_nul_is_refused(visitor: Client):
    """PostgreSQL has no such text; CKAN answers 500."""
    answer = visitor.post("/api/3/action/package_show", json={"id": "a\x00b"})
    assert answer.status_code == 409


def test_nul_is_told_under_the_parameter_that_has_it(visitor: Client):
    """Of the actions too, and wherever in it."""
    sent = {"title": "Sin luz", "code": "a\x00b", "answers": [{"text": "a\x00b"}]}
    answer = visitor.post("/api/3/action/gobiernoabierto_problem_create", json=sent)
    assert answer.status_code == 409
    assert answer.json["error"].keys() == {"__type", "code", "answers"}


@pytest.mark.parametrize("body", [{"id": chr(0xD800)}, {"code": chr(0xD800)}, {"q": [[chr(0xDFFF)]]}])
@pytest.mark.parametrize("action", ["package_show", "gobiernoabierto_plan_show"])
def test_json_that_no_database_takes_is_refused(visitor: Client, action: str, body: dict[str, Any]):
    """Half of a character, wherever it stands, is nothing that the server should fail on."""
    assert 400 <= visitor.post(f"/api/3/action/{action}", json=body).status_code < 500


def test_a_request_that_fails_in_the_database_leaves_the_next_one_alone(sign_in: Any, editor: dict[str, Any]):
    """A failed transaction is given back with its request: the next visitor of the thread gets the page."""
    browser = sign_in(editor)
    page = browser.get(f"/user/edit/{editor['name']}").get_data(as_text=True)
    found = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert found
    form = {"_csrf_token": found[1], "title": "Dos", "owner_org": ["a", "b"], "save": "publish"}
    assert 400 <= browser.post("/publicar", data=form).status_code < 500
    assert browser.get("/municipios").status_code == 200


def test_a_refusal_is_told_in_spanish(catalogue: None, visitor: Client):
    """To a person as a page, to a program as JSON."""
    page = visitor.get("/feeds/custom.atom?q=title:(")
    assert page.status_code == 400
    assert "La búsqueda tiene un error" in page.get_data(as_text=True)
    program = visitor.get("/api/3/action/package_search?q=title:(")
    assert program.status_code == 400
    assert "La búsqueda tiene un error" in program.get_data(as_text=True).encode().decode("unicode_escape")


@pytest.mark.long
@pytest.mark.parametrize("asked", LONG, ids=lambda text: f"{text[:8]}x{len(text)}")
@pytest.mark.parametrize(
    "address", ["/dataset/?q={}", "/dataset.csv?q={}", "/api/3/action/package_search?q={}"]
)
def test_a_search_of_too_many_words_is_a_mistake_and_no_outage(visitor: Client, address: str, asked: str):
    """Whoever asked so is told what to do, and not to come back in a minute."""
    for written in (quote_plus(asked), quote(asked, safe="+")):
        answer = visitor.get(address.format(written))
        assert answer.status_code in (200, 400)
        assert "Retry-After" not in answer.headers
        if answer.status_code == 400:
            assert "una frase entre comillas" in answer.get_data(as_text=True)


def ask_with_body(visitor: Client, body: str, kind: str) -> Any:
    """Call an action by GET with something in the body, which CKAN reads where there is no query."""
    return visitor.get("/api/3/action/package_show", data=body, content_type=kind)


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
@pytest.mark.parametrize("body", ['{"id": ["a"]}', '{"id": ' + "[" * 100_000 + "]" * 100_000 + "}", "[1]"])
def test_the_body_of_a_get_is_looked_at_too(visitor: Client, body: str, kind: str):
    """What CKAN could take for parameters is refused like that of a POST."""
    assert 400 <= ask_with_body(visitor, body, kind).status_code < 500


@pytest.mark.parametrize(
    "action", ["package_show", "package_create", "gobiernoabierto_plan_show", "user_show"]
)
@pytest.mark.parametrize("name", ["id", "name", "code"])
def test_a_file_is_no_text(visitor: Client, action: str, name: str):
    """Only parameters of files may be sent as one."""
    sent = {name: (io.BytesIO(b"a"), "a.csv"), "title": "x"}
    answer = visitor.post(f"/api/3/action/{action}", data=sent)
    assert answer.status_code == 409
    assert answer.json["error"][name] == ["Escriba un texto"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("action", ["package_search", "api_token_create", "gobiernoabierto_plan_list"])
def test_a_number_without_end_is_refused(visitor: Client, action: str, number: str):
    """JSON has none; Python reads them, wherever they stand."""
    for name, value in (("rows", number), ("expires_in", f'[{{"a": {number}}}]')):
        body = f'{{"{name}": {value}}}'
        answer = visitor.post(f"/api/3/action/{action}", data=body, content_type="application/json")
        assert answer.status_code == 409
        assert name in answer.json["error"]


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "[", "http://]"])
def test_an_origin_that_is_no_address_is_foreign(visitor: Client, origin: str):
    """A form with it is refused."""
    assert visitor.post("/user/login", data={"login": "a"}, headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("address", ["/api/util/snippet/x.html", "/api/2/util/snippet/..%2Fbase.html"])
def test_a_snippet_that_is_not_there_is_not_found(visitor: Client, address: str):
    """404, as any address that leads nowhere."""
    assert visitor.get(address).status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        *({"query": each} for each in (5, [5], [None], True, {"a": 1})),
        *({"query": "name:a", "order_by": each} for each in ("get", "__init__", "package", "metadata")),
    ],
    ids=str,
)
def test_files_are_searched_by_texts_and_ordered_by_columns(visitor: Client, asked: dict[str, Any]):
    """Anything else is refused beside its parameter."""
    answer = visitor.post("/api/3/action/resource_search", json=asked)
    assert answer.status_code == 409
    assert ("order_by" if "order_by" in asked else "query") in answer.json["error"]
    good = {"query": "name:a", "order_by": "created"}
    assert visitor.post("/api/3/action/resource_search", json=good).status_code == 200


UNKNOWN = ("tags", "resources", "extras", "groups", "zz", "__type", "name ")


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize(
    "address",
    [
        "/municipios",
        "/municipios.csv",
        "/municipios.json",
        "/ideas",
        "/catalog/dumps.json",
        "/catalog/feed.trig",
    ],
)
def test_an_unknown_parameter_of_a_list_is_named(visitor: Client, site: Any, address: str, name: str):
    """Whatever it is called: CKAN makes something else of errors of tags."""
    answer = visitor.get(address, query_string={name: "x"})
    assert answer.status_code == 400
    assert name.strip() in answer.get_data(as_text=True)


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize(
    "action", ["idea_list", "idea_create", "plan_create", "answer_create", "dataset_withdraw"]
)
def test_an_unknown_parameter_of_an_action_is_named(site: Any, name: str, action: str):
    """As an error of that name, also where a verb hands its errors on."""
    given = (
        {"entity": "idea", "id": "x", "code": "x"} if action in ("answer_create", "dataset_withdraw") else {}
    )
    try:
        helpers.call_action(f"gobiernoabierto_{action}", **given, **{name: "x"})
    except tk.ValidationError as error:
        assert not given or error.error_dict
        assert given or name in error.error_dict
    except tk.ObjectNotFound:
        assert given
