"""Pages of the catalogue: its header, fragments of the log, and where the next page is.

A page stands for itself: all that it names of this site is described in it, and once only. Fragments that
were rendered at different moments may call the same place by different names until they are rendered anew;
the newest is right.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyoxigraph
from ckanext.dcat.utils import catalog_uri
from ckanext.gobiernoabierto.lib import ntriples
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.rdf.formats import RdfFormat
from ckanext.gobiernoabierto.rdf.terms import PREFIXES
from ckanext.gobiernoabierto.rdf.withdrawn import AS
from rdflib import Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF, XSD

from .model import DATASET

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
FURTHER = {"as": AS, "hydra": HYDRA, "rdf": RDF}
NAMES = {name: str(each) for name, each in {**PREFIXES, **FURTHER}.items()}
TURTLE, TRIG = "ttl", "trig"
BLOCK = re.compile(rb"(<[^>]*>) [^\n]*\n(?:\1 [^\n]*\n)*")
"""Lines of one subject; sorted, they are together."""


@dataclass(frozen=True)
class Place:
    """Where a page stands: its own address, those of the first and of the next one, and what there is."""

    here: str
    first: str
    following: str | None
    total: int
    size: int
    """Datasets of a page."""
    modified: dt.datetime | None
    """When the catalogue last changed."""


def lines(header: Any, datasets: Iterable[Any], place: Place) -> bytes:
    """Return a page as N-Triples: the header's row of the log, rows of datasets, and where it stands."""
    rows = list(datasets)
    catalogue = URIRef(catalog_uri())
    said = [*_hydra(place), *((catalogue, DCAT.dataset, URIRef(row.address)) for row in rows)]
    own = [f"{ntriples.line(*triple)}\n".encode() for triple in said]
    return b"".join(
        [*own, modified(place.modified), *_described_once([header, *rows] if header is not None else rows)]
    )


def modified(moment: dt.datetime | None) -> bytes:
    """Return the line that says when the catalogue last changed."""
    if moment is None:
        return b""
    when = Literal(moment.isoformat(), datatype=XSD.dateTime)
    return f"{ntriples.line(URIRef(catalog_uri()), DCTERMS.modified, when)}\n".encode()


def _described_once(rows: list[Any]) -> list[bytes]:
    """Return the lines of fragments, of each subject those of the newest one that describes it."""
    described: dict[bytes, int] = {}
    seen: set[bytes] = set()
    kept = []
    for row in sorted(rows, key=lambda row: row.seq, reverse=True):
        own, others = _divided(row)
        kept.append(own)
        for part in others:
            if part in seen:  # most datasets of a place are about the same
                continue
            seen.add(part)
            blocks = BLOCK.finditer(part)
            kept += [each[0] for each in blocks if described.setdefault(each[1], row.seq) == row.seq]
    return kept


def _divided(row: Any) -> tuple[bytes, tuple[bytes, ...]]:
    """Return what a fragment says of its dataset and the parts of that, and what it says of others.

    The lines are sorted, so the former are together; nobody else's fragment has them.
    """
    text, mine = b"\n" + row.body, b"\n<" + row.address.encode()
    first = text.find(mine) if row.kind == DATASET else -1
    if first < 0:
        return b"", (row.body,)
    end = text.index(b"\n", text.rfind(mine) + 1)
    return row.body[first:end], (row.body[:first], row.body[end:])


def _hydra(place: Place) -> Iterable[tuple[Any, Any, Any]]:
    """Yield where the page stands, by the words of hydra and by those that it had before."""
    here = URIRef(place.here)
    yield here, RDF.type, HYDRA.PagedCollection
    yield here, RDF.type, HYDRA.PartialCollectionView
    yield here, HYDRA.totalItems, Literal(place.total)
    yield here, HYDRA.itemsPerPage, Literal(place.size)
    for name, address in (("first", place.first), ("next", place.following)):
        if address:
            yield here, HYDRA[name], URIRef(address)
            yield here, HYDRA[f"{name}Page"], URIRef(address)


def written(body: bytes, ending: str) -> bytes:
    """Return N-Triples in the syntax of an ending; the same bytes for the same. Turtle they are already."""
    return body if ending == TURTLE else for_people(body, ending)


def for_people(
    body: bytes, ending: str, names: Mapping[str, str] = NAMES, given: RdfFormat = formats.N_TRIPLES
) -> bytes:
    """Return ``written``, but Turtle with prefixes and a paragraph for each thing: somebody may read it.

    ``given`` is the syntax that it has: TriG may become JSON-LD, which has named graphs too.
    """
    wanted = formats.TRIG if ending == TRIG else formats.RDF_FORMATS[ending]
    if wanted is given:
        return body
    read = pyoxigraph.parse(body, _oxigraph(given))
    said: Any = read if given is formats.TRIG else (each.triple for each in read)
    made = bytes(pyoxigraph.serialize(said, format=_oxigraph(wanted), prefixes=dict(names)) or b"")
    # what a form sends has carriage returns, and a plain one is not one to a reader of XML (XML 1.0, 2.11)
    return made.replace(b"\r", b"&#13;") if wanted is formats.RDF_XML else made


def _oxigraph(syntax: RdfFormat) -> Any:
    return pyoxigraph.RdfFormat.from_media_type(syntax.mimetype)
