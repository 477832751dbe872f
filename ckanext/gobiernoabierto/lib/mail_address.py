"""An e-mail address that somebody typed, as a mail can be sent to it."""

from __future__ import annotations

import re

LONGEST, LONGEST_NAME = 254, 64
"""RFC 5321, section 4.5.3.1."""
_NAME = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.A | re.I)
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])", re.A)


def read(typed: str) -> str:
    """Return the address in ASCII, its domain in small letters: ``ana@ñandú.gt`` as ``ana@xn--…``.

    ValueError for what no mail can be sent to, and for names that only some servers take: in quotes, or
    of other letters than English ones (RFC 6531).
    """
    name, at, domain = typed.strip().rpartition("@")
    if not at or len(typed) > LONGEST or len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise ValueError("no address")
    ascii_domain = domain.encode("idna").decode().lower()
    if not _DOMAIN.fullmatch(ascii_domain) or len(name) + 1 + len(ascii_domain) > LONGEST:
        raise ValueError("no domain")
    return f"{name}@{ascii_domain}"


def masked(address: str) -> str:
    """Return what its owner knows it by and nobody else: ``a…@example.org``."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"
