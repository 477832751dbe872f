"""Pages of the catalogue: its header, pieces of datasets, what these are about, and where the next page is.

A page stands for itself: all that it names of this site is described in it, and once only. Fragments that
were rendered at different moments may call the same place by different names until they are rendered anew;
the newest is right. A thing that one dataset names and another only names through something else is described
in the first one's words: they are more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ckan.model import Session
from ckanext.dcat.utils import catalog_uri
from ckanext.gobiernoabierto.lib import deflate, ntriples
from rdflib import Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, XSD

from . import packing
from .packing import CALLED
from .syntax import HYDRA, Syntax


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


def written(syntax: Syntax, rows: Iterable[Any], place: Place, connection: Any = Session) -> bytes:
    """Return a page: where it stands, and rows of ``packing.with_pieces``, of the header and of datasets."""
    said = [f"{ntriples.line(*triple)}\n".encode() for triple in _hydra(place)]
    beginning = syntax.first(b"".join([*said, modified(place.modified)]))
    return b"".join((beginning, deflate.unpacked(_pieces(syntax, rows, connection)), syntax.after))


def modified(moment: dt.datetime | None) -> bytes:
    """Return the line that says when the catalogue last changed."""
    if moment is None:
        return b""
    when = Literal(moment.isoformat(), datatype=XSD.dateTime)
    return f"{ntriples.line(URIRef(catalog_uri()), DCTERMS.modified, when)}\n".encode()


def _pieces(syntax: Syntax, rows: Iterable[Any], connection: Any) -> list[bytes]:
    """Return the packed pieces of rows, and of what they are about those that the newest row has."""
    found, shared = packing.pieces(syntax, rows, connection)
    last: dict[str, int] = {}  # many share the very same
    for each in found:
        last[each.shared] = max(each.seq, last.get(each.shared, 0))
    newest: dict[str, bytes] = {}
    for digests in sorted(last, key=lambda digests: -last[digests]):
        for other in (shared[digest] for digest in digests.split() if digest in shared):
            newest.setdefault(other.about, other.packed)
    # what a thing is called stands in its whole description too, which another dataset may have brought
    called = {about for about in newest if about.endswith(CALLED) and about.removesuffix(CALLED) in newest}
    return [*(each.packed for each in found), *(newest[about] for about in newest if about not in called)]


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
