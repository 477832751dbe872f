"""One typed reader for each option of ``config_declaration.yaml``; nobody else reads the config."""

from __future__ import annotations

import ckan.plugins.toolkit as tk

SECONDS_A_DAY = 86_400


def max_token_seconds() -> int:
    """Return the longest life of an API token, in seconds."""
    return int(tk.config["ckanext.gobiernoabierto.tokens.max_days"]) * SECONDS_A_DAY


def page_size() -> int:
    """Return how many rows one page of a list of entities shows."""
    return int(tk.config["ckanext.gobiernoabierto.entities.page_size"])


def site_url() -> str:
    """Return the address of the site, without a slash at its end."""
    return str(tk.config["ckan.site_url"]).rstrip("/")
