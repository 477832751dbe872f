"""What is sent compressed, to whom, and what never is."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from werkzeug.test import Client

GZIP = {"Accept-Encoding": "br, gzip"}


@pytest.fixture
def styles(visitor: Client) -> str:
    """The address of the styles of every page."""
    found = re.search(r'href="(/webassets/base/\w+_main\.css)"', visitor.get("/").text)
    assert found
    return found[1]


def test_styles_come_in_a_fifth_of_the_bytes(visitor: Client, styles: str):
    """The same styles, by the same tag; a cache is told what they depend on, with 304 too."""
    plain, packed = visitor.get(styles), visitor.get(styles, headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) == packed.content_length < len(plain.data) / 5
    known = visitor.get(styles, headers={**GZIP, "If-None-Match": packed.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")
    for answer in (plain, packed, known):
        assert "Accept-Encoding" in answer.vary
        assert answer.get_etag() == (plain.get_etag()[0], True)
    assert visitor.get(styles, headers=GZIP).data == packed.data
    head = visitor.head(styles, headers=GZIP)
    assert (head.headers["Content-Encoding"], head.content_length) == ("gzip", packed.content_length)


@pytest.mark.parametrize("taken", [None, "", "br", "gzip;q=0", "identity"])
def test_who_does_not_take_it_gets_it_as_it_is(visitor: Client, styles: str, taken: str | None):
    """Programs mostly say nothing."""
    headers = {} if taken is None else {"Accept-Encoding": taken}
    for path in (styles, "/"):
        answer = visitor.get(path, headers=headers)
        assert "Content-Encoding" not in answer.headers
        assert "Accept-Encoding" in answer.vary


def test_a_part_of_the_styles_is_a_part_of_what_they_say(visitor: Client, styles: str):
    """And nobody is told that what was packed can be had in parts."""
    part = visitor.get(styles, headers={**GZIP, "Range": "bytes=0-9"})
    assert (part.status_code, part.data) == (206, visitor.get(styles).data[:10])
    assert "Content-Encoding" not in part.headers
    assert "Accept-Ranges" not in visitor.get(styles, headers=GZIP).headers


def test_a_page_without_a_secret_is_compressed(visitor: Client):
    """Of somebody whom the site does not know."""
    packed = visitor.get("/municipios", headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == visitor.get("/municipios").data


def test_no_page_with_a_secret_is(site: Any, sign_in: Any, editor: dict[str, Any], token_of: Any):
    """Its size would tell whoever puts words into it what else stands there."""
    signed_in, token = sign_in(editor), {"Authorization": token_of(editor["name"])}
    with_a_cookie = Client(site)
    with_a_cookie.set_cookie("ckan", "abc")
    answers = [
        with_a_cookie.get("/", headers=GZIP),
        signed_in.get("/", headers=GZIP),
        Client(site).get("/api/3/action/user_show?id=" + editor["name"], headers={**GZIP, **token}),
    ]
    for answer in answers:
        assert len(answer.data) > 500
        assert "Content-Encoding" not in answer.headers


def test_what_is_sent_as_it_comes_or_is_small_stays_as_it_is(visitor: Client):
    """A list that streams, and a few bytes."""
    for path in ("/municipios.csv", "/api/3"):
        answer = visitor.get(path, headers=GZIP)
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers
