"""How often one address may ask where guessing would pay. Counted in Redis, for all web nodes together."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.types import CKANApp
from ckanext.gobiernoabierto import config
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


def too_often() -> str:
    """Return what somebody is told who has asked too often."""
    return tk._("You have tried many codes in a short time: wait a minute and try again")


def asked_too_often() -> str:
    """Return what somebody is told who has sent a form too often."""
    return tk._("You have sent this form many times: wait an hour and try again")


PROPOSALS = "20 per hour"


def may_propose() -> bool:
    """Count one more proposal of whoever asks and tell whether they may send it."""
    return within(PROPOSALS, "proposal", get_remote_address())


def within(limit: str, *key: str) -> bool:
    """Count one more of what ``key`` names and tell whether that is still within ``limit``.

    For what nobody may be told the number of. Without Redis it is, as for the views.
    """
    try:
        return limiter.limiter.hit(parse(limit), "gobiernoabierto", *key)
    except RedisError:
        return True
