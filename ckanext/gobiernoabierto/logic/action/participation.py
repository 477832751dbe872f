"""The special verbs: of those who answer, of the institution of a commitment, of who closes a plan."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import codes, data_request, forms, registry, store
from ckanext.gobiernoabierto.entities.base import DRAFT, EntityType, now
from ckanext.gobiernoabierto.entities.participation import local_today
from ckanext.gobiernoabierto.entities.verbs import Verb, with_verb
from ckanext.gobiernoabierto.links import closing, mirror
from ckanext.gobiernoabierto.links.model import pairs
from ckanext.gobiernoabierto.logic import validation
from ckanext.gobiernoabierto.logic.action.read import required_code
from ckanext.gobiernoabierto.logic.action.write import expect_version, unit_of_work
from ckanext.gobiernoabierto.logic.validators import refused

Context = dict[str, Any]
Data = dict[str, Any]


def _kind(verb: str, given: Any) -> tuple[EntityType, Verb]:
    """Return the kind of entity that the call names, and its verb; ValidationError for another kind."""
    kinds = with_verb(verb)
    if not isinstance(given, str) or given not in kinds:
        message = tk._("Choose one of: {choices}").format(choices=", ".join(kinds))
        raise tk.ValidationError({"entity": [message]})
    return kinds[given]


def _asked(context: Context, entity: EntityType, verb: Verb, data: Data) -> tuple[Any, Data]:
    """Return the row that the user may do ``verb`` to, and the validated parameters of the call.

    Raises ObjectNotFound also for a draft of somebody else, ValidationError for a row that somebody
    changed meanwhile or to which there is nothing to do.
    """
    code = required_code(data)
    row = codes.resolve(entity, code).row
    if row is None:
        raise tk.ObjectNotFound(tk._("Not found"))
    try:
        tk.check_access(verb.action, context, {**data, "code": code})
    except tk.NotAuthorized:
        if row.visibility == DRAFT:
            raise tk.ObjectNotFound(tk._("Not found")) from None
        raise
    expect_version(row, data)
    if not verb.fits(row):
        raise tk.ValidationError({"code": [verb.otherwise]})
    return row, validation.validate_call(entity, verb, data)


def _update(context: Context, entity: EntityType, verb: Verb, data: Data, values: Data) -> Data:
    """Change the named fields of one entity as its update action does, whose permission was asked for.

    Errors of the fields stand under the parameters of the verb that write them.
    """
    given = {name: data[name] for name in ("version", "reason") if name in data}
    # The verb has its own permission; who writes is told by the user, which stays.
    allowed = {**context, "ignore_auth": True}
    changed = {"code": required_code(data), **given, **values}
    try:
        return tk.get_action(entity.action("update"))(allowed, changed)
    except tk.ValidationError as error:
        found = error.error_dict.items()
        raise refused({verb.places.get(name, name): said for name, said in found}) from None


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
    :param evidence: ``[{"text", "url"}]`` that join those there are (optional)
    :param reason: why, for the history (optional)
    :returns: the values of what was answered
    """
    entity, verb = _kind("answer_create", data_dict.get("entity"))
    row, given = _asked(context, entity, verb, data_dict)
    before = row.values()
    answer = {"office": given["office"], "text": given["text"], "date": given.get("date") or local_today()}
    values: Data = {"answers": [*before["answers"], answer]}
    if given.get("evidence"):
        values["evidence"] = [*before["evidence"], *given["evidence"]]
    if given.get("state"):
        values["state"] = given["state"]
    if "state_reason" in given:
        values["state_reason"] = given["state_reason"]
    return _update(context, entity, verb, data_dict, values)


def gobiernoabierto_invitation_confirm(context: Context, data_dict: Data) -> Data:
    """Confirm an invitation, or decline it, in the name of an office of the invited municipality.

    :param code: its code
    :param version: the version that you read
    :param office: the office that answers, not a person
    :param declined: whether it declines: it is answered once, so the answer has to be said
    :param reason: why, for the history (optional)
    :returns: the values of the invitation
    """
    entity, verb = _kind("invitation_confirm", "invitation")
    _, given = _asked(context, entity, verb, data_dict)
    answered = {
        "state": "declined" if given["declined"] else "confirmed",
        "answer_office": given["office"],
        "answer_date": local_today(),
    }
    return _update(context, entity, verb, data_dict, answered)


def gobiernoabierto_commitment_self_report(context: Context, data_dict: Data) -> Data:
    """Say how far a commitment is, in the name of the institution that leads it.

    :param code: its code
    :param version: the version that you read
    :param self_report: one of the four steps of the IRM
    :param evidence: ``[{"text", "url"}]`` that show it, instead of those there are (optional); for
        ``completed`` there has to be an address that answers, or a public document of the commitment
    :param reason: why, for the history (optional)
    :returns: the values of the commitment
    """
    entity, verb = _kind("commitment_self_report", "commitment")
    _, given = _asked(context, entity, verb, data_dict)
    told = {**given, "self_report_date": local_today()}
    return _update(context, entity, verb, data_dict, told)


def gobiernoabierto_data_request_close(context: Context, data_dict: Data) -> Data:
    """Close a request for data with the dataset that has them.

    :param code: its code
    :param version: the version that you read
    :param dataset: id or name of a public dataset that names the request, its problem or, where it has
        none, its municipality
    :param reason: why, for the history (optional)
    :returns: the values of the request
    :raises ValidationError: under ``dataset`` for one that does not answer the request
    """
    entity, verb = _kind("data_request_close", "data_request")
    row, given = _asked(context, entity, verb, data_dict)
    package_id = _answering_dataset(row, given["dataset"])
    return _update(context, entity, verb, data_dict, data_request.closed_with(package_id))


def _answering_dataset(row: Any, given: str) -> str:
    """Return the id of the public dataset; ValidationError unless it names what the request is about."""
    found = mirror.public_dataset(given)
    if found is None:
        raise tk.ValidationError(
            {"dataset": [tk._("There is no public dataset of this name: publish it first")]}
        )
    about, named = data_request.about(row), pairs(mirror.mirror_of(found.package_id))
    if not named & {about, ("data_request", row.code)}:
        message = tk._("This dataset does not name {thing} {code}: add it there first, or choose another")
        noun = forms.noun(registry.entity_type(about[0]))
        raise tk.ValidationError({"dataset": [message.format(thing=noun, code=about[1])]})
    return found.package_id


def gobiernoabierto_plan_close(context: Context, data_dict: Data) -> Data:
    """Keep the page of a plan whose term has ended as it is published now, to be cited.

    What is changed later stands on the plan's own page and is marked on the kept one.

    :param code: its code
    :param version: the version that you read
    :param reason: why, for the history (optional)
    :returns: the values of the plan
    :raises ValidationError: under ``code`` before its end, for a draft, and for one that is closed already
    """
    entity, verb = _kind("plan_close", "plan")
    with unit_of_work(context):
        row, _ = _asked(context, entity, verb, data_dict)
        _update({**context, "defer_commit": True}, entity, verb, data_dict, {"closed": local_today()})
        closing.close(row, now())
    return store.plain_values(row)


ACTIONS = {
    "gobiernoabierto_answer_create": gobiernoabierto_answer_create,
    "gobiernoabierto_commitment_self_report": gobiernoabierto_commitment_self_report,
    "gobiernoabierto_data_request_close": gobiernoabierto_data_request_close,
    "gobiernoabierto_invitation_confirm": gobiernoabierto_invitation_confirm,
    "gobiernoabierto_plan_close": gobiernoabierto_plan_close,
}
