"""Index anew the datasets that name a changed entity: its names are theirs in the search."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
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
    _enqueue(reindex, named, "reindex linked datasets")


def later_of_organization(organization_id: str) -> None:
    """Let a background job index the datasets of an organization whose names are others now; as ``later``."""
    if _of_organization(organization_id):
        _enqueue(reindex_of_organization, organization_id, "reindex the datasets of an organization")


def _enqueue(job: Callable[[Any], None], given: Any, title: str) -> None:
    try:
        tk.enqueue_job(job, [given], title=title, rq_kwargs={"timeout": HOUR})
    except RedisError:
        log.warning("no queue: the datasets of %s are not indexed anew", given, exc_info=True)


@in_spanish
def reindex(changed: list[tuple[str, str]]) -> None:
    """Index the datasets that name these entities, each once; with one commit at the end."""
    index_datasets(sorted({each for entity, code in changed for each in mirror.package_ids(entity, [code])}))


@in_spanish
def reindex_of_organization(organization_id: str) -> None:
    """Index the datasets of an organization: its name and title are in what the search has of them."""
    index_datasets(_of_organization(organization_id))


def _of_organization(organization_id: str) -> list[str]:
    package = model.Package
    found = sa.select(package.id).where(package.owner_org == organization_id, package.state != mirror.DELETED)
    return list(model.Session.execute(found.order_by(package.id)).scalars())


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
