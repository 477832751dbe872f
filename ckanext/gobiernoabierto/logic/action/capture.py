"""Live capture at a workshop: what was said is saved once, however often a bad connection sends it."""

from __future__ import annotations

import re
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import captured, codes, forms, registry, store
from ckanext.gobiernoabierto.entities.base import DRAFT
from ckanext.gobiernoabierto.entities.participation import local_today
from ckanext.gobiernoabierto.logic import validation
from ckanext.gobiernoabierto.logic.action.files import user_id
from ckanext.gobiernoabierto.logic.action.read import readable_row
from ckanext.gobiernoabierto.logic.action.write import unit_of_work
from ckanext.gobiernoabierto.logic.validators import refused

Context = dict[str, Any]
Data = dict[str, Any]

KEY = re.compile(r"[A-Za-z0-9-]{8,80}")
SAID = {"problem": ("title", "municipality"), "idea": ("title", "municipality", "problem")}
"""{kind: what a line says of it}"""
BESIDE = ("key", "workshop", "entity")


def gobiernoabierto_line_create(context: Context, data_dict: Data) -> Data:
    """Save a line that was said at a workshop as the draft of a problem or an idea.

    A call that is repeated with its key saves nothing again and has the same answer.

    :param key: 8 to 80 letters, digits and hyphens that nobody else makes, as a UUID
    :param workshop: code of the workshop
    :param entity: ``problem`` or ``idea``
    :param title: what was said, in one line
    :param municipality: code of one of the workshop's municipalities
    :param problem: code of the problem that an idea is for (optional)
    :returns: the values of the problem or the idea
    :raises ValidationError: under ``key`` if it was used by somebody else or for other words
    """
    tk.check_access("gobiernoabierto_line_create", context, data_dict)
    entity = _kind(data_dict)
    _refuse_unknown(data_dict, entity.name)
    key, user = given_key(data_dict), user_id(context)
    workshop = _workshop(context, data_dict)
    said = {name: data_dict.get(name) for name in SAID[entity.name]}
    content = captured.digest({"entity": entity.name, **said})
    with unit_of_work(context):
        line, is_new = captured.claim(key, user, workshop.code, content)
        if not is_new:
            return _saved_before(line, user, workshop.code, content)
        draft = {**said, "workshop": workshop.code, "visibility": DRAFT, "reported": _day_of(workshop)}
        within = {**context, "defer_commit": True}
        values = tk.get_action(entity.action("create"))(within, draft)
        setattr(line, entity.name, values["code"])
    return values


def _kind(data: Data) -> Any:
    name = data.get("entity")
    if name not in captured.KINDS:
        message = tk._("Choose one of: {choices}").format(choices=", ".join(captured.KINDS))
        raise tk.ValidationError({"entity": [message]})
    return registry.entity_type(name)


def _refuse_unknown(data: Data, entity: str) -> None:
    if errors := validation.unknown_fields(data, {*BESIDE, *SAID[entity]}):
        raise refused(errors)


def given_key(data: Data) -> str:
    """Return the key of a call; ValidationError for what can be none."""
    key = data.get("key")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        message = tk._("Give a key of 8 to 80 letters, digits and hyphens that nobody else makes")
        raise tk.ValidationError({"key": [message]})
    return key


def _workshop(context: Context, data: Data) -> Any:
    """Return the workshop of a line; ValidationError for none, and where it is not of the municipality."""
    entity = registry.entity_type("workshop")
    try:
        row = readable_row(context, entity, {"code": data.get("workshop")}, "show")
    except (tk.ObjectNotFound, tk.ValidationError):
        raise tk.ValidationError({"workshop": [tk._("There is none with this code")]}) from None
    municipalities = [each.municipality for each in row.municipalities]
    if data.get("municipality") not in municipalities:
        message = tk._("The workshop is not of this municipality: choose one of {choices}")
        raise tk.ValidationError({"municipality": [message.format(choices=", ".join(municipalities))]})
    return row


def _day_of(workshop: Any) -> str:
    """Return the day on which it was said: today, or the last day of a workshop that is over."""
    today = local_today()
    return min(today, workshop.end_date or workshop.start_date or today).isoformat()


def _saved_before(line: Any, user: str, workshop: str, content: str) -> Data:
    """Return what the key has become; ValidationError under ``key`` unless it is the very same line."""
    if line.user_id != user:
        raise tk.ValidationError({"key": [tk._("Somebody else has used this key: type the line again")]})
    if line.became is None:
        raise tk.ValidationError({"key": [tk._("This line was saved, and deleted afterwards")]})
    kind, code = line.became
    entity = registry.entity_type(kind)
    if (line.workshop, line.content) != (workshop, content):
        message = tk._("This line was saved already, as {kind} {code} with other words: correct it there")
        raise tk.ValidationError({"key": [message.format(kind=forms.noun(entity), code=code)]})
    return store.plain_values(codes.resolve(entity, code).row)


ACTIONS = {"gobiernoabierto_line_create": gobiernoabierto_line_create}
