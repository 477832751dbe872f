"""One dataset as RDF: the fragment that the whole catalogue has of it, and what is said once it is gone."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.dcat.utils import read_dataset_page
from ckanext.gobiernoabierto.feed import pages, snapshot, wake
from ckanext.gobiernoabierto.feed.model import DATASET, DELETE
from ckanext.gobiernoabierto.lib.formats import local
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.views import feed_answer
from ckanext.gobiernoabierto.views.entities import answer_refusals, refuse, visitor
from flask import Blueprint, request

dataset_pages = Blueprint("gobiernoabierto_dataset_rdf", __name__)
answer_refusals(dataset_pages)


@dataset_pages.route("/dataset/<id>.<ending>", methods=["GET"])
def export(id: str, ending: str) -> Response:
    """Return what everybody may read of a dataset; to those who may read a hidden one, all of that.

    404 for what there never was in public, 410 for what is not public any more.
    """
    if ending not in formats.RDF_FORMATS or "\0" in id:
        raise tk.ObjectNotFound()
    wake.head_for_a_reader()
    package = model.Package.get(id)
    last = snapshot.last_of(DATASET, package.id if package is not None else id)
    if last is not None and last.op != DELETE:
        return _fragment(last, ending)
    if package is not None and _may_read(package.id):
        return read_dataset_page(package.id, ending)
    if last is None:
        raise tk.ObjectNotFound()
    return _gone(last)


def _may_read(id: str) -> bool:
    try:
        return tk.check_access("package_show", visitor(), {"id": id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False


def _fragment(last: Any, ending: str) -> Response:
    tag, media_type = feed_answer.tag_of(last.seq), formats.RDF_FORMATS[ending].mimetype
    if feed_answer.known(tag):
        return feed_answer.unchanged(tag, last.published)
    if request.method == "HEAD":
        return feed_answer.without_body(media_type, tag, last.published)
    return feed_answer.with_body(pages.for_people(last.body, ending), media_type, tag, last.published)


def _gone(last: Any) -> Response:
    """Say when it went, and what it was called by programs: nobody is told why, nor what it was."""
    told = {"address": last.address, "deleted": local(last.published).date().isoformat()}
    return refuse(HTTPStatus.GONE, tk._("This dataset is not public any more."), told)
