"""What a list or an entity can be downloaded as. One table: a new format is one line in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ckanext.gobiernoabierto.entities import forms, store
from ckanext.gobiernoabierto.entities.base import EntityType, Values

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
SEPARATOR = "|"
"""Between several values of one cell, as in the reference data."""

One = Callable[[EntityType, Any], bytes]
Many = Callable[[EntityType, Iterable[Any]], Iterator[bytes]]


@dataclass(frozen=True)
class Export:
    """A format: how one row becomes bytes, and, where it has one, how a list does."""

    label: str
    mimetype: str
    one: One
    many: Many | None = None
    download: bool = False
    """A browser saves it rather than showing it."""


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
        return SEPARATOR.join(value)
    return json.dumps(value, ensure_ascii=False)


def _csv_line(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def csv_of_many(entity: EntityType, rows: Iterable[Any]) -> Iterator[bytes]:
    """Yield RFC 4180 lines in UTF-8, with the mark by which Excel knows that it is.

    Several values of a field stand in one cell, between ``|``; rows of a field (who takes part in a
    commitment) as JSON.
    """
    columns = csv_columns(entity)
    yield (BOM + _csv_line(columns)).encode()
    for row in rows:
        values: Values = store.plain_values(row)
        yield _csv_line(_cell(values[column]) for column in columns).encode()


def csv_of_one(entity: EntityType, row: Any) -> bytes:
    """Return a header and one line."""
    return b"".join(csv_of_many(entity, [row]))


EXPORTS: dict[str, Export] = {
    "csv": Export("CSV", "text/csv", csv_of_one, csv_of_many, download=True),
    "json": Export("JSON", "application/json", json_of_one, json_of_many),
}
"""{ending of the address: format}."""
