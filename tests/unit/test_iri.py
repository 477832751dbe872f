"""Addresses and texts that every RDF syntax can carry, measured with pyoxigraph and expat."""

from __future__ import annotations

from urllib.parse import urljoin
from xml.parsers import expat

import pyoxigraph
import pytest
from ckanext.gobiernoabierto.lib.iri import is_iri, mail_address, readable_text, web_address
from hypothesis import given, settings
from hypothesis import strategies as st

ALPHABET = st.one_of(
    st.sampled_from("ab:/?#[]@!$&'()*+,;=%20A -._~\\^`{|}<>\"\n\t\x00é\u202e\ue000"), st.characters()
)


def oxigraph_takes(value: str) -> bool:
    """Ask the strict parser."""
    try:
        pyoxigraph.NamedNode(value)
    except ValueError:
        return False
    return True


@settings(max_examples=500)
@given(
    st.text(ALPHABET, max_size=30),
    st.sampled_from(["http://", "https://a.gt/", "mailto:", "urn:x:", "http://[", ""]),
)
def test_whatever_passes_is_an_iri_for_a_strict_parser(rest: str, scheme: str):
    """There is no text that we would write and pyoxigraph would refuse."""
    value = scheme + rest
    assert not is_iri(value) or oxigraph_takes(value)


@pytest.mark.parametrize(
    "value",
    [
        "https://datos.example.gob.gt/municipio/0115",
        "https://datos.example.gob.gt/a?b=c&d=%20e#f",
        "http://usuario@example.org:8080/camión/ñ?q=/?",
        "http://[2001:db8::1]:80/",
        "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
        "mailto:uip@example.gob.gt",
        "http://example.org",
    ],
)
def test_ordinary_addresses_pass(value: str):
    """What people and machines write in good faith is not lost."""
    assert is_iri(value)
    assert oxigraph_takes(value)


@pytest.mark.parametrize(
    "value",
    [
        "/municipio/0115",
        "http://example.org/a b",
        "http://example.org/a\nb",
        "http://example.org/100%",
        "http://example.org/%zz",
        "http://example.org/<script>",
        "http://example.org:puerto/",
        "http://[1:2]/",
        "http://example.org/a/../b",
        "http://example.org/a/.",
        "http://example.org/a/%2E%2e/b?c",
        "http://example.org/..#d",
        "Creative Commons",
        "",
    ],
)
def test_what_spoils_a_page_does_not_pass(value: str):
    """Each of these breaks a strict parser, or is no absolute address."""
    assert not is_iri(value)


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "ftp://example.org/", "http:///ruta", "//example.org/", None, 7, ""]
)
def test_web_address_is_http_with_a_host(value: object):
    """Nothing but the web is linked."""
    assert web_address(value) is None


def test_web_address_is_trimmed_and_keeps_its_blanks_encoded():
    """A blank in a file's name is common and harmless once it is encoded."""
    assert web_address("  https://a.gt/mi archivo.csv\n") == "https://a.gt/mi%20archivo.csv"


@given(
    st.lists(st.sampled_from(["a", "b.", "...", ".", "..", "%2e", ".%2E"])),
    st.sampled_from(["", "?c=/..", "#d"]),
)
def test_a_web_address_has_its_steps_back_resolved(steps: list[str], rest: str):
    """As a browser would, so that no two readers take it for the addresses of two things."""
    path = "/" + "/".join(steps)
    resolved = urljoin("https://a.gt/", path.replace("%2e", ".").replace("%2E", "."))
    assert web_address(f"https://a.gt{path}{rest}") == f"{resolved}{rest}"


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("uip@example.gob.gt", "mailto:uip@example.gob.gt"),
        (" mailto:uip@example.gob.gt ", "mailto:uip@example.gob.gt"),
        ("a?b@example.org", "mailto:a%3Fb@example.org"),
        ("uip", None),
        ("uip@exam ple.org", None),
        ("uip@example.org?bcc=x@y.z", None),
        (None, None),
    ],
)
def test_mail_address_is_one_mailbox(given_text: object, expected: str | None):
    """Nothing rides along with the address."""
    assert mail_address(given_text) == expected


@given(st.text(st.characters()))
def test_readable_text_is_what_xml_can_hold(text: str):
    """Expat, stricter here than pyoxigraph, reads every text that is left."""
    escaped = readable_text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    expat.ParserCreate("UTF-8").Parse(f"<a>{escaped}</a>".encode(), True)


def test_readable_text_keeps_every_visible_character():
    """Only what nobody sees goes away."""
    assert readable_text("Ideatón\x0b de\x00 Mixco\n\t«ñ» 😀") == "Ideatón de Mixco\n\t«ñ» 😀"
