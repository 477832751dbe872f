"""One organization as RDF: its identifier is what the publisher of each of its datasets names."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.entities.history import plain
from ckanext.gobiernoabierto.feed import wake
from ckanext.gobiernoabierto.feed.model import ORGANIZATION
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.views import fragments
from ckanext.gobiernoabierto.views.entities import answer_refusals, refuse
from ckanext.gobiernoabierto.views.fragments import Kind, since
from flask import Blueprint
from rdflib.namespace import ORG

organization_pages = Blueprint("gobiernoabierto_organization_rdf", __name__)
answer_refusals(organization_pages)


def _row(id: str) -> Any:
    group = model.Group.get(id)
    return group if group is not None and group.is_organization else None


KIND = Kind(ORGANIZATION, _row, "organization_show", ORG.Organization)


@organization_pages.route("/organization/<id>.<ending>", methods=["GET"])
def export(id: str, ending: str) -> Response:
    """Return what everybody may read of an organization; 410 for one that is gone, 404 for what never was."""
    if ending not in formats.RDF_FORMATS or "\0" in id:
        raise tk.ObjectNotFound()
    wake.head_for_a_reader()
    found = fragments.told(KIND, id)
    if found.is_there:
        return fragments.fragment(found.last, ending)
    if found.last is None:
        raise tk.ObjectNotFound()
    return fragments.tombstone(KIND, found.last, ending)


def gone_page(id: str) -> Response | None:
    """Return the 410 of an organization that is gone, to who may not read it; None for any other."""
    last = fragments.gone_from(KIND, id)
    if last is None:
        return None
    told = {"address": last.address, "deleted": plain(since(last))}
    return refuse(HTTPStatus.GONE, tk._("This organization is not public any more."), told)
