"""Datasets and files are written as CKAN does, but for what no page or search could show afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model, plugins
from ckan.types import Action, Context, DataDict
from ckanext.gobiernoabierto.logic import based_on
from ckanext.gobiernoabierto.logic.stock.search import indexed_by_solr

__all__ = ["get_actions"]

DATASET = "dataset"

INDEXING = (
    *("group_create", "group_delete", "group_purge", "group_update"),
    *("organization_delete", "organization_purge", "package_owner_org_update"),
    *("resource_delete", "tag_delete"),
)
"""Actions that let CKAN index the datasets that they touch, before it commits."""


def get_actions() -> dict[str, Callable[..., Any]]:
    """Return the chained actions by name."""
    return {"package_update": package_update, **{name: _indexing(name) for name in INDEXING}}


def served_types() -> set[str]:
    """Return the types of dataset that have pages: ours and those of loaded plugins."""
    forms = plugins.PluginImplementations(plugins.IDatasetForm)
    return {DATASET, *(kind for form in forms for kind in form.package_types())}


def _is_served(given: Any) -> bool:
    return isinstance(given, str) and given in served_types()


def type_of_new(context: Context, data_dict: DataDict) -> str:
    """Return the type that a new dataset will have. Raises ValidationError for one without pages.

    Of no type it is a ``dataset``: CKAN would take it unchecked by our rules.
    """
    given = data_dict.get("type") or DATASET
    if not _is_served(given):
        tk.check_access("package_create", context, data_dict)
        raise tk.ValidationError({"type": [_no_such_type()]})
    return given


@tk.chained_action
@indexed_by_solr()
def package_update(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    """Change a dataset as CKAN does. Raises ValidationError for a new type without pages, and for no index.

    CKAN leaves the type as it is and says nothing. What has another one keeps it: its plugin is gone. With
    ``based_on`` (which our forms send), also where the dataset is not as it was when that was read.
    """
    given = data_dict.get("type")
    if given not in (None, "") and not _is_served(given):
        package = model.Package.get(data_dict.get("id") or data_dict.get("name"))
        if package is not None and package.type != given:
            tk.check_access("package_update", context, data_dict)
            raise tk.ValidationError({"type": [_no_such_type()]})
    return next_action(context, based_on.refuse_if_stale(context, data_dict))


def _indexing(name: str) -> Callable[..., Any]:
    @indexed_by_solr()
    def action(next_action: Action, context: Context, data_dict: DataDict) -> Any:
        return next_action(context, data_dict)

    action.__name__ = name
    action.__doc__ = f"Do CKAN's {name}, or nothing. Raises as ``indexed_by_solr`` does, nothing of Solr's."
    return tk.chained_action(action)


def _no_such_type() -> str:
    return tk._("There is no such type of dataset: give none")
