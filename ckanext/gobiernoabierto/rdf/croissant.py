"""The tables of a dataset for those who train programs with them: Croissant 1.0, schema.org and more.

https://docs.mlcommons.org/croissant/docs/croissant-spec.html. Columns are told where somebody has described
them, as a Table Schema in the resource's ``schema``; nothing is read out of the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ckanext.dcat.profiles.croissant import JSONLD_CONTEXT

from . import authority
from .schemaorg import checksum, is_file, told

Values = dict[str, Any]

VERSION = "http://mlcommons.org/croissant/1.0"
CONTEXT = {
    **JSONLD_CONTEXT,
    "@language": "es",
    "equivalentProperty": "cr:equivalentProperty",
    "samplingRate": "cr:samplingRate",
}
"""ckanext-dcat's, in our language, and as the validator wants it: https://pypi.org/project/mlcroissant/."""
TABLES = ("CSV", "TSV", "XLSX", "XLS", "ODS")
COPIED = (
    *("name", "description", "url", "license", "keywords", "inLanguage", "datePublished", "dateModified"),
    *("publisher", "creator", "identifier", "sameAs"),
)
"""What it says as the dataset's schema.org form does."""
TYPES = {
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "datetime": "sc:Date",
}
"""Of Table Schema -> of Croissant, which demands one: any other is what all of them are in the file, text."""
TEXT = "sc:Text"
MOST_COLUMNS = 1000
MOST_CHARACTERS = 100_000


def croissant(dataset: Mapping[str, Any], form: Values) -> Values | None:
    """Return a dataset's tables, or None where it has no file that is one.

    ``form`` is what ``schemaorg`` returns. A file without a checksum may change under its address: then the
    whole is called live, which is how Croissant does without.
    """
    files = zip(dataset.get("resources") or (), form.get("distribution", ()), strict=True)
    tables = [(resource, file) for resource, file in files if _is_table(resource)]
    if not tables:
        return None
    found = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "@id": form["@id"],
        "conformsTo": VERSION,
        **{name: form.get(name) for name in COPIED},
        "isLiveDataset": None if all(_sum(resource) for resource, _file in tables) else True,
        "distribution": [_file_object(*each) for each in tables],
        "recordSet": [records for each in tables if (records := _records(*each))],
    }
    return told(found)


def _is_table(resource: Mapping[str, Any]) -> bool:
    known = authority.format_of(authority.file_type(resource.get("format")))
    return known in TABLES and is_file(resource)


def _sum(resource: Mapping[str, Any]) -> dict[str, str]:
    """Return the checksum, if it is one of the two that Croissant knows."""
    return {name: digits for name, digits in checksum(resource).items() if name in ("md5", "sha256")}


def _file_object(resource: Mapping[str, Any], file: Values) -> Values:
    return {"name": file["@id"].rpartition("/")[2], **file, **_sum(resource), "@type": "cr:FileObject"}


def _records(resource: Mapping[str, Any], file: Values) -> Values | None:
    columns = list(_columns(resource.get("schema")))
    if not columns:
        return None
    own = f"{file['@id']}#filas"
    fields = [_field(own, file["@id"], position, each) for position, each in enumerate(columns, 1)]
    return told({"@type": "cr:RecordSet", "@id": own, "name": file.get("name"), "field": fields})


def _field(records: str, file: str, position: int, column: Mapping[str, Any]) -> Values:
    name = column["name"]
    source = {"fileObject": {"@id": file}, "extract": {"column": name}}
    described = column.get("description") or column.get("title")
    found = {
        "@type": "cr:Field",
        "@id": f"{records}-{position}",
        "name": name,
        "description": described if isinstance(described, str) else None,
        "dataType": TYPES.get(str(column.get("type")), TEXT),
        "source": source,
    }
    return told(found)


def _columns(given: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the columns that a Table Schema describes; of anything else, none."""
    if isinstance(given, str):
        if len(given) > MOST_CHARACTERS:
            return
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return
    fields = given.get("fields") if isinstance(given, dict) else None
    for each in fields[:MOST_COLUMNS] if isinstance(fields, list) else ():
        if isinstance(each, dict) and isinstance(each.get("name"), str) and each["name"].strip():
            yield each
