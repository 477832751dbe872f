"""One dataset as RDF: the fragment that the whole catalogue has of it, and what is said once it is gone.

What is gone answers 410 everywhere: its page in words, its RDF as a tombstone, JSON to other programs.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.dcat.utils import read_dataset_page
from ckanext.gobiernoabierto.feed import pages, snapshot, wake, withdrawal
from ckanext.gobiernoabierto.feed.model import DATASET, DELETE
from ckanext.gobiernoabierto.lib import ntriples
from ckanext.gobiernoabierto.lib.formats import local
from ckanext.gobiernoabierto.links import mirror
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.rdf.terms import sifted
from ckanext.gobiernoabierto.rdf.withdrawn import tombstone_to_rdf
from ckanext.gobiernoabierto.views import feed_answer
from ckanext.gobiernoabierto.views.entities import answer_refusals, refuse, visitor
from flask import Blueprint, redirect, request
from rdflib import URIRef

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
    return _tombstone(last, ending)


@dataset_pages.route("/dataset/<id>.json", methods=["GET"])
def as_json(id: str) -> Response:
    """Lead to the API's answer about a dataset; 410 and 404 as its RDF."""
    if "\0" in id:
        raise tk.ObjectNotFound()
    if _may_read(id):
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
    if "\0" in id:
        return None
    package = model.Package.get(id)
    if package is not None and package.state == "active" and not package.private:
        return None
    subject = package.id if package is not None else id
    if package is not None and _may_read(subject):
        return None
    # a flush closes the session, and the page names who is signed in
    if not tk.current_user.is_authenticated:
        wake.head_for_a_reader()
    last = snapshot.last_of(DATASET, subject)
    return gone(last) if last is not None and last.op == DELETE else None


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


def gone(last: Any) -> Response:
    """Say when it went, and what somebody said for everybody: why, and what takes its place."""
    told = withdrawal.told_of([last.subject]).get(last.subject, withdrawal.NOTHING)
    heir = told.successor
    listed = mirror.public_dataset(heir.subject) if heir is not None else None
    data = {"address": last.address, "deleted": local(last.published).date().isoformat()}
    further = {"cause": told.cause, "reason": told.reason, "successor": heir and heir.address}
    data |= {name: value for name, value in further.items() if value}
    shown = {"deleted": last.published, "reason": told.reason, "successor": listed}
    message = tk._("This dataset is not public any more.")
    return refuse(HTTPStatus.GONE, message, data, "gobiernoabierto/withdrawn.html", shown)


def _tombstone(last: Any, ending: str) -> Response:
    """Return the same as RDF."""
    told = withdrawal.told_of([last.subject]).get(last.subject, withdrawal.NOTHING)
    heir = told.successor and told.successor.address
    triples = tombstone_to_rdf(URIRef(last.address), last.published, told.reason, heir)
    body, _refused = ntriples.strict(ntriples.line(*triple) for triple, _ in sifted(triples))
    media_type = formats.RDF_FORMATS[ending].mimetype
    if request.method == "HEAD":
        answer = feed_answer.without_body(media_type, None, None)
    else:
        answer = feed_answer.with_body(pages.for_people(body, ending), media_type, None, None)
    answer.status_code = HTTPStatus.GONE
    return answer
