"""What a reader is told who has it already: by the same headers as who has not (RFC 9110, 15.4.5)."""

from __future__ import annotations

from typing import Any

import pytest
from ckanext.gobiernoabierto.feed import changes
from ckanext.gobiernoabierto.rdf import formats

SAME = ("ETag", "Vary", "Content-Location", "Cache-Control")
ADDRESSES = (
    *("/catalog.nt", "/catalog.ttl?municipality=0115", "/catalog.nt.gz", "/catalog", "/catalog/dumps.json"),
    *("/catalog/changes", "/catalog/changes.ttl", "/catalog/changes.ttl?page=1"),
    *("/catalog/changes.nt?page=4", "/catalog/changes.jsonl", "/catalog/changes.atom"),
    *("/catalog/feed.trig", "/catalog/feed.trig?page=1", "/dataset/d0.ttl"),
)


@pytest.mark.long
@pytest.mark.parametrize("packed", [{}, {"Accept-Encoding": "gzip"}])
@pytest.mark.parametrize("visitor", [{}, {"Cookie": "visitor=1"}])
@pytest.mark.parametrize("address", ADDRESSES)
def test_who_has_it_is_told_so_as_if_they_had_not(
    app: Any,
    three: None,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    visitor: dict[str, str],
    packed: dict[str, str],
):
    """Whichever of the tags they have; HEAD has the same too, and nothing depends on cookies."""
    monkeypatch.setattr(changes, "PAGE", 4)
    monkeypatch.setattr(changes, "SIZES", {"page": 4, "group": 8})
    client, headers = app.test_client(use_cookies=False), {**visitor, **packed}
    client.get(address)  # who comes first flushes, and makes the dump
    first = client.get(address, headers=headers)
    tag = first.headers["ETag"].removesuffix('-gz"').rstrip('"')
    assert ("-gz" in first.headers["ETag"]) == (bool(packed) and not address.endswith(".gz"))
    assert "Cookie" not in first.vary
    for known in (f'{tag}"', f'{tag}-gz"'):
        again = client.get(address, headers={**headers, "If-None-Match": known})
        assert again.status_code == 304
        assert {name: again.headers.getlist(name) for name in SAME} == {
            name: first.headers.getlist(name) for name in SAME
        }
    head = client.head(address, headers=headers)
    same = (*SAME, "Content-Encoding", "Last-Modified")
    assert {name: head.headers.get(name) for name in same} == {name: first.headers.get(name) for name in same}


@pytest.mark.long
def test_no_date_is_that_of_the_request(app: Any, three: None, log: Any, monkeypatch: pytest.MonkeyPatch):
    """What never changes has none, nor has what is known by its content."""
    monkeypatch.setattr(changes, "PAGE", 4)
    monkeypatch.setattr(changes, "SIZES", {"page": 4, "group": 8})
    assert len(log()) > 4
    for address in ("/catalog/changes.ttl?page=1", "/catalog/changes?page=1", "/catalog/dumps.json"):
        answer = app.get(address)
        assert (answer.status_code, "Last-Modified" in answer.headers) == (200, False)
    assert app.get("/catalog/changes.ttl").headers["Last-Modified"]


@pytest.mark.long
@pytest.mark.parametrize("kind", ["dataset", "organization"])
def test_each_syntax_by_accept_has_a_tag_of_its_own(app: Any, dataset: dict[str, Any], kind: str):
    """A strong tag stands for bytes: who has Turtle has no N-Triples."""
    address = f"/{kind}/{dataset['id' if kind == 'dataset' else 'owner_org']}"
    accepted = {"text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"}
    assert accepted <= {*formats.RDF_TYPES.values()}
    answers = {each: app.get(address, headers={"Accept": each}) for each in accepted}
    tags = {each: answer.headers["ETag"] for each, answer in answers.items()}
    assert len({*tags.values()}) == len({answer.data for answer in answers.values()}) == len(accepted)
    for had in accepted:
        known = {"If-None-Match": tags[had]}
        again = {each: app.get(address, headers={"Accept": each, **known}).status_code for each in accepted}
        assert again == {each: 304 if each == had else 200 for each in accepted}
