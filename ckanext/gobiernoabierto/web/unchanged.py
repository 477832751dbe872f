"""304 before any work: a crawler that has everything already is told so by one query, in front of Flask.

CKAN prepares a session, a user and a language for each request, for milliseconds; an answer of the feed knows
none of them. Whatever is not plain goes on to the views, which decide the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from ckan.model import meta
from ckan.types import CKANApp
from ckanext.gobiernoabierto.feed import snapshot
from ckanext.gobiernoabierto.feed.fingerprint import fingerprint
from ckanext.gobiernoabierto.web import caching
from werkzeug.wrappers import Request, Response

BELOW = "/catalog"
PERSONAL = ("HTTP_AUTHORIZATION", "HTTP_X_CKAN_API_KEY", "HTTP_COOKIE")


def install(app: CKANApp) -> None:
    """Ask before the application does whether the reader has it."""
    app.wsgi_app = Unchanged(app.wsgi_app)


class Unchanged:
    """The application, and an answer of its own to who has what stands at this position of the log."""

    def __init__(self, application: Any) -> None:
        """Stand before a WSGI application."""
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer 304, or leave it to the application."""
        answer = _unchanged(environ) or self.application
        return answer(environ, start_response)


def _unchanged(environ: dict[str, Any]) -> Response | None:
    if not _may_be(environ):
        return None
    try:
        with meta.engine.connect() as connection:
            head = snapshot.head(connection)
    except sa.exc.SQLAlchemyError:
        return None  # the application says what is wrong
    request = Request(environ)
    tag = caching.tag_of_position(head.position, fingerprint(), request.path, request.args.items())
    if head.pending or not caching.is_known(request.if_none_match, tag):
        return None
    answer = Response(status=HTTPStatus.NOT_MODIFIED)
    del answer.headers["Content-Type"]
    caching.open_to_anybody(answer, tag, head.changed)
    return answer


def _may_be(environ: dict[str, Any]) -> bool:
    return (
        "HTTP_IF_NONE_MATCH" in environ
        and environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and environ["PATH_INFO"].startswith(BELOW)
        and not any(name in environ for name in PERSONAL)
    )
