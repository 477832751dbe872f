"""All that is published of our own rows: against DCAT-AP, as terms that are described, as the same bytes.

``DCAT_AP_SHAPES`` names a folder with the official shapes, which are not in this repository (docs/feed.md).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.common import config
from ckan.tests.helpers import CKANTestApp
from ckanext.gobiernoabierto.cli import gobiernoabierto
from ckanext.gobiernoabierto.entities import registry, store
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.history import Actor
from ckanext.gobiernoabierto.feed import check, flush, render, shapes, validation
from ckanext.gobiernoabierto.feed.model import DELETE, Entry
from ckanext.gobiernoabierto.logic.reference import SHIPPED, load
from ckanext.gobiernoabierto.logic.reference.files import FILES
from ckanext.gobiernoabierto.rdf.entity import MAPPINGS
from click.testing import CliRunner
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS

OFFICIAL = os.environ.get("DCAT_AP_SHAPES")
SITE = "http://test.ckan.net"
NEXT = URIRef("http://www.w3.org/ns/hydra/core#next")
CONCEPTS = re.compile(f"{SITE}/(?:vocabulario/[a-z-]+|municipio|departamento|eje|compromiso)/[^/#]+")
TOPS = re.compile(f"{SITE}/(?:vocabulario/[a-z-]+|departamento|eje)/")
MORE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("milestone", "3-11-H1", {"title": "Ocho talleres", "commitment": "3-11", "state": "limited"}),
    (
        "idea",
        "0115-I1",
        {"title": "Un mapa", "municipality": "0115", "commitment": "3-1", "state": "received"},
    ),
    ("data_request", "0115-D1", {"title": "Lámparas", "municipality": "0115", "state": "open"}),
)
"""Kinds of which nothing is shipped."""


@pytest.fixture(scope="module")
def site(empty_app: CKANTestApp) -> CKANTestApp:
    """All rows that we ship, the first datasets made of them, and one of each further kind; in the feed."""
    load(SHIPPED)
    for name, code, values in MORE:
        store.create(registry.entity_type(name), code, values, PUBLISHED, Actor())
    model.Session.commit()
    done = CliRunner().invoke(gobiernoabierto, ["demo", "first"])
    assert done.exit_code == 0, done.output
    flush.flush()
    return empty_app


@pytest.fixture(scope="module")
def fragments(site: CKANTestApp) -> list[Any]:
    """What is published, of all kinds."""
    last = sa.select(Entry.__table__).where(Entry.superseded_by.is_(None), Entry.op != DELETE)
    rows = model.Session.execute(last.order_by(Entry.kind, Entry.subject)).all()
    model.Session.rollback()
    lacking = set(render.kinds()) - {row.kind for row in rows}
    assert not lacking, f"nothing is published of {sorted(lacking)}: see MORE"
    return rows


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two datasets on each page."""
    monkeypatch.setitem(config, "ckanext.dcat.datasets_per_page", 2)


def crawl(site: CKANTestApp) -> Iterator[bytes]:
    """Yield the pages of the whole catalogue, as a harvester gets them."""
    address = "/catalog.nt"
    while address:
        body = site.get(address).data
        yield body
        following = Graph().parse(data=body, format="nt").objects(None, NEXT)
        address = str(next(following, "")).removeprefix(SITE)


def test_there_is_a_row_of_every_kind():
    """Of those of which nothing is shipped, in MORE."""
    lacking = MAPPINGS.keys() - {file.entity for file in FILES} - {name for name, _code, _values in MORE}
    assert not lacking, f"MORE: add {sorted(lacking)}"


@pytest.mark.long
def test_nothing_is_against_our_rules(site: CKANTestApp, fragments: list[Any]):
    """The header of the catalogue and organizations too; suggestions are none."""
    done = validation.validate()
    assert done.fragments == len(fragments)
    assert (done.against, done.failed) == (0, [])


@pytest.mark.long
def test_no_page_of_a_crawl_is_against_our_rules(site: CKANTestApp, small_pages: None):
    """Though the header and several fragments stand together in it."""
    pages = list(crawl(site))
    assert len(pages) > 1
    for body in pages:
        found = shapes.against(shapes.ours(), body)
        assert [each for each in found if each.severity == shapes.VIOLATION] == []


@pytest.mark.long
@pytest.mark.skipif(not OFFICIAL, reason="DCAT_AP_SHAPES names no folder with the official shapes")
def test_nothing_is_against_the_official_shapes(site: CKANTestApp, fragments: list[Any]):
    """Fragments and pages, by each file of the folder."""
    for name, rules in shapes.read(Path(OFFICIAL or "")).items():
        found: list[shapes.Found] = []
        assert sum(validation.steps_by(rules, found)) == len(fragments)
        assert [(name, each) for each in found if each.severity == shapes.VIOLATION] == []


def undescribed(graph: Graph) -> Iterator[tuple[str, str]]:
    """Yield the concepts of this site that a graph names, each with what SKOS lacks of it."""
    nodes = {node for triple in graph for node in triple if isinstance(node, URIRef)}
    for concept in (node for node in nodes if CONCEPTS.fullmatch(node)):
        scheme = graph.value(concept, SKOS.inScheme)
        said = {
            "type": (concept, RDF.type, SKOS.Concept) in graph,
            "prefLabel": (concept, SKOS.prefLabel, None) in graph,
            "notation": (concept, SKOS.notation, None) in graph,
            "inScheme": scheme is not None,
            "topConceptOf": not TOPS.match(concept) or graph.value(concept, SKOS.topConceptOf) == scheme,
            "scheme": (scheme, RDF.type, SKOS.ConceptScheme) in graph
            and (scheme, DCTERMS.title, None) in graph,
        }
        yield from ((str(concept), name) for name, there in said.items() if not there)


@pytest.mark.long
def test_each_fragment_describes_the_concepts_that_it_names(fragments: list[Any]):
    """Places, axes, commitments, kinds and states: each with its scheme."""
    named = set()
    for row in fragments:
        graph = Graph().parse(data=row.body, format="nt")
        assert not list(undescribed(graph)), (row.kind, row.subject)
        named |= {str(each).split("/")[3] for each in graph.subjects(RDF.type, SKOS.Concept)}
    assert named > {"vocabulario", "municipio", "departamento", "eje", "compromiso"}


@pytest.mark.long
def test_each_page_of_a_crawl_describes_the_concepts_that_it_names(site: CKANTestApp, small_pages: None):
    """Of several descriptions the page has one, and that one is whole."""
    for body in crawl(site):
        assert not list(undescribed(Graph().parse(data=body, format="nt")))


@pytest.mark.long
def test_the_schemes_answer_at_their_addresses(site: CKANTestApp, fragments: list[Any]):
    """And that answer describes them, and all concepts that it names."""
    graphs = (Graph().parse(data=row.body, format="nt") for row in fragments)
    schemes = {each for graph in graphs for each in graph.subjects(RDF.type, SKOS.ConceptScheme)}
    ours = sorted(each for each in schemes if str(each).startswith(SITE))
    assert len(ours) > 10
    for scheme in ours:
        answer = site.get(str(scheme).removeprefix(SITE), headers={"Accept": "text/turtle"})
        graph = Graph().parse(data=answer.data, format="turtle")
        assert (scheme, RDF.type, SKOS.ConceptScheme) in graph
        assert not list(undescribed(graph))


@pytest.mark.long
def test_fragments_have_no_blank_nodes_and_are_the_same_again(fragments: list[Any]):
    """Rendered anew, byte by byte; strict N-Triples, sorted."""
    for row in fragments:
        read = list(pyoxigraph.parse(row.body, pyoxigraph.RdfFormat.N_TRIPLES))
        nodes = {type(node) for each in read for node in (each.subject, each.object)}
        assert pyoxigraph.BlankNode not in nodes
        assert row.body.splitlines() == sorted(row.body.splitlines())
    found = check.Checked()
    assert sum(check.steps(found)) == len(fragments)
    assert found.differences == []
