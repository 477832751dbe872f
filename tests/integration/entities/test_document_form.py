"""The forms of documents: what they send, what comes back, and who gets to them."""

from __future__ import annotations

import io

import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup

CODE = "ideaton-villa-nueva-2017"
PATH = f"/taller/{CODE}"


@pytest.fixture
def post(app, token_of, municipality, files):
    """Return a function that sends the form of new documents as the municipality."""
    headers = {"Authorization": token_of(municipality)}

    def send(path=f"{PATH}/documentos", **data):
        data = {name: value for name, value in data.items() if value is not None}
        answer = app.post(
            path, data=data, headers=headers, content_type="multipart/form-data", follow_redirects=False
        )
        return answer.status_code, BeautifulSoup(answer.body, "html.parser")

    return send


@pytest.fixture
def get_form(app, token_of, municipality):
    """Return a function that gives the empty form of new documents."""
    headers = {"Authorization": token_of(municipality)}
    return lambda: BeautifulSoup(app.get(f"{PATH}/documentos", headers=headers).body, "html.parser")


def test_an_error_does_not_cost_the_file(call, post, municipality, files, pdf):
    """It is not sent again: the form comes back with its token and says what was received."""
    status, page = post(upload=(io.BytesIO(pdf), "acta.pdf"), title="", kind="minutes", save="publish")
    assert status == 422
    assert [link["href"] for link in page.select("#errors li a")] == ["#field-title"]
    assert "acta.pdf" in page.select_one(".ga-received").get_text()
    token = page.select_one("input[name=upload_token]")["value"]
    again = {"upload_token": token, "title": "Acta", "kind": "minutes", "save": "publish"}
    assert post(**again)[0] == 302
    assert post(**again)[0] == 302  # sent twice, made once
    made = call("document_list", entity="workshop", code=CODE)
    assert [(each["title"], each["name"]) for each in made] == [("Acta", "acta.pdf")]
    assert len(files()) == 1


def test_all_that_is_wrong_is_said_at_once(post):
    """Without file, title or kind; each error leads to its field."""
    status, page = post(title="", kind="", save="draft")
    assert status == 422
    links = [link["href"] for link in page.select("#errors li a")]
    assert links == ["#field-upload", "#field-title", "#field-kind"]
    assert all(page.select_one(link) for link in links)


def test_the_reason_is_asked_for_in_the_first_round(post, get_form):
    """With all else that lacks, and with a star: nobody learns of it after choosing the file again."""
    assert (
        "Obligatorio para publicar: Fotografía"
        in get_form().select_one("label[for=field-reason]").parent.text
    )
    status, page = post(title="", kind="", save="publish")
    links = [link["href"] for link in page.select("#errors li a")]
    assert (status, links) == (422, ["#field-upload", "#field-title", "#field-kind", "#field-reason"])
    assert "Fotografía" in page.select_one("#errors li:last-child").text
    _, page = post(title="", kind="photograph", save="publish")
    links = [link["href"] for link in page.select("#errors li a")]
    assert links == ["#field-upload", "#field-title", "#field-reason"]
    assert page.select_one("label[for=field-reason] .control-required")
    _, page = post(title="", kind="minutes", save="publish")
    assert not page.select_one("#errors a[href='#field-reason']")
    assert not page.select_one("label[for=field-reason] .control-required")


def test_it_is_changed_and_removed_by_form(call, post, add, municipality):
    """Its title and who sees it; then it is gone."""
    made = add(municipality)
    path = f"/documento/{made['id']}"
    assert post(f"{path}/editar", title="", kind="minutes", version="1", save="publish")[0] == 422
    assert post(f"{path}/editar", title="Acta", kind="report", version="1", save="publish")[0] == 302
    assert call("document_show", id=made["id"])["title"] == "Acta"
    assert post(f"{path}/borrar", version="2", delete="delete")[0] == 302
    assert call("document_list", municipality, entity="workshop", code=CODE) == []


def test_a_stale_form_shows_both_and_then_saves_what_was_typed(call, post, add, get, municipality):
    """409 with what somebody else stored beside what was typed; the page sends the version that it shows."""
    made = add(municipality)
    path = f"/documento/{made['id']}/editar"
    page = BeautifulSoup(get(path, municipality).body, "html.parser")
    held = page.select_one("input[name=version]")["value"]
    call("document_update", municipality, id=made["id"], version=1, title="Acta firmada")
    typed = {"title": "Acta corregida", "kind": "minutes", "save": "draft"}
    status, page = post(path, version=held, **typed)
    cells = [each.text.strip() for each in page.select(".ga-conflict tbody td")]
    assert (status, cells) == (409, ["Acta firmada", "Acta corregida"])
    assert post(path, **typed)[0] == 409
    assert page.select_one("#field-title")["value"] == "Acta corregida"
    assert call("document_show", municipality, id=made["id"])["title"] == "Acta firmada"
    assert post(path, version=page.select_one("input[name=version]")["value"], **typed)[0] == 302
    assert call("document_show", municipality, id=made["id"])["title"] == "Acta corregida"


def test_what_somebody_changed_is_not_removed_unseen(call, post, add, municipality):
    """The question comes again, with the title that it has now."""
    made = add(municipality)
    call("document_update", municipality, id=made["id"], version=1, title="Acta firmada")
    status, page = post(f"/documento/{made['id']}/borrar", version="1", reason="Sobra", delete="delete")
    assert status == 409
    assert "Acta firmada" in page.select_one("#errors").text
    assert page.select_one("#field-reason")["value"] == "Sobra"
    assert len(call("document_list", municipality, entity="workshop", code=CODE)) == 1
    again = page.select_one("input[name=version]")["value"]
    assert post(f"/documento/{made['id']}/borrar", version=again, delete="delete")[0] == 302


@pytest.mark.long
@pytest.mark.parametrize("version", [{}, {"version": 2}, {"version": "x"}, {"version": 0}])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_call_without_the_version_that_it_has_changes_nothing(call, add, municipality, verb, version):
    """Under ``version``, as of every entity."""
    made = add(municipality)
    with pytest.raises(tk.ValidationError) as refused:
        call(f"document_{verb}", municipality, id=made["id"], **version)
    assert list(refused.value.error_dict) == ["version"]
    (kept,) = call("document_list", municipality, entity="workshop", code=CODE)
    assert kept["version"] == 1


def test_only_its_editors_get_to_the_forms(add, get, municipality, organization_editor):
    """Visitors are asked to sign in, others refused; of a draft they learn nothing."""
    public, draft = (add(municipality, visibility=each) for each in ("published", "draft"))
    other = organization_editor(municipality="0108")
    paths = [
        f"{PATH}/documentos",
        *(f"/documento/{public['id']}/{verb}" for verb in ("editar", "borrar")),
    ]
    for path in paths:
        assert get(path, municipality).status_code == 200
        assert get(path, other).status_code == 403
        assert get(path).status_code == 302
    assert get(f"/documento/{draft['id']}/editar", other).status_code == 404
