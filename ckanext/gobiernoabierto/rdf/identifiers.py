"""What ckanext-dcat makes the identifiers of datasets, files and publishers of."""

from __future__ import annotations

from ckanext.gobiernoabierto import config


class Identifiers:
    """The hook of ``IDCATURIGenerator`` for the catalogue, whose address all the others begin with."""

    def catalog_uri(self, default_uri: str) -> str:  # noqa: ARG002
        """Return where the site stands, ``ckan.root_path`` included, unless a base is configured for RDF."""
        return config.rdf_base() or config.site_url()
