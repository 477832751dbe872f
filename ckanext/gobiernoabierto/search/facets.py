"""The facets of dataset search: by what the data is linked to, shown by name."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import references
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.links.model import LINKED


def facet_titles() -> OrderedDict[str, str]:
    """Return {Solr field: title} of the facets that every dataset search offers, in their order."""
    return OrderedDict(
        municipality=tk._("Municipalities"),
        axis=tk._("Axes"),
        commitment=tk._("Commitments"),
        workshop=tk._("Workshops"),
        problem=tk._("Problems"),
        idea=tk._("Ideas"),
        data_request=tk._("Data requests"),
        organization=tk._("Organizations"),
        res_format=tk._("Formats"),
        tags=tk._("Tags"),
    )


class SearchFacets:
    """``IFacets``, and the part of ``IPackageController`` that names what the facets count."""

    def dataset_facets(self, _facets_dict: Any, _package_type: str) -> Any:
        """Replace CKAN's facets with ours."""
        return facet_titles()

    def organization_facets(self, _facets_dict: Any, _organization_type: str, _package_type: Any) -> Any:
        """Replace CKAN's facets of an organization's page: all of its datasets are its own."""
        titles = facet_titles()
        titles.pop("organization")
        return titles

    def after_dataset_search(
        self, search_results: dict[str, Any], _search_params: dict[str, Any]
    ) -> dict[str, Any]:
        """Show titles where Solr counts codes, by one query; a code that is of none stays as it is."""
        facets = search_results.get("search_facets") or {}
        items = [(name, item) for name in LINKED if name in facets for item in facets[name]["items"]]
        titles = references.titles([(name, item["name"]) for name, item in items])
        for name, item in items:
            named = titles.get((name, item["name"]))
            if named is not None and named.title and named.visibility == PUBLISHED:
                item["display_name"] = named.title
        return search_results
