"""Forms with which people write entities, by the same actions as programs: new, change and delete."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, TypeAlias

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.entities import forms, registry, store
from ckanext.gobiernoabierto.entities.base import DRAFT, PUBLISHED, EntityType
from ckanext.gobiernoabierto.logic import auth
from ckanext.gobiernoabierto.logic.uses import uses_of
from ckanext.gobiernoabierto.views.entities import GoneError, entity_pages, readable, view_of, visitor
from ckanext.gobiernoabierto.views.entity_form import ROWS, Data, EntityForm, as_typed, sent

VISIBILITY = {"publish": PUBLISHED, "draft": DRAFT}
"""What the buttons of the form are called -> what they make of it."""
CONFLICT, UNPROCESSABLE = HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY

Answer: TypeAlias = Response | str | tuple[str, int]


def refused(action: str, **data: Any) -> Response | None:
    """Ask who is nobody to sign in, and abort with 403 for those who may not; else return None."""
    if not tk.current_user.is_authenticated:
        return tk.redirect_to("user.login", came_from=tk.request.full_path.rstrip("?"))
    try:
        tk.check_access(action, visitor(), data)
    except tk.NotAuthorized:
        return tk.abort(403, _why_refused())
    return None


def _why_refused() -> str:
    if auth.represents_nothing(visitor()):
        return tk._(
            "Your organization does not stand for a municipality or an institution yet: "
            "whoever administers the site says it"
        )
    return tk._("You may not do this: ask your coordinator")


def form_page(form: EntityForm, status: int = HTTPStatus.OK) -> tuple[str, int]:
    """Return the page of a form."""
    return tk.render("gobiernoabierto/entity/form.html", {"form": form}), status


def said() -> Data:
    """Return what the form sends beside the fields, as the actions take it."""
    return {name: tk.request.form[name] for name in ("reason", "version") if tk.request.form.get(name)}


def _not_yours(entity: EntityType) -> Data:
    """Return the errors of somebody who wrote what only others may write."""
    message = tk._("You may only write what belongs to your own organization: correct this")
    fields = [way if isinstance(way, str) else way.field for way in entity.owners.values()]
    return {name: [message] for name in fields}


# -- New ----------------------------------------------------------------------------------------------


def _suggested(entity: EntityType) -> Data:
    """Return what a new one holds at first: defaults, the only owner that it can have, and the address's."""
    data: Data = {each["field_name"]: each.get("default", "") for each in forms.fields_of(entity)}
    owned = auth.roles(visitor()).owned or {}
    for kind, way in entity.owners.items():
        if isinstance(way, str) and len(owned.get(kind, ())) == 1:
            data[way] = next(iter(owned[kind]))
    rows = [each["field_name"] for each in forms.fields_of(entity) if ROWS in each]
    return data | {n: v for n, v in tk.request.args.items() if n in data and n not in rows}


def new(entity: EntityType) -> Answer:
    """Show the empty form, or create what it sent; with an error it comes back with all that it had."""
    refusal = refused(entity.action("create"))
    if refusal is not None:
        return refusal
    form = EntityForm(entity, _suggested(entity))
    if tk.request.method == "GET":
        return form_page(form)
    data = sent(form.asked, tk.request.form)
    control = said() | {"visibility": visibility()}
    if form.asks_code or "code" in tk.request.form:  # the action refuses one that is given by counting
        control["code"] = tk.request.form.get("code", "").strip()
    form.data = {**data, **control}
    try:
        saved = tk.get_action(entity.action("create"))(visitor(), {**data, **control})
    except tk.ValidationError as error:
        form.errors = error.error_dict
        return form_page(form, UNPROCESSABLE)
    except tk.NotAuthorized:
        form.errors = _not_yours(entity)
        return form_page(form, HTTPStatus.FORBIDDEN)
    return _saved(entity, saved)


def visibility() -> str:
    """Return the visibility that the pressed button stands for, or what was sent instead."""
    asked = tk.request.form.get("save", "")
    return VISIBILITY.get(asked, asked)


def _saved(entity: EntityType, saved: Data) -> Response:
    published = saved["visibility"] == PUBLISHED
    tk.h.flash_success(
        tk._("Published: this is what everybody sees")
        if published
        else tk._("Draft saved: only those who may edit it see it")
    )
    return tk.redirect_to(f"gobiernoabierto.{entity.name}_read", code=saved["code"])


# -- Change -------------------------------------------------------------------------------------------


def edit(entity: EntityType, code: str) -> Answer:
    """Show the form with what is stored, or write what it sent.

    Of what somebody else has changed meanwhile (409) it shows both, and what was typed stays in the form.
    """
    if not tk.current_user.is_authenticated:
        return refused(entity.action("update"), code=code) or ""
    try:
        row = readable(entity, code)
    except (GoneError, tk.ObjectNotFound) as error:
        if tk.request.method == "GET":
            raise
        return no_longer_there(EntityForm(entity, {}), error)
    refused(entity.action("update"), code=row.code)
    values = store.full_values(row)
    form = EntityForm(entity, as_typed(forms.fields_of(entity), values) | {"version": row.version}, row)
    if tk.request.method == "GET":
        return form_page(form)
    data = sent(form.asked, tk.request.form)
    control = said() | {"code": row.code, "visibility": visibility()}
    form.data = {**form.data, **data, **control}
    try:
        saved = tk.get_action(entity.action("update"))(visitor(), {**data, **control})
    except tk.ValidationError as error:
        return again(form, code, error.error_dict)
    except tk.NotAuthorized:
        form.errors = _not_yours(entity)
        return form_page(form, HTTPStatus.FORBIDDEN)
    except tk.ObjectNotFound as error:
        return no_longer_there(form, error)
    return _saved(entity, saved)


def again(form: EntityForm, code: str, errors: Data) -> Answer:
    """Return the form with what was typed, and beside it what is wrong or what somebody else stored."""
    try:
        form.row = readable(form.entity, code)
    except (GoneError, tk.ObjectNotFound) as error:
        return no_longer_there(form, error)
    if "version" not in errors:
        form.errors = errors
        return form_page(form, CONFLICT if form.closed else UNPROCESSABLE)
    form.compare()
    return form_page(form, CONFLICT)


def no_longer_there(form: EntityForm, error: Exception) -> Answer:
    """Return what was typed, to be copied; of what never was public only that there is nothing."""
    form.data = {**form.data, **sent(form.asked, tk.request.form)}
    form.gone, form.row = True, None
    return form_page(form, HTTPStatus.GONE if isinstance(error, GoneError) else HTTPStatus.NOT_FOUND)


# -- Delete -------------------------------------------------------------------------------------------


def delete(entity: EntityType, code: str) -> Answer:
    """Ask whether to delete it, with what still names it; then delete it and leave its tombstone."""
    if not tk.current_user.is_authenticated:
        return refused(entity.action("delete"), code=code) or ""
    row = readable(entity, code)
    refused(entity.action("delete"), code=row.code)
    form = EntityForm(entity, {"version": row.version, "reason": ""}, row)
    if tk.request.method == "GET":
        return _delete_page(form)
    if "cancel" in tk.request.form:
        return tk.redirect_to(f"gobiernoabierto.{entity.name}_read", code=row.code)
    asked = said() | {"code": row.code, "successor": tk.request.form.get("successor", "")}
    form.data |= asked
    try:
        tk.get_action(entity.action("delete"))(visitor(), asked)
    except tk.ValidationError as error:
        form.row, form.errors = readable(entity, code), error.error_dict
        stale = "version" in form.errors
        form.data["version"] = form.row.version
        return _delete_page(form, CONFLICT if stale else UNPROCESSABLE)
    tk.h.flash_success(tk._("Deleted"))
    return tk.redirect_to(f"gobiernoabierto.{entity.name}_list")


def _delete_page(form: EntityForm, status: int = HTTPStatus.OK) -> tuple[str, int]:
    used = uses_of(visitor(), form.entity, form.row.code, published_only=False)
    return tk.render("gobiernoabierto/entity/delete.html", {"form": form, "uses": used}), status


# -- Addresses: no code begins with a low line --------------------------------------------------------


def _register(entity: EntityType) -> None:
    routes = (
        (f"/{entity.path}/_nuevo", "new", new),
        (f"/{entity.path}/<code>/editar", "edit", edit),
        (f"/{entity.path}/<code>/borrar", "delete", delete),
    )
    for rule, name, function in routes:
        view = view_of(function, entity)
        entity_pages.add_url_rule(rule, f"{entity.name}_{name}", view, methods=["GET", "POST"])


for _entity in registry.ENTITY_TYPES:
    _register(_entity)
