"""OAI-PMH 2.0 at ``/oai``: the datasets of the log as records, and what became of those that are gone.

A list is pinned to the position at which it began, and says so by its token; the date of its answers is the
moment of that position, on every page. Whoever asks next time ``from`` that date misses nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import ckan.plugins.toolkit as tk
from ckan.config.middleware.flask_app import csrf
from ckan.types import Response
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import forms, registry
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.feed import metadata, records, sets, snapshot, wake
from ckanext.gobiernoabierto.feed.model import DELETE, ORGANIZATION
from ckanext.gobiernoabierto.lib import oai_pmh
from ckanext.gobiernoabierto.lib.oai_pmh import Asked, OaiError, element, text, utc
from ckanext.gobiernoabierto.views import feed_answer, oai_tokens
from ckanext.gobiernoabierto.views.oai_tokens import Part
from ckanext.gobiernoabierto.web.programs import OAI, oai_address
from ckanext.gobiernoabierto.web.sessions import lacks_token
from flask import Blueprint, abort, redirect, request

oai_pages = Blueprint("gobiernoabierto_oai", __name__)

MEDIA_TYPE = "text/xml"
SIZE = 100
"""Records, headers or sets of one answer."""
OF_IDENTIFIERS = {
    "xmlns": "http://www.openarchives.org/OAI/2.0/oai-identifier",
    "xsi:schemaLocation": "http://www.openarchives.org/OAI/2.0/oai-identifier"
    " http://www.openarchives.org/OAI/2.0/oai-identifier.xsd",
}
DOMAIN = re.compile(r"[a-zA-Z][a-zA-Z0-9\-]*(\.[a-zA-Z][a-zA-Z0-9\-]*)+")
LOCAL = "-_.!~*'();/?:@&=+$,"
"""What a local identifier may have beside letters and digits; all else as %XX."""


@oai_pages.before_request
def ask_for_token() -> None:
    """Ask who is signed in for the token of their forms, as everywhere; a harvester has no session."""
    if request.method == "POST" and tk.current_user.is_authenticated and lacks_token():
        abort(HTTPStatus.BAD_REQUEST)


@oai_pages.route(OAI, methods=["GET", "POST"])
def oai() -> Response:
    """Answer a request of OAI-PMH; what is wrong with it is said in an ordinary answer."""
    if request.method == "HEAD":
        return feed_answer.without_body(MEDIA_TYPE, None, None)
    moment, head = wake.moment_for_a_reader()
    said: dict[str, str] = {}
    try:
        asked = oai_pmh.understood([*request.args.items(multi=True), *request.form.items(multi=True)])
        said = {oai_pmh.VERB: asked.verb, **asked.arguments}
        part = _part(asked, moment, head.position)
        moment, content = part.moment, element(asked.verb, VERBS[asked.verb](asked, part))
    except OaiError as error:
        content = text("error", _message(error), {"code": error.code})
        said = {} if error.code in (oai_pmh.BAD_VERB, oai_pmh.BAD_ARGUMENT) else said
    body = oai_pmh.answer(moment, oai_address(), said, content)
    return feed_answer.with_body(body, MEDIA_TYPE, None, None)


@oai_pages.route(f"{OAI}/", methods=["GET", "POST"])
def with_a_slash() -> Any:
    """Lead to the address, with the question; a form is sent again."""
    question = request.query_string.decode()
    return redirect(
        f"{oai_address()}?{question}" if question else oai_address(), HTTPStatus.PERMANENT_REDIRECT
    )


csrf.exempt(with_a_slash)
csrf.exempt(oai)  # nothing is changed, and ``ask_for_token`` has asked


def _message(error: OaiError) -> str:
    """Return what a person reads of an error: what is wrong, and what to do."""
    messages = {
        oai_pmh.BAD_VERB: tk._("One verb is needed, one of {verbs}").format(verbs=", ".join(VERBS)),
        oai_pmh.BAD_ARGUMENT: tk._("{name}: it is missing, repeated, not of this verb, or not well written"),
        oai_pmh.BAD_TOKEN: tk._("This list cannot be gone on with: begin it again"),
        oai_pmh.NO_FORMAT: tk._("There are these formats: {formats}").format(
            formats=", ".join(metadata.FORMATS)
        ),
        oai_pmh.NO_ID: tk._("There is no record of this identifier"),
        oai_pmh.NO_RECORDS: tk._("No record is of this set and these dates"),
    }
    of_dates = {
        oai_pmh.UNLIKE: tk._("from and until: write both as days, or both with a time"),
        oai_pmh.REVERSED: tk._("from is after until: write the earlier date in from"),
    }
    return of_dates.get(error.detail) or messages[error.code].replace("{name}", error.detail)


def _part(asked: Asked, moment: dt.datetime, position: int) -> Part:
    """Return what of a list is asked for: where a token says, or the beginning of one at this position."""
    given = asked.arguments
    if oai_pmh.TOKEN in given:
        return oai_tokens.read(given[oai_pmh.TOKEN], asked.verb)
    prefix = given.get(oai_pmh.PREFIX, "")
    if prefix and prefix not in metadata.FORMATS:
        raise OaiError(oai_pmh.NO_FORMAT, prefix)
    if asked.verb not in (oai_pmh.RECORDS, oai_pmh.IDENTIFIERS):
        return Part(asked.verb, moment, prefix)
    listed = records.listed(position, asked.since, asked.before, given.get(oai_pmh.SET, ""))
    if listed is None:
        raise OaiError(oai_pmh.NO_RECORDS)
    return Part(asked.verb, moment, prefix, listed)


# -- Verbs ---------------------------------------------------------------------------------------------


def _identify(_asked: Asked, part: Part) -> str:
    said = [
        text("repositoryName", config.site_title()),
        text("baseURL", oai_address()),
        text("protocolVersion", "2.0"),
    ]
    said += [text("adminEmail", each) for each in config.administrators()]
    said += [
        text("earliestDatestamp", utc(records.earliest() or part.moment)),
        text("deletedRecord", "persistent"),
        text("granularity", "YYYY-MM-DDThh:mm:ssZ"),
        text("compression", "gzip"),
    ]
    return "".join([*said, _scheme()])


def _scheme() -> str:
    """Return how identifiers are made, where the host is a domain, as the guidelines want it."""
    if not DOMAIN.fullmatch(_host()):
        return ""
    parts = (
        ("scheme", "oai"),
        ("repositoryIdentifier", _host()),
        ("delimiter", ":"),
        ("sampleIdentifier", _identifier("b7e2c4a0-5d1f-4c3e-9a68-2f0d7b51e934")),
    )
    written = "".join(text(name, content) for name, content in parts)
    return element("description", element("oai-identifier", written, OF_IDENTIFIERS))


def _formats(asked: Asked, _part: Part) -> str:
    if oai_pmh.IDENTIFIER in asked.arguments:
        _record_of(asked)
    return "".join(
        element(
            "metadataFormat",
            text("metadataPrefix", prefix)
            + text("schema", each.schema)
            + text("metadataNamespace", each.namespace),
        )
        for prefix, each in metadata.FORMATS.items()
    )


def _sets(_asked: Asked, part: Part) -> str:
    rows = records.sets_page(tuple(part.after) if part.after else snapshot.FIRST, SIZE + 1)
    above = [] if part.after else [(kind, _noun(kind, "plural")) for kind in sets.KINDS]
    shown = [*above, *((f"{row.kind}:{row.subject}", _name(row)) for row in rows[:SIZE])]
    written = "".join(element("set", text("setSpec", spec) + text("setName", name)) for spec, name in shown)
    more = rows[SIZE - 1] if len(rows) > SIZE else None
    if more is not None and not part.size:
        part = replace(part, size=len(sets.KINDS) + records.sets_count())
    return written + _resumption(part, len(shown), more and [more.kind, more.subject])


def _noun(kind: str, number: str) -> str:
    if kind == ORGANIZATION:
        return tk._("Organizations") if number == "plural" else tk._("Organization")
    return str(forms.form_schema(registry.entity_type(kind))[number])


def _name(row: Any) -> str:
    called = metadata.name_of(row.body, row.address) or row.name
    which = "" if row.kind == ORGANIZATION else f" {row.subject}"
    return f"{_noun(row.kind, 'singular')}{which}: {called}"


def _identifiers(_asked: Asked, part: Part) -> str:
    return _list(part, _header)


def _records(_asked: Asked, part: Part) -> str:
    return _list(part, lambda row: _record(row, part.prefix))


def _record_verb(asked: Asked, part: Part) -> str:
    return _record(_record_of(asked), part.prefix)


VERBS: dict[str, Callable[[Asked, Part], str]] = {
    oai_pmh.IDENTIFY: _identify,
    oai_pmh.FORMATS: _formats,
    oai_pmh.SETS: _sets,
    oai_pmh.IDENTIFIERS: _identifiers,
    oai_pmh.RECORDS: _records,
    oai_pmh.RECORD: _record_verb,
}


# -- Records -------------------------------------------------------------------------------------------


def _list(part: Part, written: Callable[[Any], str]) -> str:
    try:
        rows = records.page(part.listed, part.after or 0, SIZE + 1)
    except snapshot.ExpiredError:
        raise OaiError(oai_pmh.BAD_TOKEN, oai_pmh.TOKEN) from None
    if not rows:
        raise OaiError(oai_pmh.NO_RECORDS)
    more = len(rows) > SIZE
    if more and not part.size:
        part = replace(part, size=records.count(part.listed))
    shown = rows[:SIZE]
    return "".join(map(written, shown)) + _resumption(part, len(shown), shown[-1].at if more else None)


def _resumption(part: Part, shown: int, after: Any) -> str:
    """Return where the list goes on; an empty token at its end, and nothing of a list of one part."""
    if after is None and not part.cursor:
        return ""
    said = {"completeListSize": str(part.size), "cursor": str(part.cursor)}
    if after is None:
        return text("resumptionToken", "", said)
    said["expirationDate"] = utc(now() + dt.timedelta(seconds=oai_tokens.KEPT))
    following = replace(part, after=after, cursor=part.cursor + shown)
    return text("resumptionToken", oai_tokens.write(following), said)


def _record(row: Any, prefix: str) -> str:
    if row.op == DELETE:
        return element("record", _header(row))
    written = metadata.FORMATS[prefix].written(row.address, row.body)
    return element("record", _header(row) + element("metadata", written))


def _header(row: Any) -> str:
    """Return the header of a record; of one that is gone nothing but that, and since when."""
    said = text("identifier", _identifier(row.subject)) + text("datestamp", utc(row.published))
    if row.op == DELETE:
        return element("header", said, {"status": "deleted"})
    return element("header", said + "".join(text("setSpec", each) for each in sets.of_refs(row.refs)))


def _host() -> str:
    return urlsplit(config.site_url()).hostname or "localhost"


def _identifier(subject: str) -> str:
    return f"oai:{_host()}:{quote(subject, safe=LOCAL)}"


def _record_of(asked: Asked) -> Any:
    """Return the row that an identifier names; OaiError where there is and was none."""
    beginning, found = _identifier(""), asked.arguments[oai_pmh.IDENTIFIER]
    subject = unquote(found.removeprefix(beginning))
    row = records.record(subject) if found.startswith(beginning) and "\0" not in subject else None
    if row is None:
        raise OaiError(oai_pmh.NO_ID, found)
    return row
