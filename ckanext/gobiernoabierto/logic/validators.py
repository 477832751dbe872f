"""Validators that ``schemas/*.yaml`` names: each says in plain words what to do about a bad value."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
from ckan.logic import validators as stock
from ckanext.gobiernoabierto.entities import codes, forms, registry
from ckanext.gobiernoabierto.entities.base import EntityType
from ckanext.gobiernoabierto.lib.formats import number, read_day
from ckanext.scheming.validation import scheming_validator

__all__ = [
    "gobiernoabierto_choice",
    "gobiernoabierto_chosen",
    "gobiernoabierto_codes",
    "gobiernoabierto_date",
    "gobiernoabierto_exists",
    "gobiernoabierto_flag",
    "gobiernoabierto_goals",
    "gobiernoabierto_integer",
    "gobiernoabierto_line",
    "gobiernoabierto_lines",
    "gobiernoabierto_phone",
    "gobiernoabierto_sentence",
    "gobiernoabierto_time",
    "gobiernoabierto_url",
    "group_name_validator",
    "package_name_validator",
]

MAX_LINE = 1000
MAX_SENTENCE = 300
MAX_ITEMS = 500
GOALS = 17
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that no line of text needs: controls, direction marks, unassigned, line breaks."""
NOT_OF_ADDRESSES = re.compile(r"""[\s\x00-\x1f\x7f"<>\\^`{}\u2018-\u201f\u00ab\u00bb]""")
"""Spaces, quotes and what else a browser writes with a ``%``; brackets and bars it leaves as they are."""
UNREADABLE = "\ufffd"
"""What stands for a byte or a character that could not be read; no text needs it."""
JOINERS = {"\u200c", "\u200d"}
"""Format characters that emoji and some scripts do need."""

OF_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
"""The form of an id of CKAN's: a UUID, with its hyphens or without."""

Field = dict[str, Any]


def not_given(value: Any) -> bool:
    """Tell whether there is no value: an empty list is one."""
    return value is None or value is tk.missing or value == ""


def is_empty(value: Any) -> bool:
    """Tell whether there is no value, or an empty list."""
    return not_given(value) or value == []


def gobiernoabierto_line(value: Any) -> str | None:
    """Return one trimmed line of text in NFC, or None; Invalid if it holds a break or is too long."""
    if is_empty(value):
        return None
    if not isinstance(value, str):
        raise tk.Invalid(tk._("Write a text"))
    # measured before each character is looked at: of ten million that would take a second
    text = readable(bounded(unicodedata.normalize("NFC", value).strip(), MAX_LINE))
    if any(unicodedata.category(c) in INVISIBLE and c not in JOINERS for c in text):
        raise tk.Invalid(tk._("The text has a line break or an invisible character: write it in one line"))
    return text or None


def gobiernoabierto_sentence(value: Any) -> str | None:
    """Return a text that is short enough to be read in passing as one trimmed line, or None."""
    if isinstance(value, str):
        value = bounded(" ".join(unicodedata.normalize("NFC", value).split()), MAX_SENTENCE)
    return gobiernoabierto_line(value)


def refused(errors: dict[str, Any]) -> tk.ValidationError:
    """Return the error to be raised for these, whatever the names of the fields.

    CKAN's constructor takes what stands under ``tags`` for errors of its own tags, and fails on any other.
    """
    error = tk.ValidationError({})
    error.error_dict = errors
    return error


def readable(text: str) -> str:
    """Return the text; Invalid if something of it could not be read."""
    if UNREADABLE in text:
        message = tk._("The text has a character that could not be read ({mark}): write it again")
        raise tk.Invalid(message.format(mark=UNREADABLE))
    return text


def bounded(text: str, most: int) -> str:
    """Return the text; Invalid, with its present length, if it has more than ``most`` characters."""
    if len(text) > most:
        message = tk._("The text has {length} characters, and at most {max} fit: shorten it")
        raise tk.Invalid(message.format(length=number(len(text)), max=number(most)))
    return text


def gobiernoabierto_lines(value: Any) -> list[str]:
    """Return several lines, given as a list or as one text with a line for each."""
    if is_empty(value):
        return []
    items = value.splitlines() if isinstance(value, str) else value
    if not isinstance(items, list):
        raise tk.Invalid(tk._("Give a list of texts"))
    if len(items) > MAX_ITEMS:
        raise tk.Invalid(tk._("There are more than {max} values: give fewer").format(max=MAX_ITEMS))
    lines = [gobiernoabierto_line(item) for item in items]
    return list(dict.fromkeys(line for line in lines if line))


def gobiernoabierto_integer(value: Any) -> int | None:
    """Return a whole number from 0 to 999,999, or None."""
    if is_empty(value):
        return None
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,6}", str(value).strip()):
        raise tk.Invalid(tk._("Write a whole number, for example 22"))
    return int(value)


def gobiernoabierto_flag(value: Any) -> bool | None:
    """Return true or false, given as JSON or as CKAN reads them in a text, or None."""
    if is_empty(value):
        return None
    try:
        if not isinstance(value, bool | str) and value not in (0, 1):
            raise ValueError
        return tk.asbool(value)
    except ValueError:
        raise tk.Invalid(tk._("Write true or false")) from None


def gobiernoabierto_chosen(value: Any) -> Any:
    """Return what was chosen, also if that is false; Invalid for nothing."""
    if is_empty(value):
        raise tk.Invalid(tk._("Choose one of them"))
    return value


def gobiernoabierto_goals(value: Any) -> list[int]:
    """Return the numbers of Sustainable Development Goals, each once: a list, or a text with commas."""
    if is_empty(value):
        return []
    items = re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else value
    numbers = {str(item) for item in items} if isinstance(items, list) else {""}
    if not numbers <= {str(goal) for goal in range(1, GOALS + 1)}:
        raise tk.Invalid(tk._("Write numbers from 1 to {last}, with commas between them").format(last=GOALS))
    return sorted(map(int, numbers))


def gobiernoabierto_date(value: Any) -> dt.date | None:
    """Return a date from ``YYYY-MM-DD``, or day first as in ``27/05/2017``; or None."""
    if is_empty(value):
        return None
    if isinstance(value, dt.date):
        return value
    try:
        return read_day(str(value))
    except ValueError:
        raise tk.Invalid(tk._("Write a date that exists, the day first, for example 27/05/2017")) from None


def gobiernoabierto_time(value: Any) -> dt.time | None:
    """Return an hour of Guatemala from ``HH:MM`` or ``H:MM``, or None."""
    if is_empty(value):
        return None
    if isinstance(value, dt.time):
        return value
    try:
        if not re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", str(value).strip()):
            raise ValueError
        return dt.time.fromisoformat(str(value).strip().zfill(5))
    except ValueError:
        raise tk.Invalid(tk._("Write the hour from 00:00 to 23:59, for example 09:00")) from None


def gobiernoabierto_url(value: Any) -> str | None:
    """Return an address that a browser can open safely: http or https, with a host."""
    if is_empty(value):
        return None
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        known = parts.port  # a number that no port can have is a ValueError
    except ValueError:
        parts, known = urlsplit(""), None
    if known == 0 or parts.username is not None:
        raise tk.Invalid(tk._("Write an address without a user, a password or an odd port"))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise tk.Invalid(tk._("Write an address that begins with http:// or https://"))
    if NOT_OF_ADDRESSES.search(value):
        raise tk.Invalid(
            tk._(
                "The address has a space, a quote or another character that no address can have: "
                "write it as the browser shows it"
            )
        )
    return value


def gobiernoabierto_phone(value: Any) -> str | None:
    """Return a telephone number as it was written: 8 digits, or + and more."""
    text = gobiernoabierto_line(value)
    if text is None:
        return None
    digits = re.sub(r"[ ()-]", "", text)
    if not re.fullmatch(r"[0-9]{8}|\+[0-9]{8,15}", digits):
        raise tk.Invalid(tk._("Write the telephone number with its 8 digits, for example 2422-1425"))
    return text


@scheming_validator
def gobiernoabierto_choice(field: Field, _schema: dict[str, Any]) -> Callable[[Any], str | None]:
    """Return a validator that takes one of the field's choices, or nothing."""
    allowed = {choice["value"] for choice in field["choices"]}

    def validator(value: Any) -> str | None:
        if is_empty(value):
            return None
        if not isinstance(value, str) or value not in allowed:
            raise tk.Invalid(tk._("Choose one of: {choices}").format(choices=", ".join(sorted(allowed))))
        return value

    return validator


def no_such(entity: EntityType, code: Any) -> str:
    """Return the message that ``entity`` has no such code."""
    message = tk._("There is no {entity} with the code {code}: correct it, or choose from the list")
    return message.format(entity=forms.noun(entity), code=str(code)[:100])


def _living_code(entity_name: str, value: Any) -> str:
    """Return the code that ``value`` stands for now; Invalid if there is no such entity."""
    entity = registry.entity_type(entity_name)
    found = codes.resolve(entity, value) if isinstance(value, str) and "\0" not in value else codes.Found()
    if found.row is None:
        raise tk.Invalid(no_such(entity, value))
    return found.row.code


@scheming_validator
def gobiernoabierto_exists(field: Field, _schema: dict[str, Any]) -> Callable[[Any], str | None]:
    """Return a validator that takes the code of an existing ``field['entity']``, or nothing.

    A code that was replaced becomes the one that replaced it.
    """

    def validator(value: Any) -> str | None:
        return None if is_empty(value) else _living_code(field["entity"], value)

    return validator


@scheming_validator
def gobiernoabierto_codes(field: Field, _schema: dict[str, Any]) -> Callable[[Any], list[str]]:
    """Return a validator that takes a list of codes of ``field['entity']``, each once."""

    def validator(value: Any) -> list[str]:
        items = [value] if isinstance(value, str) else ([] if is_empty(value) else value)
        if not isinstance(items, list) or len(items) > MAX_ITEMS:
            raise tk.Invalid(tk._("Give a list of codes"))
        living = [_living_code(field["entity"], item) for item in items if not is_empty(item)]
        return list(dict.fromkeys(living))

    return validator


def package_name_validator(key: tuple[Any, ...], data: Any, errors: Any, context: dict[str, Any]) -> None:
    """Check the name of a dataset as CKAN does, whose place this takes; Invalid for the id of another."""
    stock.package_name_validator(key, data, errors, context)
    _refuse_id(key, data, context.get("package"))


def group_name_validator(key: tuple[Any, ...], data: Any, errors: Any, context: dict[str, Any]) -> None:
    """Check the name of an organization or a group as ``package_name_validator``."""
    stock.group_name_validator(key, data, errors, context)
    _refuse_id(key, data, context.get("group"))


def _refuse_id(key: tuple[Any, ...], data: Any, stored: Any) -> None:
    """Raise Invalid for a name that has the form of an id.

    CKAN renames a deleted dataset to its own id, and finds things by id or by name: what has the id of
    another for its name is in the way of the one, and stands in for it in the other.
    """
    name = data[key]
    known = () if stored is None else (stored.id, stored.name)
    if isinstance(name, str) and OF_ID.fullmatch(name) and name not in known:
        raise tk.Invalid(
            tk._("An address cannot have the form of an identifier: choose words that say what it is about")
        )
