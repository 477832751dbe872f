"""What every RDF syntax can carry: absolute IRIs (RFC 3987) and texts of XML characters.

One record with a newline or a broken ``%`` in an address spoils the whole page it is on; rdflib lets
both through. Steps back (``/a/../b``) are resolved by some readers and kept by others, who then speak of
another thing: nothing is written with them.
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
_STEP_BACK = re.compile(r"/(?:\.|%2[Ee]){1,2}(?=[/?#]|$)")
_PARTS = re.compile(r"(?P<site>[^/]*//[^/?#]*)(?P<path>[^?#]*)(?P<rest>.*)", re.DOTALL)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAIL = re.compile(
    rf"(?:mailto:)?([{_UNRESERVED}!#$&'*+/=?^`{{|}}]+@[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?)"
)


@lru_cache(maxsize=8192)
def is_iri(value: str) -> bool:
    """Tell whether ``value`` is an absolute IRI by the letter of RFC 3987 (private-use characters: no).

    One whose path has dot segments is none (RFC 3986, 5.2.4), nor one that encodes their dots.
    """
    match = _IRI.fullmatch(value)
    if match is None or _has_steps_back(value):
        return False
    if match["ip"] is None:
        return True
    try:
        ipaddress.IPv6Address(match["ip"])
    except ValueError:
        return False
    return True


def web_address(value: object) -> str | None:
    """Return a trimmed http or https address with a host, dot segments resolved; None where it is none."""
    if not isinstance(value, str):
        return None
    address = value.strip().replace(" ", "%20")
    if not re.match(r"https?://[^/?#]", address, re.IGNORECASE):
        return None
    if _has_steps_back(address):
        address = _resolved(address)
    return address if is_iri(address) else None


def _has_steps_back(value: str) -> bool:
    return _STEP_BACK.search(re.split("[?#]", value, maxsplit=1)[0]) is not None


def _resolved(address: str) -> str:
    """Return an address without dot segments, as RFC 3986 (5.2.4) resolves them."""
    parts = _PARTS.fullmatch(address)
    if parts is None:
        return address
    kept: list[str] = []
    steps = parts["path"].split("/")[1:]
    for number, step in enumerate(steps, 1):
        dots = re.sub("%2e", ".", step, flags=re.IGNORECASE)
        if dots == "..":
            kept = kept[:-1]
        elif dots != ".":
            kept.append(step)
        if dots in (".", "..") and number == len(steps):
            kept.append("")
    return f"{parts['site']}{''.join(f'/{step}' for step in kept)}{parts['rest']}"


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
