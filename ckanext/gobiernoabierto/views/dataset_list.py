"""The datasets that a search finds, as a list to download."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.lib import csv_writing
from ckanext.gobiernoabierto.links.model import links_of
from ckanext.gobiernoabierto.search import datasets
from ckanext.gobiernoabierto.views.exports import content_type, streamed
from flask import Blueprint, current_app, request

dataset_list = Blueprint("gobiernoabierto_dataset_list", __name__)

# What the search page's address holds besides filters; CKAN passes over what begins with an underscore.
NO_FILTER = re.compile(r"q|sort|page|_.*|ext_.*|utm_.*|fbclid|gclid|mc_[ce]id")
PLAIN = ("name", "title", "notes")
DATED = ("license_id", "metadata_created", "metadata_modified")
COLUMNS = (*PLAIN, "organization", *links_of({}), "tags", "formats", *DATED, "address")


def row(dataset: dict[str, Any]) -> list[str]:
    """Return the cells of a dataset in the order of ``COLUMNS``, none of which a spreadsheet calculates."""
    organization = dataset.get("organization") or {}
    formats = dict.fromkeys(each["format"] for each in dataset.get("resources", ()) if each.get("format"))
    several = [*links_of(dataset).values(), [tag["name"] for tag in dataset.get("tags", ())], formats]
    cells = [
        *[dataset.get(name) or "" for name in PLAIN],
        organization.get("title") or organization.get("name") or "",
        *map(csv_writing.SEPARATOR.join, several),
        *[dataset.get(name) or "" for name in DATED],
        tk.url_for("dataset.read", id=dataset["name"], qualified=True),
    ]
    return [csv_writing.harmless(cell) for cell in cells]


def _lines(found: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    yield csv_writing.header(COLUMNS)
    for dataset in found:
        yield csv_writing.line(row(dataset))


@dataset_list.route("/dataset.csv", methods=["GET"])
def download() -> Response:
    """Return the search's whole list as CSV: words, filters and order as in the address of its page."""
    fields = [(n, v) for n, v in request.args.items(multi=True) if v and not NO_FILTER.fullmatch(n)]
    found = datasets.found_by_anybody(request.args.get("q", ""), fields, request.args.get("sort", ""))
    answer = current_app.response_class(streamed(_lines(found)), content_type=content_type("text/csv"))
    answer.headers["Content-Disposition"] = 'attachment; filename="conjuntos-de-datos.csv"'
    return answer
