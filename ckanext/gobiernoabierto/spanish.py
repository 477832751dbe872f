"""Jobs and commands in Spanish: they have no request, and without one CKAN speaks English.

Flask-Babel asks the request for its language, and ``force_locale`` does nothing where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import ParamSpec, TypeVar

import click
import flask
from ckan.common import config
from ckan.config.middleware import make_app
from ckanext.gobiernoabierto.i18n import catalogue

P = ParamSpec("P")
R = TypeVar("R")


def in_spanish(function: Callable[P, R]) -> Callable[P, R]:
    """Run a job or a command as if a visitor of the site had asked for it in Spanish.

    ``_()`` is Spanish in it, and ``url_for(..., qualified=True)`` begins with ``ckan.site_url``. Put
    it next to the function, under ``@click.command`` and its options.
    """

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with spanish():
            return function(*args, **kwargs)

    return wrapper


@contextmanager
def spanish() -> Iterator[None]:
    """Do the same for a block of code; within a request, that request goes on as it is."""
    if flask.has_request_context():
        yield
        return
    with as_a_visitor(_app()):
        yield


@contextmanager
def as_a_visitor(app: flask.Flask) -> Iterator[None]:
    """Do the same whatever request there is: neither its language nor its person is that of the block."""
    environment = {
        "CKAN_LANG": catalogue.LOCALE,
        "CKAN_LANG_IS_DEFAULT": config.get("ckan.locale_default") == catalogue.LOCALE,
    }
    with app.test_request_context(base_url=config["ckan.site_url"], environ_overrides=environment):
        yield


def _app() -> flask.Flask:
    """Return the application of the ``ckan`` command, which the worker is too."""
    command = click.get_current_context(silent=True)
    return command.meta["flask_app"] if command and "flask_app" in command.meta else _own_app()


@cache
def _own_app() -> flask.Flask:
    return make_app(config)._wsgi_app
