"""Pieces of dumps: what each fragment gives to them, written in every syntax and compressed with the event.

A dump is these pieces one after the other, whatever the syntax, so that nothing is parsed or compressed when
somebody asks. Only what is published now has any.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.dcat.utils import catalog_uri
from ckanext.gobiernoabierto.lib import deflate, ntriples
from rdflib import URIRef
from rdflib.namespace import DCAT, RDF

from . import pages
from .fingerprint import fingerprint
from .model import DATASET, Entry, PackedFragment, published_now
from .render import named_by, paths
from .writing import writing

PACKED = PackedFragment.__table__
AT_ONCE = 200
"""Fragments that are packed in one transaction."""


@dataclass(frozen=True)
class Syntax:
    """How pieces become a document: what is before all of them, between two, and after all."""

    ending: str
    before: bytes = b""
    between: bytes = b""
    after: bytes = b""

    def piece(self, lines: bytes) -> bytes:
        """Return N-Triples as a piece of a document."""
        written = pages.for_people(lines, self.ending)
        if self.ending == "nt":
            return written
        if self.ending == "jsonld":
            return written[1:-1]
        return written[written.index(b">", written.index(b"<rdf:RDF")) + 1 : written.rindex(RDF_END)]

    def first(self, changed: dt.datetime | None) -> bytes:
        """Return what a document begins with: the piece that says that there is a catalogue, and of when."""
        said = f"{ntriples.line(URIRef(catalog_uri()), RDF.type, DCAT.Catalog)}\n"
        return self.before + self.piece(said.encode() + pages.modified(changed))


RDF_END = b"\n</rdf:RDF>"
NAMES = "".join(f' xmlns:{name}="{each}"' for name, each in sorted(pages.NAMES.items()))
RDF_BEGINNING = f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{NAMES}>'.encode()
SYNTAXES = {
    each.ending: each
    for each in (
        Syntax("nt"),
        Syntax("rdf", before=RDF_BEGINNING, after=RDF_END + b"\n"),
        Syntax("jsonld", before=b"[", between=b",\n", after=b"]\n"),
    )
}
"""Turtle is the N-Triples."""


def write(events: Iterable[Mapping[str, Any]], made_with: str) -> None:
    """Write the pieces of events that have just been appended, in the writer's transaction."""
    rows = [
        {"seq": each["seq"], "fingerprint": made_with, "syntax": name, **asdict(block)}
        for each in events
        if each["body"] is not None
        for name, block in _blocks(each["kind"], each["subject"], each["address"], each["body"])
    ]
    if rows:
        Session.execute(sa.insert(PACKED), rows)


def forget(positions: Iterable[int]) -> None:
    """Remove the pieces of events that are superseded, in the writer's transaction."""
    Session.execute(sa.delete(PACKED).where(PACKED.c.seq.in_(list(positions))))


def fill(wait: float) -> int:
    """Pack what is published and was not packed by this program; return how many fragments that were."""
    done = 0
    while True:
        with writing(wait):
            number = _fill_some()
        done += number
        if number < AT_ONCE:
            return done


def _fill_some() -> int:
    made_with = fingerprint()
    there = sa.select(PACKED.c.seq).where(PACKED.c.seq == Entry.seq, PACKED.c.fingerprint == made_with)
    lacking = sa.select(Entry.__table__).where(*published_now())
    lacking = lacking.where(~there.exists())
    rows = Session.execute(lacking.limit(AT_ONCE)).mappings().all()
    forget(row["seq"] for row in rows)
    write(rows, made_with)
    return len(rows)


def block(syntax: Syntax, kind: str, subject: str, address: str, body: bytes) -> deflate.Block:
    """Return the piece of a fragment in a syntax."""
    return _packed(syntax, own_lines(kind, subject, address, body))


def _blocks(kind: str, subject: str, address: str, body: bytes) -> Iterator[tuple[str, deflate.Block]]:
    own = own_lines(kind, subject, address, body)
    for name, syntax in SYNTAXES.items():
        yield name, _packed(syntax, own)


def _packed(syntax: Syntax, lines: bytes) -> deflate.Block:
    return deflate.pack(syntax.between + syntax.piece(lines) if lines else b"")


def own_lines(kind: str, subject: str, address: str, body: bytes) -> bytes:
    """Return the lines that a fragment gives to a dump: not those about what has a fragment of its own.

    That one is right about it, and this one may have been rendered before it was renamed. A dataset gives
    that it is of the catalogue, too.
    """
    own, places = f"{kind}:{subject}", paths()
    blocks = ((found[1][1:-1].decode(), found[0]) for found in pages.BLOCK.finditer(body))
    kept = [lines for about, lines in blocks if named_by(about, places) in (None, own)]
    if kind == DATASET:
        line = ntriples.line(URIRef(catalog_uri()), DCAT.dataset, URIRef(address))
        kept.append(f"{line}\n".encode())
    return b"".join(kept)
