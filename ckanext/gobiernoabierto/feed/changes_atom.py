"""The stream of changes for people's readers: Atom, in archives (RFC 5005), with deletions (RFC 6721).

The last event of each subject only: its present title where it has one, and no name of what was taken back.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

import ckan.plugins.toolkit as tk
import pyoxigraph
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import forms, registry
from ckanext.gobiernoabierto.follow.feed import MIMETYPE
from ckanext.gobiernoabierto.lib.iri import readable_text
from ckanext.gobiernoabierto.rdf.formats import TURTLE
from feedgen.ext.base import BaseExtension
from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem
from rdflib.namespace import DCTERMS, FOAF, RDFS, SKOS

from . import changes
from .changes import Part, Stream
from .model import CATALOG, CREATE, DATASET, DELETE, ORGANIZATION

HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
CALLED = "|".join(re.escape(str(each)) for each in (DCTERMS.title, SKOS.prefLabel, FOAF.name, RDFS.label))
LANGUAGE = "es"
BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""When a feed was updated to which nothing has come."""


class Archived(BaseExtension):
    """What feedgen does not know: that a document is an archive, and what is there no more."""

    def __init__(self) -> None:
        """Begin with neither."""
        self.is_archive = False
        self.gone: list[tuple[str, str]] = []

    def extend_ns(self) -> dict[str, str]:
        """Return the prefixes of both."""
        return {"fh": HISTORY, "at": TOMBSTONES}

    def extend_atom(self, feed: Any) -> Any:
        """Write both into the feed."""
        if self.is_archive:
            xml_elem(f"{{{HISTORY}}}archive", feed)
        for address, moment in self.gone:
            xml_elem(f"{{{TOMBSTONES}}}deleted-entry", feed, ref=address, when=moment)
        return feed


def newest(position: int) -> Part:
    """Return what the document has that readers subscribe to: the open page, and the one before it."""
    pages = -(-position // changes.PAGE)
    first = max(0, pages - 2) * changes.PAGE + 1
    return Part("page", max(1, pages - 1), first, position, closed=False)


def atom(stream: Stream, which: Part, archives: int) -> bytes:
    """Return a document of the feed, the newest first; ``archives`` is how many pages are closed."""
    rows = changes.present(which.first, which.last, stream.kinds)
    feed = FeedGenerator()
    feed.id(stream.node())
    feed.title(readable_text(tk._("What changed in {site}").format(site=config.site_title())))
    feed.author(name=readable_text(config.site_title()), uri=config.site_url())
    feed.language(LANGUAGE)
    feed.generator("")
    feed.updated(max((row.published for row in rows), default=BEGINNING))
    for name, address in _links(stream, which, archives):
        feed.link(href=address, rel=name, type=MIMETYPE)
    feed.register_extension("archived", Archived)
    feed.archived.is_archive = which.closed
    feed.archived.gone = [(row.address, changes.iso(row.published)) for row in rows if row.op == DELETE]
    for row in reversed(rows):
        if row.op != DELETE:
            _entry(feed, stream, row)
    return bytes(feed.atom_str())


def _links(stream: Stream, which: Part, archives: int) -> Iterable[tuple[str, str]]:
    """Yield where the document and its neighbours are; those before it, as far as the feed goes back."""
    page = which.number
    yield "self", stream.node("page", page) if which.closed else stream.node()
    if which.closed:
        yield "current", stream.node()
    if page > 1:
        yield "prev-archive", stream.node("page", page - 1)
    if which.closed and page < archives:
        yield "next-archive", stream.node("page", page + 1)


def _entry(feed: FeedGenerator, stream: Stream, row: Any) -> None:
    noun = _noun(row.kind)
    entry = feed.add_entry(order="append")
    entry.id(row.address)
    entry.title(readable_text(f"{noun}: {_title(row)}"))
    entry.link(href=row.address, rel="alternate", type="text/html")
    entry.link(href=f"{stream.event(row.seq)}.ttl", rel="related", type=TURTLE.mimetype)
    entry.category(term=row.kind, label=noun)
    entry.updated(row.published)
    entry.summary(tk._("It is new.") if row.op == CREATE else tk._("It changed."))


def _noun(kind: str) -> str:
    own = {DATASET: tk._("Dataset"), ORGANIZATION: tk._("Organization"), CATALOG: tk._("Catalogue")}
    return own.get(kind) or str(forms.form_schema(registry.entity_type(kind))["singular"])


def _title(row: Any) -> str:
    """Return what a subject is called in its fragment, in Spanish if it can be had."""
    beginning = re.escape(f"<{row.address}> ".encode()) + f"<(?:{CALLED})> ".encode()
    lines = re.findall(b"^" + beginning + rb"[^\n]*\n", row.body, re.MULTILINE)
    said = [each.object for each in pyoxigraph.parse(b"".join(lines), pyoxigraph.RdfFormat.N_TRIPLES)]
    said.sort(key=lambda each: each.language != LANGUAGE)
    return said[0].value if said else row.address
