"""What every RDF syntax can carry: absolute IRIs (RFC 3987) and texts of XML characters.

One record with a newline or a broken ``%`` in an address spoils the whole page it is on; rdflib lets
both through.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import unquote

_PLANES = "".join(
    f"{chr((plane << 16) + (0x1000 if plane == 14 else 0))}-{chr((plane << 16) + 0xFFFD)}"
    for plane in range(1, 15)
)
_UNRESERVED = rf"A-Za-z0-9\-._~\u00A0-\uD7FF\uF900-\uFDCF\uFDF0-\uFFEF{_PLANES}"
_ENCODED = "%[0-9A-Fa-f]{2}"
_SEGMENT = rf"(?:[{_UNRESERVED}!$&'()*+,;=:@]|{_ENCODED})"
_NAME = rf"(?:[{_UNRESERVED}!$&'()*+,;=]|{_ENCODED})*"
_USER = rf"(?:(?:[{_UNRESERVED}!$&'()*+,;=:]|{_ENCODED})*@)?"
_AUTHORITY = rf"{_USER}(?:\[(?P<ip>[0-9A-Fa-f:.]+)\]|{_NAME})(?::[0-9]*)?"
_PATHS = rf"//{_AUTHORITY}(?:/{_SEGMENT}*)*|/(?:{_SEGMENT}+(?:/{_SEGMENT}*)*)?|{_SEGMENT}+(?:/{_SEGMENT}*)*|"
_IRI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.\-]*:(?:{_PATHS})(?:\?(?:{_SEGMENT}|[/?])*)?(?:#(?:{_SEGMENT}|[/?])*)?"
)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAIL = re.compile(
    rf"(?:mailto:)?([{_UNRESERVED}!#$&'*+/=?^`{{|}}]+@[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?)"
)


@lru_cache(maxsize=8192)
def is_iri(value: str) -> bool:
    """Tell whether ``value`` is an absolute IRI by the letter of RFC 3987 (private-use characters: no)."""
    match = _IRI.fullmatch(value)
    if match is None:
        return False
    if match["ip"] is None:
        return True
    try:
        ipaddress.IPv6Address(match["ip"])
    except ValueError:
        return False
    return True


def web_address(value: object) -> str | None:
    """Return a trimmed http or https address with a host, or None where it is not one."""
    if not isinstance(value, str):
        return None
    address = value.strip().replace(" ", "%20")
    host = re.match(r"https?://[^/?#]", address, re.IGNORECASE)
    return address if host and is_iri(address) else None


def mail_address(value: object) -> str | None:
    """Return ``mailto:`` and the address of a mailbox (RFC 6068), or None where it is not one."""
    if not isinstance(value, str):
        return None
    match = _MAIL.fullmatch(value.strip())
    if match is None:
        return None
    address = "mailto:" + re.sub(r"[#?^`{|}/]", lambda found: f"%{ord(found[0]):02X}", match[1])
    return address if is_iri(address) else None


def readable_text(value: str) -> str:
    """Return ``value`` without the characters that no XML document may hold (XML 1.0, Char)."""
    return _NOT_XML.sub("", value)


def mailbox(address: str) -> str:
    """Return the mailbox that a ``mailto:`` address names."""
    return unquote(address.removeprefix("mailto:"))
