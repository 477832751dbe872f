"""Addresses that programs read: what is refused there is told in the form that they were promised.

JSON of the feed's addresses, a document of OAI-PMH at its own; a page at no time, whatever a reader accepts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import CKANApp, Response
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.lib import oai_pmh
from ckanext.gobiernoabierto.lib.endings import OF_EVERY_PAGE, RDF, content_type
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.web import caching
from flask import current_app
from werkzeug.exceptions import HTTPException

OAI = "/oai"
LANGUAGE = "(?:/[a-z]{2}(?:_[A-Z]{2})?)?"
"""Before an address: CKAN takes those away that it offers, of others there is nothing (404)."""
OURS = re.compile(
    rf"{OAI}/?|{LANGUAGE}/catalog(?:[./].*)?|/(?:dataset|organization)/[^/]+\.(?:{'|'.join(RDF)})"
    r"|/dataset/[^/]+(?:\.json|/(?:schemaorg|croissant)\.[^/]+)",
    re.DOTALL,
)
WITH_ENDING = re.compile(rf".*\.(?:{'|'.join(OF_EVERY_PAGE)})", re.DOTALL)
JSON, XML, TEXT = "application/json", "text/xml", "text/plain"
EXPORT = re.compile(r"gobiernoabierto\.\w+_export")
"""Endpoints of entities and of their lists under an ending; by that what is refused there is JSON."""
ALLOWED = "Access-Control-Allow-Headers"
CONDITIONS = "Accept, If-None-Match, If-Modified-Since, If-Range, Range"
"""Headers that scripts of other sites may send: of most of them a browser asks first."""


def install(app: CKANApp) -> None:
    """Let the scripts of any site read every answer at these addresses; first in the list, so after CKAN."""
    app.after_request_funcs.setdefault(None, []).insert(0, open_to_scripts)


def read_here() -> bool:
    """Tell whether programs read what is at the address of this request."""
    return OURS.fullmatch(tk.request.path) is not None


def told_by_address() -> bool:
    """Tell whether the address alone says that a refusal is JSON."""
    return read_here() or (not is_upload() and WITH_ENDING.fullmatch(tk.request.path) is not None)


def is_upload() -> bool:
    """Tell whether the address is that of an uploaded file, whose ending asks for no format of ours."""
    # what no route has is looked for among CKAN's own files, by this name too
    return "filename" in (tk.request.view_args or {}) and tk.request.endpoint != "static"


def data_is_preferred() -> bool:
    """Tell whether who asks would rather have anything than a page."""
    return formats.prefers_data(tk.request.headers.get("Accept"))


def as_json(status: int, message: str, told: Mapping[str, Any] | None = None) -> Response:
    """Return a refusal of ours as JSON: the message as ``error``, and what else is ``told``."""
    body = json.dumps({"error": message, **(told or {})}, ensure_ascii=False)
    return current_app.response_class(body, status, content_type=content_type(JSON))


def refused(error: HTTPException) -> Response:
    """Return a refusal in the form of this address, with the headers that belong to it (``Allow``)."""
    status, message = error.code or HTTPStatus.INTERNAL_SERVER_ERROR, _said(error)
    answer = _of_oai(status, message) if tk.request.path.rstrip("/") == OAI else as_json(status, message)
    for name, value in error.get_headers(tk.request.environ):
        if name != "Content-Type":
            answer.headers[name] = value
    return answer


def _said(error: HTTPException) -> str:
    """Return what is wrong: what somebody has written for this case, else what the status means."""
    messages: dict[int, str] = {
        HTTPStatus.BAD_REQUEST: tk._("The request has a value that does not fit"),
        HTTPStatus.NOT_FOUND: tk._("There is nothing at this address"),
        HTTPStatus.METHOD_NOT_ALLOWED: tk._("This address can only be read"),
        HTTPStatus.INTERNAL_SERVER_ERROR: tk._("Something failed here: try again later"),
    }
    if error.description and error.description != type(error).description:
        return error.description
    return messages.get(error.code or 0) or error.description or error.name


def _of_oai(status: int, message: str) -> Response:
    """Return a document of the protocol; it has no word for what is no mistake of who asks: a text."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return current_app.response_class(message, status, content_type=content_type(TEXT))
    code = oai_pmh.BAD_VERB if status == HTTPStatus.METHOD_NOT_ALLOWED else oai_pmh.BAD_ARGUMENT
    body = oai_pmh.answer(now(), oai_address(), {}, oai_pmh.text("error", message, {"code": code}))
    return current_app.response_class(body, status, content_type=content_type(XML))


def oai_address() -> str:
    """Return the address of OAI-PMH: the same in whatever language the reader came."""
    return str(tk.url_for("gobiernoabierto_oai.oai", qualified=True, locale="default"))


def open_to_scripts(response: Response) -> Response:
    """Return the response; the scripts of any site may read it, and ask for it on conditions."""
    if read_here() or _is_export():
        caching.open_to_scripts(response)
        if tk.request.method == "OPTIONS":
            # CKAN allows that of a token: by it a script reads drafts
            known = response.headers.get(ALLOWED)
            response.headers[ALLOWED] = f"{known}, {CONDITIONS}" if known else CONDITIONS
    return response


def _is_export() -> bool:
    """Tell whether this is an entity, or a list of them, in a format for programs, at its own address."""
    return EXPORT.fullmatch(tk.request.endpoint or "") is not None
