"""What a dataset's page says of whom to ask, of a draft, of one that was deleted, and of its file."""

from __future__ import annotations

import re

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup


def aside(answer):
    """Return what stands beside the page, heading by heading."""
    sections = BeautifulSoup(answer.body, "html.parser").select(".ga-aside section")
    return {each.h2.get_text(): " ".join(each.get_text().split()) for each in sections}


def warned(answer):
    """Return what a page says at its top of what went wrong."""
    alert = BeautifulSoup(answer.body, "html.parser").select_one(".flash-messages .alert-danger")
    return " ".join(alert.get_text(" ").split())


def call(action, **data):
    """Call an action with every right."""
    return tk.get_action(action)({"ignore_auth": True, "user": ""}, data)


@pytest.fixture
def dataset(post, filled, csv):
    """The path of a public dataset of the officer."""
    return "/" + post(filled, csv).location.split("/", 3)[-1]


@pytest.mark.long
def test_without_a_contact_the_page_names_its_publishers(app, officer, dataset):
    """The office of the organization; a dataset's own contact goes before it."""
    assert "A quién preguntar" not in aside(app.get(dataset))
    call(
        "organization_patch", id=officer["organization"]["id"], email="datos@muni.example", phone="2222-3333"
    )
    told = aside(app.get(dataset))["A quién preguntar"]
    assert officer["organization"]["title"] in told
    assert "datos@muni.example" in told
    assert "2222-3333" in told
    call("package_patch", id=dataset.rsplit("/", 1)[-1], contact_email="ana@muni.example")
    told = aside(app.get(dataset))["A quién preguntar"]
    assert "ana@muni.example" in told
    assert "datos@muni.example" not in told


def test_a_draft_was_not_published(app, officer, post, filled, csv, datasets):
    """It was begun."""
    post(filled, csv, save="draft")
    told = aside(app.get(f"/dataset/{datasets()[0].name}", headers=officer["headers"]))["Fechas"]
    assert "Publicado" not in told
    assert "Empezado el" in told


@pytest.mark.long
def test_a_deleted_dataset_says_so_and_can_be_published_again(app, officer, colleague, dataset, datasets):
    """To those who may edit it; for everybody else it is not there."""
    path = f"/publicar/{dataset.rsplit('/', 1)[-1]}/restaurar"
    call("package_delete", id=dataset.rsplit("/", 1)[-1])
    assert app.get(dataset).status_code == 404
    assert app.post(path, follow_redirects=False).status_code == 404
    page = BeautifulSoup(app.get(dataset, headers=officer["headers"]).body, "html.parser")
    assert page.select_one(".ga-state").get_text() == "borrado"
    assert page.select_one(".alert form")["action"].endswith(path)
    assert app.post(path, headers=colleague["headers"], follow_redirects=False).status_code == 302
    assert [each.state for each in datasets()] == ["active"]
    assert app.get(dataset).status_code == 200


@pytest.mark.long
def test_a_deleted_dataset_that_lacks_something_by_now_stays_deleted(app, officer, dataset, datasets):
    """And what it lacks is said."""
    app.get("/catalog.nt")
    call("package_delete", id=dataset.rsplit("/", 1)[-1])
    datasets()[0].title = ""
    model.Session.commit()
    path = f"/publicar/{dataset.rsplit('/', 1)[-1]}/restaurar"
    told = warned(app.post(path, headers=officer["headers"]))
    assert told == (
        "No se puede publicar otra vez tal como está: recupérelo como borrador para corregirlo."
        " Título: Escriba un título que diga de qué son los datos."
    )
    assert [each.state for each in datasets()] == ["deleted"]


def test_what_a_deleted_draft_lacks_is_said_field_by_field(app, officer, post, csv, datasets):
    """A sentence for each in the order of the form, and nothing of a second time: it never was public."""
    post({}, csv, save="draft")
    call("package_delete", id=datasets()[0].id)
    told = warned(app.post(f"/publicar/{datasets()[0].name}/restaurar", headers=officer["headers"]))
    first, *fields = re.split(r"(?<=\.) (?=[^.:]+: )", told)
    assert first == "No se puede publicar tal como está: recupérelo como borrador para completarlo."
    labels = ["Título", "Descripción", "Municipio", "Taller o ideatón", "Compromiso"]
    assert [each.split(": ")[0] for each in fields] == labels
    assert [each[-1] for each in fields] == ["."] * 5
    assert ".." not in told


def test_a_file_without_a_view_says_nothing_of_views(app, officer, dataset, shown):
    """CKAN tells its officer so, with a link that leads nowhere."""
    resource = shown(dataset.rsplit("/", 1)[-1])["resources"][0]["id"]
    page = app.get(f"{dataset}/resource/{resource}", headers=officer["headers"]).body
    assert "javascript:void" not in page
    assert "vistas creadas" not in page


@pytest.mark.long
def test_a_draft_can_be_deleted_from_its_form_and_its_page(app, officer, post, filled, csv, datasets):
    """After a question, and it is not gone for good: its page offers to take it up again."""
    post(filled, csv, save="draft")
    name, headers = datasets()[0].name, officer["headers"]
    form = BeautifulSoup(app.get(f"/publicar/{name}", headers=headers).body, "html.parser")
    last = form.select(".form-actions > *")[-1]
    assert (last["href"], last.get_text()) == (f"/dataset/delete/{name}", "Borrar este borrador")
    page = BeautifulSoup(app.get(f"/dataset/{name}", headers=headers).body, "html.parser")
    ways = {each.get_text(): each["href"] for each in page.select(".alert a")}
    assert ways == {
        "Seguir con el borrador": f"/publicar/{name}",
        "Borrar este borrador": f"/dataset/delete/{name}",
    }
    asked = BeautifulSoup(app.get(last["href"], headers=headers).body, "html.parser")
    assert "¿Está seguro" in asked.get_text()
    done = app.post(last["href"], data={"delete": ""}, headers=headers)
    assert done.status_code == 200
    assert (
        "Se borró. Nunca fue público; aquí puede recuperarlo"
        in BeautifulSoup(done.body, "html.parser").get_text()
    )
    assert [each.state for each in datasets()] == ["deleted"]


def test_the_form_of_a_new_dataset_offers_nothing_to_delete(app, officer):
    """There is nothing yet."""
    page = BeautifulSoup(app.get("/publicar", headers=officer["headers"]).body, "html.parser")
    assert not page.select(".ga-button-delete")


@pytest.mark.long
def test_a_deleted_draft_can_be_a_draft_again(app, officer, post, filled, csv, datasets, colleague):
    """Without being public for a moment; strangers are told of nothing."""
    post(filled, csv, save="draft")
    name, headers = datasets()[0].name, officer["headers"]
    app.post(f"/dataset/delete/{name}", data={"delete": ""}, headers=headers)
    path = f"/publicar/{name}/restaurar"
    page = BeautifulSoup(app.get(f"/dataset/{name}", headers=headers).body, "html.parser")
    buttons = {each.get_text(): each.get("value") for each in page.select(f"form[action='{path}'] button")}
    assert buttons == {"Recuperar como borrador": "draft", "Publicarlo": "publish"}
    assert app.post(path, data={"save": "draft"}, follow_redirects=False).status_code == 404
    done = app.post(path, data={"save": "draft"}, headers=colleague["headers"])
    assert done.request.path == f"/publicar/{name}"
    assert "Es un borrador otra vez" in done.body
    assert [each.state for each in datasets()] == ["draft"]
