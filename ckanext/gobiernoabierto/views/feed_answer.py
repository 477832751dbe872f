"""How an answer of the feed looks: the same for everybody, packed, known by a tag, open to any program."""

from __future__ import annotations

import datetime as dt
import gzip
from http import HTTPStatus

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.feed.fingerprint import fingerprint
from ckanext.gobiernoabierto.views.exports import content_type
from ckanext.gobiernoabierto.web import caching
from flask import current_app, request

FAST = 3
"""Level of gzip: the time of a page counts, and a tenth of its bytes is little enough."""


def tag_of(position: int, path: str | None = None) -> str:
    """Return the tag of what this request's address answers at a position of the log.

    ``path`` is that of the representation, where the address is another one (by ``Accept``).
    """
    return caching.tag_of_position(position, fingerprint(), path or request.path, request.args.items())


def known(tag: str) -> bool:
    """Tell whether the reader has what the tag stands for, packed or not."""
    return caching.is_known(request.if_none_match, tag)


def unchanged(tag: str, changed: dt.datetime | None) -> Response:
    """Return that the reader has it (304)."""
    return _dressed(current_app.response_class(status=HTTPStatus.NOT_MODIFIED), tag, changed)


def without_body(media_type: str, tag: str | None, changed: dt.datetime | None) -> Response:
    """Return what HEAD is answered: no work was done for it, so its length is not known."""
    answer = current_app.response_class(content_type=content_type(media_type))
    return _dressed(answer, tag, changed)


def with_body(body: bytes, media_type: str, tag: str | None, changed: dt.datetime | None) -> Response:
    """Return an answer of a media type, packed for who takes it so, under a tag of its own."""
    packed = bool(request.accept_encodings["gzip"])
    answer = current_app.response_class(
        gzip.compress(body, FAST, mtime=0) if packed else body,
        content_type=content_type(media_type),
    )
    if packed:
        answer.content_encoding = "gzip"
    return _dressed(answer, tag + caching.PACKED if tag and packed else tag, changed)


def _dressed(answer: Response, tag: str | None, changed: dt.datetime | None) -> Response:
    answer.direct_passthrough = True  # it is packed here: web/compression has one tag for both forms
    caching.open_to_anybody(answer, tag, changed)
    tk.request.environ.pop("__no_cache__", None)
    return answer


def for_ever(answer: Response) -> Response:
    """Return an answer of which every cache may keep a copy without asking again: it never changes."""
    tk.request.environ[caching.CHOSEN] = "public, max-age=31536000, immutable"
    return answer


def without_news(answer: Response) -> Response:
    """Return an answer that may only lose something: who has read it need not, and caches ask each time.

    Readers of event streams take the word for that nothing will come. Caches may keep no answer unasked
    that has no age to be fresh for (RFC 8246, 2): what is taken back is in none of them.
    """
    tk.request.environ[caching.CHOSEN] = "public, no-cache, immutable"
    return answer
