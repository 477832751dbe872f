"""Answers that a cache may keep: the same for all visitors, and known by what they say."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from http import HTTPStatus

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.lib import deflate
from flask import current_app
from werkzeug.datastructures import ETags
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response as BaseResponse


def digest(parts: Iterable[object]) -> str:
    """Return a short text that differs where one of the parts does."""
    return hashlib.sha256(repr(list(parts)).encode()).hexdigest()[:32]


def by_content(tag: str, make: Callable[[], Response]) -> Response:
    """Return what ``make`` does, or 304 to a visitor who has it: ``tag`` is the digest of all that it says.

    The copy may be shared, and is asked about again each time. Who has a session gets a copy of their own.
    """
    if tk.current_user.is_authenticated or current_app.config["SESSION_COOKIE_NAME"] in tk.request.cookies:
        return make()
    known = tk.request.if_none_match.contains_weak(tag)
    answer = current_app.response_class(status=HTTPStatus.NOT_MODIFIED) if known else make()
    answer.set_etag(tag, weak=True)
    answer.vary.add("Cookie")
    # CKAN's render() puts it there; without it CKAN says: public, max-age=0, must-revalidate.
    tk.request.environ.pop("__no_cache__", None)
    return answer


CHOSEN = "gobiernoabierto.cache_control"
"""Where a request keeps what its answer says to caches, if that is another thing than CKAN's."""
PACKED = "-gz"
"""What the tag of an answer ends with that was sent in gzip: strong tags stand for bytes."""
SAME_FOR_ALL = "gobiernoabierto.same_for_all"
"""Where a request keeps that its answer does not depend on who asks, though it was looked who that is."""
TO_ANYBODY = "public, no-cache"
"""What an answer of the feed says to caches: to be kept by all, and asked about each time."""

EXPOSED = (
    *("ETag", "Link", "Last-Modified", "Accept-Ranges", "Content-Location", "Content-Range", "Repr-Digest"),
    *("Catalog-Position", "Catalog-Datasets"),
)
"""Headers that the scripts of other sites may read."""


def tag_of_position(
    position: int, moment: dt.datetime | None, fingerprint: str, path: str, args: Iterable[tuple[str, str]]
) -> str:
    """Return the strong tag of what an address answers at a position of the feed's log.

    ``moment`` is when that was published: after a restored backup a position comes again.
    """
    when = moment and moment.astimezone(dt.UTC).isoformat()
    return f"{position}-{digest([when, fingerprint, path, sorted(args)])}"


def is_known(tags: ETags, tag: str) -> bool:
    """Tell whether one of the tags that a reader has is this one, packed or not.

    Compared weakly (RFC 9110, 13.1.2): a proxy that packs makes weak ones of them.
    """
    return any(tags.contains_weak(each) for each in (tag, tag + PACKED))


def takes_gzip(request: Request) -> bool:
    """Tell whether the reader of this request takes gzip."""
    return bool(request.accept_encodings["gzip"])


def put_body(answer: BaseResponse, body: bytes, tag: str | None, packed: bool) -> str | None:
    """Give an answer of the feed its body, in gzip for who takes it so; return the tag of these bytes."""
    answer.set_data(deflate.gzipped(body) if packed else body)
    if packed:
        answer.content_encoding = "gzip"
    return sent_tag(tag, packed)


def sent_tag(tag: str | None, packed: bool) -> str | None:
    """Return the tag that an answer has which is sent in gzip, or as it is."""
    return tag + PACKED if tag and packed else tag


def open_to_anybody(answer: BaseResponse, tag: str | None, changed: dt.datetime | None) -> None:
    """Put the headers on an answer of the feed: the same for everybody, and open to any program."""
    if tag:
        answer.set_etag(tag)
        if changed:  # for None it would be the time of the request
            answer.last_modified = changed
    answer.vary.add("Accept-Encoding")
    open_to_scripts(answer)
    answer.headers["Cache-Control"] = TO_ANYBODY


def put_links(answer: BaseResponse, links: Iterable[tuple[str, str]]) -> None:
    """Say in the headers where a reader goes on: (relation, address)."""
    for name, address in links:
        answer.headers.add("Link", f'<{address}>; rel="{name}"')


def ask_again(answer: BaseResponse) -> None:
    """Let no copy of a refusal or a redirect be shown unasked: what it says may be otherwise soon.

    Without an age a cache may keep some of them (301, 308, 404, 405, 410, 414) as long as it likes
    (RFC 9110, 15.1), and Chromium keeps a 410 for ever: what is published again would stay gone.
    """
    refuses = answer.status_code >= HTTPStatus.MULTIPLE_CHOICES
    if refuses and answer.status_code != HTTPStatus.NOT_MODIFIED and not answer.cache_control.no_store:
        answer.cache_control.no_cache = True


def open_to_scripts(answer: BaseResponse) -> None:
    """Let the scripts of any site read an answer, and what its headers say."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
