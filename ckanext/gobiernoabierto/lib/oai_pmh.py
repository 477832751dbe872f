"""OAI-PMH 2.0: what may be asked, what is wrong with what was asked, and the envelope of every answer.

Sections are those of the protocol's document of 2015-01-08.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from .iri import readable_text

IDENTIFY, FORMATS, SETS = "Identify", "ListMetadataFormats", "ListSets"
IDENTIFIERS, RECORDS, RECORD = "ListIdentifiers", "ListRecords", "GetRecord"
VERB, IDENTIFIER, PREFIX, SET = "verb", "identifier", "metadataPrefix", "set"
FROM, UNTIL, TOKEN = "from", "until", "resumptionToken"
UNLIKE, REVERSED = "from and until unlike", "from after until"
"""What is wrong with two dates that are well written, each by itself."""
BAD_ARGUMENT, BAD_TOKEN, BAD_VERB = "badArgument", "badResumptionToken", "badVerb"
NO_FORMAT, NO_ID, NO_RECORDS = "cannotDisseminateFormat", "idDoesNotExist", "noRecordsMatch"

_LIST = (frozenset({PREFIX}), frozenset({FROM, UNTIL, SET}))
ARGUMENTS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    IDENTIFY: (frozenset(), frozenset()),
    FORMATS: (frozenset(), frozenset({IDENTIFIER})),
    SETS: (frozenset(), frozenset()),
    IDENTIFIERS: _LIST,
    RECORDS: _LIST,
    RECORD: (frozenset({IDENTIFIER, PREFIX}), frozenset()),
}
"""Of each verb the arguments that it needs, and those that it may have (section 4)."""
RESUMED = (SETS, IDENTIFIERS, RECORDS)
"""Verbs whose lists come in parts: the token stands instead of all other arguments (3.5)."""

_SPEC = r"[A-Za-z0-9\-_.!~*'()]+"
FORMS = {
    IDENTIFIER: re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{1,2000}"),
    PREFIX: re.compile(_SPEC),
    SET: re.compile(f"{_SPEC}(:{_SPEC})*"),
    TOKEN: re.compile(r"[A-Za-z0-9\-_.]{1,2000}"),
}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
SECOND = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
LONGEST = 200
"""Characters of a wrong value that are repeated to whoever sent it."""


class OaiError(Exception):
    """What the protocol calls an error: an ordinary answer that says what was wrong (3.6).

    ``detail`` is the argument or the value that it is about, or what is wrong with two of them.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail[:LONGEST]


@dataclass(frozen=True)
class Asked:
    """A request that is understood."""

    verb: str
    arguments: Mapping[str, str]
    """As they came, without the verb."""
    since: dt.datetime | None = None
    """From this moment on, it included."""
    before: dt.datetime | None = None
    """Up to this moment, it not included."""


def understood(pairs: Iterable[tuple[str, str]]) -> Asked:
    """Return what is asked; OaiError for what the protocol forbids."""
    given = list(pairs)
    verbs = [value for name, value in given if name == VERB]
    if len(verbs) != 1 or verbs[0] not in ARGUMENTS:
        raise OaiError(BAD_VERB, ", ".join(verbs))
    arguments: dict[str, str] = {}
    for name, value in given:
        if name != VERB:
            if name in arguments:
                raise OaiError(BAD_ARGUMENT, name)
            arguments[name] = value
    _check_names(verbs[0], arguments)
    _check_forms(arguments)
    return Asked(verbs[0], arguments, *_window(arguments))


def _check_names(verb: str, arguments: Mapping[str, str]) -> None:
    needed, allowed = ARGUMENTS[verb]
    if TOKEN in arguments and verb in RESUMED:
        needed, allowed = frozenset({TOKEN}), frozenset()
    for name in (*sorted(arguments.keys() - needed - allowed), *sorted(needed - arguments.keys())):
        raise OaiError(BAD_ARGUMENT, name)


def _check_forms(arguments: Mapping[str, str]) -> None:
    for name, form in FORMS.items():
        if name in arguments and not form.fullmatch(arguments[name]):
            raise OaiError(BAD_TOKEN if name == TOKEN else BAD_ARGUMENT, name)


def _window(arguments: Mapping[str, str]) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Return the moments between which records are asked for (2.7.1): both of the same granularity."""
    since, until = (_moment(name, arguments[name]) if name in arguments else None for name in (FROM, UNTIL))
    if since and until:
        if since[1] != until[1]:
            raise OaiError(BAD_ARGUMENT, UNLIKE)
        if since[0] > until[0]:
            raise OaiError(BAD_ARGUMENT, REVERSED)
    return since and since[0], until and _after(*until)


def _moment(name: str, text: str) -> tuple[dt.datetime, dt.timedelta]:
    """Return a moment and how long what was written lasts: a day or a second."""
    try:
        if DAY.fullmatch(text):
            return dt.datetime.fromisoformat(f"{text}T00:00:00+00:00"), dt.timedelta(days=1)
        if SECOND.fullmatch(text):
            return dt.datetime.fromisoformat(text), dt.timedelta(seconds=1)
    except ValueError:
        pass
    raise OaiError(BAD_ARGUMENT, name)


def _after(moment: dt.datetime, lasts: dt.timedelta) -> dt.datetime | None:
    """Return the first moment after; None after the last one that there is."""
    return moment + lasts if moment.year < dt.MAXYEAR else None


# -- Writing -------------------------------------------------------------------------------------------

NAMESPACE = "http://www.openarchives.org/OAI/2.0/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ENDS_OF_LINES = {"\r": "&#13;"}
"""What a reader of XML would take for another end of a line."""
_OPENED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<OAI-PMH xmlns="{NAMESPACE}" xmlns:xsi="{XSI}"\n'
    f' xsi:schemaLocation="{NAMESPACE} {NAMESPACE}OAI-PMH.xsd">\n'
)


def utc(moment: dt.datetime) -> str:
    """Return a moment as the protocol writes it: UTC, to the second, rounded down (3.3)."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def element(name: str, content: str, attributes: Mapping[str, str] | None = None) -> str:
    """Return an element around XML; its attributes are escaped."""
    said = "".join(f" {key}={_quoted(value)}" for key, value in (attributes or {}).items())
    return f"<{name}{said}>{content}</{name}>\n"


def text(name: str, content: str, attributes: Mapping[str, str] | None = None) -> str:
    """Return an element around a text, without characters that no XML may have."""
    return element(name, escape(readable_text(content), ENDS_OF_LINES), attributes)


def _quoted(value: str) -> str:
    return quoteattr(readable_text(value))


def answer(when: dt.datetime, base: str, request: Mapping[str, str], content: str) -> bytes:
    """Return a whole answer; ``request`` has verb and arguments, or nothing if they were wrong (3.2)."""
    said = text("responseDate", utc(when)) + text("request", base, request)
    return f"{_OPENED}{said}{content}</OAI-PMH>\n".encode()
