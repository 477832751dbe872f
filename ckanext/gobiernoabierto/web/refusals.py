"""Requests that no view has to think about, because none of ours ever makes them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
from ckan.config.middleware.flask_app import ckan_before_request
from ckan.types import CKANApp, Response
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.lib.formats import file_size
from ckanext.gobiernoabierto.logic.stock import shapes
from ckanext.gobiernoabierto.logic.validators import UNREADABLE
from ckanext.gobiernoabierto.web import limits
from flask import abort, current_app, jsonify, make_response
from jinja2 import TemplateNotFound
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NUL = "\x00"
# how JSON writes NUL
JSON_NUL = b"\\u0000"
API = "api"
ACTION = "api.action"
SNIPPET = "api.snippet"
# our own actions say beside each field what is wrong with it
OURS = "gobiernoabierto_"
TELLING = frozenset(
    {
        "gobiernoabierto",
        "gobiernoabierto_capture",
        "gobiernoabierto_document",
        "gobiernoabierto_organization_role",
        "gobiernoabierto_proposals",
        "gobiernoabierto_publishing",
    }
)
"""Blueprints of our forms, which say so too and give back what was typed."""
UNDERSTANDING = "gobiernoabierto_oai"
"""The blueprint of what says in its own words what it cannot understand, and passes nothing of that on."""
MOST_TYPED = 12_000_000
"""Bytes that such a form may send beside a file."""
# what pages through a list of CKAN's; `start` is a date elsewhere
NUMBERS = ("limit", "offset", "page", "rows")
SEARCH_NUMBERS = (*NUMBERS, "start")


def install(app: CKANApp) -> None:
    """Ask these questions after CKAN has found out who is asking, the first one before a form is read."""
    asked = app.before_request_funcs[None]
    asked.insert(asked.index(ckan_before_request) + 1, refuse_large_bodies)
    app.before_request(refuse_foreign_forms)
    app.before_request(refuse_nesting)
    app.before_request(refuse_endless_numbers)
    app.before_request(refuse_nul)
    app.before_request(refuse_jsonp)
    app.before_request(refuse_bad_numbers)
    app.before_request(refuse_empty_sort)
    app.before_request(refuse_files)
    app.before_request(refuse_bad_shapes)
    app.before_request(refuse_missing_snippets)
    app.before_request(refuse_many_proposals)


def refuse_large_bodies() -> Response | None:
    """Refuse what is larger than any upload may be, before it fills the disk.

    A length that is declared is refused before a byte is read; without one, reading ends at the bound.
    """
    request = tk.request
    request.max_content_length = config.max_body_bytes()
    if request.blueprint in TELLING:
        request.max_form_memory_size = MOST_TYPED
    try:
        request.get_data(parse_form_data=True)
    except RequestEntityTooLarge:
        file, typed = file_size(config.max_upload_bytes()), file_size(request.max_form_memory_size or 0)
        message = tk._(
            "The site takes files of up to {file}, and texts of up to {typed}: divide it, or send a ZIP"
        )
        return _refuse(413, message.format(file=file, typed=typed))
    return None


def refuse_foreign_forms() -> Response | None:
    """Refuse a form that another site's page sends.

    CKAN asks a visitor for no CSRF token, so another site could sign a visitor in under its own
    account and read what they then publish. API calls carry a token of their own or are anonymous.
    """
    origin = tk.request.headers.get("Origin")
    if tk.request.method in SAFE_METHODS or origin is None or is_api():
        return None
    ours = {urlsplit(url).netloc for url in (tk.request.host_url, tk.config["ckan.site_url"])}
    with suppress(ValueError):  # what is no address is not ours either
        if urlsplit(origin).netloc in ours:
            return None
    return _refuse(403, tk._("This form was sent from another site"))


def refuse_nesting() -> Response | None:
    """Refuse JSON that is deeper than anything of ours: what walks through it would run out of stack."""
    if tk.request.blueprint == UNDERSTANDING:
        return None
    try:
        too_deep = any(shapes.depth_of(data) > shapes.MAX_DEPTH for data in _parameters())
    except RecursionError:
        too_deep = True
    return _refuse(400, tk._("The request nests lists and objects too deeply")) if too_deep else None


def refuse_endless_numbers() -> Response | None:
    """Refuse what Python reads in JSON and JSON has not: NaN, Infinity, and 1e999, which becomes the same."""
    if not is_api():
        return None
    message = tk._("The request has a value that does not fit")
    errors = {
        name: [message]
        for data in _parameters()
        if isinstance(data, dict)
        for name, value in data.items()
        if shapes.endless(value)
    }
    return _told_beside(errors) if errors else None


def refuse_nul() -> Response | None:
    """Refuse NUL in any value: PostgreSQL and Solr take none, and answer with an error of their own.

    In a form of ours U+FFFD stands for it, as in a page that a browser reads, and no field takes that.
    """
    if tk.request.blueprint in TELLING and any(NUL in value for value in _values(tk.request.form)):
        pairs = [(name, value.replace(NUL, UNREADABLE)) for name, value in tk.request.form.items(multi=True)]
        tk.request.form = ImmutableMultiDict(pairs)
    if tk.request.blueprint == UNDERSTANDING or not _has_nul():
        return None
    message = tk._("The request has a character that no text can have")
    given = [data for data in _parameters() if isinstance(data, dict)] if is_api() else []
    errors = {name: [message] for data in given for name, value in data.items() if _nul_in(value)}
    return _told_beside(errors) if errors else _refuse(400, message)


def refuse_jsonp() -> Response | None:
    """Refuse an answer that is a script of the caller's choice on our origin; CORS does its work."""
    if not (is_api() and "callback" in tk.request.args):
        return None
    return _refuse(400, tk._("JSONP is not offered; call the API from any origin instead"))


def refuse_bad_numbers() -> Response | None:
    """Refuse what is no number where an API call pages: some of CKAN's actions fail on `limit=`."""
    if not is_api():
        return None
    searches = tk.request.path.endswith("/package_search")
    for name in SEARCH_NUMBERS if searches else NUMBERS:
        if any(not shapes.NUMBER.fullmatch(value) for value in tk.request.args.getlist(name)):
            return _refuse(400, tk._("{name} must be a whole number").format(name=name))
    return None


def refuse_empty_sort() -> Response | None:
    """Refuse an order with nothing between its commas: CKAN's pages look for the first word there."""
    given = tk.request.args.get("sort", "")
    if given and not all(part.strip() for part in given.split(",")):
        return _refuse(400, tk._("{name} must be a field and a direction").format(name="sort"))
    return None


def refuse_bad_shapes() -> Response | None:
    """Refuse an action that is called with a list, a number or an object where only a text can be meant.

    CKAN's own view tells any error that it does not know as 500, and no handler of ours is asked.
    """
    action = (tk.request.view_args or {}).get("logic_function", "")
    if tk.request.endpoint != ACTION or action.startswith(OURS):
        return None
    given = [data for data in _parameters() if isinstance(data, dict)]
    errors = {name: each for data in given for name, each in shapes.problems(action, data).items()}
    if not errors:
        return None
    return _told_beside(errors)


def refuse_files() -> Response | None:
    """Refuse a file where an action expects a text: CKAN puts it among the parameters, whatever its name."""
    if tk.request.endpoint != ACTION:
        return None
    wrong = tk.request.files.keys() - shapes.FILES
    return _told_beside({name: [tk._("Write a text")] for name in sorted(wrong)}) if wrong else None


def refuse_missing_snippets() -> Response | None:
    """Refuse a part of a page that there is none of: CKAN looks for the template of any name."""
    if tk.request.endpoint != SNIPPET:
        return None
    try:
        current_app.jinja_env.get_template(f"ajax_snippets/{(tk.request.view_args or {})['snippet_path']}")
    except TemplateNotFound:
        return _refuse(404, tk._("There is nothing at this address"))
    return None


def _told_beside(errors: dict[str, Any]) -> Response:
    """Return the errors of parameters as CKAN tells those of fields."""
    return make_response(jsonify(success=False, error={"__type": "Validation Error", **errors}), 409)


def refuse_many_proposals() -> Response | None:
    """Refuse a program that sends more proposals than the form may: it needs no token either."""
    action = (tk.request.view_args or {}).get("logic_function")
    if (
        tk.request.endpoint != ACTION
        or action != "gobiernoabierto_proposal_create"
        or limits.may_send("proposal")
    ):
        return None
    return told_as_json(429, limits.asked_too_often())


def _parameters() -> list[Any]:
    """Return what CKAN may take for the parameters of an action: it decides by method, action and content.

    Raises RecursionError for JSON that cannot be read.
    """
    request = tk.request
    given: list[Any] = [_single(request.args)] if request.args else []
    if request.method in SAFE_METHODS and (given or not _body_is_read()):
        return given or [{}]
    if request.is_json:
        return [*given, request.get_json(silent=True)]
    # CKAN takes a form's only name for JSON
    alone = next(iter(request.form)) if len(request.form) == 1 else ""
    try:
        return [*given, json.loads(alone)]
    except ValueError:
        return [*given, _single(request.form)]


def _body_is_read() -> bool:
    """Tell whether CKAN may read the body of a GET: it does without a query, for actions that only read."""
    return is_api() and bool(tk.request.form or tk.request.get_data(cache=True))


def _single(pairs: MultiDict[str, str]) -> dict[str, Any]:
    return {name: values[0] if len(values) == 1 else values for name, values in pairs.lists()}


def is_api() -> bool:
    """Tell whether the request is one of CKAN's API, whose callers read JSON."""
    return (tk.request.blueprint or "") == API


def told_as_json(status: int, message: str) -> Response:
    """Return an answer to a program that was refused, in the shape of CKAN's other refusals."""
    error = {"__type": HTTP_STATUS_CODES[status], "message": message}
    return make_response(jsonify(success=False, error=error), status)


def _has_nul() -> bool:
    request = tk.request
    if request.is_json:
        return JSON_NUL in request.get_data(cache=True) or not _is_text(request.get_json(silent=True))
    texts = [request.path, *request.args.keys(), *_values(request.args)]
    if request.method not in SAFE_METHODS:
        texts += [*request.form.keys(), *_values(request.form)]
    return any(NUL in text for text in texts)


def _nul_in(value: object) -> bool:
    return JSON_NUL in json.dumps(value).encode() or not _is_text(value)


def _is_text(value: object) -> bool:
    """Tell whether JSON can be written as UTF-8: half of a character cannot."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _values(pairs: MultiDict[str, str]) -> list[str]:
    return [value for values in pairs.listvalues() for value in values]


def _refuse(status: int, message: str) -> Response:
    if not is_api():
        abort(status, message)
    return told_as_json(status, message)
