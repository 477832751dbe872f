"""The sweep of staged uploads and of documents that nothing has, by itself."""

from __future__ import annotations

import logging

from ckanext.gobiernoabierto.hourly import Job
from ckanext.gobiernoabierto.intake import documents, staging
from ckanext.gobiernoabierto.spanish import in_spanish

log = logging.getLogger(__name__)
TITLE = "remove the files of unfinished forms"


def sweep_all() -> tuple[int, int]:
    """Remove what has expired, and files that nothing has; return how many forms and files."""
    rows, files = staging.sweep()
    return rows, files + documents.sweep()


@in_spanish
def sweep() -> None:
    """Sweep as a job; twice, or in two workers at once, does no harm."""
    rows, files = sweep_all()
    if rows or files:
        log.info("%s forms and %s files removed", rows, files)


JOB = Job("sweep", TITLE, sweep)
