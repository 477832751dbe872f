"""What is said once a form was sent: what happened, who sees it, and what comes next."""

from __future__ import annotations

import io
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup
from ckan.tests import factories


@pytest.fixture
def said():
    """What a page tells of what was done just now."""

    def read(answer: Any) -> list[str]:
        page = BeautifulSoup(answer.body, "html.parser")
        return [" ".join(each.get_text().split()) for each in page.select(".flash-messages .alert")]

    return read


@pytest.fixture
def send(app, officer, form_of):
    """Send a form as a browser does, with something changed; return the page to which it leads."""

    def sent(path: str, **changed: Any) -> Any:
        form = form_of(app.get(path, headers=officer["headers"]).body)
        sent = {**form, "save": "save", **changed}
        return app.post(path, data=sent, headers=officer["headers"], content_type="multipart/form-data")

    return sent


@pytest.fixture
def name(post, filled, csv):
    """The name of a public dataset of the officer."""
    return post(filled, csv).location.rsplit("/", 1)[-1]


def patch(**values: Any) -> None:
    """Change a dataset with every right."""
    context = {"ignore_auth": True, "user": "", "allow_state_change": True}
    tk.get_action("package_patch")(context, values)


class TestDatasets:
    """The form of a public dataset, which is CKAN's, and ours of a new one and a draft."""

    @pytest.mark.long
    def test_what_is_public_stays_public(self, send, said, name):
        """Under another name too; once, and not on the next page."""
        published = "Guardado y publicado: esto es lo que ve ahora todo el mundo"
        assert said(send(f"/dataset/edit/{name}", title="Otro")) == [published]
        answer = send(f"/dataset/edit/{name}", name="otra-direccion")
        assert answer.request.path == "/dataset/otra-direccion"
        assert said(answer) == [published]

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("state", "told"),
        [
            (
                {"private": True},
                "Solo lo ve la organización: en su formulario puede mostrarlo",
            ),
            ({"state": "deleted"}, "Sigue borrado: solo lo ven quienes pueden editarlo"),
        ],
    )
    def test_what_nobody_sees_is_called_so(self, send, said, name, state, told):
        """And how it can be shown."""
        patch(id=name, **state)
        (message,) = said(send(f"/dataset/edit/{name}", title="Otro"))
        assert told in message

    def test_with_an_error_nothing_is_called_saved(self, send, said, name):
        """The form comes back."""
        assert said(send(f"/dataset/edit/{name}", title="")) == []

    @pytest.mark.long
    def test_a_new_one_says_what_comes_next(self, send, said, filled):
        """A draft waits to be published; what is published goes out."""
        file = {"upload": (io.BytesIO(b"a\n"), "a.csv")}
        (message,) = said(send("/publicar", **filled, save="draft"))
        assert "Borrador guardado: solo lo ven quienes pueden editarlo" in message
        assert "Cuando esté completo, publíquelo aquí" in message
        (message,) = said(send("/publicar", **{**filled, "title": "Otro"}, **file, save="publish"))
        assert "Publicado: esto es lo que ve todo el mundo" in message
        assert "cuando vuelvan a preguntar" in message

    @pytest.mark.long
    def test_a_visitors_page_stays_one_that_caches_may_keep(self, app, send, name):
        """Nothing is told to those who come after, and none of them gets a session."""
        before = app.get(f"/dataset/{name}").headers
        send(f"/dataset/edit/{name}", title="Otro")
        visitor = app.test_client(use_cookies=False)
        answer = visitor.get(f"/dataset/{name}")
        assert "Guardado" not in answer.body
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == before["Cache-Control"]

    def test_who_may_not_save_is_told_of_no_success(self, app, said, name):
        """A visitor is asked to sign in."""
        answer = app.post(f"/dataset/edit/{name}", data={"title": "Otro", "save": "save"})
        assert not [each for each in said(answer) if "Guardado" in each]


class TestFiles:
    """CKAN's forms of a file."""

    @pytest.mark.long
    def test_of_a_public_dataset(self, app, officer, send, said, name, shown):
        """Changed, or one more."""
        (file,) = shown(name)["resources"]
        published = ["Guardado y publicado: esto es lo que ve ahora todo el mundo"]
        assert said(send(f"/dataset/{name}/resource/{file['id']}/edit", name="Otro")) == published
        another = {"upload": (io.BytesIO(b"a\n"), "b.csv"), "save": "go-dataset-complete"}
        assert said(send(f"/dataset/{name}/resource/new", **another)) == published

    @pytest.mark.long
    def test_of_a_draft(self, send, said, post, filled, csv, datasets):
        """It waits to be published; where no file came, none is called saved."""
        post(filled, csv, save="draft")
        path = f"/dataset/{datasets()[0].name}/resource/new"
        (message,) = said(send(path, upload=(io.BytesIO(b"a\n"), "b.csv"), save="again"))
        assert "Guardado en el borrador" in message
        assert said(send(path, save="go-dataset")) == []


class TestOrganizations:
    """CKAN's forms of a new one and of one that is there."""

    @pytest.fixture
    def sent(self, app, token_of, form_of, clean_site):
        """Return a function that sends the form at a path as a sysadmin's browser does."""
        headers = {"Authorization": token_of(factories.Sysadmin()["name"])}

        def send(path: str, **changed: str) -> Any:
            form = form_of(app.get(path, headers=headers).body)
            return app.post(path, data={**form, "save": "", **changed}, headers=headers)

        return send

    def test_a_new_one_is_told(self, sent, said):
        """And where people are added to it."""
        (told,) = said(sent("/organization/new", title="Muni", name="muni-nueva"))
        assert told.startswith("Se creó la organización")
        assert "Miembros" in told

    def test_a_change_is_told(self, sent, said):
        """On its page."""
        sent("/organization/new", title="Muni", name="muni-nueva")
        (told,) = said(sent("/organization/edit/muni-nueva", title="Otra"))
        assert told.startswith("Guardado")

    def test_what_is_refused_is_called_as_its_field_is(self, sent):
        """In sight, with an asterisk; nothing is said to be created."""
        page = BeautifulSoup(sent("/organization/new", title="", name="").body, "html.parser")
        (link,) = page.select("#errors li a")
        label = page.select_one(f"label[for='{link['href'][1:]}']")
        assert label.get_text(" ", strip=True) == f"* {link.get_text(strip=True)}"
        assert not page.select(".alert-success")
