"""Actions that write: create, update and delete of each entity, each one commit with one history row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckanext.gobiernoabierto.entities import codes, numbering, registry, store
from ckanext.gobiernoabierto.entities.base import DRAFT, PUBLISHED, EntityType
from ckanext.gobiernoabierto.entities.history import Actor, plain
from ckanext.gobiernoabierto.links import evidence, reindex
from ckanext.gobiernoabierto.logic import auth, validation
from ckanext.gobiernoabierto.logic.action.read import clean_text, required_code
from ckanext.gobiernoabierto.logic.stock.search import indexed_by_solr
from ckanext.gobiernoabierto.logic.uses import refuse_if_used
from ckanext.gobiernoabierto.logic.validators import readable

Context = dict[str, Any]
Data = dict[str, Any]
Verdicts = dict[str, evidence.Verdict]


@contextmanager
def unit_of_work(context: Context) -> Iterator[None]:
    """Commit once at the end, or nothing at all; ``defer_commit`` leaves the commit to the caller."""
    try:
        yield
        if not context.get("defer_commit"):
            with indexed_by_solr():
                model.repo.commit()
    except evidence.NotAskedError:
        if not context.get("defer_commit"):  # else it is the caller's work, and its lock, that would go
            model.Session.rollback()
        raise
    except BaseException:
        model.Session.rollback()
        raise


def actor(context: Context, data: Data) -> Actor:
    """Return on whose behalf the call writes, with the reason that it gives."""
    user = model.User.get(context.get("user"))
    reason = clean_text(data, "reason")
    try:
        return Actor(user_id=user.id if user else None, reason=readable(reason) if reason else None)
    except tk.Invalid as error:
        raise tk.ValidationError({"reason": [error.error]}) from None


def _own_row(context: Context, entity: EntityType, data: Data, operation: str) -> Any:
    """Return the row that the user may write, locked and at the version that the user read."""
    code = required_code(data)
    found = codes.resolve(entity, code)
    try:
        tk.check_access(entity.action(operation), context, {**data, "code": code})
    except tk.NotAuthorized:
        # nobody learns of a draft by trying to write it
        if found.row is None or found.row.visibility == DRAFT:
            raise tk.ObjectNotFound(tk._("Not found")) from None
        raise
    row = store.locked(entity, found.row.code) if found.row is not None else None
    if row is None:
        raise tk.ObjectNotFound(tk._("Not found"))
    expect_version(row, data)
    return row


def expect_version(row: Any, data: Data) -> None:
    """Raise ValidationError under ``version`` unless the caller read the version that ``row`` has."""
    if validation.validate_version(data.get("version")) != row.version:
        message = tk._("Somebody changed it after you read it: version {version} is the current one")
        raise tk.ValidationError({"version": [message.format(version=row.version)]})


def refuse_used_code(entity: EntityType, code: str, field: str = "code") -> None:
    """Raise ValidationError under ``field`` if the code is, or ever was, one of this entity."""
    if codes.was_used(entity, code):
        raise tk.ValidationError({field: [tk._("This code is or was in use: codes are never used again")]})


def _refuse_by_verb(context: Context, entity: EntityType, data: Data, held: Data) -> None:
    """Raise ValidationError for what only a verb, or the site, writes; the verbs and the site itself may."""
    if context.get("ignore_auth"):
        return
    given = {name: data[name] or None for name in entity.by_verb if name in data}
    stays, lasts = plain(held), plain(_lasting(entity, held, data))
    message = tk._("This is written by the action that closes it")
    errors = {
        n: [message] for n, each in given.items() if each not in (stays.get(n) or None, lasts.get(n) or None)
    }
    for name in entity.by_site:
        if name in data and (data[name] or None) != held.get(name):
            errors[name] = [tk._("The site writes this by itself: leave it out")]
    if errors:
        raise tk.ValidationError(errors)


def _lasting(entity: EntityType, held: Data, data: Data) -> Data:
    """Return what is stored without what a verb wrote for a state that the call ends."""
    if data.get("state") in (None, held.get("state")):
        return held
    return {**held, **dict.fromkeys(entity.by_verb)}


@contextmanager
def refused_duplicates() -> Iterator[None]:
    """Turn a unique constraint that two writers met at once into the error of the field."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        model.Session.rollback()
        field = "number" if "number" in (error.orig.diag.constraint_name or "") else "code"
        raise tk.ValidationError(
            {field: [tk._("Another one has this {field}").format(field=field)]}
        ) from None


def _new_code(entity: EntityType, data: Data, values: Data) -> str:
    """Return the code that the caller gives, or the one that the site makes."""
    if entity.numbered:
        if data.get("code"):
            raise tk.ValidationError({"code": [tk._("The code is given by counting: leave it out")]})
        return numbering.next_code(entity, values)
    if entity.coined and data.get("code") in (None, ""):
        return numbering.coined_code(entity, values)
    code = validation.validate_code(entity, data.get("code"))
    refuse_used_code(entity, code)
    return code


def _asking(attempt: Callable[[Verdicts], Data]) -> Data:
    """Return what ``attempt`` gives, whose addresses of evidence are asked while nothing is locked.

    It begins anew with what came of them, so that what was asked is, under the lock, what is written.
    """
    asked: Verdicts = {}
    while True:
        try:
            return attempt(asked)
        except evidence.NotAskedError as missing:
            asked |= evidence.ask(missing.urls)


def _about_code(entity: EntityType) -> str:
    """Return what callers are told of the code of a new one."""
    if entity.numbered:
        return " (given by counting)"
    return " (made by the site if it is not given)" if entity.coined else ""


def _create(entity: EntityType) -> Callable[[Context, Data], Data]:
    def attempt(context: Context, data_dict: Data, asked: Verdicts) -> Data:
        with unit_of_work(context):
            _refuse_by_verb(context, entity, data_dict, {})
            visibility = validation.validate_visibility(data_dict.get("visibility", DRAFT))
            values = validation.validate(entity, data_dict, visibility=visibility, context=context)
            evidence.require(entity, {}, values, asked)
            who = actor(context, data_dict)
            code = _new_code(entity, data_dict, values)
            evidence.refuse_itself(entity, code, {}, values)
            with refused_duplicates():
                row = store.create(entity, code, values, visibility, who)
        return store.full_values(row)

    def action(context: Context, data_dict: Data) -> Data:
        tk.check_access(entity.action("create"), context, data_dict)
        return _asking(lambda asked: attempt(context, data_dict, asked))

    action.__doc__ = f"""Create a {entity.name}.

    :param code: its public code, which never changes{_about_code(entity)}
    :param visibility: ``draft`` (if it is not given) or ``published``
    :param reason: why, for the history (optional)

    The other parameters are the fields of ``schemas/{entity.schema}``.

    :returns: its values
    """
    return action


def _update(entity: EntityType) -> Callable[[Context, Data], Data]:
    def attempt(context: Context, data_dict: Data, asked: Verdicts) -> Data:
        with unit_of_work(context):
            row = _own_row(context, entity, data_dict, "update")
            _refuse_by_verb(context, entity, data_dict, row.values())
            visibility = validation.validate_visibility(data_dict.get("visibility", row.visibility))
            was_draft = row.visibility == DRAFT
            given = {**_lasting(entity, row.values(), data_dict), **data_dict}
            values = validation.validate(
                entity,
                given,
                before=row.values(),
                anew=was_draft and visibility == PUBLISHED,
                visibility=visibility,
                documents=row.attached(),
                context=context,
            )
            evidence.refuse_itself(entity, row.code, row.values(), values)
            evidence.require(entity, row.values(), values, asked)
            if visibility == DRAFT and not was_draft:
                refuse_if_used(context, entity, row.code, published_only=True)
            with refused_duplicates():
                changes = store.change(entity, row, values, visibility, actor(context, data_dict))
        if changes and not context.get("defer_commit"):
            reindex.later([(entity.name, row.code)])
        return store.full_values(row)

    def action(context: Context, data_dict: Data) -> Data:
        return _asking(lambda asked: attempt(context, data_dict, asked))

    action.__doc__ = f"""Change the given fields of a {entity.name}; the others stay.

    :param code: its code, which cannot change
    :param version: the version that you read
    :param visibility: ``draft`` or ``published``
    :param reason: why, for the history (optional)

    The other parameters are the fields of ``schemas/{entity.schema}``.

    :returns: its values after the change
    :raises ValidationError: under ``version`` (409) if somebody changed it in between
    """
    return action


def _delete(entity: EntityType) -> Callable[[Context, Data], Data]:
    def action(context: Context, data_dict: Data) -> Data:
        with unit_of_work(context):
            row = _own_row(context, entity, data_dict, "delete")
            refuse_if_used(context, entity, row.code, published_only=False)
            successor = clean_text(data_dict, "successor")
            if successor and (successor == row.code or auth.known_row(context, entity, successor) is None):
                raise tk.ValidationError({"successor": [tk._("There is none with this code")]})
            store.delete(entity, row, actor(context, data_dict), successor)
            code = row.code
        return {"code": code}

    action.__doc__ = f"""Delete a {entity.name} that nothing uses; its code is never used again.

    :param code: its code
    :param version: the version that you read
    :param reason: why; shown in public where it had been published (optional)
    :param successor: code of the one that takes its place (optional)
    :raises ValidationError: under ``code``, with the list, while anything names it
    """
    return action


def entity_actions() -> dict[str, Callable[..., Any]]:
    """Return create, update and delete of every entity."""
    made = {"create": _create, "update": _update, "delete": _delete}
    return {e.action(verb): make(e) for e in registry.ENTITY_TYPES for verb, make in made.items()}
