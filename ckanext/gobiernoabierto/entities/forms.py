"""What people fill in for an entity: its file of ``schemas/``, read and with its presets expanded."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from .base import EntityType

Field = dict[str, Any]
FOLDER = "ckanext.gobiernoabierto.schemas"


def _read(name: str) -> dict[str, Any]:
    return yaml.safe_load(resources.files(FOLDER).joinpath(name).read_text("utf-8"))


@cache
def _presets() -> dict[str, Field]:
    return {preset["preset_name"]: preset["values"] for preset in _read("presets.yaml")["presets"]}


def _expanded(field: Field) -> Field:
    whole = {**_presets().get(field.get("preset", ""), {}), **field}
    if "repeating_subfields" in whole:
        whole["repeating_subfields"] = [_expanded(sub) for sub in whole["repeating_subfields"]]
    return whole


@cache
def form_schema(entity: EntityType) -> dict[str, Any]:
    """Return the entity's schema in scheming's format, presets expanded.

    The file is part of the program: it is read once, and a change needs a restart.
    """
    schema = _read(entity.schema)
    return {**schema, "fields": [_expanded(field) for field in schema["fields"]]}


def fields_of(entity: EntityType) -> list[Field]:
    """Return the fields of the entity's form, in the order of the form."""
    return form_schema(entity)["fields"]


def noun(entity: EntityType) -> str:
    """Return what one of these is called within a Spanish sentence (``municipio``)."""
    return form_schema(entity)["singular"].lower()


def choice_label(field: Field, value: Any) -> str:
    """Return the Spanish label of a choice; the value itself where it is none of them."""
    return next((c["label"] for c in field.get("choices", ()) if c["value"] == value), str(value))
