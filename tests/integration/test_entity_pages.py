"""Pages and lists of the linked entities, as a visitor gets them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pytest
from ckan.tests.helpers import CKANTestApp, call_action
from ckanext.gobiernoabierto.entities import forms, registry
from openpyxl import load_workbook
from werkzeug.test import Client

ROWS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("department", "01", {"name": "Guatemala", "iso_3166_2": "GT-01"}),
    ("municipality", "0115", {"name": "Villa Nueva", "department": "01"}),
    ("municipality", "0108", {"name": "Mixco", "department": "01", "other_names": ["Mixcó", "=Mixco"]}),
    ("institution", "infom", {"name": "Instituto de Fomento Municipal", "initials": "INFOM"}),
    ("plan", "3", {"title": "Tercer Plan", "start": "2016-08-15", "commitment_count": 22}),
    ("axis", "3-3", {"plan": "3", "number": 3, "name": "Participación Ciudadana"}),
    (
        "commitment",
        "3-11",
        {
            "plan": "3",
            "number": 11,
            "unofficial_title": "Maratones de ideas",
            "axis": "3-3",
            "participations": [
                {"role": "lead", "institution": "infom"},
                {"role": "support", "text": "Entidades de la Mesa Técnica"},
            ],
        },
    ),
    ("commitment", "3-12", {"plan": "3", "number": 12, "title_en": "Open data"}),
    ("commitment", "3-13", {"plan": "3", "number": 13}),
    (
        "workshop",
        "ideaton-villa-nueva-2017",
        {
            "title": "Ideatón de Villa Nueva",
            "kind": "idea_marathon",
            "municipalities": ["0115"],
            "commitment": "3-11",
            "organizers": ["infom"],
            "start_date": "2017-05-27",
            "state": "planned",
            "source": ["https://example.org/nota", "000_6405fb4169a9109c.txt"],
        },
    ),
)


def create(entity: str, code: str, **values: Any) -> dict[str, Any]:
    """Create an entity as the site itself."""
    return call_action(f"gobiernoabierto_{entity}_create", code=code, **{"visibility": "published", **values})


@pytest.fixture(scope="module")
def site(empty_app: CKANTestApp) -> CKANTestApp:
    """One chain from the plan to the workshop."""
    for entity, code, values in ROWS:
        create(entity, code, **values)
    return empty_app


@pytest.fixture
def get(site: CKANTestApp, visit: Callable[..., Any]) -> Callable[..., Any]:
    """Get an address of the site as a visitor."""
    return visit


PAGES = [f"/{e.path}/{code}" for name, code, _ in ROWS for e in [registry.entity_type(name)]]
LISTS = [f"/{e.list_path}" for e in registry.ENTITY_TYPES]


@pytest.mark.parametrize("path", PAGES + LISTS)
def test_every_entity_and_list_has_a_page(get, path):
    """Each address answers with a page of one heading and one main part."""
    body = get(path).body
    assert body.count("<h1") == 1
    assert body.count("<main") == 1


@pytest.mark.parametrize("path", PAGES + LISTS)
def test_a_page_asks_few_queries(get, path, queries):
    """Eight where it shows one entity, twelve for a list; however many rows there are, the number stays."""
    get(path)
    with queries() as sent:
        get(path)
    assert len(sent) <= (12 if path in LISTS else 8), "\n".join(sent)


class TestPage:
    def test_unknown_values_are_said_to_be_unknown(self, get):
        """The plan's end is not known."""
        assert "sin dato" in get("/plan/3").body

    def test_a_title_that_is_not_official_is_marked(self, get):
        """A machine's translation is no official wording."""
        assert "título no oficial" in get("/compromiso/3-11").body

    def test_a_title_in_english_is_marked_as_such(self, get):
        """Screen readers pronounce it in English."""
        assert '<span lang="en">Open data</span>' in get("/compromiso/3-12").body

    def test_a_commitment_without_a_title_shows_its_code(self, get):
        """13 commitments have no title in any language."""
        body = get("/compromiso/3-13").body
        assert "título: sin dato" in body
        assert "3-13" in body

    def test_the_way_up_leads_to_the_plan(self, get):
        """A workshop's page leads to its commitment, axis and plan."""
        body = get("/taller/ideaton-villa-nueva-2017").body
        for path in ("/compromiso/3-11", "/eje/3-3", "/plan/3", "/municipio/0115"):
            assert f'href="{path}"' in body

    def test_who_names_it_is_listed_and_counted(self, get):
        """A municipality's page lists its workshops, and leads to the list of them."""
        body = get("/municipio/0115").body
        assert "Ideatón de Villa Nueva" in body
        assert "/talleres?municipalities=0115" in body

    @pytest.mark.ckan_config("ckanext.gobiernoabierto.entities.page_size", 2)
    def test_of_many_the_first_are_listed_and_all_counted(self, get, monkeypatch):
        """As on the first page of their list, to which it leads; names of places all stand there."""
        plan = get("/plan/3").body
        assert 'href="/compromiso/3-13"' in plan
        monkeypatch.setattr("ckanext.gobiernoabierto.views.pages.SHORT", 0)
        plan = get("/plan/3").body
        assert plan.index('href="/compromiso/3-11"') < plan.index('href="/compromiso/3-12"')
        assert 'href="/compromiso/3-13"' not in plan
        assert "Compromisos (3)" in plan

    def test_who_takes_part_is_named_by_role(self, get):
        """An institution is a link; a group that the source names stays text."""
        body = get("/compromiso/3-11").body
        assert 'href="/institucion/infom"' in body
        assert "Entidades de la Mesa Técnica" in body

    def test_a_planned_workshop_of_the_past_says_that_nobody_knows(self, get):
        """It was called; whether it was held, no source tells."""
        assert "convocado; sin dato de su realización" in get("/taller/ideaton-villa-nueva-2017").body

    def test_the_plan_says_how_many_of_its_commitments_are_known(self, get):
        """Three rows are not the whole plan."""
        body = " ".join(get("/plan/3").body.split())
        assert "El plan tiene 22 compromisos; aquí se conocen 3." in body

    def test_the_source_is_an_address_or_an_explained_document(self, get):
        """Nobody understands 000_6405fb4169a9109c.txt."""
        body = get("/taller/ideaton-villa-nueva-2017").body
        assert 'href="https://example.org/nota"' in body
        assert "Oficio GER-1530-2016" in body


class TestAddresses:
    def test_a_replaced_code_leads_to_the_new_one(self, get):
        """301, in the same format and with the same parameters."""
        create("institution", "mistyped", name="Una institución")
        names = {"entity": "institution", "code": "mistyped", "new_code": "typed", "version": 1}
        call_action("gobiernoabierto_code_replace", **names)
        assert get("/institucion/mistyped", 301).headers["Location"].endswith("/institucion/typed")
        location = get("/institucion/mistyped.csv?a=1", 301).headers["Location"]
        assert location.endswith("/institucion/typed.csv?a=1")

    def test_a_deleted_one_that_was_public_is_gone(self, get):
        """410, with the reason and what takes its place."""
        create("institution", "old", name="La de antes")
        names = {"code": "old", "version": 1, "reason": "Se fusionó", "successor": "infom"}
        call_action("gobiernoabierto_institution_delete", **names)
        body = get("/institucion/old", 410).body
        assert "Se fusionó" in body
        assert '<a href="/institucion/infom">Instituto de Fomento Municipal</a>' in body
        told = get("/institucion/old.json", 410).json
        assert dt.datetime.fromisoformat(told.pop("deleted")) <= dt.datetime.now(dt.UTC)
        assert told == {
            "error": "Lo que estaba en esta dirección fue eliminado.",
            "reason": "Se fusionó",
            "successor": "http://test.ckan.net/institucion/infom",
        }

    def test_a_deleted_draft_was_never_there(self, get):
        """404: its address was not known."""
        create("plan", "9", title="Un plan secreto", visibility="draft")
        call_action("gobiernoabierto_plan_delete", code="9", version=1)
        get("/plan/9", 404)

    @pytest.mark.parametrize("path", ["/municipio/9999", "/municipio/0108.xyz", "/municipios.xyz", "/plan/x"])
    def test_unknown_addresses_are_not_found(self, get, path):
        """404, in Spanish."""
        assert "No hay nada en esta dirección" in get(path, 404).body

    def test_only_who_may_edit_a_draft_sees_it(self, get):
        """A draft answers like nothing at all; to its editor, marked as what it is."""
        create("plan", "8", title="Un plan secreto", visibility="draft")
        for path in ("/plan/8", "/plan/8.json", "/plan/8.csv"):
            get(path, 404)
        for path in ("/planes", "/planes.json", "/planes.csv"):
            assert "secreto" not in get(path).body
        name = factories.Sysadmin()["name"]
        given = {"user": name, "name": "test", "expires_in": 1, "unit": 86400}
        token = call_action("api_token_create", **given)["token"]
        body = get("/plan/8", headers={"Authorization": token}).body
        assert "Un plan secreto" in body
        assert "borrador" in body
        assert "secreto" in get("/planes", headers={"Authorization": token}).body
        assert "secreto" not in get("/planes.csv", headers={"Authorization": token}).body

    @pytest.mark.parametrize(
        "query",
        ["page=0", "page=-1", "page=x", "page=99999999999999999999", "q=%00", "zzz=1", "q=" + "a" * 1001],
    )
    def test_a_bad_parameter_is_a_bad_request(self, get, query):
        """400, never 500."""
        get(f"/municipios?{query}", 400)

    def test_a_page_after_the_last_is_not_found(self, get):
        """There is no page 2 of two rows."""
        get("/municipios?page=2", 404)

    def test_what_networks_add_to_an_address_is_ignored(self, get):
        """Shared links work."""
        get("/municipios?utm_source=x&fbclid=y")

    def test_pages_are_only_read(self, site):
        """405 for whatever is not GET or HEAD."""
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = Client(site.app).open("/municipio/0108", method=method)
            assert answer.status_code in (400, 405), method


class TestList:
    def test_words_are_found_without_their_accents(self, get):
        """*mixco* finds Mixco by another of its names, too."""
        assert "Mixco" in get("/municipios?q=MIXCÓ").body
        assert "Villa Nueva" not in get("/municipios?q=mixco").body

    def test_it_is_narrowed_down_by_what_its_rows_name(self, get):
        """?participations=infom lists the commitments in which INFOM takes part."""
        body = get("/compromisos?participations=infom").body
        assert 'href="/compromiso/3-11"' in body
        assert 'href="/compromiso/3-12"' not in body

    def test_a_filter_offers_what_some_row_names_and_nothing_else(self, get):
        """No choice of it leads to an empty list, and what is not published is no choice."""
        offered = re.findall(r'<option value="([^"]+)"', get("/compromisos").body)
        assert offered
        for code in offered:
            field = "axis" if "-" in code else "plan"
            assert json.loads(get(f"/compromisos.json?{field}={code}").data)

    def test_a_field_that_names_too_much_to_choose_from_offers_nothing(self, get, monkeypatch):
        """A list of thousands weighs more than the page, and nobody reads it."""
        assert "<option" in get("/compromisos").body
        monkeypatch.setattr("ckanext.gobiernoabierto.views.pages.MOST_OPTIONS", 0)
        assert "<option" not in get("/compromisos").body

    def test_pages_follow_one_another(self, get, monkeypatch):
        """Each row stands on exactly one page."""
        monkeypatch.setitem(tk.config, "ckanext.gobiernoabierto.entities.page_size", 2)
        first, second = get("/compromisos").body, get("/compromisos?page=2").body
        assert "/compromiso/3-11" in first
        assert "/compromiso/3-13" not in first
        assert "/compromiso/3-13" in second


class TestExport:
    def test_a_workbook_has_the_same_rows_in_words_that_people_read(self, get):
        """Codes with their zero, days as days, choices by their labels, and the filters of the list."""
        answer = get("/talleres.xlsx?municipalities=0115")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="talleres.xlsx"'
        rows = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(answer.data)).active]
        assert len(rows) == 2
        told = dict(zip(*rows, strict=True))
        assert told["Tipo"] == "Maratón de ideas (ideatón)"
        assert told["Fecha"] == dt.datetime(2017, 5, 27)
        assert told["Municipios"] == "0115"
        one = [cell.value for cell in load_workbook(io.BytesIO(get("/municipio/0108.xlsx").data)).active[2]]
        assert one[:2] == ["0108", "Mixco"]

    def test_csv_has_all_rows_and_opens_in_excel(self, get, monkeypatch):
        """UTF-8 with its mark; the columns are the schema's; no page limits it."""
        monkeypatch.setitem(tk.config, "ckanext.gobiernoabierto.entities.page_size", 1)
        answer = get("/municipios.csv")
        assert answer.data.startswith(b"\xef\xbb\xbf")
        table = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert [row["code"] for row in table] == ["0108", "0115"]
        asked = [field["field_name"] for field in forms.fields_of(registry.entity_type("municipality"))]
        assert list(table[0]) == ["code", *asked, "created", "modified"]

    def test_csv_alters_nothing_that_is_published(self, get):
        """A name that a spreadsheet would calculate stays as it is."""
        table = csv.DictReader(io.StringIO(get("/municipio/0108.csv").data.decode("utf-8-sig")))
        assert next(table)["other_names"] == "Mixcó|=Mixco"

    def test_json_is_what_the_action_shows(self, get):
        """One contract, two doors."""
        shown = call_action("gobiernoabierto_commitment_show", code="3-11")
        assert json.loads(get("/compromiso/3-11.json").data) == shown
        assert shown in json.loads(get("/compromisos.json").data)

    def test_a_list_without_rows_is_an_empty_list(self, get):
        """Valid JSON even so."""
        assert json.loads(get("/municipios.json?q=zzz").data) == []

    def test_a_filter_narrows_the_export_too(self, get):
        """The download is the list that was on the screen."""
        assert len(json.loads(get("/compromisos.json?axis=3-3").data)) == 1

    def test_the_news_of_one_are_negotiated_too(self, get):
        """As its other formats."""
        answer = get("/compromiso/3-11", headers={"Accept": "application/atom+xml"})
        assert answer.headers["Content-Location"] == "/compromiso/3-11.atom"
        assert answer.data == get("/compromiso/3-11.atom").data

    def test_a_workbook_says_who_takes_part_as_people_read_it(self, get, queries):
        """Role and name, and not what a program reads; as many queries for one row as for all."""
        parts = [
            {"role": "lead", "institution": "infom"},
            {"role": "support", "text": "Entidades de la Mesa"},
        ]
        evidence = [{"text": "El acta", "url": "https://example.org/acta"}]
        create("commitment", "3-20", plan="3", number=20, participations=parts, evidence=evidence)
        rows = [
            [cell.value for cell in row]
            for row in load_workbook(io.BytesIO(get("/compromiso/3-20.xlsx").data)).active
        ]
        told = dict(zip(*rows, strict=True))
        assert told["Quiénes participan"] == (
            "Responsable: Instituto de Fomento Municipal (infom); Apoya: Entidades de la Mesa"
        )
        assert told["Evidencia de lo informado"] == "El acta: https://example.org/acta"
        asked = []
        for address in ("/compromisos.xlsx?q=3-20", "/compromisos.xlsx"):
            with queries() as sent:
                get(address)
            asked.append(len(sent))
        assert asked[0] == asked[1]


def test_the_autocomplete_finds_without_accents(get):
    """Two letters are enough."""
    found = get("/api/3/action/gobiernoabierto_autocomplete?entity=municipality&q=ví").json["result"]
    assert [each["code"] for each in found] == ["0115"]


def test_a_workshop_without_ideas_says_so(get: Callable[..., Any]):
    """Who was there looks for them first; a draft is none."""
    page = "/taller/ideaton-villa-nueva-2017"
    none_yet = "Todavía no se ha publicado ninguna idea de este taller."
    about = {"title": "Un mapa", "municipality": "0115", "workshop": "ideaton-villa-nueva-2017"}
    assert none_yet in get(page).text
    idea = call_action("gobiernoabierto_idea_create", **about, state="received", visibility="draft")
    assert none_yet in get(page).text
    call_action("gobiernoabierto_idea_update", code=idea["code"], version=1, visibility="published")
    assert none_yet not in get(page).text


def test_an_empty_list_says_why(get: Callable[..., Any]):
    """Nothing is published yet, or nothing fits what is asked."""
    assert "Todavía no se ha publicado nada de esta clase." in get("/hitos").text
    assert "Nada coincide: busque con menos palabras o filtros." in get("/municipios?q=zzzz").text
