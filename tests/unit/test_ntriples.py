"""N-Triples: one form for each triple, and nothing that a strict parser refuses."""

from __future__ import annotations

import pyoxigraph
import pytest
from ckanext.gobiernoabierto.lib import ntriples
from hypothesis import given
from hypothesis import strategies as st
from rdflib import BNode, Literal, URIRef
from rdflib.namespace import XSD

THING, SAYS = URIRef("http://a.gt/x"), URIRef("http://a.gt/says")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
LITERALS = st.builds(Literal, TEXTS, lang=st.sampled_from([None, "es", "en-GB"])) | st.builds(
    lambda value: Literal(value, datatype=XSD.date, normalize=False), TEXTS
)


@given(st.lists(LITERALS, unique=True))
def test_what_is_written_is_read_as_it_was(values):
    """Whatever a text holds, by a parser that is not ours; sorted, and the same from any order."""
    lines = [ntriples.line(THING, SAYS, value) for value in values]
    body, refused = ntriples.strict(lines)
    assert refused == {}
    assert ntriples.strict(reversed(lines))[0] == body
    read = {
        (quad.object.value, quad.object.language, quad.object.datatype.value)
        for quad in pyoxigraph.parse(body, pyoxigraph.RdfFormat.N_TRIPLES)
    }
    strings = {None: str(XSD.string), "es": "lang", "en-GB": "lang"}
    wanted = {(str(each), each.language, str(each.datatype or strings[each.language])) for each in values}
    plain = {(value, language and language.lower(), kind) for value, language, kind in wanted}
    found = {(v, la and la.lower(), "lang" if la else kind) for v, la, kind in read}
    assert found == plain
    assert body.count(b"\n") == len(set(lines))
    assert body.splitlines() == sorted(body.splitlines())


@pytest.mark.parametrize(
    "bad",
    [
        URIRef("http://a.gt/100%"),
        URIRef("http://a.gt/\nb"),
        URIRef("http://a.gt/a b"),
        URIRef("no address"),
        URIRef('http://a.gt/"> . <x'),
        BNode("b"),
    ],
)
def test_a_bad_line_is_refused_and_the_others_stay(bad):
    """With the reason."""
    good = ntriples.line(THING, SAYS, Literal("ñ"))
    body, refused = ntriples.strict([ntriples.line(THING, SAYS, bad), good])
    assert body.decode() == good + "\n"
    assert list(refused) == [ntriples.line(THING, SAYS, bad)]
    assert all(refused.values())


def test_nothing_is_nothing():
    """An empty document."""
    assert ntriples.strict([]) == (b"", {})
