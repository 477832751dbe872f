"""The form of an entity, made from its file of ``schemas/``: what it shows, and what it sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import forms, history, references, store
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType, Values
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.entities.verbs import Verb
from ckanext.gobiernoabierto.lib import formats
from ckanext.gobiernoabierto.logic import validation
from ckanext.gobiernoabierto.views import refused_fields
from werkzeug.datastructures import MultiDict

Data = dict[str, Any]
Names = Mapping[tuple[str, str], Named]

ROWS = "repeating_subfields"
ROW_FIELD = re.compile(r"([a-z_]+)-([0-9]{1,4})-([a-z_]+)")
"""How a field of a row is called in the form: ``answers-0-date``."""
BESIDE = ("code", "reason", "save", "version")
"""What the form sends that is no field of the entity."""


def _subfields(field: forms.Field) -> dict[str, forms.Field]:
    return {sub["field_name"]: sub for sub in field[ROWS]}


def sent(asked: Iterable[forms.Field], form: MultiDict[str, str]) -> Data:
    """Return the fields that a form sent, rows without a word left out.

    What is no field is kept as it came, so that the action refuses it.
    """
    fields = {each["field_name"]: each for each in asked}
    data: Data = {}
    rows: dict[str, dict[int, Data]] = {name: {} for name, each in fields.items() if ROWS in each}
    for name, values in form.lists():
        of_row = ROW_FIELD.fullmatch(name)
        if of_row and of_row[1] in rows and of_row[3] in _subfields(fields[of_row[1]]):
            rows[of_row[1]].setdefault(int(of_row[2]), {})[of_row[3]] = values[0]
        elif fields.get(name, {}).get("preset") == "gobiernoabierto_codes":
            data[name] = [code for code in values if code]
        elif name not in (*BESIDE, tk.g.csrf_field_name):
            data[name] = values[0]
    for name, found in rows.items():
        typed = [sub for sub, each in _subfields(fields[name]).items() if not each.get("given")]
        data[name] = [
            row for _, row in sorted(found.items()) if any(row.get(sub, "").strip() for sub in typed)
        ]
    return data


def as_typed(asked: Iterable[forms.Field], values: Values) -> Data:
    """Return plain values as the form's fields hold them."""
    return {each["field_name"]: _as_typed(each, values[each["field_name"]]) for each in asked}


def _as_typed(field: forms.Field, value: Any) -> Any:
    if value is None:
        return ""
    if field.get("preset") == "gobiernoabierto_lines":
        return "\n".join(value)
    if field.get("preset") == "gobiernoabierto_goals":
        return ", ".join(map(str, value))
    return value


def told(field: forms.Field, value: Any, names: Names) -> list[str]:
    """Return a value as people read it, a text for each of several; ``names`` are those of its codes."""
    if value in (None, "", []):
        return []
    if ROWS in field:
        return [_told_row(field, row, names) for row in value]
    return [_told_one(field, each, names) for each in (value if isinstance(value, list) else [value])]


def _told_row(field: forms.Field, row: Data, names: Names) -> str:
    parts = {sub["label"]: told(sub, row.get(name), names) for name, sub in _subfields(field).items()}
    return "; ".join(f"{label}: {', '.join(texts)}" for label, texts in parts.items() if texts)


def _told_one(field: forms.Field, value: Any, names: Names) -> str:
    if field.get("preset") == "gobiernoabierto_date":
        return str(tk.h.gobiernoabierto_date(value))
    if "entity" in field:
        named = names.get((field["entity"], value))
        known = named is not None and named.visibility == PUBLISHED and named.title
        return f"{named.title} ({value})" if known and named else str(value)
    return forms.choice_label(field, value)


@dataclass(frozen=True)
class Difference:
    """A field of which somebody else stored something else than what was typed."""

    id: str
    label: str
    stored: list[str]
    typed: list[str]


def differences(
    entity: EntityType, row: Any, typed: Data, places: Mapping[str, str] | None = None
) -> list[Difference]:
    """Return the fields in which what was typed is not what is stored now.

    ``places`` says where a field is typed that is none of the form.
    """
    stored = store.full_values(row)
    values = history.plain(validation.as_far_as_valid(entity, typed))
    found = references.references_of(entity)
    names = references.titles(
        {(ref.target.name, code) for each in (stored, values) for ref in found for code in ref.codes(each)}
    )
    beside = [
        Difference(
            f"field-{(places or {}).get(name, name)}",
            each["label"],
            told(each, stored[name], names),
            told(each, values[name], names),
        )
        for each in forms.fields_of(entity)
        if (name := each["field_name"]) in values
    ]
    return [each for each in beside if each.stored != each.typed]


@dataclass
class EntityForm:
    """What the page of a new or changed entity shows."""

    entity: EntityType
    data: Data
    """The fields as they hold it, ``code``, ``version`` and ``reason`` too."""
    row: Any = None
    """What is stored; None for a new one."""
    errors: Mapping[str, Any] = field(default_factory=dict)
    differences: list[Difference] | None = None
    """What somebody else changed in between; None if nobody did."""
    gone: bool = False
    """Whether it was deleted in between, or the person may no longer see it."""
    verb: Verb | None = None
    """The special verb whose parameters it asks for, instead of the fields of the entity."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return the schema of the entity."""
        return forms.form_schema(self.entity)

    @property
    def asked(self) -> Sequence[forms.Field]:
        """Return the fields of the schema that it asks for."""
        return self.verb.fields if self.verb else forms.fields_of(self.entity)

    @property
    def fields(self) -> list[forms.Field]:
        """Return the fields that people fill in, as scheming's form snippets take them."""
        found = self.asked
        return [
            {**_for_the_form(each), "row": self.row}
            for each in found
            if each.get("form_snippet", "") is not None
        ]

    @property
    def asks_code(self) -> bool:
        """Tell whether who creates it gives its code."""
        return self.row is None and self.entity.numbered is None

    @property
    def closed(self) -> bool:
        """Tell whether there is nothing left to send: it is gone, or the verb does not fit it any more."""
        return self.gone or (self.verb is not None and not self.verb.fits(self.row))

    @property
    def public(self) -> bool:
        """Tell whether everybody sees what is stored."""
        return self.row is not None and self.row.visibility == PUBLISHED

    @property
    def label(self) -> str:
        """Return what is edited, as its page is called."""
        return forms.label_of(self.entity, self.row)

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """Return (id of the field, its label, what to do) of each error, in the order of the page."""
        labels = {"code": tk._("Code"), **{each["field_name"]: each["label"] for each in self.fields}}
        others = {each["field_name"]: each["label"] for each in forms.fields_of(self.entity)}
        fields = {each["field_name"]: each for each in self.fields}
        found: list[tuple[str, str, str]] = []
        for name in refused_fields.ordered(labels, self.errors):
            given = self.errors[name]
            texts = [text for text in given if isinstance(text, str)]
            if texts:
                label = labels.get(name) or others.get(name, name)
                found.append((f"field-{name}", label, formats.sentences(texts)))
            if ROWS in fields.get(name, {}):
                found += _errors_of_rows(fields[name], given, self.data.get(name) or [])
        return found

    def compare(self) -> None:
        """Put beside each other what somebody else has stored meanwhile and what was typed."""
        typed = self.verb.written(self.data) if self.verb else self.data
        places = self.verb.places if self.verb else {}
        self.differences = differences(self.entity, self.row, typed, places)
        self.data["version"] = self.row.version


def _for_the_form(field: forms.Field) -> forms.Field:
    """Return a field with what the snippets need: nothing is chosen for people before they choose."""
    shown = {**field, "form_include_blank_choice": True, "drafts": True}
    if ROWS in field:
        shown[ROWS] = [_for_the_form(sub) for sub in field[ROWS]]
    return shown


def _errors_of_rows(field: forms.Field, given: list[Any], rows: list[Data]) -> Iterator[tuple[str, str, str]]:
    for number, errors in enumerate(given):
        for name, sub in _subfields(field).items() if isinstance(errors, dict) else ():
            if errors.get(name):
                label = f"{_label_of_row(field, number, rows)}, {sub['label']}"
                yield f"field-{field['field_name']}-{number}-{name}", label, formats.sentences(errors[name])


def _label_of_row(field: forms.Field, number: int, rows: list[Data]) -> str:
    """Return what a row is called: by what the form itself has put into it, or by its place."""
    row = rows[number] if number < len(rows) else {}
    given = [
        forms.choice_label(sub, row.get(name)) for name, sub in _subfields(field).items() if sub.get("given")
    ]
    return f"{field['label']}: {', '.join(given)}" if given else f"{field['label']} {number + 1}"
