"""For who writes programs: where everything is to be read, commands that run, and how the feed is doing."""

from __future__ import annotations

from dataclasses import dataclass

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import forms, registry
from ckanext.gobiernoabierto.feed import state as states
from ckanext.gobiernoabierto.feed import wake
from ckanext.gobiernoabierto.feed.model import DATASET, ORGANIZATION
from ckanext.gobiernoabierto.links.model import LINKED
from ckanext.gobiernoabierto.views import feed_answer
from ckanext.gobiernoabierto.views.dumps import entries
from ckanext.gobiernoabierto.views.entities import answer_refusals
from ckanext.gobiernoabierto.web import caching
from flask import Blueprint, jsonify

open_data = Blueprint("gobiernoabierto_open_data", __name__)
answer_refusals(open_data)

SECONDS = 60
"""For so long a cache may keep how the feed is doing."""
CATALOGUE, DUMPS, CHANGES, API = "catalogue", "dumps", "changes", "api"


@dataclass(frozen=True)
class Example:
    """A command that can be pasted into a terminal, and what it is for."""

    about: str
    command: str


def examples() -> dict[str, list[Example]]:
    """Return the commands by the section of the page that they belong to; the tests run each."""
    site = config.site_url()
    return {
        CATALOGUE: [
            Example(
                tk._("The first hundred datasets, and where the next page is"),
                f"curl -s -D - -o page.nt {site}/catalog.nt | grep -i '^link:\\|^etag:'",
            ),
            Example(
                tk._("Only those of one municipality"), f"curl -s '{site}/catalog.ttl?municipality=0115'"
            ),
            Example(
                tk._("Nothing new? Then the answer is 304, without a body"),
                f"curl -s -o catalog.ttl --etag-save tag.txt {site}/catalog.ttl\n"
                f"curl -s -o catalog.ttl --etag-compare tag.txt -w '%{{http_code}}\\n' {site}/catalog.ttl",
            ),
        ],
        DUMPS: [
            Example(
                tk._("The whole catalogue, and the SHA-256 that it must have"),
                f"curl -s -D - -O {site}/catalog.nt.gz | grep -i '^repr-digest:'",
            ),
            Example(
                tk._("How many datasets it has"),
                f"curl -s {site}/catalog.nt.gz | gunzip | grep -c '#type> <http://www.w3.org/ns/dcat#Dataset>'",
            ),
        ],
        CHANGES: [
            Example(
                tk._("What has happened since a position, a line of JSON for each event"),
                f"curl -s '{site}/catalog/changes.jsonl?after=0'",
            ),
            Example(
                tk._("By OAI-PMH, deletions included"),
                f"curl -s '{site}/oai?verb=ListIdentifiers&metadataPrefix=dcat'",
            ),
        ],
        API: [
            Example(
                tk._("Search the datasets of a municipality, as JSON"),
                f"curl -s '{site}/api/3/action/package_search?fq=municipality:0115&rows=5'",
            ),
            Example(
                tk._("A commitment with all that is known of it"), f"curl -s {site}/compromiso/3-11.json"
            ),
            Example(tk._("All municipalities as a spreadsheet of codes"), f"curl -s {site}/municipios.csv"),
        ],
    }


def _names() -> dict[str, str]:
    """Return how people call the kinds that the feed tells of."""
    entities = {each.name: forms.form_schema(each)["plural"] for each in registry.ENTITY_TYPES}
    return {DATASET: tk._("Datasets"), ORGANIZATION: tk._("Organizations"), **entities}


@open_data.route("/datos-abiertos", methods=["GET"])
def page() -> str:
    """Return the page for who writes programs."""
    head = wake.head_for_who_asks_how_it_is()
    extra = {"state": states.state(head), "examples": examples(), "contract": states.contract()}
    extra["dumps"] = entries(head)
    filters = [*LINKED, ORGANIZATION]
    return tk.render(
        "gobiernoabierto/open_data.html", {**extra, "filters": filters, "site": config.site_url()}
    )


@open_data.route("/catalog/estado", methods=["GET"])
def state() -> str:
    """Return how the feed is doing, for people."""
    return tk.render(
        "gobiernoabierto/feed_state.html",
        {"state": states.state(wake.head_for_who_asks_how_it_is()), "names": _names()},
    )


@open_data.route("/catalog/estado.json", methods=["GET"])
def state_as_json() -> Response:
    """Return how the feed is doing, for programs."""
    feed_answer.refuse_unknown(())
    answer = jsonify(states.state(wake.head_for_who_asks_how_it_is()))
    tk.request.environ[caching.CHOSEN] = f"public, max-age={SECONDS}"
    return answer
