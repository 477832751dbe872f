"""What answers at the addresses of our own terms: each identifier in our RDF leads to what it means."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.types import Response
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.rdf import formats, vocabulary
from ckanext.gobiernoabierto.rdf.addresses import Addresses
from ckanext.gobiernoabierto.views import dataset_rdf, organization_rdf
from ckanext.gobiernoabierto.views.entities import answer_refusals, entity_pages, readable
from ckanext.gobiernoabierto.views.exports import content_type
from flask import Blueprint, make_response, redirect, request
from werkzeug.exceptions import NotAcceptable

vocabularies = Blueprint("gobiernoabierto_vocabulary", __name__)
answer_refusals(vocabularies)


@vocabularies.route("/vocabulario/<scheme>", methods=["GET"])
def read(scheme: str) -> Response:
    """Return the page of one of our vocabularies, or its RDF where the reader asks for that."""
    if scheme == vocabulary.TERRITORY:
        return _see_other(tk.url_for("gobiernoabierto.department_list"))
    terms = _terms(scheme)
    ending = formats.negotiate(request.headers.get("Accept"))
    if ending is None:
        extra = {"scheme": scheme, "title": vocabulary.SCHEME_TITLES[scheme], "terms": terms}
        answer = make_response(tk.render("gobiernoabierto/vocabulary.html", extra))
    else:
        answer = export(scheme, ending)
        where = tk.url_for("gobiernoabierto_vocabulary.export", scheme=scheme, ending=ending)
        answer.headers["Content-Location"] = where
    answer.vary.add("Accept")
    return answer


@vocabularies.route("/vocabulario/<scheme>.<ending>", methods=["GET"])
def export(scheme: str, ending: str) -> Response:
    """Return a vocabulary in the RDF syntax of that ending."""
    _terms(scheme)
    if ending not in formats.RDF_FORMATS:
        raise tk.ObjectNotFound()
    graph = vocabulary.vocabulary_graph(Addresses(config.site_url()), scheme)
    kind = content_type(formats.RDF_FORMATS[ending].mimetype)
    return make_response(formats.serialize(graph, ending), {"Content-Type": kind})


@vocabularies.route("/vocabulario/<scheme>/<term>", methods=["GET"])
def read_term(scheme: str, term: str) -> Response:
    """Lead to the vocabulary, which describes all of its terms."""
    if term not in dict(_terms(scheme)):
        raise tk.ObjectNotFound()
    return _see_other(tk.url_for("gobiernoabierto_vocabulary.read", scheme=scheme, _anchor=term))


@entity_pages.route("/plan/<code>/ejes", methods=["GET"])
def axes_of_plan(code: str) -> Response:
    """Lead from the concept scheme of a plan to the list of its axes, whose RDF describes it.

    Of a plan without axes, to the plan.
    """
    readable(registry.entity_type("plan"), code)
    axis = registry.entity_type("axis").table
    any_axis = sa.select(axis.c.code).where(axis.c.plan == code, axis.c.visibility == PUBLISHED)
    if model.Session.execute(any_axis).first():
        return _see_other(tk.url_for("gobiernoabierto.axis_list", plan=code))
    return _see_other(tk.url_for("gobiernoabierto.plan_read", code=code))


def _terms(scheme: str) -> list[tuple[str, str]]:
    try:
        return vocabulary.terms(scheme)
    except KeyError:
        raise tk.ObjectNotFound() from None


def _see_other(address: str) -> Response:
    """Return that the thing itself is no document, and where one about it is (303)."""
    return redirect(address, HTTPStatus.SEE_OTHER)


# -- Pages of CKAN and ours that identify a dataset, an organization and the catalogue -----------------


def _catalogue(_id: str, ending: str) -> Response:
    return _see_other(tk.url_for("gobiernoabierto_catalog.export", ending=ending))


def _never(_id: str) -> None:
    return None


IDENTIFIERS: dict[str, tuple[Callable[[str, str], Response], Callable[[str], Response | None]]] = {
    "dataset.read": (dataset_rdf.export, dataset_rdf.gone_page),
    "organization.read": (organization_rdf.export, organization_rdf.gone_page),
    "gobiernoabierto_home.index": (_catalogue, _never),
}
"""Endpoint of a page -> its RDF in the syntax of an ending; what takes its place if what it shows is gone."""


@vocabularies.before_app_request
def answer_in_rdf() -> Response | None:
    """Return the RDF of what a page identifies to readers that prefer it to the page.

    Of what is gone, what takes the place of its page. ckanext-dcat's own option for this would take
    the site's home page and CKAN's forms for itself.
    """
    if request.endpoint not in IDENTIFIERS or request.method not in ("GET", "HEAD"):
        return None
    rdf, gone = IDENTIFIERS[request.endpoint]
    id = (request.view_args or {}).get("id", "")
    try:
        ending = formats.negotiate(request.headers.get("Accept"))
    except NotAcceptable:
        ending = None
    return rdf(id, ending) if ending else gone(id)


@vocabularies.after_app_request
def depends_on_what_is_asked_for(response: Response) -> Response:
    """Return the response; a cache must not give the page to who asked for RDF."""
    if request.endpoint in IDENTIFIERS:
        response.vary.add("Accept")
    return response
