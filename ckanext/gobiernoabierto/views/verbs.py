"""Forms of the special verbs, one address for each: ``/idea/0115-I1/responder``."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import registry, store
from ckanext.gobiernoabierto.entities.base import EntityType
from ckanext.gobiernoabierto.entities.verbs import Verb, verbs_of
from ckanext.gobiernoabierto.views.editing import (
    CONFLICT,
    Answer,
    again,
    form_page,
    no_longer_there,
    refused,
    said,
)
from ckanext.gobiernoabierto.views.entities import GoneError, entity_pages, readable, visitor
from ckanext.gobiernoabierto.views.entity_form import EntityForm, as_typed, sent


def do(entity: EntityType, verb: Verb, code: str) -> Answer:
    """Show the form of a verb, or do it; with an error it comes back with all that was typed.

    409 for what somebody else changed meanwhile, and for what there is nothing left to do to.
    """
    if not tk.current_user.is_authenticated:
        return refused(verb.action) or ""
    form = EntityForm(entity, {}, verb=verb)
    try:
        form.row = readable(entity, code)
    except (GoneError, tk.ObjectNotFound) as error:
        if tk.request.method == "GET":
            raise
        return no_longer_there(form, error)
    refused(verb.action, entity=entity.name, code=form.row.code)
    stored = store.plain_values(form.row)
    form.data = {**as_typed(verb.fields, verb.held(stored)), "version": form.row.version}
    if tk.request.method == "GET":
        return form_page(form, CONFLICT if form.closed else HTTPStatus.OK)
    return _done(form, verb, code)


def _done(form: EntityForm, verb: Verb, code: str) -> Answer:
    data = {**sent(verb.fields, tk.request.form), **said(), "code": form.row.code}
    form.data = {**form.data, **data}
    try:
        saved = tk.get_action(verb.action)(visitor(), {**data, "entity": form.entity.name})
    except tk.ValidationError as error:
        return again(form, code, error.error_dict)
    except tk.ObjectNotFound as error:
        return no_longer_there(form, error)
    tk.h.flash_success(verb.done)
    return tk.redirect_to(f"gobiernoabierto.{form.entity.name}_read", code=saved["code"])


def _view(entity: EntityType, verb: Verb) -> Callable[..., Any]:
    def view(code: str) -> Answer:
        return do(entity, verb, code)

    view.__name__, view.__doc__ = f"{entity.name}_{verb.name}", do.__doc__
    return view


for _entity in registry.ENTITY_TYPES:
    for _verb in verbs_of(_entity):
        entity_pages.add_url_rule(
            f"/{_entity.path}/<code>/{_verb.path}",
            f"{_entity.name}_{_verb.name}",
            _view(_entity, _verb),
            methods=["GET", "POST"],
        )
