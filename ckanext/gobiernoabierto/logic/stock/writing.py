"""Datasets and files are written as CKAN does, but for what no page or search could show afterwards."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model, plugins
from ckan.types import Action, Context, DataDict
from ckanext.gobiernoabierto.logic.stock.search import indexed_by_solr

__all__ = ["package_update", "resource_delete"]

DATASET = "dataset"


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

    CKAN leaves the type as it is and says nothing. What has another one keeps it: its plugin is gone.
    """
    given = data_dict.get("type")
    if given and not _is_served(given):
        package = model.Package.get(data_dict.get("id") or data_dict.get("name"))
        if package is not None and package.type != given:
            tk.check_access("package_update", context, data_dict)
            raise tk.ValidationError({"type": [_no_such_type()]})
    return next_action(context, data_dict)


@tk.chained_action
@indexed_by_solr()
def resource_delete(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    """Delete a file as CKAN does. Raises ValidationError or ServiceUnavailable, nothing of Solr's."""
    return next_action(context, data_dict)


def _no_such_type() -> str:
    return tk._("There is no such type of dataset: give none")
