"""The form of a dataset, as a browser without scripts sends it."""

from __future__ import annotations

import re

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pytest
from bs4 import BeautifulSoup
from ckan import model

VILLA_NUEVA = "ideaton-villa-nueva-2017"


class Browser:
    """A signed-in officer with forms, and without scripts."""

    def __init__(self, app, token):
        self.app = app
        self.headers = {"Authorization": token}

    def get(self, path):
        """Return the page, parsed."""
        return BeautifulSoup(self.app.get(path, headers=self.headers).body, "html.parser")

    def send(self, page, button, form="form[enctype], #dataset-edit", **typed):
        """Send a form as it stands in the page, with what is typed into it, and follow; return the page."""
        form = page.select_one(form)
        sent = [(name, value) for name, value in fields_of(form) if name not in typed]
        for name, values in typed.items():
            sent += [(name, value) for value in (values if isinstance(values, list) else [values])]
        action = form.get("action") or self.at
        data = {}
        for name, value in [*sent, ("save", button)]:
            data.setdefault(name, []).append(value)
        answer = self.app.post(action, data=data, headers=self.headers, follow_redirects=True)
        assert answer.status_code in (200, 422)
        return BeautifulSoup(answer.body, "html.parser")

    at = "/publicar"


def fields_of(form):
    """Return (name, value) of what a browser would send of a form."""
    for field in form.select("input[name], select[name], textarea[name]"):
        if field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            if chosen is not None:
                yield field["name"], chosen.get("value", "")
        elif field.name == "textarea":
            yield field["name"], field.text.strip("\n")
        elif field.get("type") in ("checkbox", "radio"):
            if field.has_attr("checked"):
                yield field["name"], field.get("value", "on")
        elif field.get("type") not in ("submit", "file"):
            yield field["name"], field.get("value", "")


def checked(page, name):
    """Return the values that are ticked in the page."""
    return [box["value"] for box in page.select(f"input[name={name}][type=checkbox][checked]")]


@pytest.fixture
def officer(app, entities, organization):
    """A browser in which the organization's editor is signed in."""
    token = factories.APIToken(user=organization["editor"])["token"]
    return Browser(app, token)


@pytest.fixture
def typed(organization):
    """What an officer types for a dataset that may be published."""
    return {
        "title": "Alumbrado público",
        "notes": "Luminarias por colonia.",
        "owner_org": organization["id"],
        "municipality": ["0115"],
        "workshop": [VILLA_NUEVA],
        "commitment": ["3-11"],
    }


def only_dataset():
    """Return the one dataset that there is."""
    return model.Session.query(model.Package).populate_existing().one()


class TestForm:
    def test_first_the_required_fields_the_rest_folded(self, officer):
        """All works without scripts: check boxes in groups, the rest behind a summary."""
        page = officer.get("/publicar")
        form = page.select_one("#publish")
        shown = [f["name"] for f in form.select("[name]") if not f.find_parent("details", class_="ga-more")]
        names = list(dict.fromkeys(name for name in shown if name != "_csrf_token"))
        links = [
            "coverage",
            "municipality",
            "workshop_origin",
            "workshop",
            "commitment",
            "axis",
            "problem",
            "idea",
        ]
        assert [name for name in names if name in links] == links
        assert "license_id" not in names
        assert (
            form.select_one("details.ga-more select[name=license_id] option[selected]")["value"]
            == "CC-BY-4.0"
        )
        groups = [g.text for g in form.select("#field-municipality summary")]
        assert groups == ["Guatemala", "Huehuetenango"]
        assert form.select_one("#field-municipality legend")

    def test_empty_form_is_saved_as_a_draft(self, officer):
        """Nothing is required of a draft."""
        officer.send(officer.get("/publicar"), "draft")
        assert only_dataset().state == "draft"

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("municipality", ["9999"], "No existe municipio"),
            ("workshop", ["ideaton-jacaltenango-2017"], "Jacaltenango (1307)"),
            ("axis", ["3-1"], "no es el eje"),
            ("commitment", ["3-99"], "No existe compromiso"),
        ],
    )
    def test_error_is_beside_its_field_and_nothing_is_lost(self, officer, typed, name, value, message):
        """What was typed and ticked stands there again, in the field with the error too."""
        page = officer.send(officer.get("/publicar"), "draft", **{**typed, name: value})
        assert model.Session.query(model.Package).count() == 0
        assert message in page.select_one(f"#field-{name} .error-block").text
        assert page.select_one("input[name=title]")["value"] == typed["title"]
        assert page.select_one("textarea[name=notes]").text.strip() == typed["notes"]
        for field in ("municipality", "workshop", "commitment"):
            assert checked(page, field) == (value if field == name else typed[field]), field

    def test_a_code_selects_itself_alone(self, officer, typed):
        """``3-11`` posted does not tick ``3-1``."""
        page = officer.send(officer.get("/publicar"), "draft", **{**typed, "municipality": ["9999"]})
        assert checked(page, "commitment") == ["3-11"]

    def test_what_is_chosen_stands_first(self, officer, typed):
        """However long the list is, and once only; what does not exist too, so that it can be unticked."""
        page = officer.send(officer.get("/publicar"), "draft", **{**typed, "municipality": ["1307", "9999"]})
        boxes = page.select("#field-municipality .ga-codes-list input")
        assert [box["value"] for box in boxes][:2] == ["1307", "9999"]
        assert sorted(box["value"] for box in boxes) == ["0108", "0115", "1307", "9999"]
        chosen = page.select_one("#field-municipality .ga-codes-chosen")
        assert "Jacaltenango 1307 · Huehuetenango" in " ".join(chosen.get_text().split())

    @pytest.mark.long
    def test_publishing_an_incomplete_draft_shows_what_lacks(self, officer):
        """Each field says what to do, and holds what was typed."""
        page = officer.send(
            officer.get("/publicar"), "draft", title="A medias", link="https://example.org/a.csv"
        )
        page = officer.send(page, "publish", notes="Ahora con descripción")
        assert only_dataset().state == "draft"
        assert page.select_one("textarea[name=notes]").text.strip() == "Ahora con descripción"
        told = {f["id"] for f in page.select("fieldset.error")}
        assert told == {"field-municipality", "field-workshop", "field-commitment"}

    @pytest.mark.long
    def test_everything_can_be_unticked(self, officer, call, dataset):
        """A form with nothing ticked takes the links away, or says that they are needed."""
        page = officer.get(f"/dataset/edit/{dataset['name']}")
        assert checked(page, "commitment") == ["3-11"]
        officer.at = f"/dataset/edit/{dataset['name']}"
        page = officer.send(page, "save", axis="")
        assert call("package_show", {"id": dataset["id"]})["axis"] == ["3-3"]
        again = officer.send(officer.get(officer.at), "save", municipality="")
        assert checked(again, "municipality") == []
        assert again.select_one("#field-municipality.error")

    @pytest.mark.long
    def test_page_of_a_draft_is_not_there_for_others(self, officer, app):
        """Not for visitors, not for members without the right to edit."""
        officer.send(officer.get("/publicar"), "draft", title="A medias")
        name, owner = only_dataset().name, only_dataset().owner_org
        member = factories.User()
        helper = tk.get_action("organization_member_create")
        helper({"ignore_auth": True}, {"id": owner, "username": member["name"], "role": "member"})
        token = factories.APIToken(user=member["name"])["token"]
        for headers in ({}, {"Authorization": token}):
            for path in (f"/dataset/{name}", f"/dataset/{name}.ttl", f"/api/3/action/package_show?id={name}"):
                assert app.get(path, headers=headers, expect_errors=True).status_code == 404, path
            assert name not in app.get("/dataset/", headers=headers).body
        assert officer.get(f"/dataset/{name}").select_one("h1")

    def test_form_stays_light(self, officer, call):
        """340 municipalities weigh little, and one query offers each field."""
        for number in range(340):
            row = {"code": f"{2000 + number}", "name": f"San Juan {number}"}
            model.Session.execute(
                "INSERT INTO gobiernoabierto_municipality (code, visibility, version, created, modified,"
                " name, department) VALUES (:code, 'published', 1, now(), now(), :name, '01')",
                row,
            )
        model.Session.commit()
        page = officer.get("/publicar")
        fieldset = str(page.select_one("#field-municipality"))
        assert len(re.findall('type="checkbox"', fieldset)) >= 340
        assert len(fieldset.encode()) < 60_000


class TestSaid:
    """Problems and ideas, of which there are thousands."""

    @pytest.mark.long
    def test_those_of_the_officers_municipality_are_offered(self, officer, call, organization):
        """And of those that are chosen; none of any other."""
        assert officer.get("/publicar").select("#field-idea input[type=checkbox]") == []
        role = {"id": organization["id"], "municipality": "0115"}
        call("gobiernoabierto_organization_role_update", role)
        boxes = officer.get("/publicar").select("#field-idea input[type=checkbox]")
        assert [box["value"] for box in boxes] == ["0115-I1"]
        page = officer.send(officer.get("/publicar"), "draft", title="A", municipality=["1307", "9999"])
        boxes = page.select("#field-problem input[type=checkbox]")
        assert [box["value"] for box in boxes] == ["0115-P1", "1307-P1"]

    @pytest.mark.long
    def test_codes_are_typed_one_on_each_line(self, officer, typed):
        """Without scripts, as they stand on the receipts; what is wrong comes back where it is typed."""
        page = officer.send(officer.get("/publicar"), "draft", **typed, idea="0115i1\r\n0115-I9\r\n")
        assert checked(page, "idea") == ["0115-I1"]
        assert page.select_one("#field-idea-typed").text.strip() == "0115-I9"
        assert page.select_one("#field-idea-typed")["aria-describedby"] == "field-idea-error"
        assert "0115-I9" in page.select_one("#field-idea .error-block").text
        page = officer.send(page, "draft", idea="0115i1")
        assert (checked(page, "idea"), checked(page, "problem")) == (["0115-I1"], ["0115-P1"])
        assert page.select_one("#field-idea-typed").text.strip() == ""

    @pytest.mark.long
    def test_a_wrong_code_is_gone_once_its_text_is(self, officer, typed):
        """Nothing of it stays ticked out of sight."""
        page = officer.send(officer.get("/publicar"), "draft", **typed, problem=["", "0115-P99"])
        assert page.select_one("#field-problem-typed").text.strip() == "0115-P99"
        assert "sin dato" not in page.select_one("#field-problem").text
        page.select_one("#field-problem-typed").string = ""
        page = officer.send(page, "draft")
        assert not page.select("#errors")
        assert only_dataset().extras.get("problem", "[]") == "[]"

    @pytest.mark.long
    def test_it_is_said_why_none_is_offered(self, officer, typed):
        """Before a municipality is known, where it has none, and where there is none at all."""

        def said(page):
            lists = page.select("#field-problem .ga-codes-list, #field-idea .ga-codes-list")
            return [" ".join(each.text.split()) for each in lists]

        first = "Elija el municipio y guarde: después se ofrecen aquí sus {}. O escriba el código."
        assert said(officer.get("/publicar")) == [first.format("problemas"), first.format("ideas")]
        elsewhere = {**typed, "municipality": ["0108"], "workshop_origin": "none", "workshop": []}
        none = "No se conocen {} de su municipio. Si es de otro, escriba su código."
        page = officer.send(officer.get("/publicar"), "draft", **elsewhere, problem="0108-P9")
        assert said(page) == [none.format("problemas"), none.format("ideas")]
        for table in ("problem", "idea"):
            model.Session.execute(f"UPDATE gobiernoabierto_{table} SET visibility = 'draft'")
        model.Session.commit()
        assert said(officer.get("/publicar")) == ["Todavía no hay nada que elegir"] * 2

    def test_page_of_the_dataset_tells_the_whole_chain(self, app, call, linked):
        """From the municipality to the axis, each a link, in this order."""
        page = BeautifulSoup(
            app.get(f"/dataset/{call('package_create', linked)['name']}").body, "html.parser"
        )
        assert [a["href"] for a in page.select(".ga-chain a")] == [
            "/municipio/0115",
            f"/taller/{VILLA_NUEVA}",
            "/problema/0115-P1",
            "/idea/0115-I1",
            "/solicitud/0115-D1",
            "/compromiso/3-11",
            "/eje/3-3",
        ]

    def test_thousands_leave_the_form_light(self, officer, call, organization):
        """The newest hundred are offered, whatever the rest."""
        model.Session.execute(
            "INSERT INTO gobiernoabierto_idea"
            " (code, visibility, created, modified, title, state, municipality)"
            " SELECT '0115-I' || n, 'published', now(), now(), 'Idea ' || n, 'received', '0115'"
            " FROM generate_series(2, 3000) n"
        )
        model.Session.commit()
        call("gobiernoabierto_organization_role_update", {"id": organization["id"], "municipality": "0115"})
        assert len(officer.get("/publicar").select("#field-idea input[type=checkbox]")) == 100


class TestFacets:
    def test_search_page_shows_names_and_asks_by_code(self, app, dataset):
        """The link of a facet holds the code, its text the name."""
        page = BeautifulSoup(app.get("/dataset/").body, "html.parser")
        links = {a["href"]: a.get_text(" ", strip=True) for a in page.select("a[href]")}
        (shown,) = [text for href, text in links.items() if "municipality=0115" in href]
        assert "Villa Nueva" in shown
        assert "Municipios" in page.text


class TestForARequest:
    @pytest.mark.long
    def test_the_requests_page_leads_into_the_form_with_all_that_is_known(self, officer, app, typed):
        """What it is called, where, which problem; publishing closes it and says so."""
        way = "/publicar?data_request=0115-D1"
        assert way not in app.get("/solicitud/0115-D1").body
        assert officer.get("/solicitud/0115-D1").select(f'a[href="{way}"]')
        page = officer.get(way)
        assert page.select_one("#field-title")["value"] == "Recibos de luz"
        named = {name: checked(page, name) for name in ("municipality", "problem", "data_request")}
        assert named == {"municipality": ["0115"], "problem": ["0115-P1"], "data_request": ["0115-D1"]}
        later = officer.send(page, "draft", **typed)
        assert checked(later, "data_request") == ["0115-D1"]

    @pytest.mark.long
    def test_what_came_of_the_request_is_said(self, officer, call, organization, typed):
        """Who was asked has closed it; of another's it is said that it waits."""
        answer = {**typed, "data_request": "0115-D1", "link": "https://example.org/luz.csv"}
        page = officer.send(officer.get("/publicar"), "publish", **answer)
        assert "0115-D1 sigue abierta" in page.select_one(".flash-messages").text
        call("gobiernoabierto_organization_role_update", {"id": organization["id"], "municipality": "0115"})
        page = officer.send(officer.get("/publicar"), "publish", **{**answer, "title": "Otros recibos"})
        assert "Cerró la solicitud de datos 0115-D1" in page.select_one(".flash-messages").text
        page = officer.get("/solicitud/0115-D1")
        assert not page.select('a[href^="/publicar"].ga-button')

    @pytest.mark.long
    @pytest.mark.parametrize("given", ["nobody", "", "0115-D99", "x" * 5000])
    def test_what_is_no_request_leaves_the_form_as_it_is(self, officer, given):
        """Empty, and no error."""
        page = officer.get(f"/publicar?data_request={given}")
        assert page.select_one("#field-title")["value"] == ""
        assert checked(page, "data_request") == []

    def test_nobody_learns_of_a_draft(self, officer, call):
        """Not even its title."""
        hidden = {"title": "Xilofono", "municipality": "0108"}
        code = call("gobiernoabierto_data_request_create", hidden)["code"]
        assert "Xilofono" not in officer.get(f"/publicar?data_request={code}").text
