"""A dataset's fragment in the metadata formats of OAI-PMH: unqualified Dublin Core, and DCAT as RDF/XML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyoxigraph
from ckanext.gobiernoabierto.lib import iri, oai_pmh
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, SKOS

from . import syntax

OAI_DC = f"{oai_pmh.NAMESPACE}oai_dc/"
ELEMENTS = "http://purl.org/dc/elements/1.1/"
_OF_DUBLIN_CORE = {
    "xmlns:xsi": oai_pmh.XSI,
    "xmlns:oai_dc": OAI_DC,
    "xmlns:dc": ELEMENTS,
    "xsi:schemaLocation": f"{OAI_DC} {oai_pmh.NAMESPACE}oai_dc.xsd",
}
NAMED_BY = tuple(str(each) for each in (SKOS.prefLabel, FOAF.name, DCTERMS.title))
"""What things are called by, the first one that is there."""
DATASET_TYPE = "Dataset"
"""Of the DCMI Type Vocabulary."""

Value = tuple[str, str]
"""A text and its language, or an address or a text of none, and nothing."""


class Fragment:
    """The triples of a fragment, by subject and predicate."""

    def __init__(self, body: bytes) -> None:
        self._said: dict[tuple[str, str], list[Any]] = {}
        for each in pyoxigraph.parse(body, pyoxigraph.RdfFormat.N_TRIPLES):
            triple: Any = each.triple
            self._said.setdefault((triple.subject.value, triple.predicate.value), []).append(triple.object)

    def values(self, subject: str, predicate: str) -> list[Value]:
        """Return what is said of a subject by a predicate."""
        found = self._said.get((subject, predicate), ())
        return [(each.value, getattr(each, "language", None) or "") for each in found]

    def names(self, subject: str) -> list[Value]:
        """Return what a thing is called in the fragment; nothing if it is not told."""
        return next((found for each in NAMED_BY if (found := self.values(subject, each))), [])


def name_of(body: bytes, address: str) -> str | None:
    """Return what a fragment calls a thing, or None."""
    return next((text for text, _language in Fragment(body).names(address)), None)


def dublin_core(address: str, body: bytes) -> str:
    """Return the fragment of a dataset as oai_dc."""
    said = dict.fromkeys(_elements(Fragment(body), address))
    written = "".join(
        oai_pmh.text(f"dc:{name}", text, {"xml:lang": language} if language else {})
        for name, (text, language) in said
        if text.strip()
    )
    return oai_pmh.element("oai_dc:dc", written, _OF_DUBLIN_CORE)


AS_IT_IS = (
    ("title", DCTERMS.title),
    ("description", DCTERMS.description),
    ("identifier", DCTERMS.identifier),
    ("subject", DCAT.keyword),
    ("date", DCTERMS.issued),
    ("date", DCTERMS.modified),
    ("language", DCTERMS.language),
    ("relation", DCTERMS.relation),
)
BY_NAME = (
    ("publisher", DCTERMS.publisher),
    ("creator", DCTERMS.creator),
    ("subject", DCAT.theme),
    ("coverage", DCTERMS.spatial),
    ("rights", DCTERMS.accessRights),
)
OF_FILES = (("relation", DCAT.downloadURL), ("relation", DCAT.accessURL), ("format", DCAT.mediaType))


def _elements(fragment: Fragment, address: str) -> Iterator[tuple[str, Value]]:
    """Yield the elements of Dublin Core that a dataset has, by name."""
    yield "identifier", (address, "")
    yield "type", (DATASET_TYPE, "")
    for name, predicate in AS_IT_IS:
        yield from ((name, value) for value in fragment.values(address, str(predicate)))
    for name, predicate in BY_NAME:
        for thing in fragment.values(address, str(predicate)):
            yield from ((name, value) for value in fragment.names(thing[0]) or [thing])
    yield from (("coverage", value) for value in _periods(fragment, address))
    yield from (("rights", value) for value in fragment.values(address, str(DCTERMS.license)))
    for distribution, _language in fragment.values(address, str(DCAT.distribution)):
        for name, predicate in OF_FILES:
            yield from ((name, value) for value in fragment.values(distribution, str(predicate)))


def _periods(fragment: Fragment, address: str) -> Iterable[Value]:
    """Yield the spans of time that a dataset is about, as ``2016-01-01/2016-12-31``."""
    for period, _language in fragment.values(address, str(DCTERMS.temporal)):
        ends = (fragment.values(period, str(each)) for each in (DCAT.startDate, DCAT.endDate))
        first, last = (each[0][0] if each else "" for each in ends)
        yield (f"{first}/{last}" if first or last else ""), ""


def rdf_xml(_address: str, body: bytes) -> str:
    """Return the fragment of a dataset as RDF/XML, without characters that no XML may have."""
    written = syntax.for_people(body, "rdf").decode()
    root = written[written.index("<rdf:RDF") :]
    return iri.readable_text(root).replace("\r", oai_pmh.ENDS_OF_LINES["\r"])


@dataclass(frozen=True)
class Format:
    """A metadata format: where its schema is, the namespace of its root, and who writes it."""

    schema: str
    namespace: str
    written: Callable[[str, bytes], str]


_DCAT = Format("http://www.w3.org/2000/07/rdf.xsd", str(RDF), rdf_xml)
FORMATS = {
    "oai_dc": Format(f"{oai_pmh.NAMESPACE}oai_dc.xsd", OAI_DC, dublin_core),
    "dcat": _DCAT,
    # what data.europa.eu's harvester asks for
    "dcat_ap": _DCAT,
}
