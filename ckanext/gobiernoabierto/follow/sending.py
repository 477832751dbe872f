"""When mails go out: those that somebody waits for at once, the news once a day, all by the worker."""

from __future__ import annotations

import logging

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.hourly import HOUR, Job
from ckanext.gobiernoabierto.lib import formats
from ckanext.gobiernoabierto.spanish import in_spanish
from redis.exceptions import RedisError

from . import followers, outbox

log = logging.getLogger(__name__)
TITLE = "send the mails of those who follow something"


def offered() -> bool:
    """Tell whether the site sends mails at all."""
    return config.mail_server() is not None


def soon() -> None:
    """Let the worker send what waits; nobody's address is in the queue. Without one it waits for the hour."""
    try:
        tk.enqueue_job(send_waiting, title=TITLE, rq_kwargs={"timeout": HOUR})
    except RedisError:
        log.warning("no queue: the mails wait for the next hour", exc_info=True)


@in_spanish
def send_waiting() -> dict[str, int]:
    """Send what waits and return how many mails ended in each state."""
    server = config.mail_server()
    if server is None:
        log.error("No mail was sent, for want of smtp.mail_from: see docs/operate.md, Mail")
        return {}
    return outbox.drain(server)


def send_news() -> dict[str, int]:
    """Forget what is too old, and send the mails of today that were not sent yet."""
    followers.sweep(outbox.KEPT_DAYS)
    outbox.prepare()
    return send_waiting()


@in_spanish
def each_hour() -> None:
    """Send the news once the hour of the day has come, and what could not be sent before."""
    if formats.local(now()).hour >= config.follow_hour():
        ended = send_news()
    else:
        followers.sweep(outbox.KEPT_DAYS)
        ended = send_waiting()
    if ended:
        log.info("mails of those who follow something: %s", ended)


JOB = Job("follow", TITLE, each_hour, offered)
