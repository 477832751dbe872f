"""How an answer of the feed looks: the same for everybody, packed, known by a tag, open to any program."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from http import HTTPStatus
from typing import IO, Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.feed import catalog, dates, snapshot
from ckanext.gobiernoabierto.feed.catalog import SNAPSHOT
from ckanext.gobiernoabierto.feed.fingerprint import fingerprint
from ckanext.gobiernoabierto.logic.action import read
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.views.entities import asked_parameters
from ckanext.gobiernoabierto.views.exports import content_type
from ckanext.gobiernoabierto.web import caching, programs
from flask import current_app, redirect, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

CHUNK = 1 << 16
ONE_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-\d{1,18})", re.ASCII)

NO_BYTES = re.compile("bytes=-0+")


def tag_of(position: int, moment: dt.datetime | None, path: str | None = None) -> str:
    """Return the tag of what this request's address answers at a position of the log, published then.

    ``path`` is that of the representation, where the address is another one (by ``Accept``).
    """
    where = path or request.path
    return caching.tag_of_position(position, moment, fingerprint(), where, request.args.items())


def representation(ending: str) -> str:
    """Return the path that a tag stands for: addresses of one page by Accept have one for each syntax."""
    return request.path if request.path.endswith(f".{ending}") else f"{request.path} {ending}"


def address(endpoint: str, **values: object) -> str:
    """Return an address of the feed, which is the same in whatever language the reader came."""
    return str(tk.url_for(endpoint, qualified=True, locale="default", **values))


def wrong(name: str, message: str) -> tk.ValidationError:
    """Return the error of one parameter, to be raised."""
    return tk.ValidationError({name: [message]})


def refuse_unknown(known: Collection[str], several: Collection[str] = ()) -> None:
    """Raise ValidationError for a parameter that the address has not, or that is given twice.

    Who misspells a filter would get everything, and take it for what was asked. Those of ``several`` may be
    given more than once.
    """
    read.refuse_unknown(asked_parameters(), known)
    for name, values in request.args.lists():
        if name in known and name not in several and len(values) > 1:
            raise wrong(name, tk._("Give it once"))


def by_accept(
    offered: Mapping[str, str], otherwise: str, answer_in: Callable[[str], Any], page: str | None = None
) -> Any:
    """Return the answer in the syntax that the reader prefers; people are led to a page, if there is one.

    ``offered`` is {ending: media type}; ``otherwise`` is the ending for who takes anything. NotAcceptable as
    ``formats.negotiate`` raises it.
    """
    accept = request.headers.get("Accept", "")
    ending = formats.negotiate(accept, offered)
    if page and ending is None and formats.HTML in accept:
        answer = redirect(tk.url_for(page), HTTPStatus.SEE_OTHER)
    else:
        answer = answer_in(ending or otherwise)
    answer.vary.add("Accept")
    return answer


def position_in(given: Mapping[str, str], head: snapshot.Head) -> int:
    """Return the position that parameters pin, else that of the log.

    ValidationError for what is none; ExpiredError where the log cannot be read any more.
    """
    position = catalog.position_of(given.get(SNAPSHOT, str(head.position)))
    if position is None:
        raise wrong(SNAPSHOT, tk._("Begin without it: the first page has it in its links"))
    if position > head.position:
        raise wrong(SNAPSHOT, tk._("There is none yet: begin without it"))
    if position < head.readable_from:
        raise snapshot.ExpiredError(position)
    return position


def known(tag: str, changed: dt.datetime | None) -> bool:
    """Tell whether the reader has what the tag stands for, packed or not; or by its date, without any tag.

    ``changed`` is the moment of an event, or None for what is not asked by date.
    """
    if "If-None-Match" in request.headers:
        return caching.is_known(request.if_none_match, tag)
    since = request.if_modified_since
    return bool(since and changed and dates.is_sign(since, changed))


def unchanged(tag: str, changed: dt.datetime | None, a_file: bool = False) -> Response:
    """Return that the reader has it (304), by the tag that the answer would have; files are never packed."""
    answer = current_app.response_class(status=HTTPStatus.NOT_MODIFIED)
    return _dressed(answer, caching.sent_tag(tag, not a_file and caching.takes_gzip(request)), changed)


def without_body(
    media_type: str, tag: str | None, changed: dt.datetime | None, a_file: bool = False
) -> Response:
    """Return what HEAD is answered: no work was done for it, so its length is not known."""
    answer = current_app.response_class(content_type=content_type(media_type))
    answer.automatically_set_content_length = False
    packed = not a_file and caching.takes_gzip(request)
    if packed:
        answer.content_encoding = "gzip"
    return _dressed(answer, caching.sent_tag(tag, packed), changed)


def with_body(
    body: bytes,
    media_type: str,
    tag: str | None,
    changed: dt.datetime | None,
    links: Iterable[tuple[str, str]] = (),
) -> Response:
    """Return an answer of a media type, packed for who takes it so, under a tag of its own.

    ``links`` are (relation, address) of where a reader goes on.
    """
    answer = current_app.response_class(content_type=content_type(media_type))
    tag = caching.put_body(answer, body, tag, packed=caching.takes_gzip(request))
    caching.put_links(answer, links)
    return _dressed(answer, tag, changed)


def answered(
    tag: str | None, media_type: str, changed: dt.datetime | None, make: Callable[[], bytes]
) -> Response:
    """Return 304 to who has it, to HEAD no body, and to all others what ``make`` makes only now."""
    if tag and known(tag, changed):
        return unchanged(tag, changed)
    if request.method == "HEAD":
        return without_body(media_type, tag, changed)
    return with_body(make(), media_type, tag, changed)


def gone(media_type: str, make: Callable[[], bytes]) -> Response:
    """Return what stands in the place of something that is gone (410); it has no tag."""
    answer = answered(None, media_type, None, make)
    answer.status_code = HTTPStatus.GONE
    return answer


def with_file(file: IO[bytes], size: int, media_type: str, tag: str, changed: dt.datetime | None) -> Response:
    """Return a file as it is, or the part of it that is asked for: 206, or 416 for one that it has not."""
    answer = current_app.response_class(
        wrap_file(request.environ, file, CHUNK), content_type=content_type(media_type)
    )
    answer.content_length = size
    answer.call_on_close(file.close)
    _dressed(answer, tag, changed)
    try:
        asked = {"REQUEST_METHOD": request.method, **_range(tag, size)}
        return answer.make_conditional(asked, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        file.close()
        message = tk._("The file has {n} bytes: ask for a part that begins before its end").format(n=size)
        answer = programs.as_json(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, message)
        answer.headers["Content-Range"] = f"bytes */{size}"
        return answer


def _range(tag: str, size: int) -> dict[str, str]:
    """Return the range that is asked for, as a variable of WSGI, if it is one and of these very bytes.

    RequestedRangeNotSatisfiable for the last zero bytes, which werkzeug takes for all of them.

    Anything else is as if nobody had asked (RFC 9110, 13.1.5 and 14.2): several ranges, or a time in
    ``If-Range``, which cannot tell two positions of one second apart.
    """
    asked = ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    only_if = request.headers.get("If-Range")
    if not asked or only_if not in (None, f'"{tag}"') or request.method != "GET":
        return {}
    if NO_BYTES.fullmatch(asked[0]):
        raise RequestedRangeNotSatisfiable(size)
    first, last = asked.groups()
    return {} if first and last and int(first) > int(last) else {"HTTP_RANGE": asked[0]}


def _dressed(answer: Response, tag: str | None, changed: dt.datetime | None) -> Response:
    answer.direct_passthrough = True  # it is packed here: web/compression has one tag for both forms
    caching.open_to_anybody(answer, tag, changed)
    tk.request.environ.pop("__no_cache__", None)
    tk.request.environ[caching.CHOSEN] = caching.TO_ANYBODY
    tk.request.environ[caching.SAME_FOR_ALL] = True
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
