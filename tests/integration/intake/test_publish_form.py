"""The page on which an officer publishes: what she typed and sent stays until all of it is right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup
from ckan.tests import factories
from ckanext.gobiernoabierto.entities.history import History
from ckanext.gobiernoabierto.intake.staged_upload import StagedUpload


class TestPage:
    def test_visitors_are_asked_to_sign_in_and_come_back(self, app, officer):
        """Not told that they may not."""
        answer = app.get("/publicar", follow_redirects=False)
        assert answer.status_code == 302
        assert "login" in answer.location
        assert "publicar" in answer.location

    def test_who_publishes_for_no_organization_is_told_whom_to_ask(self, app, officer):
        """403, and not an empty list to choose from."""
        assert app.get("/publicar", headers=_headers(factories.User())).status_code == 403

    def test_knows_the_officers_organization_and_municipality(self, app, officer, chain, form_of):
        """She has one organization, and it is a municipality."""
        form = form_of(app.get("/publicar", headers=officer["headers"]).body)
        assert form["owner_org"] == officer["organization"]["id"]
        assert form["municipality"] == ["", "0115"]
        assert form["license_id"] == "CC-BY-4.0"
        assert "private" not in form

    def test_ckans_own_address_of_a_new_dataset_leads_here(self, app, officer):
        """One way to do a thing, with the organization that the link named."""
        for path in ("/dataset/new", f"/dataset/new?group={officer['organization']['id']}"):
            answer = app.get(path, headers=officer["headers"], follow_redirects=False)
            assert answer.status_code == 302
            assert "/publicar" in answer.location
        assert officer["organization"]["id"] in answer.location

    def test_suggests_what_the_organization_said_the_last_time(
        self, app, post, filled, csv, officer, form_of, errors_of
    ):
        """Licence, frequency and contact, and where they are from; not the period, nor a draft's words."""
        said = {
            "license_id": "CC0-1.0",
            "frequency": "http://publications.europa.eu/resource/authority/frequency/ANNUAL",
            "contact_name": "Oficina de Informática",
            "contact_email": "datos@example.org",
        }
        first = post({**filled, **said, "temporal_start": "2017-01-01"}, csv)
        assert first.status_code == 302, errors_of(first)
        assert post({"title": "Otro", "contact_name": "Otra oficina"}, save="draft").status_code == 302
        page = app.get("/publicar", headers=officer["headers"]).body
        form = form_of(page)
        assert {name: form[name] for name in said} == said
        assert (form["temporal_start"], form["title"]) == ("", "")
        origin = f"Tomado de su último conjunto de datos, «{filled['title']}»"
        assert BeautifulSoup(page, "html.parser").get_text().count(origin) == len(said)

    @pytest.mark.long
    def test_of_several_organizations_nothing_is_suggested_before_one_is_chosen(
        self, app, post, filled, csv, officer, form_of
    ):
        """Each has its own contact; a link from its page chooses one."""
        post({**filled, "contact_name": "Oficina de Informática"}, csv)
        factories.Organization(users=[{"name": officer["name"], "capacity": "editor"}])
        form = form_of(app.get("/publicar", headers=officer["headers"]).body)
        assert (form["owner_org"], form["contact_name"]) == ("", "")
        chosen = f"/publicar?organization={officer['organization']['id']}"
        form = form_of(app.get(chosen, headers=officer["headers"]).body)
        assert form["contact_name"] == "Oficina de Informática"

    def test_a_mark_says_what_publishing_demands(self, app, officer, chain):
        """The file, title, description, and one mark for each question that two fields answer."""
        page = BeautifulSoup(app.get("/publicar", headers=officer["headers"]).body, "html.parser")
        marks = page.select("#publish .control-required")
        marked = [" ".join(mark.parent.get_text().split()).lstrip("* ") for mark in marks]
        questions = ["Territorio", "Origen", "Compromiso o eje"]
        assert marked == ["obligatorio para publicar", "Archivo", "Título", "Descripción", *questions]
        asked = page.select(".ga-either")
        fields = [{f["name"] for f in each.select("[name]")} for each in asked]
        assert fields == [
            {"coverage", "municipality"},
            {"workshop_origin", "workshop"},
            {"commitment", "axis"},
        ]


class TestPublish:
    def test_file_and_six_fields_make_a_public_dataset(
        self, app, post, filled, csv, stored, officer, datasets, errors_of
    ):
        """Its axis is derived, its address made of the title, its file checked, its history written."""
        answer = post(filled, csv)
        assert answer.status_code == 302, errors_of(answer)
        (dataset,) = datasets()
        shown = tk.get_action("package_show")({"user": ""}, {"id": dataset.id})
        assert answer.location.endswith(f"/dataset/{shown['name']}")
        assert shown["name"] == "inversion-municipal-de-villa-nueva-2017"
        assert (shown["state"], shown["private"]) == ("active", False)
        assert (shown["axis"], shown["license_id"]) == (["3-3"], "CC-BY-4.0")
        (resource,) = shown["resources"]
        assert stored(resource["id"]) == csv
        assert (resource["format"], resource["size"]) == ("CSV", len(csv))
        rows = model.Session.query(History).filter_by(subject="dataset", code=dataset.id).all()
        assert rows[0].user_id == officer["id"]
        assert rows[-1].visibility == "published"

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("wrong", "value"),
        [
            ("title", ""),
            ("notes", ""),
            ("municipality", None),
            ("municipality", "9999"),
            ("workshop", None),
            ("workshop", "no-existe"),
            ("commitment", None),
            ("commitment", "9-99"),
            ("axis", "3-4"),
            ("contact_email", "no es un correo"),
            ("temporal_start", "ayer"),
            ("name", "Con Espacios"),
            ("license_id", "mine"),
            *(
                (name, "a\0b")
                for name in ("title", "notes", "municipality", "contact_email", "name", "license_id")
            ),
            ("notes", "x" * 10_000_000),
        ],
    )
    def test_error_in_any_field_costs_nothing(
        self, post, filled, csv, stored, form_of, private_files, wrong, value, datasets, received, errors_of
    ):
        """The file, the words and the choices come back; the next post needs only the correction."""
        first = post({**filled, wrong: value, "file__name": "Inversión por colonia"}, csv, "inversión.csv")
        assert first.status_code == 422
        assert wrong in errors_of(first)
        assert received(first) == f"inversión.csv, {len(csv)} B, ya recibido"
        assert datasets() == []
        assert len(private_files()) == 1
        again = form_of(first.body)
        kept = {name: again[name] for name in ("title", "notes", "file__name") if name != wrong}
        assert kept == {n: {**filled, "file__name": "Inversión por colonia"}[n] for n in kept}
        again[wrong] = filled.get(wrong, "")
        second = post(again)
        assert second.status_code == 302, errors_of(second)
        (dataset,) = datasets(state="active")
        (resource,) = dataset.resources
        assert stored(resource.id) == csv
        assert resource.name == "Inversión por colonia"
        assert private_files() == []

    def test_date_that_is_none_comes_back_as_it_was_typed(self, post, filled, csv):
        """No browser's own field of a date, which drops it; one of another order is shown day first."""
        form = {**filled, "temporal_start": "mayo de 2018", "temporal_end": "2018-05-27"}
        page = BeautifulSoup(post(form, csv).body, "html.parser")
        fields = [page.select_one(f"#field-{name}") for name in ("temporal_start", "temporal_end")]
        assert [(f["type"], f["value"]) for f in fields] == [("text", "mayo de 2018"), ("text", "27/05/2018")]
        assert "27/05/2017" in fields[0].find_parent(class_="error").select_one(".error-block").text

    def test_breaks_of_a_word_processor_are_breaks(self, post, filled, csv, datasets, errors_of):
        """What is pasted from one has U+000B for a line, and nobody sees it."""
        answer = post({**filled, "notes": "Línea uno\vlínea dos\flínea tres"}, csv)
        assert answer.status_code == 302, errors_of(answer)
        assert datasets()[0].notes == "Línea uno\nlínea dos\nlínea tres"

    @pytest.mark.parametrize("name", ["programa.exe", "datos.csv"])
    def test_a_program_is_no_data(self, post, filled, datasets, errors_of, name):
        """Whatever it is called: people would run it because it is a government's."""
        answer = post(filled, b"MZ\x90\0" + bytes(60), name)
        assert errors_of(answer)["upload"].startswith("Archivo: El archivo es un programa")
        assert datasets() == []

    def test_title_that_is_too_long_is_told_by_how_much_and_not_cut(self, post, filled, csv, errors_of):
        """The limit and the present length; and all of it is there to be shortened."""
        long = "Alumbrado " * 30
        answer = post({**filled, "title": long}, csv)
        assert "299" in errors_of(answer)["title"]
        assert "250" in errors_of(answer)["title"]
        assert BeautifulSoup(answer.body, "html.parser").select_one("#field-title")["value"] == long

    def test_errors_of_file_and_fields_are_told_together(self, post, filled, errors_of):
        """One round instead of two."""
        answer = post({**filled, "title": ""}, b"")
        assert {"title", "upload"} <= set(errors_of(answer))

    def test_too_large_a_file_is_told_beside_it(
        self, post, filled, ckan_config, csv, private_files, datasets, errors_of
    ):
        """With how much is allowed, and with all that was typed."""
        ckan_config["ckan.max_resource_size"] = 1
        answer = post(filled, b"x" * 1_500_000)
        assert list(errors_of(answer)) == ["upload"]
        assert "1\N{NO-BREAK SPACE}MB" in errors_of(answer)["upload"]
        assert filled["title"] in answer.body
        assert private_files() == []
        assert datasets() == []

    def test_publishing_without_a_file_is_refused_and_a_draft_is_not(self, post, filled, datasets, errors_of):
        """There is nothing to see yet; but what was typed can be kept."""
        assert list(errors_of(post(filled))) == ["upload"]
        assert post(filled, save="draft").status_code == 302
        assert [each.state for each in datasets()] == ["draft"]

    def test_address_of_a_file_elsewhere(self, post, filled, datasets):
        """It is linked, and not fetched."""
        assert post({**filled, "link": "https://example.org/a.csv"}).status_code == 302
        assert datasets()[0].resources[0].url == "https://example.org/a.csv"

    @pytest.mark.long
    def test_page_of_origin_is_not_taken_for_the_file(
        self, app, post, filled, csv, officer, form_of, errors_of
    ):
        """The dataset has an address of its own, where its makers published it first."""
        address = post({**filled, "url": "https://example.org/origen"}, csv, save="draft").location
        form = form_of(app.get(address, headers=officer["headers"]).body)
        assert (form["url"], form["link"]) == ("https://example.org/origen", "")
        refused = post({**form, "url": "origen"}, path="/" + address.split("/", 3)[-1])
        assert list(errors_of(refused)) == ["url"]

    def test_wrong_address_is_told_beside_it(self, post, filled, datasets, errors_of):
        """An address that runs a script is none."""
        answer = post({**filled, "link": "javascript:alert(1)"})
        assert list(errors_of(answer)) == ["link"]
        assert datasets() == []

    @pytest.mark.long
    def test_same_form_sent_at_once_makes_one_dataset(
        self, app, post, filled, csv, form_of, officer, datasets
    ):
        """A double click on a slow line: every answer leads to the same dataset."""
        form = {**form_of(app.get("/publicar", headers=officer["headers"]).body), **filled}
        with ThreadPoolExecutor(3) as clicks:
            answers = list(clicks.map(lambda _: post(form, csv), range(3)))
        assert [answer.status_code for answer in answers] == [302] * 3
        assert len({answer.location for answer in answers}) == 1
        (dataset,) = datasets()
        assert len(dataset.resources) == 1

    def test_token_of_a_colleague_brings_no_file(
        self, post, filled, csv, form_of, colleague, received, errors_of
    ):
        """She would have to send one of her own."""
        form = form_of(post({**filled, "title": ""}, csv).body)
        answer = post({**form, "title": filled["title"]}, person=colleague)
        assert list(errors_of(answer)) == ["upload"]
        assert received(answer) == ""

    def test_fields_that_the_form_does_not_have_are_not_taken(self, post, filled, csv, datasets):
        """Neither state nor privacy nor an id is chosen by who sends the form."""
        chosen = "11111111-1111-4111-8111-111111111111"
        assert post({**filled, "id": chosen, "private": "True", "state": "deleted"}, csv).status_code == 302
        (dataset,) = datasets()
        assert (dataset.state, dataset.private) == ("active", False)
        assert dataset.id != chosen

    def test_organization_of_others_is_refused(self, post, filled, csv, datasets):
        """However the form was changed on its way."""
        other = factories.Organization()
        answer = post({**filled, "owner_org": other["id"]}, csv)
        assert answer.status_code in (403, 422)
        assert datasets() == []

    @pytest.mark.long
    @pytest.mark.parametrize("name", ["../../x.csv", "datos.csv;.html", "<script>alert(1)</script>.csv"])
    def test_name_of_a_file_is_shown_as_text(self, post, filled, csv, name):
        """And leads nowhere."""
        answer = post({**filled, "title": ""}, csv, name)
        assert "<script>alert" not in answer.body
        assert "../" not in BeautifulSoup(answer.body, "html.parser").select_one(".ga-received").get_text()


class TestDraft:
    def test_needs_an_organization_where_there_are_several(self, post, officer, csv, received, errors_of):
        """It says who may go on with it, and the form says so, at its field; the file is not lost."""
        other = factories.Organization(users=[{"name": officer["name"], "capacity": "editor"}])
        answer = post({"title": "A medias", "owner_org": ""}, csv, save="draft")
        assert list(errors_of(answer)) == ["owner_org"]
        assert "quiénes pueden verlo y continuarlo" in errors_of(answer)["owner_org"]
        assert received(answer)
        assert post({"owner_org": other["id"]}, save="draft").status_code == 302

    @pytest.mark.long
    def test_that_was_private_is_public_once_it_is_published(
        self, app, post, filled, csv, officer, form_of, datasets
    ):
        """CKAN's own clients can make it so; the button says *Publicar*, and the page that all see it."""
        address = post(filled, csv, save="draft").location
        (draft,) = datasets()
        call = tk.get_action("package_patch")
        call({"ignore_auth": True, "user": ""}, {"id": draft.id, "private": True})
        form = form_of(app.get(address, headers=officer["headers"]).body)
        assert post(form, path="/" + address.split("/", 3)[-1]).status_code == 302
        assert [(each.state, each.private) for each in datasets()] == [("active", False)]

    def test_may_lack_everything_and_nobody_sees_it(self, app, post, officer, csv, datasets):
        """Saved with its file, and shown again to go on with."""
        answer = post({}, csv, save="draft")
        assert answer.status_code == 302
        (draft,) = datasets()
        assert draft.state == "draft"
        assert len(draft.resources) == 1
        assert app.get(f"/dataset/{draft.name}").status_code in (403, 404)
        page = app.get(answer.location, headers=officer["headers"])
        assert "datos.csv" in page.body

    @pytest.mark.long
    def test_is_completed_and_published_with_the_file_that_it_has(
        self, app, post, filled, csv, officer, form_of, stored, datasets, errors_of
    ):
        """On the same page; a makeshift address becomes that of the title."""
        address = post({"notes": filled["notes"]}, csv, save="draft").location
        form = form_of(app.get(address, headers=officer["headers"]).body)
        assert form["notes"] == filled["notes"]
        path = "/" + address.split("/", 3)[-1]
        refused = post({**form, "title": "x"}, path=path)
        assert {"workshop", "commitment"} <= set(errors_of(refused))
        answer = post({**form_of(refused.body), **filled}, path=path)
        assert answer.status_code == 302, errors_of(answer)
        (dataset,) = datasets(state="active")
        assert dataset.name == "inversion-municipal-de-villa-nueva-2017"
        (resource,) = dataset.resources
        assert stored(resource.id) == csv

    def test_takes_a_further_file_beside_the_first(self, app, post, filled, csv, officer, form_of, datasets):
        """A draft may have several."""
        address = post(filled, csv, save="draft").location
        path = "/" + address.split("/", 3)[-1]
        form = form_of(app.get(address, headers=officer["headers"]).body)
        assert post(form, b"a,b\n", "b.csv", path=path).status_code == 302
        assert len(datasets(state="active")[0].resources) == 2

    def test_ckans_edit_form_of_a_draft_leads_here(self, app, post, officer, csv, datasets):
        """And that of a public dataset stays CKAN's."""
        post({}, csv, save="draft")
        (draft,) = datasets()
        answer = app.get(f"/dataset/edit/{draft.name}", headers=officer["headers"], follow_redirects=False)
        assert answer.location.endswith(f"/publicar/{draft.name}")

    def test_that_was_published_meanwhile_is_not_changed_by_a_button_that_saves_drafts(
        self, app, post, filled, csv, officer, form_of, received, datasets
    ):
        """409: everybody would read it. Nothing is lost, and there is no such button any more."""
        path = "/" + post(filled, csv, save="draft").location.split("/", 3)[-1]
        form = form_of(app.get(path, headers=officer["headers"]).body)
        assert post(form, path=path).status_code == 302
        refused = post({**form, "notes": "Interno"}, b"a,b\n", "b.csv", save="draft", path=path)
        assert refused.status_code == 409
        assert (form_of(refused.body)["notes"], received(refused)[:5]) == ("Interno", "b.csv")
        assert datasets()[0].notes == filled["notes"]
        buttons = BeautifulSoup(refused.body, "html.parser").select(".form-actions button")
        assert [each["value"] for each in buttons] == ["publish"]

    def test_of_others_is_not_found(self, app, post, csv, datasets):
        """Whoever may not edit it learns nothing of it."""
        post({}, csv, save="draft")
        (draft,) = datasets()
        stranger = factories.User()
        factories.Organization(users=[{"name": stranger["name"], "capacity": "editor"}])
        assert app.get(f"/publicar/{draft.name}", headers=_headers(stranger)).status_code == 404
        assert app.get("/publicar/no-existe", headers=_headers(stranger)).status_code == 404


def test_one_post_is_one_unit(post, filled, csv, monkeypatch, private_files, datasets):
    """If the file cannot be put into its place, there is no dataset, and the file still waits."""

    def fail(*_arguments):
        raise OSError("disk full")

    monkeypatch.setattr("ckan.lib.uploader.ResourceUpload.upload", fail)
    assert post(filled, csv).status_code == 500
    assert datasets() == []
    assert len(private_files()) == 1
    assert model.Session.query(StagedUpload).one().claimed is None


def _headers(user):
    token = tk.get_action("api_token_create")(
        {"ignore_auth": True}, {"user": user["name"], "name": "test", "expires_in": 1, "unit": 86400}
    )
    return {"Authorization": token["token"]}
