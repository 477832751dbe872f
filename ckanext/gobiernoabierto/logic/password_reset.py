"""A forgotten password: neither the answer nor its delay tells who has an account here.

The worker looks for the account and sends the mail; what goes wrong with it stands in its log alone.
"""

from __future__ import annotations

import logging

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.lib import mailer, signals
from ckanext.gobiernoabierto.spanish import in_spanish
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

TITLE = "send the links for a new password"
HOW_TO = 'docs/operate.md, "Mail"'
MAX_ASKED = 254
"""No address is longer: RFC 5321, section 4.5.3.1.3, without its brackets."""


def ask_for_links(asked: str) -> None:
    """Let the worker send a link to the accounts with this name or e-mail address, if there are any."""
    try:
        tk.enqueue_job(send_links, [asked.strip()[:MAX_ASKED]], title=TITLE)
    except RedisError:
        log.exception("No queue: no link for a new password was sent")


@in_spanish
def send_links(asked: str) -> None:
    """Send its link to each account that is not deleted with this name or e-mail address."""
    if not tk.config.get("smtp.mail_from"):
        log.error("No link for a new password was sent, for want of smtp.mail_from: see %s", HOW_TO)
        return
    for user_id in _accounts(asked):
        user = model.User.get(user_id)
        try:
            mailer.send_reset_link(user)
        except (mailer.MailerException, OSError):
            log.exception("The link for a new password was not sent: see %s", HOW_TO)
            continue
        signals.request_password_reset.send(user.name, user=user)


def _accounts(asked: str) -> list[str]:
    user = model.User
    # a name has no @, and several accounts may share an address
    named = sa.func.lower(user.email) == asked.lower() if "@" in asked else user.name == asked
    living = user.state != model.State.DELETED
    return list(model.Session.execute(sa.select(user.id).where(living, named)).scalars())
