"""Fragments as metadata of OAI-PMH: whatever a text holds, the record can be read."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ckanext.gobiernoabierto.feed import metadata
from ckanext.gobiernoabierto.lib import ntriples
from ckanext.gobiernoabierto.lib.iri import readable_text
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS

DATASET, PERIOD = URIRef("http://x/dataset/1"), URIRef("http://x/dataset/1#periodo")
TEXTS = st.text(st.characters(blacklist_categories=["Cs"]))


def written(prefix: str, *triples: tuple[object, object, object]) -> ET.Element:
    """The metadata of a fragment, parsed."""
    body = "".join(sorted(f"{ntriples.line(*each)}\n" for each in triples)).encode()
    said = metadata.FORMATS[prefix].written(str(DATASET), body)
    return ET.fromstring(f'<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{said}</a>')[0]


@given(TEXTS)
def test_any_text_can_be_read_in_both_formats(text: str):
    """Without the characters that no XML may have; one that says nothing is no element of Dublin Core."""
    triple = (DATASET, DCTERMS.title, Literal(text, lang="es"))
    readable = readable_text(text)
    of_rdf = written("dcat", triple).find(f".//{{{DCTERMS}}}title")
    assert (of_rdf.text or "") == readable
    of_dublin_core = written("oai_dc", triple).find(f"{{{metadata.ELEMENTS}}}title")
    assert (of_dublin_core is not None) == bool(text.strip())
    if of_dublin_core is not None:
        assert (of_dublin_core.text or "") == readable


def test_a_span_of_time_is_its_coverage():
    """As it is written in ISO 8601, open where an end is not known."""
    for ends, said in (
        (((DCAT.startDate, "2016-01-01"), (DCAT.endDate, "2016-12-31")), ["2016-01-01/2016-12-31"]),
        (((DCAT.startDate, "2016-01-01"),), ["2016-01-01/"]),
        ((), []),
    ):
        triples = [(PERIOD, each, Literal(day)) for each, day in ends]
        found = written("oai_dc", (DATASET, DCTERMS.temporal, PERIOD), *triples)
        assert [each.text for each in found.findall(f"{{{metadata.ELEMENTS}}}coverage")] == said
