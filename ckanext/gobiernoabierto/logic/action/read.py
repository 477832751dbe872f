"""Actions that read: list, show and history of each entity, and the autocomplete."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.model import Session
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import codes, forms, history, listing, registry, store
from ckanext.gobiernoabierto.entities.base import EntityType
from ckanext.gobiernoabierto.links.filters import of as filters_of
from ckanext.gobiernoabierto.logic import auth
from ckanext.gobiernoabierto.logic.validators import refused

Context = dict[str, Any]
Data = dict[str, Any]
MAX_SUGGESTIONS = 50


def _number(data: Data, name: str, default: int, maximum: int) -> int:
    given = data.get(name, default)
    if isinstance(given, bool) or not re.fullmatch(r"[0-9]{1,9}", str(given)) or int(given) > maximum:
        raise tk.ValidationError({name: [tk._("Write a whole number from 0 to {max}").format(max=maximum)]})
    return int(given)


def clean_text(data: Mapping[str, Any], name: str) -> str | None:
    """Return a text that a caller looks for; ValidationError if it is none that could be found."""
    text = data.get(name)
    if text in (None, ""):
        return None
    if not isinstance(text, str) or "\0" in text or len(text) > 1000:
        raise tk.ValidationError({name: [tk._("Write a text of at most {max} characters").format(max=1000)]})
    return text.strip() or None


def _filter_value(entity: EntityType, data: Data, name: str) -> str | None:
    """Return what a field must hold; ValidationError for what is none of its choices."""
    value = clean_text(data, name)
    allowed = listing.values_of(entity, name)
    if value and allowed is not None and value not in allowed:
        message = tk._("Choose one of: {choices}").format(choices=", ".join(sorted(allowed)))
        raise tk.ValidationError({name: [message]})
    return value


def refuse_unknown(data: Data, known: Iterable[str] = ()) -> None:
    """Raise ValidationError under each parameter that is none of the known ones."""
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise refused({name: [tk._("This parameter does not exist")] for name in unknown})


def asked_listing(context: Context, entity: EntityType, data: Data) -> listing.Listing:
    """Return the list that ``data`` asks for, with the drafts that this user may see."""
    filters = {name: _filter_value(entity, data, name) for name in listing.filter_names(entity)}
    refuse_unknown(data, (*filters, "q", "limit", "offset"))
    user = auth.roles(context)
    return listing.Listing(
        q=clean_text(data, "q"),
        filters={name: code for name, code in filters.items() if code},
        computed=filters_of(entity, list(forms.filters_of(entity))),
        drafts=user.sysadmin or user.coordinator,
        drafts_of=auth.drafts_of(entity, user),
        limit=_number(data, "limit", config.page_size(), listing.MAX_ROWS),
        offset=_number(data, "offset", 0, 10**9),
    )


def _list(entity: EntityType) -> Callable[[Context, Data], Data]:
    @tk.side_effect_free
    def action(context: Context, data_dict: Data) -> Data:
        tk.check_access(entity.action("list"), context, data_dict)
        asked = asked_listing(context, entity, data_dict)
        rows = listing.page(entity, asked)
        return {
            "count": listing.count(entity, asked),
            "results": [store.plain_values(row) for row in rows],
        }

    action.__doc__ = f"""Return one page of the entities of kind {entity.name}.

    :param q: words of its names or its code, with or without accents
    :param limit: rows of the page, at most {listing.MAX_ROWS}
    :param offset: rows to leave out before the page
    :param {", ".join(listing.filter_names(entity)) or "-"}: code, or choice, that the field must hold
    :returns: ``{{"count": rows of the whole list, "results": [values]}}``
    """
    return action


def required_code(data: Data) -> str:
    """Return the ``code`` (or ``id``) of the call; ValidationError without one."""
    code = data.get("code") or data.get("id")
    if not isinstance(code, str) or not code or "\0" in code:
        raise tk.ValidationError({"code": [tk._("Give the code")]})
    return code


def readable_row(context: Context, entity: EntityType, data: Data, operation: str) -> Any:
    """Return the row that the call names.

    Raises ObjectNotFound if it is not there, and just so for a draft that the user may not see.
    """
    code = required_code(data)
    found = codes.resolve(entity, code)
    try:
        tk.check_access(entity.action(operation), context, {"code": code})
    except tk.NotAuthorized:
        raise tk.ObjectNotFound(tk._("Not found")) from None
    if found.row is None:
        raise tk.ObjectNotFound(tk._("Not found"))
    return found.row


def _show(entity: EntityType) -> Callable[[Context, Data], Data]:
    @tk.side_effect_free
    def action(context: Context, data_dict: Data) -> Data:
        row = readable_row(context, entity, data_dict, "show")
        if entity.model.told_as and auth.allows(context, entity, "update", row):
            return store.full_values(row)
        return store.plain_values(row)

    action.__doc__ = f"""Return one {entity.name}.

    :param code: its code, or one that it had earlier
    :returns: its values; dates and hours in ISO 8601, what is unknown as null. Groups of people (the
        attendance of a workshop) as numbers for those who may edit it, and for others as what is told of them
    :raises ObjectNotFound: also for a draft of somebody else
    """
    return action


def _history(entity: EntityType) -> Callable[[Context, Data], list[Data]]:
    @tk.side_effect_free
    def action(context: Context, data_dict: Data) -> list[Data]:
        row = readable_row(context, entity, data_dict, "history")
        rows = Session.execute(history.rows_about(entity.name, codes.every_code(entity, row.code))).scalars()
        if auth.allows(context, entity, "update", row):
            return [history.full(each) for each in rows]
        return [shown for each in rows if (shown := history.public_part(each, entity.untold))]

    action.__doc__ = f"""Return who changed what of one {entity.name}, the oldest first.

    :param code: its code
    :returns: a list of changes; who may not edit it gets neither authors nor what was a draft
    """
    return action


def entity_actions() -> dict[str, Callable[..., Any]]:
    """Return list, show and history of every entity."""
    made = {"list": _list, "show": _show, "history": _history}
    return {e.action(verb): make(e) for e in registry.ENTITY_TYPES for verb, make in made.items()}


@tk.side_effect_free
def gobiernoabierto_autocomplete(context: Context, data_dict: Data) -> list[Data]:
    """Return published entities whose name or code has what was typed, with or without accents.

    :param entity: kind of the entity, for example ``municipality``
    :param q: what was typed
    :param limit: at most so many, 10 if it is not given
    :returns: ``[{"code": …, "title": … or null, "title_kind": column of the title or null}]``
    """
    tk.check_access("gobiernoabierto_autocomplete", context, data_dict)
    try:
        entity = registry.entity_type(data_dict.get("entity", ""))
    except KeyError:
        raise tk.ValidationError({"entity": [tk._("There is no such kind of entity")]}) from None
    q = clean_text(data_dict, "q")
    limit = _number(data_dict, "limit", 10, MAX_SUGGESTIONS)
    found = listing.suggestions(entity, q, limit) if q else []
    return [{"code": n.code, "title": n.title, "title_kind": n.kind} for n in found]
