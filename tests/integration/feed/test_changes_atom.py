"""The changes as Atom: present titles, deletions, and archives that go back to the first event."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from ckanext.gobiernoabierto.feed import changes, changes_atom

SITE = "http://test.ckan.net"
ATOM = "{http://www.w3.org/2005/Atom}"
GONE = f"{{{changes_atom.TOMBSTONES}}}deleted-entry"
ARCHIVE = f"{{{changes_atom.HISTORY}}}archive"


class Document:
    """A document of the feed."""

    def __init__(self, answer: Any) -> None:
        assert answer.status_code == 200, answer.data
        assert answer.headers["Content-Type"] == "application/atom+xml"
        assert "immutable" not in answer.headers["Cache-Control"]
        self.answer = answer
        self.root = ElementTree.fromstring(answer.data)
        self.links = {each.get("rel"): each.get("href") for each in self.root.findall(f"{ATOM}link")}
        self.gone = {each.get("ref"): each.get("when") for each in self.root.findall(GONE)}

    @property
    def titles(self) -> dict[str, str]:
        """What each entry is called, by its id."""
        entries = self.root.findall(f"{ATOM}entry")
        return {each.findtext(f"{ATOM}id", ""): each.findtext(f"{ATOM}title", "") for each in entries}


@pytest.fixture
def read(app: Any):
    """Read one document: by its path, or as a link says."""

    def get(address: str) -> Document:
        parts = urlsplit(address)
        return Document(app.get(f"{parts.path}?{parts.query}"))

    return get


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four events on a page."""
    monkeypatch.setattr(changes, "PAGE", 4)
    monkeypatch.setattr(changes, "SIZES", {"page": 4, "group": 16})


def test_a_reader_of_news_is_told_what_there_is_in_spanish(
    read: Any, app: Any, call: Any, dataset: Any, log: Any
):
    """By the titles that things have now, the newest first; in whatever language it came."""
    log()
    found = read("/catalog/changes.atom")
    address = f"{SITE}/dataset/{dataset['id']}"
    assert found.titles[address] == "Conjunto de datos: Alumbrado público"
    assert found.titles[f"{SITE}/municipio/0108"] == "Municipio: Mixco"
    assert found.titles[f"{SITE}/compromiso/3-11"].startswith("Compromiso: Maratones")
    assert "Organización: Municipalidad de Villa Nueva" in found.titles.values()
    assert app.get("/es/catalog/changes.atom").data == found.answer.data
    call("package_patch", id=dataset["id"], title="Otro")
    again = read("/catalog/changes.atom")
    assert again.titles[address] == "Conjunto de datos: Otro"
    assert next(iter(again.titles)) == address
    updated = [each.text for each in again.root.iter(f"{ATOM}updated")]
    assert updated == sorted(updated, reverse=True)


def test_what_is_taken_back_is_told_without_its_name(read: Any, call: Any, dataset: dict[str, Any], log: Any):
    """As deleted, under the same id; in no document it has a title any more."""
    log()
    call("package_patch", id=dataset["id"], private=True)
    found = read("/catalog/changes.atom")
    address = f"{SITE}/dataset/{dataset['id']}"
    assert found.gone[address].endswith("Z")
    assert address not in found.titles
    assert "Alumbrado" not in found.answer.body
    assert dataset["name"] not in found.answer.body


@pytest.mark.long
def test_archives_go_back_to_the_first_event(read: Any, app: Any, three: None, small: None, log: Any):
    """The document that one subscribes to and all before it have each subject once."""
    last = {event.address for event in log() if event.superseded_by is None}
    documents = [read("/catalog/changes.atom")]
    while earlier := documents[-1].links.get("prev-archive"):
        documents.append(read(earlier))
    found = [address for each in documents for address in each.titles]
    assert sorted(found) == sorted(last)
    assert [each.root.find(ARCHIVE) is not None for each in documents] == [False, True, True]
    assert documents[-1].links["current"] == documents[0].links["self"] == f"{SITE}/catalog/changes.atom"
    assert documents[-1].links["next-archive"] == documents[-2].links["self"]
    assert len({each.root.findtext(f"{ATOM}id") for each in documents}) == 1
    assert app.get("/catalog/changes.atom?page=99").status_code == 404
    assert app.get(f"/catalog/changes.atom?page={-(-len(log()) // 4)}").status_code == 404
    asked = read("/catalog/changes.atom?kind=dataset")
    assert asked.links["self"] == f"{SITE}/catalog/changes.atom?kind=dataset"
    assert all("/dataset/" in address for address in asked.titles)


def test_an_empty_feed_is_one(read: Any, clean_site: None):
    """Before anything was published but the catalogue itself."""
    assert len(read("/catalog/changes.atom").titles) <= 1
