"""What ckanext-dcat makes the identifiers of datasets, files and publishers of.

A dataset that was read from another site keeps the identifier that it has there. What begins with this
site's address is given by this site alone: nobody publishes under the identifier of somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ckanext.dcat.utils import dataset_id_from_resource
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.lib import iri

USER = re.compile("^(https?://)[^/?#@]*@", re.IGNORECASE)
BOUNDS = ("/", "#", "?")
"""What follows a part of an address."""


def base() -> str:
    """Return what the identifiers of this site begin with: its address, unless one is configured for RDF."""
    return config.rdf_base() or config.site_url()


def is_of_this_site(address: str) -> bool:
    """Tell whether an address is one that only this site gives; capitals and a user's name do not hide it."""
    address = USER.sub(r"\1", address, count=1)
    return any(_is_within(address, each) for each in {base(), config.site_url()})


def is_own(address: str, dataset: Mapping[str, Any], subject: str) -> bool:
    """Tell whether an address is that of a dataset, of one of its files, or of a part of them."""
    return any(_is_within(address, each) for each in (subject, _dataset(dataset["id"])))


def elsewhere(value: object) -> str | None:
    """Return the address that something has at another site, or None for what is none."""
    address = iri.web_address(value)
    return None if address is None or is_of_this_site(address) else address


def _is_within(address: str, whole: str) -> bool:
    begins, rest = address[: len(whole)].lower() == whole.lower(), address[len(whole) :]
    return begins and (not rest or rest.startswith(BOUNDS))


def _dataset(id: str) -> str:
    return f"{base().rstrip('/')}/dataset/{id}"


class Identifiers:
    """The hooks of ``IDCATURIGenerator``."""

    def catalog_uri(self, default_uri: str) -> str:  # noqa: ARG002
        """Return where the site stands, ``ckan.root_path`` included, unless a base is configured for RDF."""
        return base()

    def dataset_uri(self, dataset_dict: dict[str, Any], default_uri: str) -> str:
        """Return the address that a dataset has at another site if it says so, else the one it has here."""
        id = dataset_dict.get("id")
        return elsewhere(default_uri) or (_dataset(id) if id else default_uri)

    def resource_uri(self, resource_dict: dict[str, Any], default_uri: str) -> str:
        """Return the address that a file has at another site if it says so, else the one it has here."""
        here = f"{_dataset(dataset_id_from_resource(resource_dict))}/resource/{resource_dict['id']}"
        return elsewhere(default_uri) or here
