"""Resumption tokens of OAI-PMH: where a list goes on, signed, so that nothing has to be kept of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.feed.records import Listed
from ckanext.gobiernoabierto.lib.oai_pmh import BAD_TOKEN, TOKEN, OaiError
from itsdangerous import BadSignature, URLSafeTimedSerializer

KEPT = 86_400
"""Seconds. For so long a list can be gone on with; snapshots live longer (``feed compact``)."""

NO_LIST = Listed(0, 0, 0)
"""That of verbs that list no records."""


@dataclass(frozen=True)
class Part:
    """A part of a list: of which, and where it begins."""

    verb: str
    moment: dt.datetime
    """That of the list's first answer; every answer of the list says it."""
    prefix: str = ""
    listed: Listed = NO_LIST
    after: Any = None
    """The last event, or the last set, of the part before; None for the first part."""
    cursor: int = 0
    """How many came before."""
    size: int = 0
    """How many the whole list has, once it has more than one part."""


def write(part: Part) -> str:
    """Return the token of a part."""
    listed = part.listed
    where = [listed.position, listed.first, listed.last, listed.of]
    said = [part.verb, part.moment.isoformat(), part.prefix, where, part.after, part.cursor, part.size]
    return str(_serializer().dumps(said))


def read(token: str, verb: str) -> Part:
    """Return the part; OaiError for a token that is not ours, was given by another verb, or is too old."""
    try:
        said = _serializer().loads(token, max_age=KEPT)
    except BadSignature:
        raise OaiError(BAD_TOKEN, TOKEN) from None
    of, moment, prefix, where, after, cursor, size = said
    if of != verb:
        raise OaiError(BAD_TOKEN, TOKEN)
    return Part(of, dt.datetime.fromisoformat(moment), prefix, Listed(*where), after, cursor, size)


def _serializer() -> URLSafeTimedSerializer:
    # the number changes with what a token holds: none that an earlier version gave is read then
    options = {"digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(config.secrets(), salt="gobiernoabierto-oai-1", signer_kwargs=options)
