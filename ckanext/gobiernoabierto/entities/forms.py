"""What people fill in for an entity: its file of ``schemas/``, read and with its presets expanded."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from .base import EntityType

Field = dict[str, Any]
FOLDER = "ckanext.gobiernoabierto.schemas"


def read(name: str) -> dict[str, Any]:
    """Return a file of ``schemas/`` as it is written."""
    return yaml.safe_load(resources.files(FOLDER).joinpath(name).read_text("utf-8"))


@cache
def _presets() -> dict[str, Field]:
    return {preset["preset_name"]: preset["values"] for preset in read("presets.yaml")["presets"]}


def expanded(field: Field) -> Field:
    """Return a field with what its preset says, its rows' fields too, and the ``labels`` of its choices."""
    whole = {**_presets().get(field.get("preset", ""), {}), **field}
    if "repeating_subfields" in whole:
        whole["repeating_subfields"] = [expanded(sub) for sub in whole["repeating_subfields"]]
    if "choices" in whole:
        whole["labels"] = {choice["value"]: choice["label"] for choice in whole["choices"]}
    return whole


@cache
def schema_of(file: str) -> dict[str, Any]:
    """Return a file of ``schemas/`` in scheming's format, presets expanded, its fields also ``by_name``.

    It is part of the program: it is read once, and a change needs a restart.
    """
    schema = read(file)
    fields = [expanded(field) for field in schema["fields"]]
    return {**schema, "fields": fields, "by_name": {field["field_name"]: field for field in fields}}


def form_schema(entity: EntityType) -> dict[str, Any]:
    """Return the entity's schema."""
    return schema_of(entity.schema)


def fields_of(entity: EntityType) -> list[Field]:
    """Return the fields of the entity's form, in the order of the form."""
    return form_schema(entity)["fields"]


def choices_of(entity: EntityType) -> dict[str, Field]:
    """Return the fields of the entity that hold one of a few choices, by name."""
    return {field["field_name"]: field for field in fields_of(entity) if "choices" in field}


def filters_of(entity: EntityType) -> dict[str, Field]:
    """Return what narrows a list down to some choices without being a field, by name (``filters``)."""
    return {each["field_name"]: each for each in form_schema(entity).get("filters", ())}


def field_of(entity: EntityType, name: str) -> Field:
    """Return one field of the entity's form; KeyError where it has none of that name."""
    return form_schema(entity)["by_name"][name]


def label_of(entity: EntityType, row: Any) -> str:
    """Return what a row is called: its title, or its kind and code while nobody knows one."""
    title, _ = entity.title_of(row.values())
    return title or f"{form_schema(entity)['singular']} {row.code}"


def check(*entities: EntityType) -> None:
    """Raise ValueError, naming file and field, where a form and its table do not hold the same fields.

    What only the form has would be lost when it is saved; what only the table has, nobody could fill in.
    """
    for entity in entities:
        asked = {field["field_name"]: field for field in fields_of(entity)}
        _compare(entity.schema, set(asked), entity.model.__name__, set(entity.model.fields()))
        for name, row in entity.model.row_fields().items():
            subfields = asked[name].get("repeating_subfields")
            if subfields:  # rows of a single column are asked for as a plain list
                file, inner = f"{entity.schema}, {name}", {each["field_name"] for each in subfields}
                _compare(file, inner, row.__name__, set(row.columns))


def _compare(file: str, in_form: set[str], model: str, in_table: set[str]) -> None:
    for name in sorted(in_form - in_table):
        raise ValueError(f"schemas/{file}: the model {model} has no column and no rows for the field {name}")
    for name in sorted(in_table - in_form):
        raise ValueError(f"schemas/{file}: lacks the field {name}, which the model {model} keeps")


def noun(entity: EntityType) -> str:
    """Return what one of these is called within a Spanish sentence (``municipio``)."""
    return form_schema(entity)["singular"].lower()


def choice_label(field: Field, value: Any) -> str:
    """Return the Spanish label of a choice; the value itself where it is none of them."""
    return next((c["label"] for c in field.get("choices", ()) if c["value"] == value), str(value))
