"""What a form offers for a field that holds codes, to the person who fills it in."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import forms, registry
from ckanext.gobiernoabierto.entities.listing import Listing
from ckanext.gobiernoabierto.links import choices
from ckanext.gobiernoabierto.links.normalise import codes_for, read_codes
from ckanext.gobiernoabierto.logic import auth
from ckanext.gobiernoabierto.logic.action import read

__all__ = ["gobiernoabierto_chosen", "gobiernoabierto_code_groups", "gobiernoabierto_why_nothing"]


def gobiernoabierto_chosen(value: Any) -> list[str]:
    """Return what is chosen of a field with several values, as shown or as a form has sent it."""
    try:
        return read_codes(value)
    except ValueError:
        return []


def gobiernoabierto_code_groups(
    entity: str, value: Any, data: dict[str, Any], drafts: bool = False
) -> list[choices.Group]:
    """Return what a form offers for a field with codes of ``entity``, in groups.

    ``value`` is what the field holds, ``data`` the whole form, as shown or as sent. With ``drafts``, those
    that the person may see are offered too.

    Problems and ideas are those of the municipalities that are chosen in it or that the user works for.
    """
    try:
        chosen = codes_for(entity, value)
    except ValueError:
        chosen = []
    near = _near(data) if entity in choices.NEWEST_FIRST else ()
    return choices.groups(entity, chosen, near, _asked(entity, drafts))


def gobiernoabierto_why_nothing(entity: str, data: dict[str, Any], drafts: bool = False) -> str:
    """Return why ``gobiernoabierto_code_groups`` offers nothing but what is chosen, and what one can do."""
    if entity not in choices.NEWEST_FIRST or not choices.has_any(entity, _asked(entity, drafts)):
        return tk._("There is nothing to choose yet")
    kinds = forms.form_schema(registry.entity_type(entity))["plural"].lower()
    if _near(data):
        message = tk._("No {kinds} of your municipality are known. For one of another, write its code.")
        return message.format(kinds=kinds)
    message = tk._("Choose the municipality and save: then its {kinds} are offered here. Or write the code.")
    return message.format(kinds=kinds)


def _person() -> dict[str, Any]:
    return {"user": tk.g.user, "auth_user_obj": tk.g.userobj}


def _asked(entity: str, drafts: bool) -> Listing:
    return read.asked_listing(_person(), registry.entity_type(entity), {}) if drafts else choices.PUBLIC


def _near(data: dict[str, Any]) -> set[str]:
    mine = auth.roles(_person()).owned or {}
    return {*gobiernoabierto_chosen(data.get("municipality")), *mine.get("municipality", ())}
