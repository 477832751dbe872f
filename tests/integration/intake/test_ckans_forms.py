"""CKAN's forms of a public dataset and of its files, with our fields."""

from __future__ import annotations

import io

import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup


class TestCkansEditForm:
    """A public dataset: CKAN's form with our fields."""

    @pytest.fixture
    def edit(self, app, post, filled, csv, officer):
        """The address of the form of a public dataset."""
        return f"/dataset/edit/{post(filled, csv).location.rsplit('/', 1)[-1]}"

    @pytest.mark.long
    def test_saves_first_and_deletes_last(self, app, officer, edit):
        """The one that cannot be taken back is named and the last stop of the keyboard."""
        page = BeautifulSoup(app.get(edit, headers=officer["headers"]).body, "html.parser")
        buttons = [" ".join(each.get_text().split()) for each in page.select(".form-actions > *")]
        assert buttons == ["Guardar cambios", "Retirar este conjunto de datos"]

    @pytest.mark.long
    def test_has_no_choice_that_is_no_state_of_ours(self, app, officer, edit, form_of, datasets):
        """Published is public; only what CKAN's own clients hid can be shown again."""
        headers = officer["headers"]
        assert "private" not in form_of(app.get(edit, headers=headers).body)
        (dataset,) = datasets()
        patch = tk.get_action("package_patch")
        patch({"ignore_auth": True, "user": ""}, {"id": dataset.id, "private": True})
        form = form_of(app.get(edit, headers=headers).body)
        assert form["private"] == "True"
        refused = form_of(
            app.post(
                edit, data={**form, "private": "False", "title": "", "save": "save"}, headers=headers
            ).body
        )
        assert refused["private"] == "False"
        assert datasets()[0].private
        done = app.post(
            edit,
            data={**refused, "title": "Otra vez", "save": "save"},
            headers=headers,
            follow_redirects=False,
        )
        assert done.status_code == 302
        assert not datasets()[0].private

    def test_nobodys_changes_are_undone_unseen(self, app, officer, edit, form_of, errors_of, datasets):
        """Two tabs, or two people; what was typed is kept, and saved if it is sent again."""

        def send(form):
            return app.post(edit, data={**form, "save": "save"}, headers=headers, follow_redirects=False)

        headers = officer["headers"]
        first, second = (form_of(app.get(edit, headers=headers).body) for _ in range(2))
        assert send({**first, "notes": "De la primera"}).status_code == 302
        refused = send({**second, "title": "De la segunda"})
        assert list(errors_of(refused)) == ["based_on"]
        assert BeautifulSoup(refused.body, "html.parser").select_one("#field-based_on a[href*='/dataset/']")
        assert (datasets()[0].title, datasets()[0].notes) == (first["title"], "De la primera")
        again = form_of(refused.body)
        assert again["title"] == "De la segunda"
        refused = send({**again, "title": ""})
        assert list(errors_of(refused)) == ["title"]
        assert send({**form_of(refused.body), "title": "De la segunda"}).status_code == 302
        assert datasets()[0].title == "De la segunda"

    def test_a_file_that_changed_meanwhile_is_no_other_description(
        self, app, officer, edit, form_of, datasets
    ):
        """The form does not send the files back."""
        form = form_of(app.get(edit, headers=officer["headers"]).body)
        (resource,) = datasets()[0].resources
        tk.get_action("resource_patch")({"user": officer["name"]}, {"id": resource.id, "name": "Otro nombre"})
        sent = {**form, "save": "save"}
        done = app.post(edit, data=sent, headers=officer["headers"], follow_redirects=False)
        assert done.status_code == 302
        assert datasets()[0].resources[0].name == "Otro nombre"

    def test_asks_before_it_deletes_where_there_are_no_scripts(self, app, officer, edit, datasets):
        """The way back is the first, and goes back."""
        path, headers = edit.replace("/edit/", "/delete/"), officer["headers"]
        page = BeautifulSoup(app.get(path, headers=headers).body, "html.parser")
        buttons = [(each["name"], each.get_text()) for each in page.select(".form-actions button")]
        assert buttons == [("cancel", "Cancelar"), ("delete", "Retirar")]
        app.post(path, data={"cancel": ""}, headers=headers, follow_redirects=False)
        assert [each.state for each in datasets()] == ["active"]
        app.post(path, data={"delete": ""}, headers=headers, follow_redirects=False)
        assert [each.state for each in datasets()] == ["deleted"]

    def test_without_its_button_the_form_is_a_bad_request(self, app, officer, edit, form_of, datasets):
        """CKAN's view fails on it."""
        form = {**form_of(app.get(edit, headers=officer["headers"]).body), "title": "Otro"}
        assert app.post(edit, data=form, headers=officer["headers"]).status_code == 400
        assert datasets()[0].title != "Otro"

    @pytest.mark.long
    def test_error_is_a_link_to_its_field_and_nothing_is_lost(self, app, officer, edit, form_of, errors_of):
        """As on the page of publishing; a date that is none stays as it was typed."""
        form = form_of(app.get(edit, headers=officer["headers"]).body)
        bad = {**form, "title": "", "issued": "mayo de 2018", "notes": "Otra descripción", "save": "save"}
        answer = app.post(edit, data=bad, headers=officer["headers"])
        assert set(errors_of(answer)) == {"title", "issued"}
        again = form_of(answer.body)
        assert (again["issued"], again["notes"]) == ("mayo de 2018", "Otra descripción")
        page = BeautifulSoup(answer.body, "html.parser")
        assert all(page.select_one(f"#field-{name}") for name in errors_of(answer))


class TestCkansFileForm:
    """A further file of a dataset: CKAN's form, with our field."""

    @pytest.fixture
    def dataset(self, post, filled, csv, shown):
        """A public dataset with its first file, as everybody sees it."""
        return shown(post(filled, csv).location.rsplit("/", 1)[-1])

    @pytest.mark.long
    def test_keeps_the_file_when_it_comes_back(self, app, officer, dataset, form_of, stored, received, shown):
        """As the page of publishing does."""
        path = f"/dataset/{dataset['name']}/resource/new"
        headers = officer["headers"]
        form = form_of(app.get(path, headers=headers).body)
        bad = {
            **form,
            "issued": "ayer",
            "save": "go-dataset-complete",
            "upload": (io.BytesIO(b"a\n1\n"), "b.csv"),
        }
        first = app.post(path, data=bad, headers=headers, content_type="multipart/form-data")
        assert received(first).startswith("b.csv, ")
        again = {**form_of(first.body), "issued": "", "save": "go-dataset-complete"}
        done = app.post(path, data=again, headers=headers, follow_redirects=False)
        assert done.status_code == 302
        assert stored(shown(dataset["id"])["resources"][1]["id"]) == b"a\n1\n"

    @pytest.mark.long
    def test_edit_keeps_the_stored_file_and_takes_another(
        self, app, officer, dataset, form_of, stored, csv, received, shown
    ):
        """Words may change without it; and an error costs neither."""
        own = dataset["resources"][0]["id"]
        path = f"/dataset/{dataset['name']}/resource/{own}/edit"
        headers = officer["headers"]
        form = {**form_of(app.get(path, headers=headers).body), "save": "go-dataset-complete"}
        done = app.post(path, data={**form, "name": "Otro"}, headers=headers, follow_redirects=False)
        assert done.status_code == 302
        (resource,) = shown(dataset["id"])["resources"]
        assert (resource["name"], stored(own), resource["size"]) == ("Otro", csv, len(csv))
        bad = {**form, "issued": "ayer", "upload": (io.BytesIO(b"new"), "n.csv")}
        first = app.post(path, data=bad, headers=headers, content_type="multipart/form-data")
        assert "ya recibido" in received(first)
        again = {**form_of(first.body), "issued": "", "save": "go-dataset-complete"}
        assert app.post(path, data=again, headers=headers, follow_redirects=False).status_code == 302
        assert stored(own) == b"new"

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("named", "after"),
        [("Datos de 2017.csv", "nuevo.csv"), ("Inversión por colonia", "Inversión por colonia")],
    )
    def test_name_that_was_only_the_old_files_follows_the_new_one(
        self, app, officer, dataset, form_of, shown, named, after
    ):
        """A name that somebody thought of stays."""
        own, headers = dataset["resources"][0]["id"], officer["headers"]
        path = f"/dataset/{dataset['name']}/resource/{own}/edit"

        def replace(file_name, **fields):
            form = {**form_of(app.get(path, headers=headers).body), "save": "go-dataset-complete", **fields}
            file = (io.BytesIO(f"{file_name}\n".encode()), file_name)
            sent = {**form, "upload": file}
            app.post(
                path, data=sent, headers=headers, content_type="multipart/form-data", follow_redirects=False
            )
            return shown(dataset["id"])["resources"][0]

        assert replace("Datos de 2017.csv", name=named)["name"] == named
        replaced = replace("nuevo.csv")
        assert replaced["name"] == after
        assert replaced["url"].endswith("nuevo.csv")

    def test_format_that_was_the_old_files_follows_the_new_one(self, app, officer, dataset, form_of, shown):
        """One that somebody writes with the new file stays."""
        own, headers = dataset["resources"][0]["id"], officer["headers"]
        path = f"/dataset/{dataset['name']}/resource/{own}/edit"
        for written, name, after in ((None, "b.json", "JSON"), ("Padrón", "c.csv", "Padrón")):
            form = {**form_of(app.get(path, headers=headers).body), "save": "go-dataset-complete"}
            sent = {**form, "upload": (io.BytesIO(name.encode()), name)}
            sent |= {"format": written} if written else {}
            app.post(path, data=sent, headers=headers, content_type="multipart/form-data")
            assert shown(dataset["id"])["resources"][0]["format"] == after

    def test_error_of_the_file_is_a_link_to_it(self, app, officer, dataset, form_of, errors_of):
        """And not the name of a column."""
        path = f"/dataset/{dataset['name']}/resource/new"
        form = form_of(app.get(path, headers=officer["headers"]).body)
        answer = app.post(path, data={**form, "save": "go-dataset-complete"}, headers=officer["headers"])
        assert errors_of(answer) == {"upload": "Archivo: Elija un archivo o escriba su dirección"}

    def test_deletes_last(self, app, officer, dataset):
        """After the button that saves."""
        path = f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/edit"
        page = BeautifulSoup(app.get(path, headers=officer["headers"]).body, "html.parser")
        buttons = [" ".join(each.get_text().split()) for each in page.select(".form-actions > *")]
        assert buttons == ["Actualizar archivo", "Borrar este archivo"]

    def test_of_a_draft_is_saved_without_publishing_it(
        self, app, post, filled, csv, officer, form_of, datasets
    ):
        """The first button; the page goes back to the draft and says that it is one."""
        post(filled, csv, save="draft")
        (draft,) = datasets()
        path = f"/dataset/{draft.name}/resource/{draft.resources[0].id}/edit"
        page = BeautifulSoup(app.get(path, headers=officer["headers"]).body, "html.parser")
        assert page.h1.get_text(strip=True) == "Cambiar el archivo datos.csv"
        buttons = [(each["value"], each.get_text()) for each in page.select(".form-actions button")]
        assert buttons == [
            ("go-dataset", "Guardar el archivo"),
            ("go-metadata", "Guardar el archivo y publicar"),
        ]
        form = {**form_of(str(page)), "save": "go-dataset", "upload": (io.BytesIO(b"a\n"), "b.csv")}
        saved = app.post(
            page.select_one("#resource-edit")["action"],
            data=form,
            headers=officer["headers"],
            content_type="multipart/form-data",
            follow_redirects=False,
        )
        assert (saved.status_code, datasets()[0].state) == (302, "draft")
        assert datasets()[0].resources[0].name == "b.csv"

    def test_publishing_an_incomplete_draft_there_leads_to_what_is_missing(
        self, app, post, officer, csv, form_of, datasets
    ):
        """Stock CKAN answers 500; the file is saved all the same."""
        post({}, csv, save="draft")
        name = datasets(state="draft")[0].name
        path = f"/dataset/{name}/resource/new"
        form = form_of(app.get(path, headers=officer["headers"]).body)
        sent = {**form, "save": "go-metadata", "upload": (io.BytesIO(b"a\n"), "b.csv")}
        answer = app.post(
            path,
            data=sent,
            headers=officer["headers"],
            content_type="multipart/form-data",
            follow_redirects=False,
        )
        assert answer.status_code == 302
        assert answer.location.endswith(f"/publicar/{name}")
        assert len(datasets(state="draft")[0].resources) == 2
