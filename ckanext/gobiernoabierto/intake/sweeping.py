"""The sweep of staged uploads, by itself: CKAN has background jobs, and nothing that calls them by the clock.

The requests are the clock: the first one of each hour, in whichever process, puts the job into the queue.
"""

from __future__ import annotations

import logging
import time
from functools import lru_cache

import ckan.plugins.toolkit as tk
from ckan.lib.redis import connect_to_redis
from ckanext.gobiernoabierto.intake import staging
from ckanext.gobiernoabierto.spanish import in_spanish
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
HOUR = 3600
TITLE = "remove the files of unfinished forms"


def each_hour() -> None:
    """Let the worker sweep once in this hour; costs no more than a look at the clock."""
    _enqueue(int(time.time() // HOUR))


@lru_cache(maxsize=1)
def _enqueue(hour: int) -> None:
    """Put the job into the queue unless another process has done so; this one asks Redis only once."""
    mark = f"{tk.config['ckan.site_id']}:gobiernoabierto:sweep:{hour}"
    try:
        if connect_to_redis().set(mark, 1, nx=True, ex=2 * HOUR):
            tk.enqueue_job(sweep, title=TITLE)
    except RedisError:
        log.warning("no queue: the files of unfinished forms wait for the next hour", exc_info=True)


@in_spanish
def sweep() -> None:
    """Remove what has expired; sweeping twice, or in two workers at once, does no harm."""
    rows, files = staging.sweep()
    if rows or files:
        log.info("%s forms and %s files removed", rows, files)
