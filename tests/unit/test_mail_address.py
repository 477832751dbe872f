"""Addresses as people type them, and as a mail can be sent to them."""

from __future__ import annotations

import pytest
from ckanext.gobiernoabierto.lib import mail_address
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("ana@example.org", "ana@example.org"),
        (" Ana.Lopez+idea@Example.ORG\n", "Ana.Lopez+idea@example.org"),
        ("ana@ñandú.gt", "ana@xn--and-6ma2c.gt"),
        ("ana@correo.muni.gob.gt", "ana@correo.muni.gob.gt"),
    ],
)
def test_an_address_is_read(typed: str, read: str):
    """Spaces around it do not matter, nor capitals of the domain."""
    assert mail_address.read(typed) == read


@pytest.mark.parametrize(
    "typed", ["", "@", "a@b", "a b@example.org", "a@example.org\nb@example.org", "a@1.2.3.4"]
)
def test_what_is_none_is_refused(typed: str):
    """By the only error that the form expects."""
    with pytest.raises(ValueError, match=r"."):
        mail_address.read(typed)


@given(st.text() | st.builds("{}@{}".format, st.text(), st.text()) | st.emails())
def test_what_is_read_can_stand_in_a_header_and_is_read_again_as_itself(typed: str):
    """ASCII of at most 254 characters without space, and nothing fails in another way."""
    try:
        address = mail_address.read(typed)
    except ValueError:
        return
    assert address.isascii()
    assert address.isprintable()
    assert not set(address) & set(' ,;:<>()[]"\\')
    assert len(address) <= mail_address.LONGEST
    assert mail_address.read(address) == address


def test_a_masked_address_shows_one_letter_and_the_domain():
    """Its owner knows it."""
    assert mail_address.masked("ana@example.org") == "a…@example.org"
