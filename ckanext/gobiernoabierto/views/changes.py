"""What changed in the catalogue, for who follows it: by position, from the first event on.

As RDF a Linked Data Event Stream, whose closed pages any cache may keep for ever; the same as JSON lines;
and, with the texts of what is there at present, the feed that DCAT-AP Feeds describe.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.entities.history import plain
from ckanext.gobiernoabierto.feed import changes, changes_atom, render, snapshot, syntax, wake
from ckanext.gobiernoabierto.feed.changes import Stream
from ckanext.gobiernoabierto.feed.model import DELETE
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.spanish import as_a_visitor
from ckanext.gobiernoabierto.views import feed_answer
from ckanext.gobiernoabierto.views.entities import answer_refusals, refuse
from ckanext.gobiernoabierto.views.feed_answer import wrong
from flask import Blueprint, current_app, redirect, request

changes_pages = Blueprint("gobiernoabierto_changes", __name__)
answer_refusals(changes_pages)

LINES, ATOM, TRIG = "jsonl", "atom", syntax.TRIG
TYPES = {**formats.RDF_TYPES, TRIG: formats.TRIG.mimetype}
"""Of the stream without texts; RDF/XML has two endings."""
ENDINGS = {
    **TYPES,
    "xml": formats.RDF_XML.mimetype,
    LINES: "application/x-ndjson",
    ATOM: changes_atom.MIMETYPE,
}
WITH_GRAPHS = {TRIG: formats.TRIG.mimetype, "jsonld": formats.JSON_LD.mimetype}
"""Of the stream with texts, each of which is a graph."""
KIND, AFTER, LIMIT = "kind", "after", "limit"
LEVELS = ("page", "group")
LINES_OF_A_PAGE, MOST_LINES = 1000, 10_000
DIGITS = 15


# -- Addresses ----------------------------------------------------------------------------------------


@changes_pages.route("/catalog/changes", methods=["GET"])
def negotiated() -> Response:
    """Answer in the syntax that the reader prefers; its pages answer so too. People are led to a page."""
    return feed_answer.by_accept(TYPES, "ttl", lambda ending: _stream("negotiated", ending), _page())


@changes_pages.route("/catalog/changes.<ending>", methods=["GET"])
def export(ending: str) -> Response:
    """Return a page of the stream, its root or its lines."""
    if ending not in ENDINGS:
        raise tk.ObjectNotFound()
    if ending in (LINES, ATOM):
        return _lines() if ending == LINES else _atom()
    return _stream("export", ending)


@changes_pages.route("/catalog/feed", methods=["GET"])
def negotiated_with_texts() -> Response:
    """Answer in the syntax with named graphs that the reader prefers."""
    return feed_answer.by_accept(
        WITH_GRAPHS, TRIG, lambda ending: _stream("negotiated_with_texts", ending), _page()
    )


@changes_pages.route("/catalog/feed.<ending>", methods=["GET"])
def export_with_texts(ending: str) -> Response:
    """Return a page of the stream with texts."""
    if ending not in WITH_GRAPHS:
        raise tk.ObjectNotFound()
    return _stream("export_with_texts", ending)


@changes_pages.route("/catalog/changes/<int:position>", methods=["GET"])
def negotiated_event(position: int) -> Any:
    """Answer in the syntax that the reader prefers."""
    return feed_answer.by_accept(formats.RDF_TYPES, "ttl", lambda ending: export_event(position, ending))


@changes_pages.route("/catalog/changes/<int:position>.<ending>", methods=["GET"])
def export_event(position: int, ending: str) -> Any:
    """Return an event and the text of its subject: where there is a later event, that one's.

    410 for the event that took its subject back.
    """
    if ending not in formats.RDF_FORMATS or position > _BIGGEST:
        raise tk.ObjectNotFound()
    wake.head_for_a_reader()
    row = changes.event(position)
    if row is None:
        raise tk.ObjectNotFound()
    if row.superseded_by is not None:
        last = changes.last_position(row.kind, row.subject)
        return redirect(_url("export_event", position=last, ending=ending), HTTPStatus.SEE_OTHER)
    if row.op == DELETE:
        told = {"address": row.address, "deleted": plain(row.published)}
        return refuse(HTTPStatus.GONE, tk._("This is not public any more."), told)
    tag = feed_answer.tag_of(row.seq, row.published, feed_answer.representation(ending))
    return _answered(ending, tag, row.published, lambda: changes.text(_seen("negotiated"), row))


def _page() -> str | None:
    """Return where people are led who ask for the whole of a stream."""
    return None if request.args else "gobiernoabierto_open_data.page"


def _url(name: str, **values: Any) -> str:
    return feed_answer.address(f"{changes_pages.name}.{name}", **values)


def _seen(view: str, ending: str = "", kinds: tuple[str, ...] = ()) -> Stream:
    """Return a stream whose pages are answered by the view of this name."""
    texts = view.endswith("_with_texts")
    without, with_texts = _url("negotiated"), _url("negotiated_with_texts")
    return Stream(
        base=with_texts if texts else without,
        here=_url(view, ending=ending) if view.startswith("export") else _url(view),
        kinds=kinds,
        events=without,
        other=without if texts else with_texts,
        texts=texts,
    )


# -- Parameters ---------------------------------------------------------------------------------------

_BIGGEST = 10**DIGITS - 1


def _number(name: str, least: int, most: int = _BIGGEST) -> int | None:
    """Return a parameter that is a whole number, or None if it is not given."""
    text = request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS and least <= int(text) <= most):
        message = tk._("Write a whole number from {least} to {most}")
        raise wrong(name, message.format(least=least, most=most))
    return int(text)


def _kinds(*others: str) -> tuple[str, ...]:
    """Return the kinds that are asked for, in the order in which they are always written.

    ValidationError for a parameter that is neither this one nor one of ``others``.
    """
    feed_answer.refuse_unknown((KIND, *others), several=(KIND,))
    words = {word for each in request.args.getlist(KIND) for word in each.split(",") if word}
    known = render.kinds()
    if KIND in request.args and not words:
        raise wrong(KIND, tk._("Write a value, or leave it out"))
    if words - set(known):
        message = tk._("There is none of this name. There are: {names}")
        raise wrong(KIND, message.format(names=", ".join(known)))
    return tuple(kind for kind in known if kind in words)


# -- RDF ----------------------------------------------------------------------------------------------


def _stream(view: str, ending: str) -> Response:
    """Return a page of a stream, or its root."""
    stream = _seen(view, ending, _kinds(*LEVELS))
    asked = [(level, number) for level in LEVELS if (number := _number(level, 1)) is not None]
    if len(asked) > 1:
        raise wrong(LEVELS[1], tk._("Ask for a page or for a group"))
    if not asked:
        head = wake.head_for_a_reader()
        tag = feed_answer.tag_of(head.position, head.changed, feed_answer.representation(ending))
        return _answered(ending, tag, head.changed, lambda: changes.root(stream, head.position))
    return _part(stream, *asked[0], ending)


def _part(stream: Stream, level: str, number: int, ending: str) -> Response:
    """Return a page or a group: for ever where it is closed, and has no texts that may be taken back."""
    texts = stream.texts and level == "page"
    head = snapshot.head()
    which = changes.part(level, number, head.position)
    if texts or which is None or not which.closed:
        head = wake.head_for_a_reader()
        which = changes.part(level, number, head.position)
    if which is None:
        raise tk.ObjectNotFound()
    for_ever = which.closed and not texts
    last, moment = head.position, head.changed
    if for_ever:
        last, moment = which.last, snapshot.moments([which.last]).get(which.last)
    tag = feed_answer.tag_of(last, moment, feed_answer.representation(ending))
    changed = None if for_ever else head.changed
    answer = _answered(
        ending, tag, changed, lambda: changes.written(stream, which, head.position), texts=texts
    )
    if for_ever:
        return feed_answer.for_ever(answer)
    return feed_answer.without_news(answer) if which.closed else answer


def _answered(
    ending: str, tag: str, changed: dt.datetime | None, body: Callable[[], bytes], texts: bool = False
) -> Response:
    """Return what ``body`` makes, where the reader has not got it: TriG of texts, N-Triples else."""
    given = formats.TRIG if texts else formats.N_TRIPLES

    def written() -> bytes:
        return body() if ending == ATOM else syntax.for_people(body(), ending, changes.NAMES, given)

    return feed_answer.answered(tag, ENDINGS[ending], changed, written)


def _atom() -> Response:
    """Return the newest events for a reader of news, or an archive of older ones."""
    stream, number = _seen("export", ATOM, _kinds("page")), _number("page", 1)
    head = wake.head_for_a_reader()
    which = changes.part("page", number, head.position) if number else changes_atom.newest(head.position)
    if which is None or (number and not which.closed):
        raise tk.ObjectNotFound()
    archives = head.position // changes.PAGE

    def body() -> bytes:
        with as_a_visitor(current_app):  # whatever the reader's language is
            return changes_atom.atom(stream, which, archives)

    return _answered(ATOM, feed_answer.tag_of(head.position, head.changed), head.changed, body)


# -- Lines --------------------------------------------------------------------------------------------


def _lines() -> Response:
    """Return the events after a position, one on a line, and where to go on.

    As many as one may ask for are known by what they hold, all others by where the log stands.
    """
    kinds = _kinds(AFTER, LIMIT)
    after = _number(AFTER, 0) or 0
    limit = _number(LIMIT, 1, MOST_LINES) or LINES_OF_A_PAGE
    head = wake.head_for_a_reader()
    if after > head.position:
        message = tk._("The last position is {n}. Who has seen a later one begins again, without it")
        raise wrong(AFTER, message.format(n=head.position))
    full = changes.of_full(after + 1, head.position, kinds, limit)
    last, changed = (full.seq, full.published) if full else (head.position, head.changed)
    tag = feed_answer.tag_of(last, changed)
    if feed_answer.known(tag, changed):
        return feed_answer.unchanged(tag, changed)
    if request.method == "HEAD":
        return feed_answer.without_body(ENDINGS[LINES], tag, changed)
    rows = changes.events(after + 1, head.position, kinds, limit)
    seen = rows[-1].seq if len(rows) == limit else head.position
    given = {KIND: ",".join(kinds)} if kinds else {}
    following = _url("export", ending=LINES, **given, **{AFTER: seen, LIMIT: limit})
    links = (("next", following),)
    return feed_answer.with_body(_json_lines(rows), ENDINGS[LINES], tag, changed, links)


def _json_lines(rows: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(_line(row), ensure_ascii=False).encode() + b"\n" for row in rows)


def _line(row: Any) -> dict[str, Any]:
    there = row.superseded_by is None and row.op != DELETE
    return {
        "position": row.seq,
        "op": row.op,
        "kind": row.kind,
        "id": row.subject,
        "address": row.address,
        "published": changes.iso(row.published),
        "superseded_by": row.superseded_by,
        "text": _url("export_event", position=row.seq, ending="nt") if there else None,
    }
