"""Jobs that come by themselves: CKAN has background jobs, and nothing that calls them by the clock.

The requests are the clock: the first one of each hour, or of each day (in UTC), in whichever process, puts
them into the queue.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib.redis import connect_to_redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
HOUR = 3600
DAY = 24 * HOUR


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Job:
    """What the worker does once in an hour, or a day; done twice, or by two at once, it does no harm."""

    name: str
    """Its mark in Redis."""
    title: str
    function: Callable[[], Any]
    wanted: Callable[[], bool] = _always
    """Tells whether this site has any use for it."""
    every: int = HOUR
    """Seconds."""


def each_hour(*jobs: Job) -> Callable[[], None]:
    """Return what is to be called before each request; it costs no more than a look at the clock."""

    def clock() -> None:
        for job in jobs:
            _enqueue(job, int(time.time() // job.every))

    return clock


@lru_cache(maxsize=8)
def _enqueue(job: Job, turn: int) -> None:
    """Put the job into the queue unless another process has done so; this one asks Redis only once."""
    if not job.wanted():
        return
    mark = f"{tk.config['ckan.site_id']}:gobiernoabierto:{job.name}:{turn}"
    try:
        if connect_to_redis().set(mark, 1, nx=True, ex=2 * job.every):
            tk.enqueue_job(job.function, title=job.title, rq_kwargs={"timeout": HOUR})
    except RedisError:
        log.warning("no queue: %s has to wait for its next turn", job.name, exc_info=True)
