"""The whole catalogue in one file: ``/catalog.nt.gz`` and its like, and what is known of those that are kept.

The plain address is that of the present; each answer names the address of the same bytes (Content-Location),
with which a download can be gone on with while officers edit.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from http import HTTPStatus
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.entities.history import plain
from ckanext.gobiernoabierto.feed import dumps, snapshot, wake
from ckanext.gobiernoabierto.feed.catalog import SNAPSHOT
from ckanext.gobiernoabierto.feed.dumps import Dump
from ckanext.gobiernoabierto.feed.fingerprint import fingerprint
from ckanext.gobiernoabierto.rdf.formats import RDF_FORMATS
from ckanext.gobiernoabierto.views import feed_answer
from ckanext.gobiernoabierto.views.entities import answer_refusals, refuse
from ckanext.gobiernoabierto.web import caching
from flask import Blueprint, request

catalog_dumps = Blueprint("gobiernoabierto_catalog_dumps", __name__)
answer_refusals(catalog_dumps)

GZIP = "application/gzip"
"""It is a file, and no way of sending one: whoever reads it gets the bytes that the checksum is of."""
AGAIN = 30
"""Seconds after which to ask again where there was no dump."""


@catalog_dumps.errorhandler(snapshot.ExpiredError)
def expired(_error: snapshot.ExpiredError) -> Response:
    """Say that these bytes are not kept any more, and where the present ones are."""
    message = tk._("This dump is not kept any more: begin again at {address}")
    again = _address((request.view_args or {})["ending"])
    return refuse(HTTPStatus.GONE, message.format(address=again), {"first": again})


@catalog_dumps.errorhandler(dumps.UnavailableError)
def unavailable(_error: dumps.UnavailableError) -> Response:
    """Say that it is worth while to ask again."""
    message = tk._("The dump cannot be made at the moment. Ask again in a while, or read the pages")
    answer = refuse(HTTPStatus.SERVICE_UNAVAILABLE, message)
    answer.retry_after = AGAIN
    return answer


@catalog_dumps.route("/catalog.<any(nt,ttl,rdf,jsonld):ending>.gz", methods=["GET"])
def download(ending: str) -> Response:
    """Return the dump of the present, or the one of a position if it is kept; 304 and HEAD make none."""
    feed_answer.refuse_unknown((SNAPSHOT,))
    if request.args.get(SNAPSHOT):
        return _of_a_position(ending)
    head = wake.head_for_a_reader()
    tag = _tag(ending, head.position, head.changed, fingerprint())
    if feed_answer.known(tag, head.changed):
        return _unchanged(ending, head.position, tag, head.changed)
    if request.method == "HEAD":
        return _told(ending, dumps.known(ending, head.position), head)
    dump, file = dumps.opened(ending, head)
    return _sent(ending, dump, file)


def _of_a_position(ending: str) -> Response:
    head = wake.head_for_a_reader()
    position = feed_answer.position_in(request.args, head)
    dump, file = dumps.reopened(ending, position, head)
    tag = _tag(ending, position, dump.moment, dump.fingerprint)
    if feed_answer.known(tag, dump.moment):
        file.close()
        return _unchanged(ending, position, tag, dump.moment)
    return _sent(ending, dump, file)


def _unchanged(ending: str, position: int, tag: str, moment: dt.datetime | None) -> Response:
    answer = feed_answer.unchanged(tag, moment, a_file=True)
    answer.headers["Content-Location"] = _address(ending, position)
    return answer


def _told(ending: str, dump: Dump | None, head: snapshot.Head) -> Response:
    """Return what HEAD is answered: of a dump that nobody has asked for yet the size is not known."""
    tag = _tag(ending, head.position, head.changed, fingerprint())
    answer = feed_answer.without_body(GZIP, tag, head.changed, a_file=True)
    answer.accept_ranges = "bytes"
    return answer if dump is None else _described(answer, ending, dump)


def _sent(ending: str, dump: Dump, file: Any) -> Response:
    tag = _tag(ending, dump.position, dump.moment, dump.fingerprint)
    answer = feed_answer.with_file(file, dump.size, GZIP, tag, dump.moment)
    refused = answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    return answer if refused else _described(answer, ending, dump)


def _described(answer: Response, ending: str, dump: Dump) -> Response:
    """Put on an answer what is known of the file."""
    digest = base64.b64encode(bytes.fromhex(dump.sha256)).decode()
    name = f"catalog-{dump.position}.{ending}.gz"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Location"] = _address(ending, dump.position)
    answer.headers["Repr-Digest"] = f"sha-256=:{digest}:"
    answer.headers["Catalog-Position"] = str(dump.position)
    answer.headers["Catalog-Datasets"] = str(dump.datasets)
    answer.headers.add("Link", f'<{_list_address()}>; rel="describedby"; type="application/json"')
    if "Content-Length" not in answer.headers:
        answer.content_length = dump.size
    return answer


@catalog_dumps.route("/catalog/dumps.json", methods=["GET"])
def listed() -> Response:
    """Return where the dumps are, and size, checksum and position of those that are kept; makes none."""
    feed_answer.refuse_unknown(())
    head = wake.head_for_a_reader()
    told = {
        "position": head.position,
        "datasets": head.datasets,
        "changed": plain(head.changed),
        "dumps": entries(head),
    }
    body = json.dumps(told, indent=2).encode()
    tag = caching.digest([body])
    return feed_answer.answered(tag, "application/json", None, lambda: body)


def entries(head: snapshot.Head) -> list[dict[str, Any]]:
    """Return where the dumps are, and what is known of those that are kept: JSON values."""
    return [_entry(ending, head) for ending in dumps.ENDINGS]


def _entry(ending: str, head: snapshot.Head) -> dict[str, Any]:
    return {
        "address": _address(ending),
        "media_type": RDF_FORMATS[ending].mimetype,
        "compression": "gzip",
        "kept": [
            {
                "address": _address(ending, dump.position),
                "position": dump.position,
                "datasets": dump.datasets,
                "size": dump.size,
                "sha256": dump.sha256,
                "made": plain(dt.datetime.fromtimestamp(dump.made, dt.UTC)),
            }
            for dump in dumps.kept(ending, head)
        ],
    }


def _tag(ending: str, position: int, moment: dt.datetime | None, made_with: str) -> str:
    """Return the tag of these bytes: the same at the address that pins them and at the plain one."""
    return caching.tag_of_position(position, moment, made_with, f"/catalog.{ending}.gz", ())


def _address(ending: str, position: int | None = None) -> str:
    pinned = {} if position is None else {SNAPSHOT: position}
    return feed_answer.address(f"{catalog_dumps.name}.download", ending=ending, **pinned)


def _list_address() -> str:
    return feed_answer.address(f"{catalog_dumps.name}.listed")
