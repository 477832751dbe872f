"""What people and programs get at an address: one blueprint for each audience."""

from __future__ import annotations

from .accounts import accounts
from .dataset_list import dataset_list
from .entities import entity_pages
from .home import home_page
from .publishing import files, publishing
from .source_code import source_archive
from .uploads import uploads
from .vocabularies import vocabularies

__all__ = [
    "accounts",
    "dataset_list",
    "entity_pages",
    "files",
    "home_page",
    "publishing",
    "source_archive",
    "uploads",
    "vocabularies",
]
