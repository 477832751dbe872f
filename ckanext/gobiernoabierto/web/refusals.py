"""Requests that no view has to think about, because none of ours ever makes them."""

from __future__ import annotations

from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
from ckan.types import CKANApp, Response
from flask import abort, jsonify, make_response
from werkzeug.datastructures import MultiDict

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NUL = "\x00"
# how JSON writes NUL
JSON_NUL = b"\\u0000"
API = "api"


def install(app: CKANApp) -> None:
    """Ask these questions after CKAN has found out who is asking."""
    app.before_request(refuse_foreign_forms)
    app.before_request(refuse_nul)
    app.before_request(refuse_jsonp)


def refuse_foreign_forms() -> Response | None:
    """Refuse a form that another site's page sends.

    CKAN asks a visitor for no CSRF token, so another site could sign a visitor in under its own
    account and read what they then publish. API calls carry a token of their own or are anonymous.
    """
    origin = tk.request.headers.get("Origin")
    if tk.request.method in SAFE_METHODS or origin is None or _is_api():
        return None
    ours = {urlsplit(url).netloc for url in (tk.request.host_url, tk.config["ckan.site_url"])}
    if urlsplit(origin).netloc in ours:
        return None
    return _refuse(403, tk._("This form was sent from another site"))


def refuse_nul() -> Response | None:
    """Refuse NUL in any value: PostgreSQL and Solr take none, and answer with an error of their own."""
    if not _has_nul():
        return None
    return _refuse(400, tk._("The request has a character that no text can have"))


def refuse_jsonp() -> Response | None:
    """Refuse an answer that is a script of the caller's choice on our origin; CORS does its work."""
    if not (_is_api() and "callback" in tk.request.args):
        return None
    return _refuse(400, tk._("JSONP is not offered; call the API from any origin instead"))


def _is_api() -> bool:
    return (tk.request.blueprint or "") == API


def _has_nul() -> bool:
    request = tk.request
    if request.is_json:
        return JSON_NUL in request.get_data(cache=True)
    texts = [request.path, *request.args.keys(), *_values(request.args)]
    if request.method not in SAFE_METHODS:
        texts += [*request.form.keys(), *_values(request.form)]
    return any(NUL in text for text in texts)


def _values(pairs: MultiDict[str, str]) -> list[str]:
    return [value for values in pairs.listvalues() for value in values]


def _refuse(status: int, message: str) -> Response:
    if not _is_api():
        abort(status, message)
    error = {"__type": "Bad Request", "message": message}
    return make_response(jsonify(success=False, error=error), status)
