"""The special verbs of an entity, as its file of ``schemas/`` declares them under ``verbs``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from . import forms, registry
from .base import PREFIX, EntityType, Values
from .participation import local_today

ROWS = "repeating_subfields"


@dataclass(frozen=True)
class Verb:
    """What can be done to an entity beside the six actions: its parameters, and when it makes sense."""

    name: str
    """Of its action, without our prefix: ``answer_create``."""
    path: str
    """Last part of the address of its form."""
    label: str
    about: str
    done: str
    """What is said afterwards."""
    fields: tuple[forms.Field, ...]
    """Its parameters; ``of`` says which field of the entity one writes (``answers.office``: of a row).
    Rows join those that the field has, unless one ``replaces`` them."""
    when: Mapping[str, list[str | None]]
    """{own field: values} with which there is something to do; of a field that is not named, any."""
    after: str
    """Own field with the day that must have passed, or nothing."""
    otherwise: str
    """Why it cannot be done without them."""

    @property
    def action(self) -> str:
        """Return the name of its action, and of its auth function."""
        return f"{PREFIX}{self.name}"

    @property
    def places(self) -> dict[str, str]:
        """Return {field of the entity: the parameter that writes it}, the first one of several."""
        written = [(each["of"], each["field_name"]) for each in self.fields[::-1] if "of" in each]
        return {of.partition(".")[0]: name for of, name in written}

    def fits(self, row: Any) -> bool:
        """Tell whether there is something to do to this row."""
        day = getattr(row, self.after) if self.after else dt.date.min
        passed = day is not None and day < local_today()
        return passed and all(getattr(row, name) in values for name, values in self.when.items())

    def held(self, values: Values) -> Values:
        """Return what its parameters are at first: what ``values`` hold where one replaces it."""
        whole = {
            each["field_name"]: each.get("of")
            for each in self.fields
            if ROWS not in each or each.get("replaces")
        }
        return {
            each["field_name"]: values.get(whole.get(each["field_name"]) or "", each.get("default"))
            for each in self.fields
        }

    def written(self, data: Mapping[str, Any]) -> Values:
        """Return the parameters that were given as the fields of the entity that they write."""
        values: Values = {}
        for each in self.fields:
            name, _, sub = each.get("of", "").partition(".")
            given = data.get(each["field_name"])
            if not name or given is None or (given == [] and not each.get("replaces")):  # no row to add
                continue
            if sub:
                values.setdefault(name, [{}])[0][sub] = given
            else:
                values[name] = given
        return values


def _field(entity: EntityType, given: forms.Field) -> forms.Field:
    """Return a parameter with what it takes over from the field that it writes; KeyError without one."""
    base: forms.Field = {"repeating_subfields": forms.fields_of(entity)}
    for name in given["of"].split(".") if "of" in given else ():
        base = {each["field_name"]: each for each in base["repeating_subfields"]}[name]
    return {**base, **forms.expanded(given)} if "of" in given else forms.expanded(given)


def _verb(entity: EntityType, given: Mapping[str, Any]) -> Verb:
    return Verb(
        name=given["verb"],
        path=given["path"],
        label=given["label"],
        about=given["about"],
        done=given["done"],
        fields=tuple(_field(entity, each) for each in given["fields"]),
        when=given.get("when", {}),
        after=given.get("after", ""),
        otherwise=given.get("otherwise", ""),
    )


@cache
def verbs_of(entity: EntityType) -> tuple[Verb, ...]:
    """Return the special verbs of an entity, in the order of its file; most have none."""
    return tuple(_verb(entity, given) for given in forms.form_schema(entity).get("verbs", ()))


def with_verb(name: str) -> dict[str, tuple[EntityType, Verb]]:
    """Return {name of the kind: it and its verb} of the kinds of entities that have this verb."""
    every = ((entity, verb) for entity in registry.ENTITY_TYPES for verb in verbs_of(entity))
    return {entity.name: (entity, verb) for entity, verb in every if verb.name == name}
