"""What a dataset's page says to programs: schema.org in it, Croissant beside it, and links to every form."""

from __future__ import annotations

from http import HTTPStatus

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.dcat.utils import dataset_uri
from ckanext.gobiernoabierto.feed import prepared, wake
from ckanext.gobiernoabierto.rdf import formats
from ckanext.gobiernoabierto.views import feed_answer
from ckanext.gobiernoabierto.views.dataset_rdf import find, gone
from ckanext.gobiernoabierto.views.entities import answer_refusals, refuse
from ckanext.gobiernoabierto.web import caching
from flask import Blueprint, g, request
from werkzeug.urls import iri_to_uri

dataset_forms = Blueprint("gobiernoabierto_dataset_forms", __name__)
answer_refusals(dataset_forms)

SCHEMAORG, CROISSANT = "schemaorg", "croissant"
PROFILES = {SCHEMAORG: "https://schema.org/", CROISSANT: "http://mlcommons.org/croissant/1.0"}
"""Form -> what it is written in the words of."""
PAGE = "dataset.read"


@dataset_forms.route("/dataset/<id>/<any(schemaorg, croissant):form>.jsonld", methods=["GET"])
def export(id: str, form: str) -> Response:
    """Return a form of a public dataset, as its page has it.

    404 for what never was public and for one without a table, 410 for one that is public no more.
    """
    if "\0" in id:
        raise tk.ObjectNotFound()
    wake.head_for_a_reader()
    found = find(id)
    if found.last is None:
        raise tk.ObjectNotFound()
    if not found.is_there:
        return gone(found.last)
    forms = prepared.of_datasets([found.last.subject]).get(found.last.subject)
    text = getattr(forms, form, None)
    if text is None:
        return refuse(
            HTTPStatus.NOT_FOUND, tk._("No file of this dataset is a table: there is no Croissant of it")
        )
    tag = caching.digest([text])
    return feed_answer.answered(tag, formats.JSON_LD.mimetype, None, text.encode)


@dataset_forms.after_app_request
def link_forms(response: Response) -> Response:
    """Say in the headers of a public dataset's page where it is described, as Signposting asks for.

    https://signposting.org/FAIR/
    """
    dataset = (
        g.get("pkg_dict") if request.endpoint == PAGE and response.status_code == HTTPStatus.OK else None
    )
    if not dataset or dataset["state"] != "active" or dataset["private"]:
        return response
    add = response.headers.add
    add("Link", f'<{iri_to_uri(dataset_uri(dataset))}>; rel="cite-as"')
    add("Link", '<https://schema.org/Dataset>; rel="type"')
    for ending, media_type in formats.RDF_TYPES.items():
        where = tk.url_for(
            "gobiernoabierto_dataset_rdf.export", id=dataset["name"], ending=ending, qualified=True
        )
        add("Link", f'<{where}>; rel="describedby"; type="{media_type}"')
    forms = prepared.of_page(dataset)
    for name, profile in PROFILES.items():
        if getattr(forms, name, None):
            where = tk.url_for(
                "gobiernoabierto_dataset_forms.export", id=dataset["name"], form=name, qualified=True
            )
            add("Link", f'<{where}>; rel="describedby"; type="application/ld+json"; profile="{profile}"')
    return response
