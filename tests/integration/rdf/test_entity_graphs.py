"""The RDF of the reference rows: strict, complete, and without a word of what is a draft."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.entities import registry, store
from ckanext.gobiernoabierto.entities.base import DRAFT, PUBLISHED, EntityType
from ckanext.gobiernoabierto.entities.history import Actor
from ckanext.gobiernoabierto.logic.reference import SHIPPED, load
from ckanext.gobiernoabierto.logic.reference.files import FILES
from ckanext.gobiernoabierto.rdf.addresses import code_of
from ckanext.gobiernoabierto.rdf.entity import MAPPINGS, entity_graph
from ckanext.gobiernoabierto.rdf.formats import LINKED, RDF_FORMATS, serialize_entities, serialize_entity
from rdflib import Graph, URIRef
from rdflib.namespace import FOAF
from tests.remembered import remembered

OXIGRAPH = {
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "rdf": pyoxigraph.RdfFormat.RDF_XML,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
}


@pytest.fixture
def reference_rows(clean_site: None) -> None:
    """All the rows that we ship."""
    load(SHIPPED)


def rows_of(entity: EntityType) -> list:
    """Every row of a kind, drafts too."""
    return list(model.Session.execute(sa.select(entity.model).order_by(entity.model.code)).scalars())


def assert_reads_back(entity: EntityType) -> None:
    """Every field that RDF carries comes back out of the Turtle of the whole list."""
    rows = {row.code: row.values() for row in rows_of(entity)}
    graph = Graph().parse(serialize_entities(entity, rows_of(entity), "ttl"), format="turtle")
    _, from_rdf = MAPPINGS[entity.name]
    subjects = {code: s for s in graph.subjects() if (code := code_of(entity.name, str(s)))}
    assert set(subjects) == set(rows)
    for code, subject in subjects.items():
        read = from_rdf(graph, subject)
        # Names of files are no addresses, and groups without a code are none either.
        for field in set(read) - {"code", "source", "participations"}:
            expected = rows[code][field]
            assert read[field] == (sorted(expected) if isinstance(expected, list) else expected or None), code


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """The SQL that is sent while the test runs."""
    sent: list[str] = []

    def note(_connection, _cursor, statement: str, *_rest) -> None:
        sent.append(statement)

    sa.event.listen(model.meta.engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(model.meta.engine, "before_cursor_execute", note)


@pytest.mark.long
@pytest.mark.usefixtures("reference_rows")
def test_every_reference_row_is_strict_rdf_in_every_syntax_and_comes_back():
    """Each kind as a whole list and as single pages, the same triples in all four syntaxes."""
    for name in dict.fromkeys(file.entity for file in FILES):
        entity = registry.entity_type(name)
        rows = rows_of(entity)
        assert rows
        for given in (rows, rows[:1], rows[-1:]):
            read = {
                ext: {
                    (str(quad.subject), str(quad.predicate), str(quad.object))
                    for quad in pyoxigraph.parse(serialize_entities(entity, given, ext), OXIGRAPH[ext])
                }
                for ext in LINKED
            }
            assert len(read["nt"]) > len(given)
            assert all(triples == read["nt"] for triples in read.values()), entity.name
            assert not [triple for triple in read["nt"] if "dcat#Dataset" in triple[2] or "_:" in triple[0]]
        assert_reads_back(entity)


@pytest.fixture
@remembered
def few_rows(clean_site: None) -> None:
    """A plan, its axis and a commitment that an institution leads."""
    parts = [{"role": "lead", "institution": "infom", "text": "INFOM"}]
    rows = {
        "institution": ("infom", {"name": "Instituto de Fomento Municipal"}),
        "plan": ("3", {"title": "Tercer Plan"}),
        "axis": ("3-3", {"plan": "3", "number": 3, "name": "Participación Ciudadana"}),
        "commitment": ("3-11", {"plan": "3", "number": 11, "axis": "3-3", "participations": parts}),
    }
    for name, (code, values) in rows.items():
        store.create(registry.entity_type(name), code, values, PUBLISHED, Actor())
    model.Session.commit()


@pytest.mark.usefixtures("few_rows")
def test_a_draft_is_neither_described_nor_named():
    """Not as a page of its own, not by those that name it; nor does it give away what it names."""
    axes, commitments = registry.entity_type("axis"), registry.entity_type("commitment")
    axis, commitment = rows_of(axes)[0], rows_of(commitments)[0]
    assert "Participación Ciudadana" in serialize_entity(commitments, commitment, "ttl").decode()
    axis.visibility = DRAFT
    model.Session.flush()
    for ext in RDF_FORMATS:
        page = serialize_entity(commitments, commitment, ext).decode()
        assert "compromiso/3-11" in page
        assert "eje/3-3" not in page
        assert "Participación Ciudadana" not in page
    assert len(entity_graph(axes, axis)) == 0


@pytest.mark.usefixtures("few_rows")
def test_what_is_linked_is_named_in_two_queries(statements: list[str]):
    """However many kinds there are: one says of which plan the axes and commitments are."""
    commitments = registry.entity_type("commitment")
    rows = rows_of(commitments)
    assert [part.institution for row in rows for part in row.participations] == ["infom"]
    del statements[:]
    graph = entity_graph(commitments, *rows)
    assert len(statements) == 2
    infom = URIRef("http://test.ckan.net/institucion/infom")
    assert str(graph.value(infom, FOAF.name)) == "Instituto de Fomento Municipal"
