"""The four syntaxes: strict readers take each of them, and the bytes never change by themselves."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from xml.parsers import expat

import pyoxigraph
import pytest
from ckanext.gobiernoabierto.rdf.formats import RDF_FORMATS, negotiate, serialize
from ckanext.gobiernoabierto.rdf.terms import graph_of
from rdflib import Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, RDFS, SKOS
from werkzeug.exceptions import NotAcceptable

NASTY = "Ñandú \"'<&>\\ \n\t \u2028 😀 ]]> <!-- {{7*7}} \u0085"
SUBJECT = URIRef("https://datos.example.gob.gt/institucion/ñ?a=b&c='d'#x")
OXIGRAPH = {
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "rdf": pyoxigraph.RdfFormat.RDF_XML,
    "xml": pyoxigraph.RdfFormat.RDF_XML,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
}
SAME_BYTES = """
import hashlib
from ckanext.gobiernoabierto.rdf.formats import LINKED, serialize
from ckanext.gobiernoabierto.rdf.terms import graph_of
from rdflib import Literal, URIRef
from rdflib.namespace import DCTERMS, RDFS, SKOS
triples = {
    (URIRef(f"https://a.gt/{s}"), predicate, value)
    for s in range(6)
    for predicate in (SKOS.note, SKOS.altLabel, DCTERMS.title, RDFS.seeAlso)
    for value in (Literal("a", lang="es"), Literal("b"), URIRef("https://a.gt/0"), URIRef("https://a.gt/9"))
}
print(*(hashlib.sha256(serialize(graph_of(triples), ext)).hexdigest() for ext in LINKED))
"""


def nasty_graph():
    """A graph with everything that syntaxes have to escape."""
    return graph_of(
        [
            (SUBJECT, RDF.type, SKOS.Concept),
            (SUBJECT, SKOS.prefLabel, Literal(NASTY, lang="es")),
            (SUBJECT, RDFS.seeAlso, URIRef("https://a.gt/?a=b&c=d%20e")),
            (SUBJECT, DCTERMS.title, None),
        ]
    )


@pytest.mark.parametrize("ext", RDF_FORMATS)
def test_a_strict_reader_gets_the_same_triples(ext: str):
    """Whatever a text holds; what is None is not there."""
    quads = pyoxigraph.parse(serialize(nasty_graph(), ext), OXIGRAPH[ext])
    read = {(str(quad.subject), str(quad.predicate)): quad.object for quad in quads}
    assert len(read) == 3
    label = read[f"<{SUBJECT}>", f"<{SKOS.prefLabel}>"]
    assert (label.value, label.language) == (NASTY, "es")


def test_rdf_xml_is_xml_for_expat():
    """Pyoxigraph takes control characters that expat, and with it most harvesters, refuse."""
    graph = graph_of([(SUBJECT, SKOS.prefLabel, Literal("a\x0bb\x00c\ufffe"))])
    expat.ParserCreate().Parse(serialize(graph, "rdf"), True)
    assert b"abc" in serialize(graph, "rdf")


def test_json_ld_brings_its_own_context():
    """A reader never has to fetch one."""
    assert b'"@context": {' in serialize(nasty_graph(), "jsonld")


@pytest.mark.long
def test_bytes_do_not_depend_on_the_process():
    """Python's sets and dictionaries are shuffled anew in each process; our bytes are not."""
    printed = set()
    for seed in ("0", "1", "2"):
        command = [sys.executable, "-c", SAME_BYTES]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        printed.add(
            subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        )
    assert len(printed) == 1
    assert len(printed.pop().split()[0]) == len(hashlib.sha256().hexdigest())


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, None),
        ("", None),
        ("*/*", None),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", None),
        ("text/turtle", "ttl"),
        ("application/ld+json", "jsonld"),
        ("application/rdf+xml", "rdf"),
        ("application/n-triples", "nt"),
        ("text/html;q=0.5, text/turtle", "ttl"),
        ("text/turtle;q=0.5, text/html", None),
        ("application/rdf+xml;q=0.4, application/n-triples;q=0.6", "nt"),
        ("text/html;q=0, text/*", "ttl"),
        ("application/pdf, text/turtle;q=0.1", "ttl"),
        ("text/turtle; charset=utf-8", "ttl"),
        ('application/ld+json; profile="http://www.w3.org/ns/json-ld#compacted"', "jsonld"),
        ("text/html; charset=utf-8", None),
    ],
)
def test_a_reader_gets_the_syntax_that_it_prefers(accept: str | None, expected: str | None):
    """Whoever takes anything gets the page."""
    assert negotiate(accept) == expected


@pytest.mark.parametrize("accept", ["application/pdf", "text/turtle;q=0", "nonsense", "image/*"])
def test_what_we_do_not_have_is_not_acceptable(accept: str):
    """406, and not something else that the reader cannot read."""
    with pytest.raises(NotAcceptable):
        negotiate(accept)


def test_a_syntax_that_we_do_not_have_is_an_error():
    """The view turns it into a 404."""
    with pytest.raises(KeyError):
        serialize(nasty_graph(), "csv")
