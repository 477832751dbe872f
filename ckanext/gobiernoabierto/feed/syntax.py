"""The syntaxes of the feed, and how pieces that were written one by one become a document in one of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyoxigraph
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.rdf.formats import RdfFormat
from ckanext.gobiernoabierto.rdf.terms import PREFIXES
from ckanext.gobiernoabierto.rdf.withdrawn import AS
from rdflib import Namespace
from rdflib.namespace import RDF

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
NAMES = {name: str(each) for name, each in {**PREFIXES, "as": AS, "hydra": HYDRA, "rdf": RDF}.items()}
TRIG = "trig"
RDF_END = b"\n</rdf:RDF>"
RDF_NAMES = "".join(f' xmlns:{name}="{each}"' for name, each in sorted(NAMES.items()))
RDF_BEGINNING = f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{RDF_NAMES}>'.encode()
TURTLE_BEGINNING = "".join(f"@prefix {name}: <{each}> .\n" for name, each in sorted(NAMES.items())).encode()
TURTLE_PREFIXES = re.compile(rb"(?:@prefix [^\n]*\n)*")


class Lines:
    """N-Triples that are written in several syntaxes, and read once."""

    def __init__(self, text: bytes) -> None:
        """Take the text."""
        self.text = text

    @functools.cached_property
    def triples(self) -> list[Any]:
        """Return what they say."""
        return [each.triple for each in pyoxigraph.parse(self.text, _oxigraph(formats.N_TRIPLES))]


@dataclass(frozen=True)
class Syntax:
    """How pieces become a document: what is before all of them, between two, and after all."""

    name: str
    before: bytes = b""
    between: bytes = b""
    after: bytes = b""

    def first(self, lines: bytes) -> bytes:
        """Return N-Triples as what a document begins with."""
        return self.before + self._written(Lines(lines))

    def piece(self, lines: Lines) -> bytes:
        """Return N-Triples as what is added to a document; nothing of none."""
        return self.between + self._written(lines) if lines.text else b""

    def _written(self, lines: Lines) -> bytes:
        if self.name == "nt":
            return lines.text
        written = _serialized(lines.triples, formats.RDF_FORMATS[self.name], NAMES)
        if self.name == "ttl":
            return TURTLE_PREFIXES.sub(b"", written, count=1)
        if self.name == "jsonld":
            return written[1:-1]
        return written[written.index(b">", written.index(b"<rdf:RDF")) + 1 : written.rindex(RDF_END)]


SYNTAXES = {
    each.name: each
    for each in (
        Syntax("nt"),
        Syntax("ttl", before=TURTLE_BEGINNING),
        Syntax("rdf", before=RDF_BEGINNING, after=RDF_END + b"\n"),
        Syntax("jsonld", before=b"[", between=b",\n", after=b"]\n"),
    )
}
BY_ENDING = {**SYNTAXES, "xml": SYNTAXES["rdf"]}
"""By the ending that readers ask for."""


def for_people(
    body: bytes, ending: str, names: Mapping[str, str] = NAMES, given: RdfFormat = formats.N_TRIPLES
) -> bytes:
    """Return a body in the syntax of an ending, with prefixes and a paragraph for each thing; stable bytes.

    ``given`` is the syntax that it has: TriG may become JSON-LD, which has named graphs too.
    """
    wanted = formats.TRIG if ending == TRIG else formats.RDF_FORMATS[ending]
    if wanted is given:
        return body
    read = pyoxigraph.parse(body, _oxigraph(given))
    said: Any = read if given is formats.TRIG else (each.triple for each in read)
    return _serialized(said, wanted, names)


def _serialized(said: Any, wanted: RdfFormat, names: Mapping[str, str]) -> bytes:
    made = bytes(pyoxigraph.serialize(said, format=_oxigraph(wanted), prefixes=dict(names)) or b"")
    # what a form sends has carriage returns, and a plain one is not one to a reader of XML (XML 1.0, 2.11)
    return made.replace(b"\r", b"&#13;") if wanted is formats.RDF_XML else made


def _oxigraph(syntax: RdfFormat) -> Any:
    return pyoxigraph.RdfFormat.from_media_type(syntax.mimetype)
