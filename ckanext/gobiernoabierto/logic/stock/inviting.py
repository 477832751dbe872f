"""Invite somebody who has no account: they get a mail and are a member, or nothing is left of them.

CKAN makes the account before it knows whether a mail can go out, and only sysadmins may take it back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from contextvars import ContextVar
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib import mailer, signals
from ckan.logic import schema
from ckan.types import Action, Context, DataDict
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.lib.smtp import NotTakenError, Postbox, UnreachableError

__all__ = ["user_invite"]

log = logging.getLogger(__name__)

_made: ContextVar[list[str] | None] = ContextVar("gobiernoabierto_made", default=None)
"""The names of the accounts that an invitation has made so far."""


@tk.chained_action
def user_invite(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    """Invite as CKAN does. Raises ValidationError, and leaves no account, where the mail does not go out."""
    tk.check_access("user_invite", context, dict(data_dict))
    _, wrong = tk.navl_validate(dict(data_dict), schema.default_user_invite_schema(), context)
    if not wrong:
        _ask_server(context, data_dict["email"])
    noting = _made.set([])
    try:
        return next_action(context, data_dict)
    except Exception as error:
        _forget(_made.get() or [])
        if not _is_of_the_mail(error):
            raise
        log.warning("An invitation was not sent: %s", type(error).__name__)
        raise _refusal(context, _not_sent()) from None
    finally:
        _made.reset(noting)


@signals.user_created.connect
def _note(name: str, **_: Any) -> None:
    made = _made.get()
    if made is not None:
        made.append(name)


def _ask_server(context: Context, address: str) -> None:
    """Raise ValidationError if no mail for this address can go out now."""
    server = config.mail_server()
    if server is None:
        raise _refusal(context, tk._("This site sends no mail, so nobody can be invited by it."))
    with closing(Postbox(server)) as postbox:
        try:
            postbox.offer(address)
        except UnreachableError as error:
            log.error("Nobody was invited, the SMTP server does not answer: %s", error)
            raise _refusal(context, _not_sent()) from None
        except NotTakenError as error:
            log.warning("Nobody was invited: %s", error)
            raise _refusal(context, _not_taken() if error.permanent else _not_sent()) from None


def _not_sent() -> str:
    return tk._(
        "The invitation could not be sent: no account was created, nobody was added. Try again later."
    )


def _not_taken() -> str:
    return tk._(
        "The mail server does not take mails for this address: no account was created, nobody was added. "
        "Check the address."
    )


def _refusal(context: Context, reason: str) -> tk.ValidationError:
    """Return the error of the address: the reason, and how its owner becomes a member without a mail."""
    return tk.ValidationError({"email": [f"{reason} {_without_mail(context)}"]})


def _without_mail(context: Context) -> str:
    try:
        tk.check_access("user_create", {"user": context.get("user")})
    except tk.NotAuthorized:
        return tk._(
            "Without a mail: whoever administers this site creates the account, "
            "and then you add it here by its name."
        )
    address = tk.url_for("user.register", qualified=True)
    return tk._("Without a mail: create the account at {address} and add it here by its name.").format(
        address=address
    )


def _is_of_the_mail(error: Exception) -> bool:
    """Return whether CKAN raised this when the mail had failed, or when it might not delete the account."""
    raised = isinstance(error, tk.ValidationError | tk.NotAuthorized)
    return raised and any(isinstance(each, mailer.MailerException | OSError) for each in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__context__
    while cause is not None:
        yield cause
        cause = cause.__context__


def _forget(names: list[str]) -> None:
    """Delete accounts that were made a moment ago, for good: a deleted one would keep the address."""
    model.Session.rollback()
    users = model.Session.query(model.User).filter(model.User.name.in_(names)).all()
    for user in users:
        for kind, column in ((model.Member, "table_id"), (model.Dashboard, "user_id")):
            model.Session.query(kind).filter_by(**{column: user.id}).delete()
        model.Session.delete(user)
    model.repo.commit()
