"""What was refused of a form or a call, as its page tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.lib import formats


def ordered(labels: Mapping[str, str], errors: Mapping[str, Any]) -> list[str]:
    """Return the names of the errors, those of ``labels`` first and in their order: that of the page."""
    return [*[name for name in labels if name in errors], *[name for name in errors if name not in labels]]


def summary(labels: Mapping[str, str], errors: Mapping[str, list[Any]]) -> list[tuple[str, str, str]]:
    """Return (id of the field, its label, what to do) of each error, in the order of the page."""
    return [
        (f"field-{name}", labels.get(name, name), formats.sentences(errors[name]))
        for name in ordered(labels, errors)
    ]


def sentences(labels: Mapping[str, str], errors: Mapping[str, Any]) -> str:
    """Return what is wrong in one text, a sentence for each field in the order of ``labels``."""
    found = [(labels.get(name, name), _texts(errors[name])) for name in ordered(labels, errors)]
    return " ".join(f"{label}: {'. '.join(text.rstrip('.') for text in texts)}." for label, texts in found)


def _texts(messages: Any) -> list[str]:
    """Return the messages of a field, of each of its rows too."""
    if isinstance(messages, Mapping):
        messages = list(messages.values())
    return [text for each in messages for text in _texts(each)] if isinstance(messages, list) else [messages]


def words(error: tk.ValidationError) -> str:
    """Return what is wrong in one text, for what has one place to say it."""
    return formats.sentences(message for messages in error.error_dict.values() for message in messages)


def why(error: Exception) -> str:
    """Return why one of several rows was not written: what is wrong with it, or that it is of others."""
    if isinstance(error, tk.ValidationError):
        return words(error)
    return tk._("You may only write what belongs to your own organization: correct this")
