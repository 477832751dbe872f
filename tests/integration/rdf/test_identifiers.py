"""Each identifier that our RDF mints leads to a page for people and to RDF that says what it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.tests.factories as factories
import pyoxigraph
import pytest
from ckan.tests.helpers import CKANTestApp
from ckanext.gobiernoabierto.entities import registry
from tests.remembered import remembered

SITE = "http://test.ckan.net"
TURTLE = "text/turtle"
LINKS = {
    "coverage": "municipal",
    "municipality": ["0115"],
    "workshop_origin": "workshop",
    "workshop": ["ideaton-villa-nueva-2017"],
    "commitment": ["3-11"],
}
VOCABULARIES = ("tipo-taller", "estado-taller", "papel", "sector", "rol", "procedencia")


@pytest.fixture(scope="module")
def site(empty_app: CKANTestApp, publisher: dict[str, Any]) -> CKANTestApp:
    """The application, with what is published."""
    return empty_app


@pytest.fixture
def get(site: CKANTestApp) -> Callable[..., Any]:
    """Get an address, and go on to where an answer 303 leads."""

    def visit(address: str, accept: str = "text/html", status: int = 200) -> Any:
        answer = site.get(address, headers={"Accept": accept}, follow_redirects=False)
        if answer.status_code == 303:
            return visit(answer.headers["Location"].partition("#")[0], accept, status)
        assert answer.status_code == status, (address, answer.body)
        return answer

    return visit


def subjects_and_ours(turtle: bytes) -> tuple[set[str], set[str]]:
    """Return what is described, and every identifier of this site that is named."""
    quads = list(pyoxigraph.parse(turtle, pyoxigraph.RdfFormat.TURTLE))
    named = {node.value for q in quads for node in (q.subject, q.object) if hasattr(node, "value")}
    return {q.subject.value for q in quads}, {n for n in named if n.startswith(f"{SITE}/")}


@pytest.fixture
def minted(get: Callable[..., Any]) -> set[str]:
    """All identifiers of this site that the RDF of all entities names."""
    pages = [get(f"/{entity.list_path}.ttl").data for entity in registry.ENTITY_TYPES]
    found = set().union(*(subjects_and_ours(page)[1] for page in pages))
    assert len(found) > 15
    return found


@pytest.mark.long
def test_every_identifier_leads_somewhere(get: Callable[..., Any], minted: set[str]):
    """A page for people, and RDF in which it is described; fragments stand on the page of the whole."""
    for identifier in sorted(minted):
        address = identifier.removeprefix(SITE).partition("#")[0]
        assert "<h1" in get(address).body, address
        described, _ = subjects_and_ours(get(address, TURTLE).data)
        assert identifier in described, identifier


@pytest.mark.parametrize("name", VOCABULARIES)
def test_a_vocabulary_has_all_its_terms_in_every_syntax(get: Callable[..., Any], name: str):
    """By extension and by Accept the same bytes; the page lists what the RDF describes."""
    page = get(f"/vocabulario/{name}")
    assert "Accept" in page.headers["Vary"]
    negotiated = get(f"/vocabulario/{name}", TURTLE)
    assert negotiated.data == get(f"/vocabulario/{name}.ttl").data
    assert negotiated.headers["Content-Location"] == f"/vocabulario/{name}.ttl"
    described, _ = subjects_and_ours(negotiated.data)
    terms = described - {f"{SITE}/vocabulario/{name}"}
    assert terms
    for term in terms:
        assert f'href="{term.removeprefix(SITE)}"' in page.body
        get(term.removeprefix(SITE), TURTLE)
    for ending in ("jsonld", "rdf", "xml", "nt"):
        get(f"/vocabulario/{name}.{ending}")


@pytest.mark.parametrize(
    "address",
    [
        *("/vocabulario/nada", "/vocabulario/rol/nada", "/vocabulario/rol.abc", "/vocabulario/nada.ttl"),
        *("/vocabulario/nada/x", "/plan/999/ejes"),
    ],
)
def test_what_nobody_minted_is_not_there(get: Callable[..., Any], address: str):
    """404, and no error."""
    get(address, status=404)


@pytest.fixture
@remembered
def dataset(site: CKANTestApp, publisher: dict[str, Any]) -> dict[str, Any]:
    """A dataset that answers a commitment and comes from a workshop."""
    return factories.Dataset(owner_org=publisher["id"], **LINKS)


@pytest.mark.long
@pytest.mark.parametrize("accept", [TURTLE, "application/ld+json", "application/rdf+xml"])
def test_a_dataset_and_the_catalogue_answer_by_accept(
    site: CKANTestApp, get: Callable[..., Any], dataset: dict[str, Any], accept: str
):
    """The same as by extension; people and those who want something else get the page."""
    ending = {TURTLE: "ttl", "application/ld+json": "jsonld", "application/rdf+xml": "rdf"}[accept]
    page = f"/dataset/{dataset['name']}"
    for address, other in ((page, page), ("/", "/catalog")):
        answer = get(address, accept)
        assert answer.headers["Content-Type"] == get(f"{other}.{ending}").headers["Content-Type"]
        assert answer.data == get(f"{other}.{ending}").data
        first = site.get(address, headers={"Accept": accept}, follow_redirects=False)
        assert "Accept" in first.headers["Vary"]
        for page in (get(address), get(address, "image/png"), get(address, "*/*")):
            assert "<h1" in page.body
            assert "Accept" in page.headers["Vary"]


@pytest.mark.long
def test_what_a_dataset_names_of_this_site_is_described(get: Callable[..., Any], dataset: dict[str, Any]):
    """Roles of commitment and workshop too."""
    _, ours = subjects_and_ours(get(f"/dataset/{dataset['id']}", TURTLE).data)
    roles = {each for each in ours if each.startswith(f"{SITE}/vocabulario/")}
    assert len(roles) >= 2
    for identifier in roles:
        described, _ = subjects_and_ours(get(identifier.removeprefix(SITE), TURTLE).data)
        assert identifier in described


def test_a_private_dataset_answers_nobody_by_accept(get: Callable[..., Any], publisher: dict[str, Any]):
    """As little as by extension."""
    hidden = factories.Dataset(owner_org=publisher["id"], private=True, **LINKS)
    answer = get(f"/dataset/{hidden['id']}", TURTLE, status=404)
    assert hidden["title"] not in answer.body
