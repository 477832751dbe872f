"""How often one address may ask where guessing would pay. Counted in Redis, for all web nodes together."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import CKANApp
from ckanext.gobiernoabierto import config
from flask import Response, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse
from redis.exceptions import RedisError
from werkzeug.middleware.proxy_fix import ProxyFix

limiter = Limiter(get_remote_address, headers_enabled=True)


def install(app: CKANApp) -> None:
    """Count in the site's Redis; without it nobody is refused, because pages go on.

    Behind proxies of ours the address is the one that they tell; of nobody else is such a header believed.
    """
    if proxies := config.proxies():
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0)
    app.config.setdefault("RATELIMIT_STORAGE_URI", tk.config["ckan.redis.url"])
    app.config.setdefault("RATELIMIT_KEY_PREFIX", f"{tk.config['ckan.site_id']}:gobiernoabierto")
    app.config.setdefault("RATELIMIT_SWALLOW_ERRORS", True)
    limiter.init_app(app)
    app.after_request(count_what_was_accepted)


def too_often() -> str:
    """Return what somebody is told who has asked too often."""
    return tk._("You have tried many codes in a short time: wait a minute and try again")


def by_code(**options: Any) -> Any:
    """Return the bound of the codes of receipts that one visitor may try, wherever a page tells of them."""
    return limiter.shared_limit("30 per minute", scope="receipt", error_message=too_often, **options)


def asked_too_often() -> str:
    """Return what somebody is told who has sent a form too often."""
    return tk._("You have sent this form many times: wait an hour and try again")


ACCEPTED, REQUESTS = "20 per hour", "200 per hour"
"""How often one visitor may send a form: so often with success, and so often at all.

Mistakes cost nothing but time, and many visitors may share an address: that of a workshop's Wi-Fi.
"""


def may_send(form: str) -> bool:
    """Count one more request to send a form and tell whether whoever asks may send it.

    It is counted as accepted if the answer is no error.
    """
    visitor = get_remote_address()
    if not within(REQUESTS, form, "requests", visitor) or not _is_left(ACCEPTED, form, visitor):
        return False
    g.gobiernoabierto_form = form
    return True


def count_what_was_accepted(answer: Response) -> Response:
    """Return the answer, its form counted if it was taken."""
    form = g.pop("gobiernoabierto_form", None)
    if form and answer.status_code < HTTPStatus.BAD_REQUEST:
        within(ACCEPTED, form, get_remote_address())
    return answer


def _is_left(limit: str, *key: str) -> bool:
    """Tell whether one more of what ``key`` names would be within ``limit``; it is not counted."""
    try:
        return limiter.limiter.test(parse(limit), "gobiernoabierto", *key)
    except RedisError:
        return True


def within(limit: str, *key: str) -> bool:
    """Count one more of what ``key`` names and tell whether that is still within ``limit``.

    For what nobody may be told the number of. Without Redis it is, as for the views.
    """
    try:
        return limiter.limiter.hit(parse(limit), "gobiernoabierto", *key)
    except RedisError:
        return True
