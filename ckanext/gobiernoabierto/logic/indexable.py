"""What of a dataset Solr can index, which refuses the whole document for one value, and others can read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib.search.index import KEY_CHARS
from ckanext.gobiernoabierto.lib.formats import number
from ckanext.gobiernoabierto.logic.validators import MAX_LINE, bounded
from dateutil.parser import ParserError, parse

MAX_TERM = 32_766
"""Bytes of UTF-8 that Solr takes as one term, as the value of an extra is."""
MAX_ADDRESS = 8_000
"""Characters of an address: even of four bytes each they are one term."""
MAX_KEY = 100

_PEOPLE = ("contact_email", "author", "author_email", "maintainer", "maintainer_email")
BOUNDS = {(name,): MAX_LINE for name in _PEOPLE}
BOUNDS_OF_FILE = {"url": MAX_ADDRESS, "format": MAX_LINE, "resource_type": MAX_LINE}
"""{field: characters}, of those that are one term, and of names and addresses of people."""
# fmt: off
BOUNDED_FIELDS_OF_FILE = frozenset({
    "description", "hash", "hash_algorithm", "issued", "language", "modified", "name", "size",
})
# fmt: on
"""Fields of a file whose own validators say how long they may be; all others fit in ``MAX_TERM`` bytes.

One with a megabyte would keep whoever renders the file as RDF busy for a minute.
"""

# fmt: off
FIELDS_OF_INDEX = frozenset({
    "capacity", "dataset_type", "entity_type", "index_id", "linked_names", "name_ngram", "permission_labels",
    "resources_accessed_recent", "resources_accessed_total", "site_id", "title_ngram", "views_recent",
    "views_total",
})
# fmt: on
"""Fields of the index that no dataset has: CKAN puts an extra of that name into them."""
SOLRS_OWN = re.compile(r"_.*_|_doc")
"""Names that Solr, and who writes to it, mean otherwise (``_version_``)."""

DATE = "_date"
"""How the names of extras end that the index holds as dates."""

Data = dict[tuple[Any, ...], Any]
Errors = dict[tuple[Any, ...], list[str]]


def check(data: Data, errors: Errors) -> None:
    """Say beside each field of the dataset, its files and extras what cannot be indexed or is too long."""
    for key, value in _fields(data):
        # of an extra CKAN stores a number as the text that it is
        text = str(value) if isinstance(value, int | float) else value
        if not isinstance(text, str):
            continue
        try:
            _check_one(key, text, data)
        except tk.Invalid as error:
            errors.setdefault(key, []).append(error.error)


def _fields(data: Data) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield (key, value) of all fields, as text what a file has that no form asks for."""
    for key, value in data.items():
        if key[0] == "resources" and key[-1] == "__extras" and isinstance(value, dict):
            for name, held in value.items():
                text = held if isinstance(held, str) else json.dumps(held, default=str, ensure_ascii=False)
                yield (*key[:-1], name), text
        else:
            yield key, value


def _check_one(key: tuple[Any, ...], value: str, data: Data) -> None:
    if key in BOUNDS:
        bounded(value, BOUNDS[key])
    elif key[0] == "resources" and key[-1] in BOUNDS_OF_FILE:
        bounded(value, BOUNDS_OF_FILE[key[-1]])
    elif key[0] == "resources" and key[-1] not in BOUNDED_FIELDS_OF_FILE:
        bounded(str(key[-1]), MAX_KEY)
        _check_size(value)
    elif key[0] == "extras" and key[-1] == "key":
        _check_name(bounded(value, MAX_KEY))
    elif key[0] == "extras" and key[-1] == "value":
        _check_value(_as_indexed(str(data.get((*key[:-1], "key")))), value)


def _check_size(value: str) -> None:
    if (size := len(value.encode(errors="surrogatepass"))) > MAX_TERM:
        message = tk._("The text has {length} bytes, and at most {max} fit: shorten it")
        raise tk.Invalid(message.format(length=number(size), max=number(MAX_TERM)))


def _check_value(name: str, value: str) -> None:
    _check_size(value)
    if name.endswith(DATE):
        _check_date(value)


def _as_indexed(name: str) -> str:
    """Return what CKAN calls an extra in the index."""
    return "".join(c for c in name if c in KEY_CHARS)


def _check_date(value: str) -> None:
    """Raise Invalid for a number that no date can have: CKAN would store the dataset, and never index it."""
    try:
        with suppress(ParserError):  # what is no date at all CKAN leaves out
            parse(value).isoformat()
    except Exception:  # whatever it is, CKAN does not expect it
        message = tk._("Write a date that exists, the day first, for example 27/05/2017")
        raise tk.Invalid(message) from None


def _check_name(name: str) -> None:
    indexed = _as_indexed(name)
    if not indexed or indexed in FIELDS_OF_INDEX or SOLRS_OWN.fullmatch(indexed):
        message = tk._("The search needs the name {name} for itself: choose another")
        raise tk.Invalid(message.format(name=name))
