"""A form with a file and the address of another one: only one is used, so the officer chooses."""

from __future__ import annotations

import io

import pytest
from bs4 import BeautifulSoup

ELSEWHERE = "https://example.org/a.csv"
BOTH = "elija uno de los dos"
NEITHER = "Escriba true o false"


def told(answer, name):
    """Return what stands beside a field."""
    return BeautifulSoup(answer.body, "html.parser").select_one(f"#field-{name}-error").get_text()


class TestPublish:
    @pytest.fixture
    def refused(self, post, filled, csv):
        """The form that comes back."""
        answer = post({**filled, "link": ELSEWHERE}, csv)
        assert answer.status_code == 422
        return answer

    def test_says_so_beside_the_address_and_keeps_both(
        self, refused, errors_of, form_of, received, datasets, filled
    ):
        """The file need not be sent again, and the address is still there to be read."""
        assert list(errors_of(refused)) == ["link"]
        assert BOTH in told(refused, "link")
        form = form_of(refused.body)
        assert (form["link"], form["title"]) == (ELSEWHERE, filled["title"])
        assert (
            BeautifulSoup(refused.body, "html.parser")
            .select_one("#field-link")
            .find_parent("details")["open"]
            == ""
        )
        assert received(refused).startswith("datos.csv, ")
        assert datasets() == []

    def test_address_cleared_takes_the_file(self, refused, post, form_of, datasets, stored, csv):
        """As it came the first time."""
        assert post({**form_of(refused.body), "link": ""}).status_code == 302
        assert stored(datasets()[0].resources[0].id) == csv

    def test_file_left_out_takes_the_address(self, refused, post, form_of, datasets):
        """However often the form is sent."""
        form = {**form_of(refused.body), "upload_drop": "true"}
        assert [post(form).status_code for _ in range(2)] == [302, 302]
        (dataset,) = datasets()
        assert [each.url for each in dataset.resources] == [ELSEWHERE]

    def test_file_left_out_stays_so_while_something_else_is_wrong(self, refused, post, form_of, received):
        """And can be taken back in."""
        again = post({**form_of(refused.body), "upload_drop": "true", "title": ""})
        assert form_of(again.body)["upload_drop"] == "true"
        assert received(again)

    def test_another_file_is_not_the_one_that_was_left_out(self, refused, post, form_of, datasets, stored):
        """It was chosen after."""
        form = {**form_of(refused.body), "upload_drop": "true", "link": ""}
        assert post(form, b"a\n1\n", "b.csv").status_code == 302
        assert stored(datasets()[0].resources[0].id) == b"a\n1\n"

    def test_file_that_is_not_left_out_stays(self, refused, post, form_of, datasets, stored, csv):
        """A program may say so in words."""
        form = {**form_of(refused.body), "upload_drop": "false", "link": ""}
        assert post(form).status_code == 302
        assert stored(datasets()[0].resources[0].id) == csv

    def test_neither_yes_nor_no_is_refused(self, refused, post, form_of, datasets):
        """Nobody guesses whether the file is meant."""
        again = post({**form_of(refused.body), "upload_drop": "quizas", "link": ""})
        assert again.status_code == 422
        assert NEITHER in again.body
        assert datasets() == []

    def test_is_told_with_all_other_errors(self, post, filled, csv, errors_of):
        """One round instead of two; a draft is told the same."""
        assert {"title", "link"} <= set(errors_of(post({**filled, "title": "", "link": ELSEWHERE}, csv)))
        assert list(errors_of(post({"link": ELSEWHERE}, csv, save="draft"))) == ["link"]


class TestFileForm:
    """CKAN's form of a file."""

    @pytest.fixture
    def send(self, app, post, filled, csv, officer, form_of, datasets):
        """Send the form of a dataset's new file, or of the one that it has."""
        post(filled, csv)
        (dataset,) = datasets()
        base = f"/dataset/{dataset.name}/resource"

        def run(path, form=None, content=None, **fields):
            headers = officer["headers"]
            form = form or form_of(app.get(base + path, headers=headers).body)
            data = {**form, "save": "go-dataset-complete", **fields}
            if content:
                data["upload"] = (io.BytesIO(content), "b.csv")
            kind = "multipart/form-data"
            return app.post(
                base + path, data=data, headers=headers, content_type=kind, follow_redirects=False
            )

        run.own = f"/{dataset.resources[0].id}/edit"
        return run

    @pytest.mark.long
    @pytest.mark.parametrize("own", [False, True])
    def test_says_so_beside_the_address(self, send, own, errors_of, form_of, datasets):
        """Of a new file, and of one that takes another's place; then the address alone is used."""
        path = send.own if own else "/new"
        refused = send(path, content=b"a\n1\n", link=ELSEWHERE)
        assert list(errors_of(refused)) == ["link"]
        assert errors_of(refused)["link"].startswith("El archivo está en otro sitio: ")
        assert BOTH in told(refused, "link")
        assert send(path, form_of(refused.body), upload_drop="true").status_code == 302
        assert datasets()[0].resources[-1].url == ELSEWHERE

    @pytest.mark.long
    def test_file_takes_the_place_of_an_address_that_nobody_typed(self, send, datasets, stored):
        """The form held it already."""
        assert send(send.own, link=ELSEWHERE).status_code == 302
        assert send(send.own, content=b"a\n1\n").status_code == 302
        assert stored(datasets()[0].resources[0].id) == b"a\n1\n"

    @pytest.mark.long
    def test_neither_yes_nor_no_is_refused_too(self, send, form_of, datasets):
        """Of CKAN's form, and of its action."""
        refused = send(send.own, content=b"a\n1\n", link=ELSEWHERE)
        answer = send(send.own, form_of(refused.body), upload_drop="quizas", link="")
        assert answer.status_code < 500
        assert NEITHER in answer.body


class TestByProgram:
    """Who sends no ``upload_token`` has no form."""

    def test_what_a_form_says_is_no_field_of_the_file(self, app, post, filled, csv, officer, datasets):
        """Of a new file, and of one that is changed."""
        post(filled, csv)
        dataset = datasets()[0]
        said = {"upload_drop": "true", "upload_staged": "x", "url": ELSEWHERE, "name": "Otro"}
        named = {"create": {"package_id": dataset.id}, "update": {"id": dataset.resources[0].id}}
        for verb, which in named.items():
            answer = app.post(
                f"/api/3/action/resource_{verb}", json={**which, **said}, headers=officer["headers"]
            )
            made = answer.json["result"]
            assert made["name"] == "Otro"
            assert not {"upload_drop", "upload_staged", "upload_token"} & set(made)
        assert [each.extras for each in datasets()[0].resources if "upload_drop" in each.extras] == []

    def test_neither_yes_nor_no_is_told_there(self, app, officer):
        """Beside the parameter."""
        data = {"package_id": "agua", "url": ELSEWHERE, "upload_drop": "quizas"}
        answer = app.post("/api/3/action/resource_create", json=data, headers=officer["headers"])
        assert answer.status_code == 409
        assert answer.json["error"]["upload_drop"] == [NEITHER]


class TestWords:
    def test_errors_of_one_field_are_sentences(self, post, filled, csv, errors_of):
        """In the summary and beside the field."""
        answer = post({**filled, "municipality": ["9998", "9999"]}, csv)
        for text in (errors_of(answer)["municipality"], told(answer, "municipality")):
            assert "9998: corríjalo o elija de la lista. No existe municipio" in text

    def test_a_bad_keyword_is_told_what_it_may_have(self, post, filled, csv, errors_of):
        """In the words of the form: CKAN calls it a label."""
        said = errors_of(post({**filled, "tag_string": "agua (potable)"}, csv))["tag_string"]
        assert "palabra clave «agua (potable)» solo puede llevar letras, números, espacios" in said
        assert "etiqueta" not in errors_of(post({**filled, "tag_string": "a"}, csv))["tag_string"]
