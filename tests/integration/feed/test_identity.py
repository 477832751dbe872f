"""Nobody publishes under the identifier of somebody else, nor says what somebody else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckanext.gobiernoabierto.feed import snapshot

SITE = "http://test.ckan.net"
FALSE = "Nombre falso"
ELSEWHERE = "https://otro.example/dataset/1"
INJECTION = (
    f"http://a.example/x> .\n<{SITE}/municipio/0115> <http://www.w3.org/2004/02/skos/core#prefLabel> "
    f'"{FALSE}"@es .\n<http://a.example/s> <http://a.example/p> <http://a.example/o'
)
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
A_RESOURCE = f"<{RDF_TYPE}> <http://www.w3.org/2000/01/rdf-schema#Resource>"
FEED = (
    *("/catalog.nt", "/catalog.ttl", "/catalog.rdf", "/catalog.jsonld", "/catalog/changes.ttl?page=1"),
    *("/catalog/changes.jsonl", "/catalog/changes.atom", "/catalog/feed.trig?page=1", "/catalog/estado.json"),
    *("/catalog/dumps.json", "/oai?verb=ListRecords&metadataPrefix=dcat", "/datos-abiertos"),
)

Says = Callable[[], set[str]]


@pytest.fixture
def editor(organization: dict[str, Any], officer: dict[str, str], app: Any) -> Callable[..., Any]:
    """Call an action by API as an editor of the organization; return the answer."""

    def call(action: str, **values: Any) -> Any:
        return app.post(f"/api/3/action/{action}", json=values, headers=officer)

    return call


def _about(said: set[str], address: str) -> set[str]:
    return {each.removeprefix(f"<{address}> ") for each in said if each.startswith(f"<{address}> ")}


@pytest.mark.long
@pytest.mark.parametrize(
    "uri",
    [
        *(
            "prueba",
            "http://remoto.example/datos abiertos/1",
            INJECTION,
            "http://e.org/☃",
            'http://e.org/x"y',
        ),
        *(
            "http://e.org/a\nb",
            f"{SITE}/municipio/0115",
            SITE,
            f"{SITE.upper()}/dataset/x",
            "javascript:alert(1)",
        ),
    ],
)
def test_whatever_address_is_stored_everything_is_still_published(
    app: Any, dataset: dict[str, Any], others: Any, stored: Any, says: Says, uri: str
):
    """Where that is none, or another's here, the dataset has its own; the feed and its page answer."""
    before = _about(says(), f"{SITE}/municipio/0115"), _about(says(), SITE)
    stored("otro-0", "uri", uri)
    for address in (*FEED, "/dataset/otro-0", "/dataset/otro-0.nt", "/dataset/otro-0/schemaorg.jsonld"):
        answer = app.get(address)
        assert (answer.status_code, FALSE in answer.get_data(as_text=True)) == (200, False), address
    after = says()
    own = {
        f"<http://www.w3.org/ns/dcat#dataset> <{SITE}/dataset/{each['id']}>" for each in (dataset, *others)
    }
    assert _about(after, f"{SITE}/municipio/0115") == before[0]
    assert len(_about(after, SITE)) == len(before[1])
    assert len(own - _about(after, SITE)) == (1 if uri.startswith("http://e.org/☃") or "remoto" in uri else 0)


@pytest.mark.long
def test_a_dataset_is_not_another_one(
    app: Any, call: Any, dataset: dict[str, Any], others: Any, stored: Any, says: Says
):
    """Neither with its identifier, nor as one of its files, nor by withdrawing it."""
    victim = f"{SITE}/dataset/{dataset['id']}"
    before = _about(says(), victim)
    stored("otro-0", "uri", victim)
    call("package_patch", id="otro-1", resources=[{"url": "https://e.org/a.csv", "uri": victim}])
    assert _about(says(), victim) == before
    call("gobiernoabierto_dataset_withdraw", id="otro-0", reason="personal_data", note="Nota")
    assert app.get(f"/dataset/{dataset['id']}.nt").status_code == 200
    assert _about(says(), victim) == before
    told = [
        each
        for each in app.get("/catalog/changes.jsonl").get_data(as_text=True).splitlines()
        if "delete" in each
    ]
    assert [victim in each for each in told] == [False]


@pytest.mark.long
@pytest.mark.parametrize(
    "extras",
    [
        {"publisher_uri": f"{SITE}/organization/{{organization}}", "publisher_name": FALSE},
        {"spatial_uri": f"{SITE}/municipio/0115", "spatial_text": FALSE},
        {"contact_uri": f"{SITE}/municipio/0115", "contact_name": FALSE},
        {"creator_uri": f"{SITE}/institucion/infom", "creator_name": FALSE},
    ],
)
def test_extras_say_nothing_of_what_is_ours(
    dataset: dict[str, Any], others: Any, stored: Any, says: Says, extras: dict[str, str]
):
    """Whatever ckanext-dcat makes of them."""
    subjects = [f"{SITE}/organization/{dataset['organization']['id']}", f"{SITE}/municipio/0115"]
    before = {each: _about(says(), each) for each in subjects}
    for key, value in extras.items():
        stored("otro-0", key, value.format(organization=dataset["organization"]["id"]))
    after = says()
    assert {each: _about(after, each) for each in subjects} == before


@pytest.mark.long
def test_fields_of_a_file_say_nothing_of_what_is_ours(
    call: Any, dataset: dict[str, Any], others: Any, says: Says
):
    """Its address may be anything's here, or a word of a vocabulary: what that is called stays."""
    word = "http://publications.europa.eu/resource/authority/file-type/CSV"
    subjects = [f"{SITE}/organization/{dataset['organization']['id']}", f"{SITE}/municipio/0115", word]
    before = {each: _about(says(), each) for each in subjects}
    assert all(before.values())
    services = f'[{{"uri": "{subjects[1]}", "title": "{FALSE}", "endpoint_url": ["https://e.org"]}}]'
    said = {"name": "x", "access_services": services, "availability": subjects[1]}
    files = [{"url": each, **said} for each in subjects]
    call("package_patch", id="otro-0", resources=files)
    after = says()
    for each in subjects:
        assert before[each] <= _about(after, each), each
        assert FALSE not in " ".join(_about(after, each))
        assert _about(after, each) - before[each] <= {A_RESOURCE}, each


def test_who_does_not_administer_the_site_gives_no_identifier(editor: Any, call: Any, fields: dict[str, Any]):
    """It is refused beside the extra; what is there already stays through an edit, and a reader gives it."""
    extras = [{"key": "uri", "value": ELSEWHERE}]
    refused = editor("package_create", **fields, name="ajeno", extras=extras)
    assert refused.status_code == 409
    assert "identificador" in refused.json["error"]["extras"][0]["value"][0]
    assert model.Package.get("ajeno") is None
    call("package_create", **fields, name="leido", extras=extras)
    assert editor("package_patch", id="leido", title="Otro título").status_code == 200
    assert (
        editor("package_patch", id="leido", extras=[{"key": "uri", "value": f"{ELSEWHERE}0"}]).status_code
        == 409
    )
    assert tk.get_action("package_show")({"ignore_auth": True}, {"id": "leido"})["extras"] == extras


def test_one_that_was_read_elsewhere_keeps_its_identifier(app: Any, dataset: dict[str, Any], stored: Any):
    """In the feed, on its page and in the stream of changes."""
    stored(dataset["id"], "uri", ELSEWHERE)
    assert f"<http://www.w3.org/ns/dcat#dataset> <{ELSEWHERE}>" in app.get("/catalog.nt").get_data(
        as_text=True
    )
    assert f'<{ELSEWHERE}>; rel="cite-as"' in app.get(f"/dataset/{dataset['id']}").headers.getlist("Link")
    assert ELSEWHERE in app.get("/catalog/changes.jsonl").get_data(as_text=True)
    assert snapshot.last_of("dataset", dataset["id"]).address == ELSEWHERE


def test_one_whose_extras_cannot_be_read_keeps_its_identifiers(
    app: Any, call: Any, fields: dict[str, Any], says: Says
):
    """Its own and its file's: the extra alone is left out, and who harvests meets no other dataset."""
    file = f"{ELSEWHERE}/resource/1"
    extras = [{"key": "uri", "value": ELSEWHERE}, {"key": "contact", "value": '["a", {"b": ["c"]}]'}]
    resources = [{**fields["resources"][0], "uri": file}]
    made = call("package_create", **{**fields, "extras": extras, "resources": resources})
    said = app.get(f"/dataset/{made['id']}.nt").text
    for kind, address in (("Dataset", ELSEWHERE), ("Distribution", file)):
        assert f"<{address}> <{RDF_TYPE}> <http://www.w3.org/ns/dcat#{kind}>" in said
    assert f"<http://www.w3.org/ns/dcat#distribution> <{file}>" in said
    for own in (f"<{SITE}/dataset/{made['id']}>", f"/resource/{made['resources'][0]['id']}>"):
        assert own not in said
    assert _about(says(), ELSEWHERE)


def test_an_organization_that_has_datasets_does_not_vanish(app: Any, call: Any, dataset: dict[str, Any]):
    """By no action: its datasets would be gone for harvesters and stay for everybody else."""
    id = dataset["owner_org"]
    for action in ("organization_delete", "organization_patch"):
        with pytest.raises(tk.ValidationError):
            call(action, id=id, **({"state": "deleted"} if action.endswith("patch") else {}))
        model.Session.rollback()
    assert app.get(f"/dataset/{dataset['id']}.nt").status_code == 200
    call("package_delete", id=dataset["id"])
    assert call("organization_patch", id=id, state="deleted")["state"] == "deleted"


def test_who_does_not_administer_the_site_gives_no_file_an_identifier(
    editor: Any, call: Any, fields: dict[str, Any]
):
    """It is refused beside the file; what is there already stays through an edit."""
    file = {"url": "https://e.org/a.csv", "name": "A", "uri": ELSEWHERE}
    refused = editor("package_create", **{**fields, "name": "ajeno", "resources": [file]})
    assert refused.status_code == 409
    assert "identificador" in refused.json["error"]["resources"][0]["uri"][0]
    made = call("package_create", **{**fields, "name": "leido", "resources": [file]})
    assert editor("package_patch", id="leido", title="Otro título").status_code == 200
    changed = editor("resource_patch", id=made["resources"][0]["id"], uri=f"{ELSEWHERE}0")
    assert changed.status_code == 409
    assert (
        editor("resource_create", package_id=made["id"], url="https://e.org", uri=f"{ELSEWHERE}1").status_code
        == 409
    )
    assert call("package_show", id="leido")["resources"][0]["uri"] == ELSEWHERE
