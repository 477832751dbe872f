"""From what a caller gives to values that a row can hold, or to errors beside each field."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import document, forms, references
from ckanext.gobiernoabierto.entities.base import (
    DOCUMENTS,
    DRAFT,
    HELD,
    PUBLISHED,
    STORED,
    EntityType,
    Values,
)
from ckanext.gobiernoabierto.entities.verbs import Verb
from ckanext.gobiernoabierto.logic import auth
from ckanext.gobiernoabierto.logic.validators import no_such, refused
from ckanext.scheming.validation import validators_from_string

CONTROL = ("code", "visibility", "version", "reason", "successor")
"""What a caller may give beside the fields of the entity."""
CALL = ("entity", "code", "id", "version", "reason")
"""What a caller may give beside the parameters of a special verb."""
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.IGNORECASE)
MAX_CODE = 100

Context = dict[str, Any]
Errors = dict[str, Any]


def _validators(field: forms.Field, schema: dict[str, Any]) -> Any:
    if "repeating_subfields" in field:
        return {sub["field_name"]: _validators(sub, schema) for sub in field["repeating_subfields"]}
    return validators_from_string(field["validators"], field, schema)


def unknown_fields(data: Iterable[str], known: Collection[str]) -> Errors:
    """Return the errors of the fields of ``data`` that are none of those that are ``known``."""
    return {name: [tk._("This field does not exist")] for name in data if name not in known}


def _shape_errors(asked: Iterable[forms.Field], data: Mapping[str, Any], beside: tuple[str, ...]) -> Errors:
    """Return errors for what is not of the form at all: unknown fields, rows that are no rows."""
    fields = {field["field_name"]: field for field in asked}
    errors = unknown_fields(data, {*fields, *beside})
    for name, field in fields.items():
        if "repeating_subfields" not in field:
            if isinstance(data.get(name), list) and any(isinstance(each, dict) for each in data[name]):
                errors[name] = [tk._("Write a text")]  # which the validators would not be shown
            continue
        if data.get(name) in (None, ""):
            continue
        known = {sub["field_name"] for sub in field["repeating_subfields"]}
        rows = data[name]
        if not isinstance(rows, list) or not all(isinstance(r, dict) and set(r) <= known for r in rows):
            fields_text = ", ".join(sorted(known))
            errors[name] = [tk._("Give a list of rows with the fields {fields}").format(fields=fields_text)]
    return errors


def _without_empty_rows(fields: Iterable[forms.Field], given: Values) -> Values:
    """Return what was given with an empty list for no rows: CKAN's validation takes no other."""
    rows = {field["field_name"] for field in fields if "repeating_subfields" in field}
    return {name: [] if name in rows and value in (None, "") else value for name, value in given.items()}


def _whole(entity: EntityType, clean: Mapping[str, Any]) -> Values:
    """Return the validated values with every field in place: None or an empty list where unknown."""
    lists = {*entity.model.row_fields(), *[c.key for c in entity.table.c if _is_list(c)]}
    values: Values = {}
    for field in forms.fields_of(entity):
        name = field["field_name"]
        values[name] = clean.get(name) or [] if name in lists else clean.get(name)
        for row in values[name] if "repeating_subfields" in field else ():
            for sub in field["repeating_subfields"]:
                row.setdefault(sub["field_name"], None)
    return values


def _is_list(column: Any) -> bool:
    return getattr(column.type, "item_type", None) is not None


def _draft_references(
    entity: EntityType, values: Values, before: Values, visibility: str, context: Context
) -> Errors:
    """Return errors for references to unpublished entities that were not there before.

    A draft may name drafts; those that the caller may not see are none, in the words for a wrong code.
    """
    wanted: dict[tuple[str, str], str] = {}
    for reference in references.references_of(entity):
        for code in set(reference.codes(values)) - set(reference.codes(before)):
            wanted[reference.target.name, code] = reference.field
    errors: Errors = {}
    for named in references.titles(wanted).values():
        field = wanted[named.entity.name, named.code]
        if named.visibility == PUBLISHED:
            continue
        if auth.known_row(context, named.entity, named.code) is None:
            errors[field] = [no_such(named.entity, named.code)]
        elif visibility == PUBLISHED:
            message = tk._("{code} is not published yet: publish it first, or choose another")
            errors[field] = [message.format(code=named.code)]
    return errors


def validate(
    entity: EntityType,
    data: Mapping[str, Any],
    *,
    before: Values | None = None,
    anew: bool = False,
    visibility: str = DRAFT,
    documents: list[Values] | None = None,
    context: Context,
) -> Values:
    """Return the whole of an entity's values, ready for its row.

    ``data`` has the fields that the caller of ``context`` gives; those of ``before`` fill in the rest. A
    published entity may newly name published ones only; all is new that is said ``anew``, as when a draft is
    published. ``documents`` are its public ones. Raises ValidationError with the errors of all fields.
    """
    errors = _shape_errors(forms.fields_of(entity), data, CONTROL)
    names = [field["field_name"] for field in forms.fields_of(entity)]
    given = {**(before or {}), **{name: data[name] for name in names if name in data and name not in errors}}
    given = _without_empty_rows(forms.fields_of(entity), given)
    schema = forms.form_schema(entity)
    navl = {field["field_name"]: _validators(field, schema) for field in schema["fields"]}
    clean, found = tk.navl_validate(given, navl, {})
    errors.update(found)
    if not errors:
        values = _whole(entity, clean)
        stored = {} if anew else before or {}
        errors.update(broken_rules(entity, values, documents or [], stored, before))
        errors.update(_draft_references(entity, values, stored, visibility, context))
    if errors:
        raise refused(errors)
    return values


def broken_rules(
    entity: EntityType,
    values: Values,
    documents: list[Values],
    stored: Values | None = None,
    held: Values | None = None,
) -> Errors:
    """Return the errors of what cannot be true of an entity with these values and public documents.

    ``stored`` are the values that were said before: without them all is as if it were said for the first
    time. ``held`` are those of its row.
    """
    errors: Errors = {}
    for rule in entity.rules:
        for name, message in rule({**values, DOCUMENTS: documents, STORED: stored, HELD: held}):
            errors.setdefault(name, []).append(message)
    return errors


def validate_call(entity: EntityType, verb: Verb, data: Mapping[str, Any]) -> Values:
    """Return the parameters of a special verb that were given, as its fields of the schema take them.

    Raises ValidationError with the errors of all of them.
    """
    beside = tuple(name for name in CALL if name != "id" or "code" not in data)  # it stands for the code
    return _given(verb.fields, forms.form_schema(entity), data, beside)


def _given(
    fields: Sequence[forms.Field], schema: dict[str, Any], data: Mapping[str, Any], beside: tuple[str, ...]
) -> Values:
    """Return those of the fields that were given; ValidationError with the errors of all of them."""
    errors = _shape_errors(fields, data, beside)
    names = [field["field_name"] for field in fields]
    navl = {field["field_name"]: _validators(field, schema) for field in fields}
    given = _without_empty_rows(fields, {n: data[n] for n in names if n in data and n not in errors})
    clean, found = tk.navl_validate(given, navl, {})
    errors.update({name: messages for name, messages in found.items() if name not in errors})
    if errors:
        raise refused(errors)
    return {name: clean.get(name) for name in names if name in data}


def document_fields(entity: EntityType) -> list[forms.Field]:
    """Return what is asked of a document of this kind of entity."""
    fields = forms.schema_of(document.SCHEMA)["fields"]
    kinds = document.kinds(entity)
    return [{**field, "choices": kinds} if "choices" in field else field for field in fields]


def validate_document(entity: EntityType, data: Mapping[str, Any], beside: tuple[str, ...]) -> Values:
    """Return what was said of a document; ValidationError with the errors of all fields."""
    return _given(document_fields(entity), forms.schema_of(document.SCHEMA), data, beside)


def validate_file(file: str, data: Mapping[str, Any], beside: tuple[str, ...]) -> Values:
    """Return those fields of a file of ``schemas/`` that were given; ValidationError with all errors."""
    schema = forms.schema_of(file)
    return _given(schema["fields"], schema, data, beside)


def as_far_as_valid(entity: EntityType, data: Mapping[str, Any]) -> Values:
    """Return the entity's fields of ``data``, each as a row would hold it, or as typed if that cannot be."""
    schema = forms.form_schema(entity)
    values: Values = {}
    for field in schema["fields"]:
        name = field["field_name"]
        if name in data:
            clean, errors = tk.navl_validate({name: data[name]}, {name: _validators(field, schema)}, {})
            values[name] = data[name] if errors else clean.get(name)
    return values


def validate_code(entity: EntityType, code: Any) -> str:
    """Return a code that can be the address of a new entity; ValidationError under ``code`` if not."""
    pattern = forms.form_schema(entity).get("code_pattern")
    fits = isinstance(code, str) and len(code) <= MAX_CODE and re.fullmatch(pattern or CODE, code)
    if not fits:
        message = tk._("Write a code of letters without accents, digits and hyphens, at most {max}")
        raise tk.ValidationError({"code": [message.format(max=MAX_CODE)]})
    return code


def validate_visibility(value: Any) -> str:
    """Return ``draft`` or ``published``; ValidationError under ``visibility`` for anything else."""
    if value not in (DRAFT, PUBLISHED):
        raise tk.ValidationError(
            {"visibility": [tk._("Choose one of: {choices}").format(choices="draft, published")]}
        )
    return value


def validate_version(value: Any) -> int:
    """Return the version that the caller read; ValidationError under ``version`` without one."""
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", str(value)):
        raise tk.ValidationError(
            {"version": [tk._("Give the version that you read, so that nobody's change is lost")]}
        )
    return int(value)
