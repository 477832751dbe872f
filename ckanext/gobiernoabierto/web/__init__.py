"""What every answer of the site obeys, whoever's page it is: refusals before, headers after."""

from __future__ import annotations

from ckan.types import CKANApp
from ckanext.gobiernoabierto import hourly
from ckanext.gobiernoabierto.feed import compact, validation, wake
from ckanext.gobiernoabierto.follow import sending
from ckanext.gobiernoabierto.intake import sweeping
from ckanext.gobiernoabierto.links import evidence
from ckanext.gobiernoabierto.web import (
    assets,
    compression,
    errors,
    front,
    headers,
    limits,
    logs,
    programs,
    refusals,
    sessions,
)

__all__ = ["install"]


def install(app: CKANApp) -> CKANApp:
    """Return the Flask application with our refusals and headers around every view."""
    logs.install()
    assets.install()
    sessions.install(app)
    limits.install(app)
    refusals.install(app)
    headers.install(app)
    compression.install(app)
    programs.install(app)
    errors.install(app)
    wake.install()
    jobs = (sweeping.JOB, sending.JOB, evidence.JOB, wake.JOB, compact.JOB, validation.JOB)
    clock = hourly.each_hour(*jobs)
    app.before_request(clock)
    front.install(app, clock)
    return app
