"""One dataset as RDF: from the log for everybody, and a tombstone once it is not public any more."""

from __future__ import annotations

from typing import Any

import ckan.tests.factories as factories
import pytest
from ckan import model
from ckanext.gobiernoabierto.feed.model import Entry


def test_it_is_the_fragment_of_the_catalogue(app: Any, dataset: dict[str, Any]):
    """By its name and by its id, known by a tag; a change is told at once."""
    answer = app.get(f"/dataset/{dataset['name']}.nt")
    assert answer.data == app.get(f"/dataset/{dataset['id']}.nt").data
    assert answer.data == model.Session.query(Entry.body).filter_by(kind="dataset").scalar()
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert app.get(f"/dataset/{dataset['name']}.nt", headers=tag).status_code == 304
    assert app.test_client().head(f"/dataset/{dataset['name']}.nt").data == b""


def test_a_change_is_told_at_once(app: Any, call: Any, dataset: dict[str, Any]):
    """Whoever publishes and looks sees it, whether or not a job has run."""
    before = app.get(f"/dataset/{dataset['name']}.ttl")
    call("package_patch", id=dataset["id"], title="Otro título")
    after = app.get(f"/dataset/{dataset['name']}.ttl", headers={"If-None-Match": before.headers["ETag"]})
    assert "Otro título" in after.body


@pytest.mark.long
@pytest.mark.parametrize(
    ("manner", "values"),
    [
        ("package_patch", {"private": True}),
        ("package_patch", {"state": "draft"}),
        ("package_delete", {}),
        ("dataset_purge", {}),
    ],
)
def test_what_was_public_is_gone(app: Any, call: Any, dataset: dict[str, Any], manner: str, values: Any):
    """410 with its address and the day, and not a word of what it was; for who may read it, it is there."""
    app.get(f"/dataset/{dataset['name']}.ttl")
    call(manner, id=dataset["id"], **values)
    for word in (dataset["name"], dataset["id"]):
        answer = app.get(f"/dataset/{word}.ttl")
        assert answer.status_code == 410
        assert f"/dataset/{dataset['id']}> a as:Tombstone" in answer.body
        assert dataset["title"] not in answer.body
    if manner == "package_patch":
        token = factories.APIToken(user=factories.Sysadmin()["name"])["token"]
        editor = app.get(f"/dataset/{dataset['name']}.ttl", headers={"Authorization": token})
        assert (editor.status_code, editor.headers["Cache-Control"]) == (200, "private, no-store")
        assert dataset["title"] in editor.body


def test_what_never_was_public_is_not_there(app: Any, call: Any, fields: dict[str, Any]):
    """404, as for any other word."""
    hidden = call("package_create", **{**fields, "private": True})
    for word in (hidden["name"], hidden["id"], "nobody", "x" * 300):
        assert app.get(f"/dataset/{word}.ttl").status_code == 404
    assert app.get("/dataset/a%00b.ttl").status_code == 400


def test_a_name_that_is_taken_again_is_the_new_one(app: Any, call: Any, fields: dict[str, Any]):
    """The former one is known by its id."""
    first = call("package_create", **{**fields, "name": "datos-de-antes"})
    app.get("/dataset/datos-de-antes.ttl")
    call("dataset_purge", id=first["id"])
    assert app.get("/dataset/datos-de-antes.ttl").status_code == 410
    second = call("package_create", **{**fields, "name": "datos-de-antes"})
    assert second["id"] in app.get("/dataset/datos-de-antes.ttl").body
    assert app.get(f"/dataset/{first['id']}.ttl").status_code == 410


@pytest.mark.long
@pytest.mark.parametrize(
    ("manner", "values"),
    [("dataset_purge", {}), ("package_delete", {}), ("package_patch", {"private": True})],
)
def test_what_has_its_id_for_a_name_does_not_stand_in_for_it(
    app: Any, call: Any, fields: dict[str, Any], dataset: dict[str, Any], manner: str, values: dict[str, Any]
):
    """Such names are refused; one that was stored before is gone to by its own id alone."""
    app.get(f"/dataset/{dataset['id']}.ttl")
    call(manner, id=dataset["id"], **values)
    other = call("package_create", **{**fields, "name": "impostor", "title": "Impostor"})
    model.Package.get(other["id"]).name = dataset["id"]
    model.Session.commit()
    for ending, status in ((".ttl", 410), ("", 410), (".json", 410), (".atom", 404)):
        for word in [dataset["id"], *([dataset["name"]] if ending != ".atom" else [])]:
            answer = app.get(f"/dataset/{word}{ending}", status=status, follow_redirects=False)
            assert "Impostor" not in answer.body
    assert "Impostor" in app.get(f"/dataset/{other['id']}.ttl").body
    assert app.get(f"/dataset/{other['id']}.atom").status_code == 200


def test_a_name_with_the_form_of_an_id_that_is_nobodys_is_found(app: Any, call: Any, dataset: dict[str, Any]):
    """Where it was stored before such names were refused."""
    model.Package.get(dataset["id"]).name = name = "0f8fad5b-d9cb-469f-a165-70867728950e"
    model.Session.commit()
    call("package_patch", id=dataset["id"], title="Otro título")
    for ending in (".ttl", "", ".atom"):
        assert "Otro título" in app.get(f"/dataset/{name}{ending}", status=200).body
