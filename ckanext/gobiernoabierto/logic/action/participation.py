"""The special verbs of those who answer: a municipality, an invited one, the institution of a commitment."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import codes, data_request, forms, registry
from ckanext.gobiernoabierto.entities.base import DRAFT
from ckanext.gobiernoabierto.entities.participation import local_today
from ckanext.gobiernoabierto.links import mirror
from ckanext.gobiernoabierto.links.model import pairs
from ckanext.gobiernoabierto.logic.action.read import required_code

Context = dict[str, Any]
Data = dict[str, Any]

ANSWERED = ("problem", "idea")


def _update(context: Context, entity: str, data: Data, values: Data) -> Data:
    """Change the named fields of one entity as its update action does, whose permission was asked for."""
    given = {name: data[name] for name in ("version", "reason") if name in data}
    # The verb has its own permission; who writes is told by the user, which stays.
    allowed = {**context, "ignore_auth": True}
    changed = {"code": required_code(data), **given, **values}
    return tk.get_action(f"gobiernoabierto_{entity}_update")(allowed, changed)


def _allowed_row(context: Context, verb: str, entity: str, data: Data) -> Any:
    """Return the row that the user may do ``verb`` to; ObjectNotFound also for a draft of somebody else."""
    code = required_code(data)
    row = codes.resolve(registry.entity_type(entity), code).row
    if row is None:
        raise tk.ObjectNotFound(tk._("Not found"))
    try:
        tk.check_access(verb, context, {**data, "code": code})
    except tk.NotAuthorized:
        if row.visibility == DRAFT:
            raise tk.ObjectNotFound(tk._("Not found")) from None
        raise
    return row


def gobiernoabierto_answer_create(context: Context, data_dict: Data) -> Data:
    """Answer a problem or an idea, in the name of an office.

    :param entity: ``problem`` or ``idea``
    :param code: its code
    :param version: the version that you read
    :param office: the office that answers, not a person
    :param text: the answer
    :param date: the day of the answer; today, if it is not given
    :param state: the state that it has from now on (optional)
    :param state_reason: why, where the state demands it (optional)
    :returns: the values of what was answered
    :raises ValidationError: under ``answers`` for what is wrong with the answer
    """
    entity = data_dict.get("entity")
    if entity not in ANSWERED:
        message = tk._("Choose one of: {choices}").format(choices=", ".join(ANSWERED))
        raise tk.ValidationError({"entity": [message]})
    row = _allowed_row(context, "gobiernoabierto_answer_create", entity, data_dict)
    day = data_dict.get("date") or local_today().isoformat()
    answer = {"date": day, "office": data_dict.get("office"), "text": data_dict.get("text")}
    states = {name: data_dict[name] for name in ("state", "state_reason") if name in data_dict}
    answers = [*row.values()["answers"], answer]
    return _update(context, entity, data_dict, {"answers": answers, **states})


def gobiernoabierto_invitation_confirm(context: Context, data_dict: Data) -> Data:
    """Confirm an invitation, or decline it, in the name of an office of the invited municipality.

    :param code: its code
    :param version: the version that you read
    :param office: the office that answers, not a person
    :param declined: whether it declines (optional)
    :returns: the values of the invitation
    """
    row = _allowed_row(context, "gobiernoabierto_invitation_confirm", "invitation", data_dict)
    if row.state != "sent":
        raise tk.ValidationError({"code": [tk._("It was answered already, or it has expired")]})
    declined = data_dict.get("declined") in (True, "true", "True", "1", 1)
    answered = {
        "state": "declined" if declined else "confirmed",
        "answer_office": data_dict.get("office"),
        "answer_date": local_today().isoformat(),
    }
    return _update(context, "invitation", data_dict, answered)


def gobiernoabierto_commitment_self_report(context: Context, data_dict: Data) -> Data:
    """Say how far a commitment is, in the name of the institution that leads it.

    :param code: its code
    :param version: the version that you read
    :param self_report: one of the four steps of the IRM
    :returns: the values of the commitment
    """
    _allowed_row(context, "gobiernoabierto_commitment_self_report", "commitment", data_dict)
    told = {"self_report": data_dict.get("self_report"), "self_report_date": local_today().isoformat()}
    return _update(context, "commitment", data_dict, told)


def gobiernoabierto_data_request_close(context: Context, data_dict: Data) -> Data:
    """Close a request for data with the dataset that has them.

    :param code: its code
    :param version: the version that you read
    :param dataset: id or name of a public dataset that names the request's problem or, where it has none,
        its municipality
    :param reason: why, for the history (optional)
    :returns: the values of the request
    :raises ValidationError: under ``dataset`` for one that does not answer the request
    """
    row = _allowed_row(context, "gobiernoabierto_data_request_close", "data_request", data_dict)
    if row.state != data_request.OPEN:
        raise tk.ValidationError({"code": [tk._("It is not open: only an open request can be closed")]})
    package_id = _answering_dataset(row, data_dict.get("dataset"))
    closed = {"closed_by": package_id, "closed": local_today().isoformat(), "state_reason": None}
    return _update(context, "data_request", data_dict, {"state": data_request.CLOSED, **closed})


def _answering_dataset(row: Any, given: Any) -> str:
    """Return the id of the public dataset; ValidationError unless it names what the request is about."""
    found = mirror.public_dataset(given) if isinstance(given, str) else None
    if found is None:
        raise tk.ValidationError(
            {"dataset": [tk._("There is no public dataset of this name: publish it first")]}
        )
    about = ("problem", row.problem) if row.problem else ("municipality", row.municipality)
    if about not in pairs(mirror.mirror_of(found.package_id)):
        message = tk._("This dataset does not name {thing} {code}: add it there first, or choose another")
        noun = forms.noun(registry.entity_type(about[0]))
        raise tk.ValidationError({"dataset": [message.format(thing=noun, code=about[1])]})
    return found.package_id


ACTIONS = {
    "gobiernoabierto_answer_create": gobiernoabierto_answer_create,
    "gobiernoabierto_commitment_self_report": gobiernoabierto_commitment_self_report,
    "gobiernoabierto_data_request_close": gobiernoabierto_data_request_close,
    "gobiernoabierto_invitation_confirm": gobiernoabierto_invitation_confirm,
}
