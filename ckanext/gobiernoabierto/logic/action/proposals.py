"""Open proposals: what citizens send from home, and the list of what waits for an editor."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import captured, numbering, proposals, registry, store
from ckanext.gobiernoabierto.entities.base import DRAFT, EntityType, Values
from ckanext.gobiernoabierto.entities.history import PROPOSAL, Actor
from ckanext.gobiernoabierto.entities.participation import local_today
from ckanext.gobiernoabierto.logic import validation, validators
from ckanext.gobiernoabierto.logic.action import read
from ckanext.gobiernoabierto.logic.action.capture import given_key
from ckanext.gobiernoabierto.logic.action.write import unit_of_work

Context = dict[str, Any]
Data = dict[str, Any]

ASKED = {
    "problem": ("municipality", "title", "description"),
    "idea": ("municipality", "problem", "title", "description"),
}
"""{kind: what is asked of who sends one}"""
TRAP = "remark"
"""A field that nobody sees. What fills in forms by itself does not know this name, programs fill in all."""
MAX_DESCRIPTION = 2000
NOBODY: Context = {"user": ""}
"""Who sends one may name what everybody sees, whoever is signed in."""


def gobiernoabierto_proposal_create(context: Context, data_dict: Data) -> Data:
    """Send a problem or an idea from home: a draft, which an editor publishes or not.

    Who sends it is written down nowhere. A call that is repeated with its key makes nothing again and has
    the same answer.

    :param entity: ``problem`` or ``idea``
    :param municipality: code of its municipality
    :param title: what it is, in one line
    :param description: more of it, at most 2000 characters (optional)
    :param problem: code of a published problem of the municipality that an idea is for (optional)
    :param key: 8 to 80 letters, digits and hyphens that nobody else makes, as a UUID (optional)
    :param remark: nothing: only programs fill it in, and are refused
    :returns: ``{"entity": its kind, "code": the code of its receipt}``
    :raises ValidationError: under ``key`` if it was used for other words, or what it made is deleted
    """
    tk.check_access("gobiernoabierto_proposal_create", context, data_dict)
    entity, wrong = _kind(data_dict)
    values = _validated(entity, data_dict, wrong)
    key = given_key(data_dict) if "key" in data_dict else None
    with unit_of_work(context):
        line = None
        if key:
            said = {name: values.get(name) for name in ASKED[entity.name]}
            content = captured.digest({"entity": entity.name, **said})
            line, is_new = captured.claim(key, "", None, content)
            if not is_new:
                return _sent_before(line, content)
        code = numbering.next_code(entity, values)
        store.create(entity, code, values, DRAFT, Actor(origin=PROPOSAL))
        if line is not None:
            setattr(line, entity.name, code)
    return {"entity": entity.name, "code": code}


def _sent_before(line: captured.CapturedLine, content: str) -> Data:
    """Return what the key has become; ValidationError under ``key`` unless it is the very same proposal."""
    if (line.user_id, line.content) != ("", content):
        raise tk.ValidationError({"key": [tk._("This key was used for something else")]})
    if line.became is None:
        raise tk.ValidationError({"key": [tk._("This was sent already, and deleted afterwards")]})
    kind, code = line.became
    return {"entity": kind, "code": code}


def _kind(data: Data) -> tuple[EntityType, dict[str, Any]]:
    """Return the kind that was sent; for none an error, and one by which the rest can be looked at."""
    name = data.get("entity")
    if isinstance(name, str) and name in ASKED:
        return registry.entity_type(name), {}
    message = tk._("Choose one of: {choices}").format(choices=", ".join(ASKED))
    return registry.entity_type("idea"), {"entity": [message]}


def _validated(entity: EntityType, data: Data, wrong: dict[str, Any]) -> Values:
    """Return the values of the draft; ValidationError with what is ``wrong`` already and all other errors."""
    asked = ASKED[entity.name]
    errors = wrong | validation.unknown_fields(data, {*asked, "entity", "key", TRAP})
    if data.get(TRAP):
        errors[TRAP] = [tk._("Something in this form filled itself in: send it again")]
    errors |= _too_long(data.get("description"))
    given = {name: data.get(name) for name in asked} | {"reported": local_today().isoformat()}
    values: Values = {}
    try:
        values = validation.validate(entity, given, context=NOBODY)
    except tk.ValidationError as error:
        errors = {**error.error_dict, **errors}
    if errors:
        raise validators.refused(errors)
    return {**values, "origin": proposals.HOME}


def _too_long(description: Any) -> dict[str, list[str]]:
    try:
        validators.bounded(description.strip() if isinstance(description, str) else "", MAX_DESCRIPTION)
    except tk.Invalid as error:
        return {"description": [error.error]}
    return {}


@tk.side_effect_free
def gobiernoabierto_proposal_list(context: Context, data_dict: Data) -> Data:
    """Return what was sent from home and waits for your decision, what came first before the others.

    :param limit: rows of the page
    :param offset: rows to leave out before the page
    :returns: ``{"count": all that wait, "results": [values, with their ``entity``]}``
    """
    tk.check_access("gobiernoabierto_proposal_list", context, data_dict)
    read.refuse_unknown(data_dict, ("limit", "offset"))
    # problems and ideas have the same owners, and whoever may see the drafts of one sees those of the other
    asked = read.asked_listing(context, registry.entity_type("idea"), data_dict)
    rows = [{"entity": kind.name, **store.full_values(row)} for kind, row in proposals.page(asked)]
    return {"count": proposals.count(asked), "results": rows}


ACTIONS = {
    "gobiernoabierto_proposal_create": gobiernoabierto_proposal_create,
    "gobiernoabierto_proposal_list": gobiernoabierto_proposal_list,
}
