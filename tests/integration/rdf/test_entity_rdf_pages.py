"""The RDF of entities as a harvester gets it: by extension and by ``Accept``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.parsers import expat

import ckan.tests.factories as factories
import pyoxigraph
import pytest
from ckan import model
from ckan.tests.helpers import CKANTestApp
from ckanext.gobiernoabierto.entities import registry, store
from ckanext.gobiernoabierto.entities.history import Actor

PAGES = {
    "department": "/departamento/01",
    "municipality": "/municipio/0115",
    "institution": "/institucion/infom",
    "plan": "/plan/3",
    "axis": "/eje/3-3",
    "commitment": "/compromiso/3-11",
    "workshop": "/taller/ideaton-villa-nueva-2017",
    "round_table": "/mesa/4-2-1",
    "problem": "/problema/0115-P1",
    "idea": "/idea/0115-I1",
    "data_request": "/solicitud/0115-D1",
    "invitation": "/invitacion/ger-1",
    "milestone": "/hito/3-11-H1",
}
SYNTAXES = {
    "ttl": ("text/turtle; charset=utf-8", pyoxigraph.RdfFormat.TURTLE),
    "jsonld": ("application/ld+json", pyoxigraph.RdfFormat.JSON_LD),
    "rdf": ("application/rdf+xml", pyoxigraph.RdfFormat.RDF_XML),
    "xml": ("application/rdf+xml", pyoxigraph.RdfFormat.RDF_XML),
    "nt": ("application/n-triples", pyoxigraph.RdfFormat.N_TRIPLES),
}
LISTS = {entity.name: f"/{entity.list_path}" for entity in registry.ENTITY_TYPES}


@pytest.fixture(scope="module")
def site(empty_app: CKANTestApp, publisher: dict[str, Any]) -> CKANTestApp:
    """The application, with what is published."""
    return empty_app


@pytest.fixture
def get(site: CKANTestApp) -> Callable[..., Any]:
    """Get an address as a harvester, without following where it leads."""

    def visit(address: str, accept: str | None = None, status: int = 200) -> Any:
        headers = {"Accept": accept} if accept is not None else {}
        answer = site.get(address, headers=headers, follow_redirects=False)
        assert answer.status_code == status, answer.body
        return answer

    return visit


def read_strictly(answer: Any, ending: str) -> list[pyoxigraph.Quad]:
    """Parse an answer as its type says; RDF/XML by expat too."""
    kind, syntax = SYNTAXES[ending]
    assert answer.headers["Content-Type"] == kind
    if syntax == pyoxigraph.RdfFormat.RDF_XML:
        expat.ParserCreate().Parse(answer.data, True)
    return list(pyoxigraph.parse(answer.data, syntax))


def test_there_is_a_page_of_every_kind():
    """The tests below ask for each."""
    assert PAGES.keys() == LISTS.keys(), f"PAGES: {sorted(PAGES.keys() ^ LISTS.keys())}"


@pytest.mark.parametrize("ending", SYNTAXES)
@pytest.mark.parametrize("name", PAGES)
def test_every_entity_answers_every_syntax(get: Callable[..., Any], name: str, ending: str):
    """By extension and by Accept the same bytes, strict, about the page's own address, never a dataset."""
    path = PAGES[name]
    answer = get(f"{path}.{ending}")
    quads = read_strictly(answer, ending)
    assert f"<http://test.ckan.net{path}>" in {str(quad.subject) for quad in quads}
    assert "http://www.w3.org/ns/dcat#Dataset" not in answer.body
    negotiated = get(path, SYNTAXES[ending][0].split(";")[0])
    assert negotiated.data == answer.data
    assert negotiated.headers["Content-Type"] == answer.headers["Content-Type"]
    assert "Accept" in negotiated.headers["Vary"]
    assert negotiated.headers["Content-Location"].split(".")[0] == path


@pytest.mark.long
@pytest.mark.parametrize("ending", SYNTAXES)
@pytest.mark.parametrize("name", LISTS)
def test_every_list_answers_every_syntax(get: Callable[..., Any], name: str, ending: str):
    """All published entities of the kind, and no draft."""
    quads = read_strictly(get(f"{LISTS[name]}.{ending}"), ending)
    subjects = {str(quad.subject) for quad in quads}
    assert f"<http://test.ckan.net{PAGES[name]}>" in subjects
    assert "<http://test.ckan.net/municipio/0199>" not in subjects


@pytest.mark.long
@pytest.mark.parametrize("path", PAGES.values())
def test_a_page_tells_where_its_formats_are(get: Callable[..., Any], path: str):
    """In the headers, for programs, and as links, for people; each of them leads somewhere."""
    page = get(path, "text/html,application/xhtml+xml,*/*;q=0.8")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Accept" in page.headers["Vary"]
    links = page.headers.getlist("Link")
    assert {'type="text/turtle"', 'type="application/json"', 'type="text/csv"'} <= {
        link.split("; ")[-1] for link in links
    }
    for link in links:
        address = link.split(";")[0].strip("<>")
        assert f'href="{address}"' in page.body
        assert 'rel="alternate"' in link
        get(address)


@pytest.mark.parametrize("ending", ["json", "csv", "ttl"])
@pytest.mark.parametrize("path", ["/compromiso/3-11", "/municipios", "/compromisos?plan=3"])
def test_pages_and_lists_answer_programs_by_accept(get: Callable[..., Any], path: str, ending: str):
    """The same bytes as by extension, filters included; a cache may not mix them up."""
    types = {"json": "application/json", "csv": "text/csv", "ttl": "text/turtle"}
    beginning, _, query = path.partition("?")
    address = f"{beginning}.{ending}" + (f"?{query}" if query else "")
    negotiated = get(path, f"{types[ending]}, */*;q=0.1")
    assert negotiated.data == get(address).data
    assert negotiated.headers["Content-Type"] == f"{types[ending]}; charset=utf-8"
    assert negotiated.headers["Content-Location"] == address
    assert "Accept" in negotiated.headers["Vary"]
    assert "Accept" in get(path).headers["Vary"]


def test_a_program_that_asks_by_accept_gets_its_refusal_as_json(get: Callable[..., Any]):
    """It reads no pages."""
    assert "error" in get("/municipio/9999", "application/json", status=404).json


@pytest.mark.parametrize("path", ["/municipio/0115", "/municipios", "/catalog", "/vocabulario/rol"])
def test_what_an_answer_calls_itself_may_be_asked_for(get: Callable[..., Any], path: str):
    """With its parameters: there is one of each media type."""
    for accept in ("text/turtle", "application/ld+json"):
        kind = get(path, accept).headers["Content-Type"]
        assert get(path, f"{kind}; profile=x").headers["Content-Type"] == kind


@pytest.mark.parametrize("accept", ["application/pdf", "image/*", "text/turtle;q=0"])
def test_what_we_do_not_have_answers_406(get: Callable[..., Any], accept: str):
    """And not a page that the reader cannot read."""
    get("/municipio/0115", accept, status=406)


@pytest.mark.parametrize(
    "address", ["/municipio/0115.n3", "/municipio/9999.ttl", "/municipios.n3", "/municipio/0115.html"]
)
def test_what_is_not_there_answers_404(get: Callable[..., Any], address: str):
    """An unknown code or extension, before any work."""
    get(address, status=404)


def test_a_draft_has_no_rdf(site: CKANTestApp, get: Callable[..., Any], token_of: Callable[[str], str]):
    """Not even for a sysadmin, who sees its page: what is RDF is public."""
    headers = {"Authorization": token_of(factories.Sysadmin()["name"])}
    page = site.get("/municipio/0199", headers=headers)
    assert "CANARIO" in page.body
    assert "0199.ttl" not in page.body
    assert "turtle" not in str(page.headers)
    for ending in SYNTAXES:
        get(f"/municipio/0199.{ending}", status=404)
        assert site.get(f"/municipio/0199.{ending}", headers=headers).status_code == 404


@pytest.mark.parametrize("ending", ["ttl", "json", "csv", "xlsx"])
def test_who_has_it_already_is_told_so_until_it_changes(site: Any, ending: str):
    """A harvester that asks again with the tag that it got downloads nothing; one change, and it does."""
    path = f"/municipio/0115.{ending}"
    first = site.get(path, headers={})
    again = {"If-None-Match": first.headers["ETag"]}
    assert site.get(path, headers=again, status=304).data == b""
    municipality = registry.entity_type("municipality")
    row = model.Session.get(municipality.model, "0115")
    name = f"San Miguel {ending}"
    store.change(municipality, row, {"other_names": [name]}, row.visibility, Actor())
    model.Session.commit()
    changed = site.get(path, headers=again)
    assert changed.headers["ETag"] != first.headers["ETag"]
    assert ending == "xlsx" or name.encode() in changed.data


def test_a_code_that_was_replaced_leads_to_the_new_one_in_the_same_syntax(get: Callable[..., Any]):
    """By extension the extension stays; by Accept the reader asks again."""
    workshops = registry.entity_type("workshop")
    row = model.Session.get(workshops.model, "ideaton-mixco")
    store.replace_code(workshops, row, "ideaton-mixco-2017", Actor())
    model.Session.commit()
    moved = get("/taller/ideaton-mixco.ttl", status=301)
    assert moved.headers["Location"].endswith("/taller/ideaton-mixco-2017.ttl")
    get("/taller/ideaton-mixco-2017.ttl")
