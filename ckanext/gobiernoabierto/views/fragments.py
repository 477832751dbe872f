"""What stands at an identifier of CKAN's that the log tells of: its fragment, or that it is gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.feed import render, snapshot, syntax, wake, withdrawal
from ckanext.gobiernoabierto.feed.model import DELETE
from ckanext.gobiernoabierto.lib import ntriples
from ckanext.gobiernoabierto.logic.validators import OF_ID
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.rdf.terms import sifted
from ckanext.gobiernoabierto.rdf.withdrawn import tombstone_to_rdf
from ckanext.gobiernoabierto.views import feed_answer
from ckanext.gobiernoabierto.views.entities import visitor
from rdflib import URIRef


@dataclass(frozen=True)
class Kind:
    """A kind of CKAN's that the log tells of."""

    name: str
    """As in the log."""
    row: Callable[[str], Any]
    """What CKAN has of it under an id or a name, hidden or not; or None."""
    show: str
    """The action by which it is read."""
    term: URIRef
    """What it is, in RDF."""

    def may_read(self, id: str) -> bool:
        """Tell whether whoever asks may read it, hidden or not."""
        try:
            return tk.check_access(self.show, visitor(), {"id": id})
        except (tk.NotAuthorized, tk.ObjectNotFound):
            return False


@dataclass(frozen=True)
class Found:
    """What stands under an id or a name: in CKAN, and in the log."""

    row: Any
    last: Any
    """The last event; None of what never was public."""

    @property
    def is_there(self) -> bool:
        """Return whether everybody may read it; what was hidden a moment ago is not, flushed or not."""
        return self.last is not None and self.last.op != DELETE and is_public(self.row)


def row_at(kind: Kind, id: str) -> Any:
    """Return what CKAN has under an id or a name; None of what has the id of another for its name.

    Such names are refused, but some were stored before.
    """
    row = kind.row(id)
    if row is None or row.id == id or not OF_ID.fullmatch(id):
        return row
    last = snapshot.last_of(kind.name, id)
    return None if last is not None and last.subject == id else row


def find(kind: Kind, id: str) -> Found:
    """Return what stands under an id or a name, also one that had it before it was purged."""
    row = row_at(kind, id)
    last = snapshot.last_of(kind.name, row.id if row is not None else id)
    if row is None and last is not None:
        row = row_at(kind, last.subject)  # of another name by now
    return Found(row, last)


def told(kind: Kind, id: str) -> Found:
    """Return what stands under an id or a name as the feed tells it.

    UnflushedError for what everybody may read, and the feed could not render: nor is it for one visitor.
    """
    found = find(kind, id)
    if found.row is not None and not found.is_there and render.published_among(kind.name, [found.row.id]):
        raise wake.UnflushedError
    return found


def is_public(row: Any) -> bool:
    """Tell whether everybody may read what CKAN has there."""
    return row is not None and row.state == "active" and not getattr(row, "private", False)


def gone_from(kind: Kind, id: str) -> Any:
    """Return the last event of what was public and may not be read by whoever asks; None of any other.

    One query for what everybody may read.
    """
    if "\0" in id:
        return None
    row = row_at(kind, id)
    if is_public(row) or (row is not None and kind.may_read(row.id)):
        return None
    # a flush closes the session, and the page names who is signed in
    if not tk.current_user.is_authenticated:
        wake.head_for_a_reader()
    found = find(kind, id)
    return None if is_public(found.row) else found.last


def fragment(last: Any, ending: str) -> Response:
    """Return what the log has of it in the syntax of an ending."""
    media_type = formats.RDF_FORMATS[ending].mimetype
    tag = feed_answer.tag_of(last.seq, last.published, feed_answer.representation(ending))
    return feed_answer.answered(tag, media_type, last.published, lambda: syntax.for_people(last.body, ending))


def since(last: Any) -> dt.datetime:
    """Return when it went; now, where the log does not have it yet."""
    return last.published if last.op == DELETE else now()


def tombstone(kind: Kind, last: Any, ending: str) -> Response:
    """Return as RDF that it is gone, since when, and what somebody said of that for everybody (410)."""
    told = withdrawal.told_of([last.subject]).get(last.subject, withdrawal.NOTHING)
    heir = told.successor and told.successor.address
    triples = tombstone_to_rdf(URIRef(last.address), kind.term, since(last), told.reason, heir)
    body, _refused = ntriples.strict(ntriples.line(*triple) for triple, _ in sifted(triples))
    return feed_answer.gone(formats.RDF_FORMATS[ending].mimetype, lambda: syntax.for_people(body, ending))
