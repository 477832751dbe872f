"""What a view of CKAN or of a plugin lets through becomes the answer that it deserves, not a 500."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.lib.search import SearchQueryError
from ckan.types import CKANApp, Response
from ckanext.gobiernoabierto.feed.wake import UnflushedError
from ckanext.gobiernoabierto.logic.stock.search import is_down
from ckanext.gobiernoabierto.web import programs
from ckanext.gobiernoabierto.web.refusals import is_api, told_as_json
from flask import current_app
from rdflib.plugin import PluginException
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, default_exceptions

log = logging.getLogger(__name__)
RETRY_SECONDS = 60
"""After which a service that is down may be back."""
UNFLUSHED_SECONDS = 5
"""After which what had to go has gone: it is written in two."""
UNAVAILABLE = 503
FORBIDDEN = 403


def install(app: CKANApp) -> None:
    """Handle each kind of error; Flask takes the handler of the nearest class."""
    for handlers in app.error_handler_spec[None].values():
        handlers.update({kind: _for_people(page) for kind, page in handlers.items()})
    for kind, status, message in _deserved():
        seconds = UNFLUSHED_SECONDS if kind is UnflushedError else RETRY_SECONDS
        app.register_error_handler(kind, _handler(status, message, seconds))
    app.teardown_request(forget_failed_transaction)
    app.after_request_funcs.setdefault(None, []).insert(0, say_when_to_come_back)
    app.after_request(say_that_no_token_came)


def _deserved() -> tuple[tuple[type[Exception], int, Callable[[Exception], str]], ...]:
    return (
        (tk.NotAuthorized, 403, lambda _: tk._("You may not do this")),
        (tk.ObjectNotFound, 404, lambda _: tk._("There is nothing at this address")),
        # a format that ckanext-dcat has no writer for: dcat_dataset_show?format=abc
        (PluginException, 404, lambda _: tk._("There is nothing at this address")),
        (tk.ValidationError, 400, lambda _: tk._("The request has a value that does not fit")),
        (DataError, 400, lambda _: tk._("The request has a value that does not fit")),
        # a list or an object where PostgreSQL expects a text
        (ProgrammingError, 400, lambda _: tk._("The request has a value that does not fit")),
        # half of a character, which JSON can write and no database takes
        (UnicodeEncodeError, 400, lambda _: tk._("The request has a value that does not fit")),
        (SearchQueryError, 400, str),
        (UnflushedError, UNAVAILABLE, lambda _: tk._("The catalogue cannot be read now: try again later")),
        (OperationalError, UNAVAILABLE, lambda _: tk._("The database does not answer: try again later")),
    )


def _for_people(page: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the handler that makes pages of errors; what programs read is refused in their form."""

    @wraps(page)
    def handle(error: Exception) -> Any:
        by_address = programs.told_by_address()
        if not (by_address or programs.data_is_preferred()):
            answer = current_app.make_response(page(error))
            if isinstance(error, MethodNotAllowed):
                answer.allow.update(error.valid_methods or ())
        elif isinstance(error, HTTPException):
            answer = programs.refused(error)
        else:
            log.error("%s failed", tk.request.path, exc_info=error)
            answer = programs.refused(InternalServerError())
        if not by_address:
            answer.vary.add("Accept")
        return answer

    return handle


def _handler(status: int, message: Callable[[Exception], str], seconds: int) -> Callable[[Exception], Any]:
    def handle(error: Exception) -> Any:
        model.Session.rollback()  # the page that tells of it asks the database for its visitor
        if is_api():
            answer = told_as_json(status, message(error))
        else:
            answer = current_app.handle_http_exception(default_exceptions[status](message(error)))
        answer = current_app.make_response(answer)
        if status == UNAVAILABLE:
            answer.headers["Retry-After"] = str(seconds)
        return answer

    return handle


def forget_failed_transaction(error: BaseException | None) -> None:
    """Give a connection back clean: CKAN does so only where an answer could be made.

    Otherwise the next request of this thread, whoever's it is, meets the failed transaction.
    """
    if error is not None:
        model.Session.remove()


def say_that_no_token_came(response: Response) -> Response:
    """Return the response; a program that CKAN took for a visitor is told so, also if its token has ended.

    CKAN says that the user of no name may not do it.
    """
    if response.status_code != FORBIDDEN or not is_api() or tk.current_user.is_authenticated:
        return response
    told = response.get_json(silent=True)
    error = told.get("error") if isinstance(told, dict) else None
    if isinstance(error, dict) and error.get("__type") == "Authorization Error":
        error["message"] = tk._(
            "The request brought no valid API token: make one on your user page (API tokens) "
            "and send it in the header Authorization"
        )
        response.set_data(json.dumps(told, ensure_ascii=False))
    return response


def say_when_to_come_back(response: Response) -> Response:
    """Return the response; a failure that is the search's says so, and no failure is kept by a cache."""
    if response.status_code >= 500:
        response.headers["Cache-Control"] = "no-store"
        if is_down():
            response.status_code = UNAVAILABLE
    if response.status_code == UNAVAILABLE:
        response.headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return response
