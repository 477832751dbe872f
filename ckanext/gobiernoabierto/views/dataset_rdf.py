"""One dataset as RDF: the fragment that the whole catalogue has of it, and what is said once it is gone.

What is gone answers 410 everywhere: its page in words, its RDF as a tombstone, JSON to other programs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.dcat.utils import read_dataset_page
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.feed import pages, snapshot, wake, withdrawal
from ckanext.gobiernoabierto.feed.model import DATASET, DELETE
from ckanext.gobiernoabierto.lib import ntriples
from ckanext.gobiernoabierto.lib.formats import local
from ckanext.gobiernoabierto.links import mirror
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.rdf.organization import organization_address
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
    found = find(id)
    if found.is_there:
        return _fragment(found.last, ending)
    if found.package is not None and _may_read(found.package.id):
        return read_dataset_page(found.package.id, ending)
    if found.last is None:
        raise tk.ObjectNotFound()
    return _tombstone(found.last, ending)


@dataclass(frozen=True)
class Found:
    """What stands under an id or a name: in CKAN, and in the log."""

    package: Any
    last: Any
    """The last event; None of what never was public."""

    @property
    def is_there(self) -> bool:
        """Return whether everybody may read it; what was hidden a moment ago is not, flushed or not."""
        return self.last is not None and self.last.op != DELETE and _is_public(self.package)


def find(id: str) -> Found:
    """Return what stands under an id or a name, also one that a purged dataset had."""
    package = model.Package.get(id)
    last = snapshot.last_of(DATASET, package.id if package is not None else id)
    if package is None and last is not None:
        package = model.Package.get(last.subject)  # of another name by now
    return Found(package, last)


def _is_public(package: Any) -> bool:
    return package is not None and package.state == "active" and not package.private


@dataset_pages.route("/dataset/<id>.json", methods=["GET"])
def as_json(id: str) -> Response:
    """Lead to the API's answer about a dataset; 410 and 404 as its RDF."""
    if "\0" in id:
        raise tk.ObjectNotFound()
    if model.Package.get(id) is not None and _may_read(id):  # a sysadmin may read what there is not
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
    if _is_public(package) or (package is not None and _may_read(package.id)):
        return None
    # a flush closes the session, and the page names who is signed in
    if not tk.current_user.is_authenticated:
        wake.head_for_a_reader()
    found = find(id)
    return None if found.last is None or _is_public(found.package) else gone(found.last)


FILES = ("resource.read", "resource.download")
"""Endpoints of one file, as every type of dataset registers them: its page, and the file itself."""


@dataset_pages.before_app_request
def answer_for_files() -> Response | None:
    """Return, at the address of a file, the 410 of its dataset; None where there is none to return."""
    if request.method not in ("GET", "HEAD") or not (request.endpoint or "").endswith(FILES):
        return None
    return gone_page((request.view_args or {})["id"])


def _may_read(id: str) -> bool:
    try:
        return tk.check_access("package_show", visitor(), {"id": id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False


def _fragment(last: Any, ending: str) -> Response:
    tag, media_type = feed_answer.tag_of(last.seq), formats.RDF_FORMATS[ending].mimetype
    return feed_answer.answered(tag, media_type, last.published, lambda: pages.for_people(last.body, ending))


def gone(last: Any) -> Response:
    """Say when it went, who published it, and what somebody said for everybody: why, what takes its place."""
    told = withdrawal.told_of([last.subject]).get(last.subject, withdrawal.NOTHING)
    heir, publisher = told.successor, _publisher(last)
    listed = mirror.public_dataset(heir.subject) if heir is not None else None
    data = {"address": last.address, "deleted": local(_since(last)).date().isoformat()}
    further = {"cause": told.cause, "reason": told.reason, "successor": heir and heir.address}
    further |= {"publisher": publisher and _as_json(publisher)}
    data |= {name: value for name, value in further.items() if value}
    shown = {"deleted": _since(last), "reason": told.reason, "successor": listed, "publisher": publisher}
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


def _since(last: Any) -> dt.datetime:
    """Return when it went; now, where the log does not have it yet."""
    return last.published if last.op == DELETE else now()


def _tombstone(last: Any, ending: str) -> Response:
    """Return the same as RDF."""
    told = withdrawal.told_of([last.subject]).get(last.subject, withdrawal.NOTHING)
    heir = told.successor and told.successor.address
    triples = tombstone_to_rdf(URIRef(last.address), _since(last), told.reason, heir)
    body, _refused = ntriples.strict(ntriples.line(*triple) for triple, _ in sifted(triples))
    media_type = formats.RDF_FORMATS[ending].mimetype
    answer = feed_answer.answered(None, media_type, None, lambda: pages.for_people(body, ending))
    answer.status_code = HTTPStatus.GONE
    return answer
