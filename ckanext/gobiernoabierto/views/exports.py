"""What a list or an entity can be downloaded as. One table: a new format is one line in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.model import Session
from ckanext.gobiernoabierto.entities import forms, history, references, registry, store
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType, Values
from ckanext.gobiernoabierto.follow import feed, news, things
from ckanext.gobiernoabierto.follow.model import FOLLOWED
from ckanext.gobiernoabierto.lib import calendars, csv_writing, endings, sheets
from ckanext.gobiernoabierto.lib.endings import content_type as content_type
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.rdf.entity import MAPPINGS
from ckanext.gobiernoabierto.views import entity_form, events
from ckanext.gobiernoabierto.views.entity_form import ROWS, Names
from flask import stream_with_context

One = Callable[[EntityType, Any], bytes]
Many = Callable[[EntityType, Iterable[Any]], Iterator[bytes]]
Fits = Callable[[EntityType, Any], bool]
"""Takes a kind, and one row of it or None for its list."""


def _always(_entity: EntityType, _row: Any) -> bool:
    return True


@dataclass(frozen=True)
class Export:
    """A format: how one row becomes bytes, and, where it has one, how a list does."""

    label: str
    mimetype: str
    one: One
    many: Many | None = None
    download: bool = False
    """A browser saves it rather than showing it."""
    linked: bool = True
    """Pages link to it. What is only another name of a format is not linked."""
    fits: Fits = _always
    """Tells whether a row, or the list of a kind, can be had so; 404 if not."""


def streamed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Return the chunks as an answer's body, which is read after CKAN has given back the connection."""
    return stream_with_context(_own_session(chunks))


def _own_session(chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    finally:
        Session.remove()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def json_of_one(_entity: EntityType, row: Any) -> bytes:
    """Return the values of the row, as the action ``show`` has them."""
    return _json(store.plain_values(row))


def json_of_many(_entity: EntityType, rows: Iterable[Any]) -> Iterator[bytes]:
    """Yield a JSON list of the values of all rows."""
    before = b"[\n"
    for row in rows:
        yield before + _json(store.plain_values(row))
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


def csv_columns(entity: EntityType) -> list[str]:
    """Return the columns of the entity's CSV: the fields of its schema between code and dates."""
    return ["code", *[field["field_name"] for field in forms.fields_of(entity)], "created", "modified"]


def _cell(value: Any) -> Any:
    """Return what a cell holds; published values are never altered, whatever a spreadsheet makes of them."""
    if not isinstance(value, list):
        return value
    if all(isinstance(item, str) for item in value):
        return csv_writing.SEPARATOR.join(value)
    return json.dumps(value, ensure_ascii=False)


def csv_of_many(entity: EntityType, rows: Iterable[Any]) -> Iterator[bytes]:
    """Yield RFC 4180 lines in UTF-8, with the mark by which Excel knows that it is.

    Several values of a field stand in one cell, between ``|``; rows of a field (who takes part in a
    commitment) as JSON.
    """
    columns = csv_columns(entity)
    yield csv_writing.header(columns)
    for row in rows:
        values: Values = store.plain_values(row)
        yield csv_writing.line(_cell(values[column]) for column in columns)


def csv_of_one(entity: EntityType, row: Any) -> bytes:
    """Return a header and one line."""
    return b"".join(csv_of_many(entity, [row]))


def xlsx_of_many(entity: EntityType, rows: Iterable[Any]) -> Iterator[bytes]:
    """Yield a workbook: the columns of the CSV as forms name them, choices and rows as people read them."""
    fields = {field["field_name"]: field for field in forms.fields_of(entity)}
    own = {"code": tk._("Code"), "created": tk._("Created"), "modified": tk._("Changed")}
    columns = csv_columns(entity)
    headings = [own.get(name) or fields[name]["label"] for name in columns]
    names = _named_in_rows(fields.values())

    def cells(row: Any) -> Iterator[Any]:
        values = {**row.told(), **{name: getattr(row, name) for name in own}}
        for name in columns:
            yield _typed(values[name], fields.get(name, {}), names)

    return sheets.workbook(forms.form_schema(entity)["plural"], headings, map(cells, rows))


def _named_in_rows(fields: Iterable[forms.Field]) -> Names:
    """Return what everything published is called that rows of these fields can name: one query, or none."""
    kinds = {sub["entity"] for field in fields for sub in field.get(ROWS, ()) if "entity" in sub}
    return references.published(registry.entity_type(kind) for kind in sorted(kinds)) if kinds else {}


def _typed(value: Any, field: forms.Field, names: Names) -> Any:
    """Return what a cell of a workbook holds."""
    if ROWS in field:
        return "; ".join(_told_row(field, row, names) for row in history.plain(value)) or None
    if isinstance(value, list):
        return _cell(history.plain(value)) if value else None
    return forms.choice_label(field, value) if value is not None and "choices" in field else value


def _told_row(field: forms.Field, row: Values, names: Names) -> str:
    """Return a row of a field as people read it: ``Responsable: Instituto de Fomento Municipal (infom)``."""
    if "label" in row:  # attendance says itself what may be read
        return f"{row['label']}: {row['text']}"
    told = [entity_form.told(sub, row.get(sub["field_name"]), names) for sub in field[ROWS]]
    first, *rest = [", ".join(texts) for texts in told if texts]
    return f"{first}: {', '.join(rest)}" if rest else first


def xlsx_of_one(entity: EntityType, row: Any) -> bytes:
    """Return a workbook with one row."""
    return b"".join(xlsx_of_many(entity, [row]))


def _is_mapped(entity: EntityType, row: Any) -> bool:
    """Tell whether there is RDF of it; of drafts there is none, not even for those who may see them."""
    return entity.name in MAPPINGS and (row is None or row.visibility == PUBLISHED)


def _rdf(ending: str, label: str) -> Export:
    """Return the export of an RDF syntax."""

    def one(entity: EntityType, row: Any) -> bytes:
        return formats.serialize_entity(entity, row, ending)

    def many(entity: EntityType, rows: Iterable[Any]) -> Iterator[bytes]:
        return (formats.serialize_entities(entity, list(given), ending) for given in (rows,))

    mimetype, linked = formats.RDF_FORMATS[ending].mimetype, ending in formats.LINKED
    return Export(label, mimetype, one, many, linked=linked, fits=_is_mapped)


def _is_followed(entity: EntityType, row: Any) -> bool:
    """Tell whether there are news of it: of what is public, and of one thing at a time."""
    return entity.name in FOLLOWED and row is not None and row.visibility == PUBLISHED


def atom_of_one(entity: EntityType, row: Any) -> bytes:
    """Return the news of one entity."""
    thing = things.of_entity(entity.name, row.code, entity.title_of(row.values())[0])
    return feed.atom(thing, news.about(thing), row.created)


_PLAIN = (
    Export("CSV", "text/csv", csv_of_one, csv_of_many, download=True),
    Export("XLSX (Excel)", sheets.XLSX, xlsx_of_one, xlsx_of_many, download=True),
    Export("JSON", "application/json", json_of_one, json_of_many),
)
_SYNTAXES = ("Turtle", "JSON-LD", "RDF/XML", "RDF/XML", "N-Triples")

EXPORTS: dict[str, Export] = {
    **dict(zip(endings.PLAIN, _PLAIN, strict=True)),
    **{ending: _rdf(ending, label) for ending, label in zip(endings.RDF, _SYNTAXES, strict=True)},
    "ics": Export(
        "iCalendar",
        calendars.MIMETYPE,
        events.calendar_of_one,
        events.calendar_of_many,
        download=True,
        fits=events.has_days,
    ),
    "atom": Export("Atom", feed.MIMETYPE, atom_of_one, fits=_is_followed),
}
"""{ending of the address: format}."""


def export_of(entity: EntityType, ending: str, row: Any = None) -> Export:
    """Return the format of that ending; ObjectNotFound if the row, or the list, cannot be had so."""
    export = EXPORTS.get(ending)
    if export is None or not export.fits(entity, row):
        raise tk.ObjectNotFound()
    return export


def offered(entity: EntityType, row: Any = None) -> dict[str, Export]:
    """Return the formats that the page of a row, or of the list, links to."""
    return {
        ending: export for ending, export in EXPORTS.items() if export.linked and export.fits(entity, row)
    }
