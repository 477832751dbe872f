"""The whole catalogue at the addresses that harvesters know: pages of a snapshot, for whoever asks.

The answer is the same for everybody, signed in or not. A page's links pin the snapshot that the first page
began: a crawl sees one moment of the catalogue, however long it takes and whatever officers do meanwhile.
"""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.entities import codes, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.feed import catalog, relevant, searches, snapshot, wake
from ckanext.gobiernoabierto.feed.catalog import AFTER, SNAPSHOT, Crawl
from ckanext.gobiernoabierto.feed.model import ORGANIZATION
from ckanext.gobiernoabierto.links.model import LINKED
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.search import datasets
from ckanext.gobiernoabierto.views import feed_answer
from ckanext.gobiernoabierto.views.entities import answer_refusals, refuse
from ckanext.gobiernoabierto.views.feed_answer import wrong
from flask import Blueprint, request

catalog_pages = Blueprint("gobiernoabierto_catalog", __name__)
answer_refusals(catalog_pages)

SEARCH, SINCE, PAGE = "search", "modified_since", "page"
OF_A_CRAWL = (SNAPSHOT, AFTER, SEARCH)
FILTERS = (*LINKED, ORGANIZATION)
QUESTION = ("q", "fq")
MAY_BE_EMPTY = {PAGE, *QUESTION}
"""As in CKAN; of a filter that says nothing all would be taken for what was asked."""
MOST_CHARACTERS = 2000


@catalog_pages.errorhandler(snapshot.ExpiredError)
def expired(_error: snapshot.ExpiredError) -> Response:
    """Say that this crawl cannot be gone on with, and where to begin again."""
    message = tk._("This snapshot can be read no more: begin again at {address}")
    question = {name: value for name, value in _understood().items() if name not in OF_A_CRAWL}
    again = catalog.address((request.view_args or {}).get("ending", "ttl"), question)
    return refuse(HTTPStatus.GONE, message.format(address=again), {"first": again})


@catalog_pages.errorhandler(datasets.TooManyError)
def too_many(_error: datasets.TooManyError) -> Response:
    """Say what to do instead."""
    message = tk._("The question finds more than {n} datasets: ask by {filters}, which have no bound")
    text = message.format(n=datasets.MOST, filters=", ".join(FILTERS))
    return refuse(HTTPStatus.BAD_REQUEST, text)


@catalog_pages.route("/catalog", methods=["GET"])
def negotiated() -> Any:
    """Answer in the syntax that the reader prefers; people are led to the list of datasets."""

    def answer_in(ending: str) -> Response:
        answer = export(ending)
        answer.headers["Content-Location"] = catalog.address(ending, request.args.to_dict())
        return answer

    return feed_answer.by_accept(formats.RDF_TYPES, "ttl", answer_in, "dataset.search")


@catalog_pages.route("/catalog.<ending>", methods=["GET"])
def export(ending: str) -> Response:
    """Return a page of the catalogue; 404, 400 and 410 before any work, 304 and HEAD without it."""
    if ending not in formats.RDF_FORMATS:
        raise tk.ObjectNotFound()
    given = _understood()
    head = wake.head_for_a_reader()  # what is taken back leaves a crawl that was begun before, too
    pinned = feed_answer.position_in(given, head) if SNAPSHOT in given else None
    given |= {name: _resolved(name, given[name], pinned) for name in FILTERS if name in given}
    refs = tuple(sorted(f"{name}:{given[name]}" for name in FILTERS if name in given))
    if pinned is not None:
        relevant.require(refs, pinned)
    position = _position(refs, head) if pinned is None else pinned
    if _asks_the_index(given):
        tag, changed = None, head.changed
    else:
        tag, changed = _sign(f"/catalog.{ending}", position, given, refs, head)
    if tag and feed_answer.known(tag, changed):
        return feed_answer.unchanged(tag, changed)
    media_type = formats.RDF_FORMATS[ending].mimetype
    if request.method == "HEAD":
        return feed_answer.without_body(media_type, tag, changed)
    try:
        page = catalog.page(_crawl(given, position, refs), ending)
    except snapshot.NowhereError:
        message = tk._("No dataset has this id: take the address of hydra:next as it is, or begin again")
        raise wrong(AFTER, message) from None
    relevant.require(refs, position)  # of what was taken back while it was read a page may be empty
    return feed_answer.with_body(page.body, media_type, tag, changed, page.links)


def _position(refs: tuple[str, ...], head: snapshot.Head) -> int:
    """Return the position that a crawl begins at: the last that matters to what it shows."""
    return relevant.position_of(refs, head) if refs else head.position


def _sign(
    path: str, position: int, given: dict[str, str], refs: tuple[str, ...], head: snapshot.Head
) -> tuple[str, dt.datetime | None]:
    """Return by what a reader knows a page again: its tag, and when it last was another one.

    One of all datasets is known by the head alone: it is answered in front of the application too.
    """
    if not refs:
        return feed_answer.tag_of(head.position, head.changed, path), head.changed
    last = relevant.unchanged_since(position, head) if SNAPSHOT in given else position
    moment = snapshot.totals(last)[1]
    return feed_answer.tag_of(last, moment, " ".join((path, *refs))), moment


# -- What is asked -----------------------------------------------------------------------------------


def _understood() -> dict[str, str]:
    """Return the parameters that we know and that say anything; ValidationError for nonsense."""
    known = (*OF_A_CRAWL, SINCE, PAGE, *QUESTION, *FILTERS)
    feed_answer.refuse_unknown(known)
    asked = {name: request.args[name] for name in known if name in request.args}
    given = {name: value for name, value in asked.items() if value}
    for name in asked.keys() - given.keys() - MAY_BE_EMPTY:
        raise wrong(name, tk._("Write a value, or leave it out"))
    for name, value in given.items():
        if "\0" in value or len(value) > MOST_CHARACTERS:
            raise wrong(name, tk._("Write at most {n} characters").format(n=MOST_CHARACTERS))
    if given.pop(PAGE, "1") != "1":
        raise wrong(PAGE, tk._("Pages have no numbers: follow the address of hydra:next"))
    if AFTER in given and SNAPSHOT not in given:
        raise wrong(AFTER, tk._("It goes together with {name}").format(name=SNAPSHOT))
    return given


def _asks_the_index(given: dict[str, str]) -> bool:
    """Tell whether this is the first page of a question: its further ones have what it found."""
    return SEARCH not in given and any(name in given for name in QUESTION)


def _crawl(given: dict[str, str], position: int, refs: tuple[str, ...]) -> Crawl:
    """Return the crawl that an address begins or goes on with; ExpiredError if it came too late."""
    since = _moment(given[SINCE]) if SINCE in given else None
    search = given.get(SEARCH)
    if search:
        searches.require(search)
    elif _asks_the_index(given):
        q, fq = (given.get(name, "") for name in QUESTION)
        search = searches.keep(datasets.ids_found_by_anybody(q, fq))
    pinned = {**given, SNAPSHOT: str(position), **({SEARCH: search} if search else {})}
    after = pinned.pop(AFTER, "")
    return Crawl(position, after, snapshot.Asked(refs, since, search), pinned)


def _resolved(name: str, value: str, pinned: int | None) -> str:
    """Return by what the log names what a filter asks for; ValidationError for what there is not.

    The log of a pinned position alone decides, whatever has been renamed or deleted since: what it does not
    name finds nothing.
    """
    if pinned is not None:
        return (snapshot.subject_at(pinned, name, value) if name == ORGANIZATION else None) or value
    found = _organization(value) if name == ORGANIZATION else _code(name, value)
    if found is None:
        raise wrong(name, tk._("There is none with this code"))
    return found


def _organization(value: str) -> str | None:
    group = model.Group.get(value)
    return group.id if group is not None and group.is_organization and group.state == "active" else None


def _code(name: str, value: str) -> str | None:
    row = codes.resolve(registry.entity_type(name), value).row
    return row.code if row is not None and row.visibility == PUBLISHED else None


def _moment(text: str) -> dt.datetime:
    """Return a moment of ISO 8601; one without a time zone is UTC, as CKAN's are."""
    try:
        moment = dt.datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        message = tk._("Write a date as 2026-01-31, or a moment as 2026-01-31T08:00:00-06:00")
        raise wrong(SINCE, message) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
