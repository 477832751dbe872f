"""The sweep of staged uploads, by itself."""

from __future__ import annotations

import logging

from ckanext.gobiernoabierto.hourly import Job
from ckanext.gobiernoabierto.intake import staging
from ckanext.gobiernoabierto.spanish import in_spanish

log = logging.getLogger(__name__)
TITLE = "remove the files of unfinished forms"


@in_spanish
def sweep() -> None:
    """Remove what has expired; sweeping twice, or in two workers at once, does no harm."""
    rows, files = staging.sweep()
    if rows or files:
        log.info("%s forms and %s files removed", rows, files)


JOB = Job("sweep", TITLE, sweep)
