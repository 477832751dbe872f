"""One dataset as RDF: the fragment that the whole catalogue has of it, and what is said once it is gone.

What is gone answers 410 everywhere: its page in words, its RDF as a tombstone, JSON to other programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.dcat.utils import read_dataset_page
from ckanext.gobiernoabierto.entities.history import plain
from ckanext.gobiernoabierto.feed import wake, withdrawal
from ckanext.gobiernoabierto.feed.model import DATASET
from ckanext.gobiernoabierto.links import mirror
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.rdf.organization import organization_address
from ckanext.gobiernoabierto.views import fragments
from ckanext.gobiernoabierto.views.entities import answer_refusals, refuse
from ckanext.gobiernoabierto.views.fragments import Found, Kind, since
from flask import Blueprint, redirect, request
from rdflib.namespace import DCAT

dataset_pages = Blueprint("gobiernoabierto_dataset_rdf", __name__)
answer_refusals(dataset_pages)

KIND = Kind(DATASET, model.Package.get, "package_show", DCAT.Dataset)


@dataset_pages.route("/dataset/<id>.<ending>", methods=["GET"])
def export(id: str, ending: str) -> Response:
    """Return what everybody may read of a dataset; to those who may read a hidden one, all of that.

    404 for what there never was in public, 410 for what is not public any more, 503 for what cannot be told.
    """
    if ending not in formats.RDF_FORMATS or "\0" in id:
        raise tk.ObjectNotFound()
    wake.head_for_a_reader()
    found = find(id)
    if found.is_there:
        return fragments.fragment(found.last, ending)
    if found.row is not None and KIND.may_read(found.row.id):
        return read_dataset_page(found.row.id, ending)
    if found.last is None:
        raise tk.ObjectNotFound()
    return fragments.tombstone(KIND, found.last, ending)


def find(id: str) -> Found:
    """Return what stands under an id or a name, as ``fragments.told``."""
    return fragments.told(KIND, id)


@dataset_pages.route("/dataset/<id>.json", methods=["GET"])
def as_json(id: str) -> Response:
    """Lead to the API's answer about a dataset; 410 and 404 as its RDF."""
    if "\0" in id:
        raise tk.ObjectNotFound()
    row = fragments.row_at(KIND, id)
    if row is not None and KIND.may_read(row.id):  # a sysadmin may read what there is not
        where = tk.url_for("api.action", ver=3, logic_function="package_show", id=id)
        return redirect(where, HTTPStatus.SEE_OTHER)
    answer = gone_page(id)
    if answer is None:
        raise tk.ObjectNotFound()
    return answer


def gone_page(id: str) -> Response | None:
    """Return the 410 of a dataset that was public, to who may not read it; None for any other.

    One query for what everybody may read.
    """
    last = fragments.gone_from(KIND, id)
    return None if last is None else gone(last)


FILES = ("resource.read", "resource.download")
"""Endpoints of one file, as every type of dataset registers them: its page, and the file itself."""


@dataset_pages.before_app_request
def answer_for_files() -> Response | None:
    """Return, at the address of a file, the 410 of its dataset; None where there is none to return."""
    if request.method not in ("GET", "HEAD") or not (request.endpoint or "").endswith(FILES):
        return None
    return gone_page((request.view_args or {})["id"])


def gone(last: Any) -> Response:
    """Say when it went, who published it, and what somebody said for everybody: why, what takes its place."""
    told = withdrawal.told_of([last.subject]).get(last.subject, withdrawal.NOTHING)
    heir, publisher = told.successor, _publisher(last)
    listed = mirror.public_dataset(heir.subject) if heir is not None else None
    data = {"address": last.address, "deleted": plain(since(last))}
    further = {"cause": told.cause, "reason": told.reason, "successor": heir and heir.address}
    further |= {"publisher": publisher and _as_json(publisher)}
    data |= {name: value for name, value in further.items() if value}
    shown = {"deleted": since(last), "reason": told.reason, "successor": listed, "publisher": publisher}
    message = tk._("This dataset is not public any more.")
    return refuse(HTTPStatus.GONE, message, data, "gobiernoabierto/withdrawn.html", shown)


def _publisher(last: Any) -> dict[str, Any]:
    """Return the organization that published it as everybody may read it; nothing of one that is gone too.

    Whom to ask is its office. The dataset's own contact may be a person, and went with the dataset.
    """
    id = withdrawal.publisher_of(last)
    found = tk.h.gobiernoabierto_publisher(id) if id else {}
    return found if found.get("state") == "active" else {}


def _as_json(publisher: Mapping[str, Any]) -> dict[str, str]:
    address = str(organization_address(publisher["id"]))
    said = {"name": publisher["title"] or publisher["name"], "address": address}
    return said | {name: publisher[name] for name in ("email", "phone") if publisher.get(name)}
