"""What people and programs get at an address: one blueprint for each audience."""

from __future__ import annotations

from . import editing as editing  # its addresses are those of the entity pages
from . import verbs as verbs  # so are these
from .accounts import accounts
from .agenda import agenda_pages
from .board import board
from .capture import capture
from .captured import captured_drafts
from .catalog import catalog_pages
from .changes import changes_pages
from .ckans_forms import files
from .closing import closing_pages
from .dataset_forms import dataset_forms
from .dataset_list import dataset_list
from .dataset_rdf import dataset_pages
from .documents import documents
from .dumps import catalog_dumps
from .entities import entity_pages
from .finding import finding
from .following import following
from .home import home_page
from .map_page import map_page
from .members import members
from .notices import notice_list
from .oai import oai_pages
from .open_data import open_data
from .organization_rdf import organization_pages
from .organization_role import organization_role
from .printed import printed
from .proposals import open_proposals
from .publishing import publishing
from .receipts import receipts
from .saved import saved_forms
from .source_code import source_archive
from .taken_back import taken_back_list
from .uploads import uploads
from .vocabularies import vocabularies
from .withdrawing import withdrawing

__all__ = [
    "accounts",
    "agenda_pages",
    "board",
    "capture",
    "captured_drafts",
    "catalog_dumps",
    "catalog_pages",
    "changes_pages",
    "closing_pages",
    "dataset_forms",
    "dataset_list",
    "dataset_pages",
    "documents",
    "entity_pages",
    "files",
    "finding",
    "following",
    "home_page",
    "map_page",
    "members",
    "notice_list",
    "oai_pages",
    "open_data",
    "open_proposals",
    "organization_pages",
    "organization_role",
    "printed",
    "publishing",
    "receipts",
    "saved_forms",
    "source_archive",
    "taken_back_list",
    "uploads",
    "vocabularies",
    "withdrawing",
]
