"""What the pages of the entities answer when there is nothing to show: a page to people, data to programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ckan.tests.helpers import CKANTestApp, call_action

ROWS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("department", "01", {"name": "Guatemala", "iso_3166_2": "GT-01"}),
    ("municipality", "0108", {"name": "Mixco", "department": "01"}),
    (
        "workshop",
        "ideaton-mixco-2017",
        {
            "title": "Ideatón de Mixco",
            "kind": "idea_marathon",
            "municipalities": ["0108"],
            "start_date": "2017-05-27",
            "state": "planned",
        },
    ),
)


def create(entity: str, code: str, **values: Any) -> None:
    """Create an entity as the site itself."""
    call_action(f"gobiernoabierto_{entity}_create", code=code, **{"visibility": "published", **values})


@pytest.fixture(scope="module")
def site(empty_app: CKANTestApp) -> CKANTestApp:
    """A municipality, and a workshop with a day."""
    for entity, code, values in ROWS:
        create(entity, code, **values)
    return empty_app


@pytest.fixture
def get(site: CKANTestApp, visit: Callable[..., Any]) -> Callable[..., Any]:
    """Get an address of the site as a visitor."""
    return visit


def test_a_deleted_one_names_no_successor_that_is_not_published(get):
    """A draft stays unnamed; a successor that has another code now is named by that."""
    create("institution", "heir", name="Heredera secreta", visibility="draft")
    create("institution", "other-heir", name="La otra heredera")
    for code, successor in (("gone-1", "heir"), ("gone-2", "other-heir")):
        create("institution", code, name="La de antes")
        names = {"code": code, "version": 1, "successor": successor}
        call_action("gobiernoabierto_institution_delete", **names)
    names = {"entity": "institution", "code": "other-heir", "new_code": "heiress", "version": 1}
    call_action("gobiernoabierto_code_replace", **names)
    told = get("/institucion/gone-1.ttl", 410).json
    assert (sorted(told), told["reason"]) == (["deleted", "error", "reason"], None)
    assert "heir" not in get("/institucion/gone-1", 410).body
    assert get("/institucion/gone-2.csv", 410).json["successor"].endswith("/institucion/heiress")
    assert '<a href="/institucion/heiress">La otra heredera</a>' in get("/institucion/gone-2", 410).body


def test_no_browser_keeps_unasked_that_one_is_gone_or_moved(get):
    """301 and 410 may be kept for ever where nothing is said; editors correct both."""
    for code in ("closed", "moved"):
        create("institution", code, name="La de antes")
    call_action("gobiernoabierto_institution_delete", code="closed", version=1)
    names = {"entity": "institution", "code": "moved", "new_code": "moved-on", "version": 1}
    call_action("gobiernoabierto_code_replace", **names)
    for code, status in (("closed", 410), ("moved", 301)):
        for ending in ("", ".csv", ".ttl"):
            assert get(f"/institucion/{code}{ending}", status).cache_control.no_cache, (code, ending)


@pytest.mark.parametrize("ending", ["json", "csv", "xlsx", "ttl", "ics", "atom"])
def test_an_error_of_an_export_is_json(get, ending):
    """Programs get what they can read, whatever they asked for; the address alone decides."""
    refused = get(f"/talleres.{ending}?page=2", 404 if ending == "atom" else 400)
    assert ending == "atom" or "page" in refused.json["error"]
    assert refused.headers["Content-Type"] == "application/json; charset=utf-8"
    missing = get(f"/municipio/9999.{ending}", 404, headers={"Accept": "text/html"})
    assert missing.json == {"error": "No hay nada en esta dirección"}
    assert "Accept" not in missing.headers.get("Vary", "").split(", ")


@pytest.mark.parametrize(
    "accept", ["text/turtle", "text/turtle, */*;q=0.1", "application/pdf", "application/json"]
)
def test_an_error_is_json_to_who_takes_no_page(get, accept):
    """Of what is not there, and of a wrong parameter, unless no format suits anyway; caches are told."""
    for path, status in (("/municipio/9999", 404), ("/municipios?zzz=1", 406 if "pdf" in accept else 400)):
        refused = get(path, status, headers={"Accept": accept})
        assert refused.json["error"]
        assert "Accept" in refused.headers["Vary"]


@pytest.mark.parametrize(
    "path", ["/dataset/nada", "/nada", "/plan/3/nada", "/vocabulario/nada", "/vocabulario/rol/nada"]
)
def test_an_error_of_any_page_is_json_to_who_takes_no_page(get, path):
    """Also of pages of CKAN's, and where there is no page; by an ending too."""
    for address, headers in ((path, {"Accept": "text/turtle"}), (f"{path}.ttl", {})):
        refused = get(address, 404, headers=headers)
        assert refused.json["error"], address
        assert ("Accept" in refused.headers.get("Vary", "").split(", ")) == bool(headers), address
    assert get(path, 404, headers={"Accept": "text/html"}).mimetype == "text/html"


def test_what_can_only_be_read_says_by_which_methods(site):
    """RFC 9110, 15.5.6: on a page, and as JSON."""
    for path in ("/municipio/0108.ttl", "/municipio/0108", "/municipios.csv", "/municipios"):
        refused = site.post(path)
        assert refused.status_code == 405
        assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}, path
        assert refused.mimetype == ("application/json" if "." in path else "text/html")


@pytest.mark.parametrize("accept", [None, "*/*", "text/html,application/xhtml+xml,application/xml;q=0.9"])
def test_an_error_is_a_page_to_who_takes_pages(get, accept):
    """Browsers, and whoever takes anything; caches are told that it depends."""
    refused = get("/municipio/9999", 404, headers={"Accept": accept} if accept else {})
    assert refused.headers["Content-Type"].startswith("text/html")
    assert "Accept" in refused.headers["Vary"]


def test_a_refused_format_is_told_which_there_are(get):
    """Of this row: a municipality has no calendar, a workshop has one."""
    for path, has in (("/municipio/0108", False), ("/taller/ideaton-mixco-2017", True)):
        said = get(path, 406, headers={"Accept": "application/pdf"}).json["error"]
        assert "text/html, text/csv" in said
        assert ("text/calendar" in said) == has
