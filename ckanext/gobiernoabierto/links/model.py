"""The mirror of the datasets' links: which dataset names which entity, for joins and integrity."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from ckanext.gobiernoabierto.entities.base import BaseModel

LINKED = ("municipality", "workshop", "problem", "idea", "data_request", "commitment", "axis")
"""The dataset's fields that hold codes, each named as the entity of its codes, in the chain's order."""
LOCAL = ("workshop", "problem", "idea", "data_request")
"""Those whose entities are of municipalities."""
PRESET = "gobiernoabierto_links"
"""Of these fields in ``schemas/dataset.yaml``."""
COVERAGE, MUNICIPAL, NATIONAL = "coverage", "municipal", "national"
ORIGIN, FROM_WORKSHOP, NO_WORKSHOP = "workshop_origin", "workshop", "none"

Links = dict[str, list[str]]
"""{field of LINKED: codes}, all fields in place."""


class Link(BaseModel):
    """One code that one dataset holds. The dataset's own fields are the truth; this follows them.

    There is no foreign key to CKAN's tables; a trigger takes away the rows of a purged dataset.
    """

    __tablename__ = "gobiernoabierto_link"

    package_id = sa.Column(sa.Text, primary_key=True)
    entity = sa.Column(sa.Text, primary_key=True)
    code = sa.Column(sa.Text, primary_key=True)

    __table_args__ = (sa.Index("ix_gobiernoabierto_link_entity_code", "entity", "code"),)


def check(dataset_fields: Iterable[Mapping[str, Any]]) -> None:
    """Raise ValueError, naming the field, where the form of datasets and LINKED do not have the same links.

    Codes of a field that LINKED lacks would be stored as they come, and lead nowhere.
    """
    in_form = {
        each["field_name"]: each.get("entity") for each in dataset_fields if each.get("preset") == PRESET
    }
    for name in sorted(in_form.keys() - set(LINKED)):
        raise ValueError(f"schemas/dataset.yaml: LINKED of links/model.py lacks the field {name}")
    for name in LINKED:
        if name not in in_form:
            raise ValueError(f"schemas/dataset.yaml: no field {name} with preset {PRESET}; LINKED has it")
        if in_form[name] != name:
            raise ValueError(f"schemas/dataset.yaml: {name} holds codes of {in_form[name]}, not of {name}")


def stored_codes(value: Any) -> list[str]:
    """Return the codes of a field as CKAN keeps it (JSON text) or shows it (a list); of else, none."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return [code for code in value if isinstance(code, str)] if isinstance(value, list) else []


def links_of(fields: Mapping[str, Any]) -> Links:
    """Return the links that a dataset's extras, or its ``package_show``, hold."""
    return {name: stored_codes(fields.get(name)) for name in LINKED}


def pairs(links: Mapping[str, Iterable[str]]) -> set[tuple[str, str]]:
    """Return links as (entity, code) pairs."""
    return {(name, code) for name, codes in links.items() for code in codes}
