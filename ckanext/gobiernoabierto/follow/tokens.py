"""What stands in the links of mails instead of an address."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from ckanext.gobiernoabierto import config
from itsdangerous import BadSignature, URLSafeTimedSerializer

LEAVE, MINE = "leave", "mine"
"""What a signed link is for: to unsubscribe, which works for ever; to see what one follows."""
MINE_DAYS = 30
_COPIED_ALONG = ".,;:!?>)]}»\"'"
"""What stands behind a link where it is copied from; none of our links ends so."""


def digest(text: str) -> str:
    """Return what a secret or an address is looked up by: SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()


def address_digest(address: str) -> str:
    """Return the digest of an address; capitals make no other person."""
    return digest(address.lower())


def counted(address: str) -> str:
    """Return what asking is counted by in Redis: nobody without the site's secret knows whose it is."""
    return hmac.digest(config.secrets()[-1].encode(), address.lower().encode(), "sha256").hex()


def bare(copied: str) -> str:
    """Return the text of a link without what was copied along with it."""
    return copied.rstrip(_COPIED_ALONG)


def new_secret() -> str:
    """Return an unguessable text for a link; only its digest is kept."""
    return secrets.token_urlsafe(32)


def sign(purpose: str, follower: str) -> str:
    """Return the signed text of a link for one follower."""
    return _serializer(purpose).dumps(follower)


def read(purpose: str, signed: str) -> str | None:
    """Return whose link it is; None for one that is not ours, was made for something else, or is too old."""
    age = MINE_DAYS * config.SECONDS_A_DAY if purpose == MINE else None
    try:
        return str(_serializer(purpose).loads(bare(signed), max_age=age))
    except BadSignature:
        return None


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    salt, options = f"gobiernoabierto-follow-{purpose}", {"digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(config.secrets(), salt=salt, signer_kwargs=options)
