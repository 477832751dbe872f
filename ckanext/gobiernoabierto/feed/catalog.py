"""A page of a crawl of the whole catalogue: what is on it, and where the next one is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ckan.model import Session
from ckanext.gobiernoabierto import config

from . import pages, snapshot
from .syntax import BY_ENDING

PATH = "/catalog"
SNAPSHOT, AFTER = "snapshot", "after"
DIGITS_OF_A_POSITION = 18


@dataclass(frozen=True)
class Crawl:
    """What an address asks for, once it is understood."""

    position: int
    after: str
    asked: snapshot.Asked
    given: dict[str, str]
    """What all pages of this crawl have in their addresses, beside ``after``."""


@dataclass(frozen=True)
class Page:
    """A page as it is sent."""

    body: bytes
    links: tuple[tuple[str, str], ...]
    """(relation, address) of the others."""
    head: snapshot.Head
    """Where the log stood when it was read."""
    fingerprint: str
    """Of the program that has read it."""


def address(ending: str, given: dict[str, str]) -> str:
    """Return the address of a page: the same in whatever language the reader came."""
    question = f"?{urlencode(given, safe=':')}" if given else ""
    return f"{config.site_url()}{PATH}.{ending}{question}"


def position_of(text: str) -> int | None:
    """Return the position that a parameter names; None if it is none."""
    if text.isascii() and text.isdigit() and len(text) <= DIGITS_OF_A_POSITION:
        return int(text)
    return None


def page(crawl: Crawl, ending: str, connection: Any = Session) -> Page:
    """Return a page of a crawl in the syntax of an ending; ExpiredError and NowhereError as ``snapshot``."""
    size, syntax = config.feed_page_size(), BY_ENDING[ending]
    found = snapshot.page(crawl.position, crawl.after, size, crawl.asked, syntax, connection)
    place = pages.Place(
        here=address(ending, {**crawl.given, **({AFTER: crawl.after} if crawl.after else {})}),
        first=address(ending, crawl.given),
        following=found.following and address(ending, {**crawl.given, AFTER: found.following}),
        total=found.total,
        size=size,
        modified=found.moment,
    )
    body = pages.written(syntax, [*found.header, *found.datasets], place, connection)
    links = (("next", place.following), ("first", place.first))
    return Page(body, tuple((name, where) for name, where in links if where), found.head, found.fingerprint)
