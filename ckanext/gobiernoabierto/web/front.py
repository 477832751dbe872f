"""What the feed answers in front of Flask: that a reader has it already, and the pages of a plain crawl.

CKAN prepares a session, a user and a language for each request, for milliseconds; an answer of the feed knows
none of them. Whatever is not plain (a filter, a token, something to flush, a mistake) goes on to the views,
which answer the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from ckan.model import meta
from ckan.types import CKANApp
from ckanext.gobiernoabierto.feed import catalog, changes, planned, snapshot
from ckanext.gobiernoabierto.feed.catalog import AFTER, SNAPSHOT, Crawl
from ckanext.gobiernoabierto.feed.fingerprint import fingerprint
from ckanext.gobiernoabierto.feed.snapshot import ALL, ExpiredError, Head, NowhereError
from ckanext.gobiernoabierto.lib.endings import content_type
from ckanext.gobiernoabierto.rdf.formats import RDF_FORMATS
from ckanext.gobiernoabierto.web import caching, headers
from werkzeug.wrappers import Request, Response

PERSONAL = ("HTTP_AUTHORIZATION", "HTTP_X_CKAN_API_KEY", "HTTP_COOKIE")
PLAIN = frozenset({SNAPSHOT, AFTER})
DUMP = ".gz"
"""What the address of a file ends with; it is sent as it is."""


def install(app: CKANApp, clock: Callable[[], None]) -> None:
    """Ask before the application does; ``clock`` is called for each request that comes no further."""
    app.wsgi_app = Front(app.wsgi_app, clock)


class Front:
    """The application, and what is answered in front of it."""

    def __init__(self, application: Any, clock: Callable[[], None]) -> None:
        """Stand before a WSGI application."""
        self.application = application
        self.clock = clock

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer, or leave it to the application."""
        answer = _answer(Request(environ)) if _may_be_plain(environ) else None
        if answer is None:
            return self.application(environ, start_response)
        self.clock()
        headers.put_always(answer)
        return answer(environ, start_response)


def _may_be_plain(environ: Mapping[str, Any]) -> bool:
    return (
        environ["PATH_INFO"].startswith(catalog.PATH)
        and environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and not any(name in environ for name in PERSONAL)
        and ("HTTP_IF_MODIFIED_SINCE" not in environ or "HTTP_IF_NONE_MATCH" in environ)
    )


def _answer(request: Request) -> Response | None:
    crawls = request.method == "GET" and _crawls(request)
    asks = request.if_none_match
    if asks.star_tag or not (crawls or asks):
        return None
    try:
        # a session takes half as long again; each statement is of one moment
        with planned.reading(meta.engine) as connection:
            if crawls and SNAPSHOT in request.args and not asks:
                return _page(request, None, connection)
            return _known_or_page(request, snapshot.head(connection), crawls, connection)
    except (sa.exc.SQLAlchemyError, ExpiredError, NowhereError):
        return None  # the application says what is wrong


def _known_or_page(request: Request, head: Head, crawls: bool, connection: Any) -> Response | None:
    if head.pending:
        return None
    tag = _tag(request, head, fingerprint())
    if caching.is_known(request.if_none_match, tag) and not _is_closed(request, head.position):
        return _unchanged(request, tag, head)
    return _page(request, head.position, connection) if crawls else None


def _tag(request: Request, head: Head, made_with: str) -> str:
    return caching.tag_of_position(head.position, head.changed, made_with, request.path, request.args.items())


def _is_closed(request: Request, position: int) -> bool:
    """Tell whether this is a part of a stream that is full: caches are told another thing about those."""
    asked = ((level, catalog.position_of(request.args.get(level, ""))) for level in changes.SIZES)
    parts = (changes.part(level, number, position) for level, number in asked if number)
    return any(each is not None and each.closed for each in parts)


def _unchanged(request: Request, tag: str, head: Head) -> Response:
    answer = Response(status=HTTPStatus.NOT_MODIFIED)
    del answer.headers["Content-Type"]
    is_dump = request.path.endswith(DUMP)
    if is_dump:
        answer.headers["Content-Location"] = catalog.address(_ending(request), {SNAPSHOT: str(head.position)})
    packed = caching.takes_gzip(request) and not is_dump
    caching.open_to_anybody(answer, caching.sent_tag(tag, packed), head.changed)
    return answer


def _crawls(request: Request) -> bool:
    """Tell whether this is a page of all datasets, and asks for nothing else."""
    args = request.args
    return (
        _ending(request) in RDF_FORMATS
        and PLAIN.issuperset(args)
        and all(len(values) == 1 and values[0] for values in args.listvalues())
        and (SNAPSHOT in args or AFTER not in args)
        and "\0" not in args.get(AFTER, "")
    )


def _ending(request: Request) -> str:
    return request.path.removeprefix(f"{catalog.PATH}.")


def _page(request: Request, position: int | None, connection: Any) -> Response | None:
    """Return the page of the position that is asked for, or else of this one, which the log has just had."""
    position = catalog.position_of(request.args.get(SNAPSHOT, str(position)))
    if position is None:
        return None
    ending, given = _ending(request), {SNAPSHOT: str(position)}
    page = catalog.page(Crawl(position, request.args.get(AFTER, ""), ALL, given), ending, connection)
    if page.head.pending or position > page.head.position:
        return None
    answer = Response(content_type=content_type(RDF_FORMATS[ending].mimetype))
    tag = _tag(request, page.head, page.fingerprint)
    sent_tag = caching.put_body(answer, page.body, tag, packed=caching.takes_gzip(request))
    caching.open_to_anybody(answer, sent_tag, page.head.changed)
    caching.put_links(answer, page.links)
    return answer
