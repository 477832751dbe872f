"""A dataset closes the requests for data that it names, in the moment in which it is published for them."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import data_request, registry, store
from ckanext.gobiernoabierto.links.hooks import Changes, Context, LinkHooks, writer
from ckanext.gobiernoabierto.logic.dataset import ACTIVE

REQUEST = "data_request"
PUBLISHED_BY = ("state", "private", REQUEST)
"""What of a dataset makes it an answer: a later edit closes no request that somebody has opened again."""


def close_requests(context: Context, package_id: str, values: dict[str, Any], changes: Changes) -> None:
    """Close the open requests that a dataset names, if this change publishes it for them.

    Only those that the writer might close with the request's own button; of the others, those who were
    asked say whether this is what was missing. Nothing is committed here.
    """
    public = values["state"] == ACTIVE and not values["private"]
    if not public or not any(name in changes for name in PUBLISHED_BY):
        return
    entity = registry.entity_type(REQUEST)
    for code in sorted(values[REQUEST]):  # two writers take the same locks in the same order
        row = store.locked(entity, code)
        if row is not None and row.state == data_request.OPEN and _may_close(context, code):
            closed = data_request.closed_with(package_id)
            store.change(entity, row, closed, row.visibility, writer(context))


def _may_close(context: Context, code: str) -> bool:
    try:
        return tk.check_access("gobiernoabierto_data_request_close", {**context}, {"code": code})
    except tk.NotAuthorized:
        return False


class RequestHooks(LinkHooks):
    """``LinkHooks``, after which the requests that a dataset answers are closed."""

    def recorded(self, context: Context, package_id: str, values: dict[str, Any], changes: Changes) -> None:
        """Close the requests that were answered."""
        close_requests(context, package_id, values, changes)
