"""Of what kind each parameter of CKAN's actions is: CKAN hands them on unlooked at, and fails on the rest.

A name has one kind in all actions; ``KINDS_IN`` holds the few exceptions. What is not named here is
checked by the schema of its action. Our own actions validate all that they take themselves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

__all__ = ["FILES", "MAX_DEPTH", "NUMBER", "depth_of", "endless", "problems"]

MAX_DEPTH = 20
"""Nested lists and objects that a call may hold; the deepest of CKAN's own have five."""
NUMBER = re.compile(r"[0-9]{1,9}")
"""PostgreSQL and Solr count to two thousand million."""

FILES = frozenset({"upload", "image_upload", "logo_upload"})
"""Parameters that may be files; any other that is sent as one stands where a text belongs."""

BOOLEANS = frozenset({"true", "yes", "on", "y", "t", "1", "false", "no", "off", "n", "f", "0"})
"""How CKAN lets a caller write them."""

Errors = dict[str, list[str]]
Kind = Callable[[Any], str | None]
"""Returns what is wrong with a value, or None."""


def _text(value: Any) -> str | None:
    return None if isinstance(value, str | None) else tk._("Write a text")


def _given_text(value: Any) -> str | None:
    return None if isinstance(value, str) else tk._("Write a text")


def _number(value: Any) -> str | None:
    fits = not isinstance(value, bool) and isinstance(value, int | str) and NUMBER.fullmatch(str(value))
    return None if fits or value is None else tk._("Write a whole number, for example 22")


def _flag(value: Any) -> str | None:
    fits = value is None or str(value).strip().lower() in BOOLEANS
    return None if fits else tk._("Write true or false")


def _stated(value: Any) -> str | None:
    """Return what is wrong with true or false where CKAN takes any other value for a text."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return tk._("Write true or false") if is_number else _flag(value)


def _texts(value: Any) -> str | None:
    fits = value is None or (isinstance(value, list) and all(isinstance(each, str) for each in value))
    return None if fits else tk._("Give a list of texts")


def _text_or_texts(value: Any) -> str | None:
    return _text(value) and _texts(value)


def _rows(value: Any) -> str | None:
    fits = value in (None, "") or (isinstance(value, list) and all(isinstance(each, dict) for each in value))
    return None if fits else tk._("Give a list of objects")


def _extras(value: Any) -> str | None:
    wrong = _rows(value)
    nested = not wrong and any(isinstance(row.get("value"), dict | list) for row in value or ())
    return tk._("Write a text") if nested else wrong


def _given_rows(value: Any) -> str | None:
    return tk._("Give a list of objects") if value is None else _rows(value)


def _object(value: Any) -> str | None:
    return None if isinstance(value, dict) else tk._("Give an object")


def _resource(value: Any) -> str | None:
    fits = isinstance(value, dict) and {"id", "package_id"} <= value.keys()
    return None if fits else tk._("Give an object with the fields {fields}").format(fields="id, package_id")


def _relationship(value: Any) -> str | None:
    types = model.PackageRelationship.get_all_types()
    if (wrong := _text(value)) or not value or value in types:
        return wrong
    return tk._("There is none of this name. There are: {names}").format(names=", ".join(types))


def _asked_relationship(value: Any) -> str | None:
    return None if value == "relationships" else _relationship(value)  # CKAN's word for all of them


# fmt: off
TEXTS = (
    "id", "id2", "name_or_id", "package_id", "resource_id", "owner_org", "org_id", "organization_id",
    "group_id", "user_id", "user", "username", "vocabulary_id", "entity_id", "object", "subject", "token",
    "jti", "key", "name", "rel", "role", "type", "group_type", "object_type", "view_type", "capacity",
    "entity_type", "task_type", "q", "email", "about", "sort", "order_by", "tag_string", "url", "url_type",
    "state", "password", "format", "link",
)
# fmt: on
IDS = ("id", "package_id", "resource_id", "owner_org", "name", "key", "url", "url_type", "state", "format")
"""Texts also where they stand within the rows of another parameter."""
FLAGS = (
    "all_fields",
    "use_default_schema",
    "create_datastore_views",
    "available_only",
    "am_member",
    "upload_drop",
)

KINDS: dict[str, Kind] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(("limit", "offset", "page", "rows"), _number),
    **dict.fromkeys(FLAGS, _flag),
    "private": _stated,
    **dict.fromkeys(("datasets", "queues", "order", "view_types"), _texts),
    **dict.fromkeys(("terms", "lang_codes"), _text_or_texts),
    **dict.fromkeys(("resources", "tags", "users", "packages"), _rows),
    "extras": _extras,
    "groups": _given_rows,
}
KINDS_IN: dict[str, dict[str, Kind]] = {
    "group_list": {"groups": _texts},
    "organization_list": {"organizations": _texts},
    "package_relationship_create": {"type": _relationship},
    "package_relationship_delete": {"type": _relationship},
    "package_relationship_update": {"type": _relationship},
    "package_relationships_list": {"rel": _asked_relationship},
    "package_search": {
        "start": _number,
        **dict.fromkeys(("fq", "qf", "wt", "defType"), _text),
        **dict.fromkeys(("fl", "facet.field"), _text_or_texts),
        "fq_list": _texts,
        "extras": _object,
    },
    "resource_search": {"query": _text_or_texts},
    "tag_autocomplete": {"q": _text_or_texts},
    "tag_list": {"q": _text_or_texts},
    "tag_search": {"q": _text_or_texts},
    "term_translation_update_many": {"data": _rows},
    "user_list": {"order_by": _given_text},
}
"""What a name means in one action alone."""
NEEDED: dict[str, dict[str, Kind]] = {
    "bulk_update_delete": {"datasets": _texts},
    "bulk_update_private": {"datasets": _texts},
    "bulk_update_public": {"datasets": _texts},
    "group_autocomplete": {"q": _given_text},
    "group_member_create": {"id": _given_text},
    "group_member_delete": {"id": _given_text},
    "organization_autocomplete": {"q": _given_text},
    "organization_member_create": {"id": _given_text},
    "organization_member_delete": {"id": _given_text},
    "package_create_default_resource_views": {"package": _object},
    "resource_create_default_resource_views": {"resource": _resource},
    "task_status_update_many": {"data": _rows},
    "user_invite": {"group_id": _given_text},
}
"""What an action takes for granted that its caller gives."""


def problems(action: str, data: dict[str, Any]) -> Errors:
    """Return {parameter: messages} for what ``action`` could only fail on."""
    needed = NEEDED.get(action, {})
    errors = {name: [tk._("Missing value")] for name in needed if data.get(name) is None}
    kinds = {**KINDS, **KINDS_IN.get(action, {}), **needed}
    for name, value in data.items():
        kind = kinds.get(name) or (_flag if name.startswith("include_") else None)
        message = (kind and kind(value)) or _inner_problem(value)
        if message:
            errors.setdefault(name, [message])
    return errors


def endless(value: Any) -> bool:
    """Tell whether a number that is none (NaN) or has no end stands in it: JSON has no such numbers."""
    level = [value]
    while level:
        if any(isinstance(each, float) and not math.isfinite(each) for each in level):
            return True
        level = [inner for each in level if isinstance(each, dict | list) for inner in _inner(each)]
    return False


def depth_of(value: Any) -> int:
    """Return how many lists and objects stand within each other at most, counted up to one too many."""
    level, depth = [value], 0
    while depth <= MAX_DEPTH and (level := [each for each in level if isinstance(each, dict | list)]):
        level = [inner for each in level for inner in _inner(each)]
        depth += 1
    return depth


def _inner(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def _inner_problem(value: Any) -> str | None:
    """Return what is wrong with an id in the rows of a parameter."""
    wrong = (_text(row[name]) for row in _objects(value) for name in IDS if name in row)
    return next(filter(None, wrong), None)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    level = [value]
    while level := [each for each in level if isinstance(each, dict | list)]:
        yield from (each for each in level if isinstance(each, dict))
        level = [inner for each in level for inner in _inner(each)]
