"""Validators of single fields of a dataset or a file, as ``schemas/dataset.yaml`` names them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.intake.uploader import ReceivedName
from ckanext.gobiernoabierto.links.model import stored_codes
from ckanext.gobiernoabierto.links.normalise import read_codes
from ckanext.gobiernoabierto.logic.validators import (
    bounded,
    gobiernoabierto_date,
    gobiernoabierto_line,
    gobiernoabierto_url,
    is_empty,
    not_given,
    readable,
)
from ckanext.scheming.validation import scheming_validator

__all__ = [
    "gobiernoabierto_address",
    "gobiernoabierto_bytes",
    "gobiernoabierto_choices",
    "gobiernoabierto_day",
    "gobiernoabierto_default",
    "gobiernoabierto_from_list",
    "gobiernoabierto_hash",
    "gobiernoabierto_licence",
    "gobiernoabierto_organization",
    "gobiernoabierto_received",
    "gobiernoabierto_text",
    "gobiernoabierto_title",
    "gobiernoabierto_to_list",
]

MAX_TEXT = 100_000
MAX_TITLE = 250
DATASTORE_ONLY = "_datastore_only_resource"
"""What CKAN puts in the place of an address where there is only a table."""
LINE_BREAKS = {"\n", "\r", "\t"}
WORDS_BREAKS = dict.fromkeys(map(ord, "\v\f\x85"), "\n")
"""How word processors write the break of a line or a page."""
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the direction of a text: it would say something else than is stored."""

Field = dict[str, Any]


@scheming_validator
def gobiernoabierto_default(field: Field, _schema: dict[str, Any]) -> Callable[[Any], Any]:
    """Return a validator that puts the field's ``default`` where nothing is given."""

    def validator(value: Any) -> Any:
        return field["default"] if is_empty(value) else value

    return validator


def gobiernoabierto_text(value: Any) -> str | None:
    """Return a text of several lines in NFC, or None; Invalid with invisible controls or if too long."""
    if not_given(value):
        return None
    if not isinstance(value, str):
        raise tk.Invalid(tk._("Write a text"))
    text = unicodedata.normalize("NFC", value).translate(WORDS_BREAKS).strip()
    text = readable(bounded(text, MAX_TEXT))
    controls = (c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in LINE_BREAKS)
    if next(controls, None) or DIRECTIONS.search(text):
        raise tk.Invalid(tk._("The text has an invisible control character: write it again"))
    return text or None


def gobiernoabierto_organization(value: Any) -> Any:
    """Return what is given; Invalid, with the reason for which even a draft needs one, if nothing is."""
    if not_given(value):
        raise tk.Invalid(
            tk._("Choose the organization, of a draft too: it says who may see it and go on with it")
        )
    return value


def gobiernoabierto_title(value: Any) -> str | None:
    """Return what a dataset or a file is called: one line that fits in a list, or None."""
    title = gobiernoabierto_line(value)
    return bounded(title, MAX_TITLE) if title else None


def gobiernoabierto_to_list(value: Any) -> str:
    """Return a list of texts as CKAN keeps it: JSON."""
    return json.dumps([] if not_given(value) else value, ensure_ascii=False)


def gobiernoabierto_from_list(value: Any) -> list[str]:
    """Return a list that CKAN keeps as JSON, or as it is, as a list."""
    return stored_codes(value)


@scheming_validator
def gobiernoabierto_choices(field: Field, _schema: dict[str, Any]) -> Callable[[Any], list[str]]:
    """Return a validator that takes several of the field's choices: a list, JSON, or one of them."""
    allowed = [choice["value"] for choice in field["choices"]]

    def validator(value: Any) -> list[str]:
        try:
            chosen = read_codes(None if value is tk.missing else value)
        except ValueError:
            raise tk.Invalid(tk._("Give a list of texts")) from None
        if not set(chosen) <= set(allowed):
            raise tk.Invalid(tk._("Choose one of: {choices}").format(choices=", ".join(allowed)))
        return chosen

    return validator


def gobiernoabierto_licence(value: Any, context: dict[str, Any]) -> str | None:
    """Return the id of a licence that the site offers, or that the dataset already has."""
    if not_given(value):
        return None
    package = context.get("package")
    if value not in model.Package.get_license_register() and value != getattr(package, "license_id", None):
        raise tk.Invalid(tk._("Choose a licence of the list"))
    return value


def gobiernoabierto_day(value: Any) -> str | None:
    """Return a date as the text ``YYYY-MM-DD``, or None."""
    day = gobiernoabierto_date(value)
    return day.isoformat() if day else None


def gobiernoabierto_bytes(value: Any) -> int | None:
    """Return a number of bytes, or None."""
    if not_given(value):
        return None
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,15}", str(value).strip()):
        raise tk.Invalid(tk._("Write the size in bytes, digits only, for example 20480"))
    return int(value)


def gobiernoabierto_hash(value: Any) -> str | None:
    """Return a checksum of 32 to 128 hexadecimal digits, in lower case, or None."""
    if not_given(value):
        return None
    if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Fa-f]{32,128}", value.strip()):
        raise tk.Invalid(tk._("Write the checksum as 32 to 128 digits from 0 to 9 and letters from a to f"))
    return value.strip().lower()


def gobiernoabierto_received(
    key: tuple[Any, ...], data: dict[tuple[Any, ...], Any], errors: Any, context: dict[str, Any]
) -> None:
    """Demand the file of a resource that says it has one of ours: it came with this call, or is stored.

    Of a stored file the media type stays what its bytes said; the error stands beside ``upload``.
    """
    of_file = key[:-1]
    if data.get((*of_file, "url_type")) != "upload" or isinstance(data.get(key), ReceivedName):
        return
    id, package = data.get((*of_file, "id")), context.get("package")
    stored = model.Resource.get(id) if isinstance(id, str) else None
    if stored and package and stored.package_id == package.id and stored.url_type == "upload":
        data[*of_file, "mimetype"] = stored.mimetype
        return
    errors[*of_file, "upload"] = [tk._("Choose a file, or write its address")]
    raise tk.StopOnError


def gobiernoabierto_address(
    key: tuple[Any, ...], data: dict[tuple[Any, ...], Any], errors: Any, _context: dict[str, Any]
) -> None:
    """Demand a file or its address; one that is somewhere else begins with http or https."""
    uploaded = data.get((*key[:-1], "url_type")) == "upload" or data.get(key) == DATASTORE_ONLY
    try:
        if not_given(data.get(key)):
            raise tk.Invalid(tk._("Choose a file, or write its address"))
        if not uploaded:
            gobiernoabierto_url(data[key])
    except tk.Invalid as error:
        errors[key].append(error.error)
