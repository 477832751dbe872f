"""Pages and lists of the linked entities, and what they can be downloaded as: built from the registry.

Only PostgreSQL is read, so that they answer while Solr does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import codes, forms, listing, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType
from ckanext.gobiernoabierto.entities.codes import Tombstone
from ckanext.gobiernoabierto.entities.history import plain
from ckanext.gobiernoabierto.links import closing
from ckanext.gobiernoabierto.logic import auth
from ckanext.gobiernoabierto.logic.action import read
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.rdf.addresses import Addresses
from ckanext.gobiernoabierto.views import pages
from ckanext.gobiernoabierto.views.exports import Export, content_type, export_of, offered, streamed
from ckanext.gobiernoabierto.web import caching, programs
from flask import Blueprint, current_app, make_response, redirect
from werkzeug.exceptions import NotAcceptable

entity_pages = Blueprint("gobiernoabierto", __name__)

# What mail programs and social networks add to addresses that people share.
NOT_OURS = re.compile(r"utm_.*|fbclid|gclid|mc_[ce]id")
MAX_PAGE = re.compile(r"[1-9][0-9]{0,6}")


class GoneError(Exception):
    """What stood here was public and is deleted."""

    def __init__(self, entity: EntityType, grave: Tombstone) -> None:
        self.entity = entity
        self.grave: Any = grave


class MovedError(Exception):
    """What stood here has another code now."""

    def __init__(self, code: str) -> None:
        self.code = code


def visitor() -> dict[str, Any]:
    """Return the context of actions for whoever asks for this page."""
    return {"user": tk.current_user.name, "auth_user_obj": tk.current_user}


def _template(entity: EntityType, name: str) -> str:
    """Return the entity's own template, or the one of all."""
    own = f"gobiernoabierto/{entity.name}/{name}.html"
    names: list[Any] = [own, f"gobiernoabierto/entity/{name}.html"]
    return str(current_app.jinja_env.select_template(names).name)


def readable(entity: EntityType, code: str) -> Any:
    """Return the row under ``code`` that the visitor may see.

    Raises MovedError for an earlier code, GoneError for a deleted one that was public, ObjectNotFound for
    everything else, drafts of others included.
    """
    data = {"code": code}
    found = codes.resolve(entity, read.required_code(data))
    if found.gone is not None:
        raise GoneError(entity, found.gone)
    if found.moved_to and found.row is None:
        raise MovedError(found.moved_to)
    row = read.readable_row(visitor(), entity, data, "show")
    if found.moved_to:
        raise MovedError(found.moved_to)
    return row


def asked_parameters() -> dict[str, str]:
    """Return the parameters of the address that are meant for us."""
    return {name: value for name, value in tk.request.args.items() if not NOT_OURS.fullmatch(name)}


def _nothing(_row: Any) -> dict[str, Any]:
    return {}


def _closed(row: Any) -> dict[str, Any]:
    """Return the kept page of a plan that is closed, and whether the plan changed since."""
    kept = closing.find(row.code) if row.closed else None
    return {"closing": kept, "changed_since": closing.changed_since(kept, row)} if kept else {}


BESIDE: dict[str, Callable[[Any], dict[str, Any]]] = {"plan": _closed}
"""Kind of entity -> what its page shows beside what every page does."""


def show_one(entity: EntityType, code: str) -> Response:
    """Return the page of one entity, or the format that the reader asks for instead.

    NotAcceptable (406) for a reader that takes none of what there is.
    """
    row = readable(entity, code)
    exports = offered(entity, row)
    asked = _negotiated(exports)
    if asked is not None:
        answer = _exported(entity, row, asked)
        answer.headers["Content-Location"] = _export_address(entity, code, asked)
    else:
        may = auth.offered(visitor(), entity, row)
        verbs = auth.offered_verbs(visitor(), entity, row)
        extra = {"page": pages.entity_page(entity, row), "exports": exports, "may": may, "verbs": verbs}
        extra |= BESIDE.get(entity.name, _nothing)(row)
        if entity.documents:
            extra["documents"] = auth.readable_documents(visitor(), entity, row)
        answer = make_response(tk.render(_template(entity, "read"), extra))
        for ending, export in exports.items():
            address = _export_address(entity, code, ending)
            answer.headers.add("Link", f'<{address}>; rel="alternate"; type="{export.mimetype}"')
    answer.vary.add("Accept")
    return answer


def _negotiated(exports: dict[str, Export]) -> str | None:
    """Return the ending of the format that the reader prefers to the page, or None."""
    types = {ending: export.mimetype for ending, export in exports.items()}
    return formats.negotiate(tk.request.headers.get("Accept"), types)


def _export_address(entity: EntityType, code: str, ending: str) -> str:
    return tk.url_for(f"gobiernoabierto.{entity.name}_export", code=code, ending=ending)


def export_one(entity: EntityType, code: str, ending: str) -> Response:
    """Return one entity in the format of that ending."""
    return _exported(entity, readable(entity, code), ending)


def _exported(entity: EntityType, row: Any, ending: str) -> Response:
    export = export_of(entity, ending, row)
    body = export.one(entity, row)
    name = f"{entity.path}-{row.code}.{ending}"
    return caching.by_content(caching.digest([body]), lambda: download(export, body, name))


def show_list(entity: EntityType) -> Response:
    """Return one page of a list, or all of it in the format that the reader asks for instead."""
    exports = offered(entity)
    asked = _negotiated({ending: each for ending, each in exports.items() if each.many})
    if asked is not None:
        answer = export_list(entity, asked)
        address = tk.url_for(f"gobiernoabierto.{entity.name}_list_export", ending=asked)
        answer.headers["Content-Location"] = _with_query(address)
    else:
        answer = make_response(_list_page(entity, exports))
    answer.vary.add("Accept")
    return answer


def page_number(data: dict[str, str]) -> int:
    """Take the page out of an address's parameters and return it; ValidationError if it is none."""
    number = data.pop("page", "1")
    if not MAX_PAGE.fullmatch(number):
        raise tk.ValidationError({"page": [tk._("Write a whole number from 1 on")]})
    return int(number)


def _list_page(entity: EntityType, exports: dict[str, Export]) -> str:
    data = asked_parameters()
    number = page_number(data)
    tk.check_access(entity.action("list"), visitor(), data)
    page = pages.list_page(entity, read.asked_listing(visitor(), entity, data), number)
    if page.number > page.last:
        raise tk.ObjectNotFound(tk._("The list has no page {number}").format(number=number))
    may = auth.offered(visitor(), entity)
    extra = {"page": page, "exports": exports, "may": may, "item_template": _template(entity, "item")}
    return tk.render(_template(entity, "list"), extra)


def _with_query(address: str) -> str:
    query = quote(tk.request.query_string, safe="=&%+")
    return f"{address}?{query}" if query else address


def export_list(entity: EntityType, ending: str) -> Response:
    """Return all published rows of a list in the format of that ending, as they come."""
    export = export_of(entity, ending)
    if export.many is None:
        raise tk.ObjectNotFound()
    tk.check_access(entity.action("list"), visitor(), {})
    asked = read.asked_listing({"user": ""}, entity, asked_parameters())
    body = streamed(export.many(entity, listing.every(entity, asked)))
    return download(export, body, f"{entity.list_path}.{ending}")


def download(export: Export, body: Any, name: str) -> Response:
    """Return a body in a format; a browser that saves it calls it ``name``."""
    answer = current_app.response_class(body, content_type=content_type(export.mimetype))
    if export.download:
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


# -- Refusals: one place for all views ----------------------------------------------------------------


def moved(error: MovedError) -> Any:
    """Lead to where the entity is now, in the same format."""
    arguments = {**(tk.request.view_args or {}), "code": error.code}
    address = _with_query(tk.url_for(tk.request.endpoint, **arguments))
    return redirect(address, HTTPStatus.MOVED_PERMANENTLY)


def gone(error: GoneError) -> Response:
    """Say that it is deleted, when, why, and what takes its place: nothing that is not published."""
    grave, row = error.grave, _successor(error)
    label = forms.label_of(error.entity, row) if row else None
    told = {"reason": grave.reason, "deleted": plain(grave.deleted)}
    if row:
        told["successor"] = str(Addresses(config.site_url()).of(error.entity.name, row.code))
    page = "gobiernoabierto/entity/gone.html"
    extra = {"entity": error.entity, "grave": grave, "successor": row, "successor_label": label}
    extra["schema"] = forms.form_schema(error.entity)
    message = tk._("What stood at this address was deleted.")
    return refuse(HTTPStatus.GONE, message, told, page, extra)


def _successor(error: GoneError) -> Any:
    """Return the published row that takes the place of what is deleted, also if its code is another now."""
    code = error.grave.successor
    row = codes.resolve(error.entity, code).row if code else None
    return row if row is not None and row.visibility == PUBLISHED else None


def not_acceptable(error: NotAcceptable) -> Response:
    """Say which formats there are."""
    return refuse(HTTPStatus.NOT_ACCEPTABLE, error.description or "")


def not_found(_error: Exception) -> Response:
    """Say that there is nothing, also of what the visitor may not see."""
    return refuse(HTTPStatus.NOT_FOUND, tk._("There is nothing at this address"))


def bad_request(error: tk.ValidationError) -> Response:
    """Say which part of the address cannot be understood, and what to write instead."""
    said = [f"{name}: {' '.join(messages)}" for name, messages in error.error_dict.items()]
    return refuse(HTTPStatus.BAD_REQUEST, ". ".join(said))


REFUSALS: tuple[tuple[type[Exception], Callable[[Any], Any]], ...] = (
    (MovedError, moved),
    (GoneError, gone),
    (tk.ObjectNotFound, not_found),
    (tk.NotAuthorized, not_found),
    (tk.ValidationError, bad_request),
    (NotAcceptable, not_acceptable),
)


def answer_refusals(blueprint: Blueprint) -> None:
    """Let the views of a blueprint raise these, and answer them as the pages of the entities do."""
    for error, handler in REFUSALS:
        blueprint.register_error_handler(error, handler)


def refuse(
    status: HTTPStatus,
    message: str,
    told: Mapping[str, Any] | None = None,
    template: str = "error_document_template.html",
    shown: Mapping[str, Any] | None = None,
) -> Response:
    """Return a page; to a program JSON: the message as ``error``, and what else is ``told``."""
    has_ending = not programs.is_upload() and "." in tk.request.path.rpartition("/")[2]
    if has_ending or programs.told_by_address() or programs.data_is_preferred():
        answer = programs.as_json(status, message, told)
    else:
        about = {"code": status.value, "content": message, "name": status.phrase}
        answer = make_response(tk.render(template, {**about, **(shown or {})}), status)
    if not has_ending:
        answer.vary.add("Accept")
    return answer


# -- Addresses ----------------------------------------------------------------------------------------


def view_of(function: Any, entity: EntityType) -> Any:
    """Return the view that calls ``function`` for this entity."""

    def view(**arguments: str) -> Any:
        return function(entity, **arguments)

    view.__name__, view.__doc__ = f"{entity.name}_{function.__name__}", function.__doc__
    return view


def _register(entity: EntityType) -> None:
    routes = (
        (f"/{entity.list_path}", "list", show_list),
        (f"/{entity.list_path}.<ending>", "list_export", export_list),
        (f"/{entity.path}/<code>", "read", show_one),
        (f"/{entity.path}/<code>.<ending>", "export", export_one),
    )
    for rule, name, function in routes:
        endpoint = f"{entity.name}_{name}"
        entity_pages.add_url_rule(rule, endpoint, view_of(function, entity), methods=["GET"])


answer_refusals(entity_pages)
for _entity in registry.ENTITY_TYPES:
    _register(_entity)
