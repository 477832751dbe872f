"""The search's list as CSV: what the page shows to anybody, all of it, and nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from ckanext.gobiernoabierto.search import datasets


@pytest.fixture
def published(call: Callable[..., Any], fields: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Publish a dataset with other values."""

    def publish(name: str, **values: Any) -> dict[str, Any]:
        return call("package_create", {**fields, "name": name, "title": name, **values})

    return publish


@pytest.fixture
def rows(app: Any) -> Callable[..., list[dict[str, str]]]:
    """Download the list at an address and return its rows."""

    def download(query: str = "", **headers: str) -> list[dict[str, str]]:
        answer = app.get(f"/dataset.csv{query}", headers=headers)
        assert answer.status_code == 200, answer.body
        return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))

    return download


def names(found: list[dict[str, str]]) -> list[str]:
    """Return the names of the rows' datasets."""
    return sorted(row["name"] for row in found)


def test_words_and_filters_are_those_of_the_page(published, rows, app):
    """The page links to the download with its own parameters; page and what networks add are no filter."""
    published("agua", municipality=["0108"], workshop_origin="none", workshop=[])
    published("alumbrado")
    assert names(rows()) == ["agua", "alumbrado"]
    assert names(rows("?q=agua&page=7&utm_source=x&_x=1")) == ["agua"]
    assert names(rows("?municipality=0115")) == ["alumbrado"]
    assert names(rows("?municipality=0115&q=agua")) == []
    page = app.get("/dataset/?municipality=0115&q=alumbrado").body
    assert 'href="/dataset.csv?municipality=0115&amp;q=alumbrado"' in page
    assert "Descargar esta lista" in page
    assert "Descargar esta lista" not in app.get("/dataset/?q=zzzz").body


def test_a_row_has_what_a_list_needs(published, rows):
    """Links as codes, several values between bars, the address of the page."""
    published("alumbrado", tags=[{"name": "luz"}, {"name": "calles"}])
    (row,) = rows()
    assert row["municipality"] == "0115"
    assert row["commitment"] == "3-11"
    assert set(row["tags"].split("|")) == {"luz", "calles"}
    assert row["address"] == "http://test.ckan.net/dataset/alumbrado"


def test_nobody_gets_what_is_not_public(published, rows, token_of, sysadmin, organization):
    """Not even a sysadmin or the editor: what they download they pass on."""
    published("secreto", private=True)
    published("publico")
    for user in (None, sysadmin, organization["editor"]):
        headers = {"Authorization": token_of(user)} if user else {}
        assert names(rows(**headers)) == ["publico"]
        assert names(rows("?capacity=private", **headers)) == []
        assert names(rows("?state=draft", **headers)) == []


def test_no_cell_is_a_formula(published, rows):
    """Titles are typed by many; the list is opened in a spreadsheet."""
    published("malo", title="=HYPERLINK(1)", notes="@SUM(1)")
    (row,) = rows()
    assert row["title"] == "'=HYPERLINK(1)"
    assert row["notes"] == "'@SUM(1)"


def test_batches_neither_lose_nor_repeat_one_and_end(published, rows, monkeypatch):
    """In one order, up to the bound."""
    every = [published(f"datos-{number}")["name"] for number in range(5)]
    monkeypatch.setattr(datasets, "BATCH", 2)
    assert sorted(row["name"] for row in rows()) == every
    assert [row["name"] for row in rows("?sort=name+desc")] == every[::-1]
    monkeypatch.setattr(datasets, "MOST", 4)
    assert len(rows()) == 4


@pytest.mark.long
@pytest.mark.parametrize(
    "query",
    [
        *("?sort=nada+asc", "?sort=id", "?q={!xmlparser}", "?no%20field=1", "?x:y=1", "?q=%22%29+OR+%28"),
        *("?municipality=%22+OR+capacity:private", "?nada=1", "?q=a&sort=%00"),
    ],
)
def test_a_bad_question_is_no_error_of_ours(published, app, query):
    """400, or nothing found; a value never leaves its quotes."""
    published("secreto", private=True)
    answer = app.get(f"/dataset.csv{query}")
    assert answer.status_code in (200, 400), answer.body
    assert "secreto" not in answer.body
