"""Index anew the datasets that name a changed entity: its names are theirs in the search."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.lib import search
from ckanext.gobiernoabierto.spanish import in_spanish
from redis.exceptions import RedisError

from . import mirror
from .model import LINKED

log = logging.getLogger(__name__)
HOUR = 3600
"""Seconds that one job may take: the axes of a plan are named by most datasets."""


def later(changed: Iterable[tuple[str, str]]) -> None:
    """Let a background job index the datasets that name these (entity, code) pairs.

    Call it after the commit. If the queue is out of reach the change stands all the same:
    ``ckan gobiernoabierto links check`` finds what was left out.
    """
    named = [(entity, code) for entity, code in changed if entity in LINKED]
    if not any(mirror.package_ids(entity, [code]) for entity, code in named):
        return
    try:
        tk.enqueue_job(reindex, [named], title="reindex linked datasets", rq_kwargs={"timeout": HOUR})
    except RedisError:
        log.warning("no queue: the datasets that name %s are not indexed anew", named, exc_info=True)


@in_spanish
def reindex(changed: list[tuple[str, str]]) -> None:
    """Index the datasets that name these entities, each once; with one commit at the end."""
    index_datasets(sorted({each for entity, code in changed for each in mirror.package_ids(entity, [code])}))


def index_datasets(package_ids: Iterable[str]) -> None:
    """Index datasets as they are in the database; one that is purged meanwhile is left out."""
    index = search.index_for(model.Package)
    for package_id in package_ids:
        context = {"ignore_auth": True, "validate": False, "use_cache": False}
        try:
            shown = tk.get_action("package_show")(context, {"id": package_id})
        except tk.ObjectNotFound:
            continue
        index.update_dict(shown, defer_commit=True)
    index.commit()
