"""A site that stands below the root of its server: every address of ours that the feed names begins there."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from ckanext.gobiernoabierto.feed import flush

ROOT = "/datos"
OURS = re.compile(r"https?://test\.ckan\.net[^\s\"<>\\);,|{}]*")
READ = (
    *("/catalog.ttl", "/catalog.jsonld", "/catalog.rdf?municipality=0115", "/catalog/changes.ttl"),
    *("/catalog/changes.ttl?page=1", "/catalog/changes.jsonl?limit=1", "/catalog/changes.atom"),
    *("/catalog/feed.trig?page=1", "/catalog/dumps.json", "/catalog/estado.json", "/catalog.nt?nada=1"),
    *("/oai?verb=Identify", "/oai?verb=ListRecords&metadataPrefix=dcat", "/municipio/0115.ttl"),
    *("/plan/3.json", "/catalog", "/", "/catalog.nt?search=nada&snapshot=1"),
)


@pytest.fixture(params=["/datos/{{LANG}}", "/datos/{{LANG}}/", "/datos"])
def below(request: Any, monkeypatch: pytest.MonkeyPatch, ckan_config: Any) -> None:
    """Let the site stand below ``/datos``, as an operator may write it."""
    monkeypatch.setitem(ckan_config, "ckan.root_path", request.param)


def addresses_in(answer: Any) -> set[str]:
    """All addresses of the site in an answer, its headers included."""
    text = html.unescape(answer.get_data(as_text=True)) + " ".join(
        f"<{value}>" for _, value in answer.headers
    )
    return {found.partition("#")[0].rstrip(".'") for found in OURS.findall(text)}


@pytest.mark.long
def test_every_address_that_the_feed_names_is_there(below: None, app: Any, dataset: dict[str, Any]):
    """With the path in front that the server takes away; in whatever language the reader came."""
    flush.flush()
    named: set[str] = set()
    for address in (*READ, f"/dataset/{dataset['id']}.ttl", f"/dataset/{dataset['id']}/schemaorg.jsonld"):
        for language in ("", "/es"):
            answer = app.test_client().get(f"{language}{address}", follow_redirects=False)
            assert answer.status_code in (200, 303, 400, 410), address
            named |= addresses_in(answer)
    assert len(named) > 30
    for each in sorted(named):
        parts = urlsplit(each)
        assert each == "http://test.ckan.net" or parts.path == ROOT or parts.path.startswith(f"{ROOT}/"), each
        there = f"{parts.path.removeprefix(ROOT) or '/'}?{parts.query}"
        answer = app.test_client().get(there, follow_redirects=False)
        assert answer.status_code in (200, 302, 303, 406), (each, answer.status_code)


def test_a_crawl_goes_on_below_the_root(
    app: Any, many: list[str], monkeypatch: pytest.MonkeyPatch, ckan_config: Any
):
    """In front of the application too; the server tells where it has mounted it, or takes the path away."""
    monkeypatch.setitem(ckan_config, "ckan.root_path", "/datos/{{LANG}}")
    flush.mark_all()
    flush.flush()
    address: str | None = "/catalog.nt"
    seen: list[str] = []
    client = app.test_client(use_cookies=False)
    while address:
        answer = client.get(address, environ_overrides={"SCRIPT_NAME": ROOT})
        page = answer.get_data(as_text=True)
        seen += re.findall(r"ns/dcat#dataset> <http://test.ckan.net/datos/dataset/([^>]+)>", page)
        links = ", ".join(answer.headers.getlist("Link"))
        found = re.search(r'<http://test.ckan.net/datos(/[^>]+)>; rel="next"', links)
        address = found[1] if found else None
    assert seen == many


@pytest.mark.long
def test_a_base_that_is_configured_for_rdf_stays_what_it_is(
    below: None, app: Any, dataset: dict[str, Any], monkeypatch: pytest.MonkeyPatch, ckan_config: Any
):
    """Identifiers of datasets that an operator has fixed."""
    monkeypatch.setitem(ckan_config, "ckanext.dcat.base_uri", "https://id.example.org")
    assert f"https://id.example.org/dataset/{dataset['id']}" in app.get("/catalog.nt").body
