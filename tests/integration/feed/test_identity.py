"""Nobody publishes under the identifier of somebody else, nor says what somebody else is."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import pyoxigraph
import pytest
from ckan import model
from ckanext.gobiernoabierto.feed import flush, render, snapshot

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


@pytest.fixture
def stored() -> Callable[..., None]:
    """Write an extra past all checks, as a plugin or an earlier version may have."""

    def write(name: str, key: str, value: str) -> None:
        package = model.Package.get(name)
        package.extras[key] = value
        model.Session.commit()
        flush.flush()

    return write


@pytest.fixture
def says(app: Any) -> Says:
    """All triples of the pages, which are those of the dump."""

    def read() -> set[str]:
        page = pyoxigraph.parse(app.get("/catalog.nt").data, pyoxigraph.RdfFormat.N_TRIPLES)
        packed = app.get("/catalog.nt.gz").data
        dump = pyoxigraph.parse(gzip.decompress(packed), pyoxigraph.RdfFormat.N_TRIPLES)
        found = {str(each.triple) for each in page if "hydra" not in str(each.triple)}
        whole = {str(each.triple) for each in dump}
        assert {each for each in found - whole if "/dataset/" in each} == set()
        return found | whole

    return read


def _about(said: set[str], address: str) -> set[str]:
    return {each.removeprefix(f"<{address}> ") for each in said if each.startswith(f"<{address}> ")}


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


# -- What a dataset says of other things ---------------------------------------------------------------

WORDS = "http://publications.europa.eu/resource/authority/"
MINISTRY = "https://datos.example.gob.gt/dataset/77"


@pytest.mark.parametrize("address", [MINISTRY, f"{WORDS}licence/CC_BY_4_0", f"{WORDS}country/GTM"])
def test_a_dataset_describes_nothing_of_another_site(
    call: Any, dataset: dict[str, Any], others: Any, stored: Any, says: Says, address: str
):
    """What it says of a creator, a place or a service it says of a part of itself, which leads there."""
    stored(others[1]["name"], "uri", MINISTRY)
    before = _about(says(), address)
    for key in ("publisher", "creator", "spatial", "contact"):
        stored("otro-0", f"{key}_uri", address)
        stored("otro-0", f"{key}_{'text' if key == 'spatial' else 'name'}", FALSE)
    for key in ("documentation", "sample", "conforms_to", "source"):
        stored("otro-0", key, address)
    services = f'[{{"uri": "{address}", "title": "{FALSE}", "endpoint_url": ["https://e.org"]}}]'
    said = {"name": FALSE, "availability": address}
    call("package_patch", id="otro-0", resources=[{"url": address, **said, "access_services": services}])
    after = says()
    commonplace = {A_RESOURCE, A_RESOURCE.replace("2000/01/rdf-schema#Resource", "foaf")}
    new = {each for each in _about(after, address) - before if each not in commonplace}
    assert not [each for each in new if "22-rdf-syntax-ns#type" not in each]
    assert not [
        each for each in new if any(kind in each for kind in ("Agent", "Distribution", "DataService"))
    ]
    own = "".join(each for each in after if each.startswith(f"<{SITE}/dataset/{others[0]['id']}#"))
    assert FALSE in own
    assert f"<http://www.w3.org/2000/01/rdf-schema#seeAlso> <{address}>" in own


def test_what_a_dataset_leads_to_without_a_name_is_of_its_class(
    dataset: dict[str, Any], others: Any, stored: Any, says: Says
):
    """A contact or creator of which only the address is known is a node of the dataset's; its words stay."""
    word = f"{WORDS}data-theme/ENVI"
    stored("otro-0", "theme", f'["{word}"]')
    stored("otro-0", "creator_uri", word)
    stored("otro-0", "contact_uri", MINISTRY)
    own = {each for each in says() if each.startswith(f"<{SITE}/dataset/{others[0]['id']}")}
    kinds = "".join(each for each in own if "22-rdf-syntax-ns#type" in each)
    assert ("foaf/0.1/Agent" in kinds, "vcard/ns#Kind" in kinds) == (True, True)
    assert [each for each in own if "dcat#theme" in each and word in each]


def test_words_of_vocabularies_are_what_they_are(
    dataset: dict[str, Any], others: Any, stored: Any, says: Says
):
    """Whoever names them as something else."""
    for key in ("publisher_uri", "creator_uri"):
        stored("otro-0", key, f"{WORDS}access-right/PUBLIC")
    assert not [each for each in _about(says(), f"{WORDS}access-right/PUBLIC") if "Agent" in each]


def test_who_publishes_a_dataset_is_not_for_its_extras_to_say(
    app: Any, dataset: dict[str, Any], others: Any, stored: Any, says: Says
):
    """It is its organization, in RDF, on its page and where it is filtered by."""
    stored("otro-0", "publisher_uri", "https://ministerio.example.gob.gt/")
    stored("otro-0", "publisher_name", FALSE)
    organization = f"{SITE}/organization/{dataset['owner_org']}"
    said = _about(says(), f"{SITE}/dataset/{others[0]['id']}")
    assert [each for each in said if "/publisher>" in each] == [
        f"<http://purl.org/dc/terms/publisher> <{organization}>"
    ]
    assert FALSE not in app.get("/dataset/otro-0/schemaorg.jsonld").text
    assert others[0]["id"] in app.get(f"/catalog.nt?organization={dataset['owner_org']}").text


def test_a_dataset_is_found_by_its_own_fields_alone(
    app: Any, call: Any, dataset: dict[str, Any], fields: dict[str, Any], stored: Any
):
    """Whatever else it says that it is related to: by no filter, in no set, and nobody else withdrew it."""
    other = call("organization_create", name="otra", title="Otra")
    own = {
        "workshop": [],
        "workshop_origin": "none",
        "commitment": [],
        "axis": ["3-3"],
        "municipality": ["0108"],
    }
    call("package_create", **{**fields, **own, "name": "ajeno"})
    places = [f"{SITE}/organization/{other['id']}", f"{SITE}/municipio/0115", f"{SITE}/compromiso/3-11"]
    stored("ajeno", "related_resource", str(places).replace("'", '"'))
    id = call("package_show", id="ajeno")["id"]
    assert id in app.get("/catalog.nt?municipality=0108").text
    for asked in (f"organization={other['id']}", "municipality=0115", "commitment=3-11"):
        assert id not in app.get(f"/catalog.nt?{asked}").text
        asked = asked.replace("=", ":")
        assert id not in app.get(f"/oai?verb=ListIdentifiers&metadataPrefix=dcat&set={asked}").text
    call("package_delete", id="ajeno")
    gone = app.get("/dataset/ajeno", headers={"Accept": "application/json"}, status=410)
    assert gone.json["publisher"]["name"] == dataset["organization"]["title"]


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


# -- How much a dataset says ---------------------------------------------------------------------------

NUMBERS = ('["1e999999999"]', "[1e300]", '["NaN", "Infinity"]', "5e100000", '["1e10000000", "2e10000000"]')


@pytest.mark.parametrize("number", NUMBERS)
def test_a_short_number_is_no_long_text(app: Any, dataset: dict[str, Any], stored: Any, number: str):
    """One with an exponent is left out, and the dataset is told."""
    stored(dataset["id"], "spatial_resolution_in_meters", number)
    for ending in ("nt", "ttl", "rdf", "jsonld"):
        assert 1000 < len(app.get(f"/dataset/{dataset['id']}.{ending}", status=200).data) < 50_000
    stored(dataset["id"], "spatial_resolution_in_meters", '["10.5"]')
    assert '"10.5"^^' in app.get(f"/dataset/{dataset['id']}.nt").text


def test_what_the_feed_does_not_tell_is_rendered_for_nobody(
    app: Any, call: Any, fields: dict[str, Any], others: Any, monkeypatch: pytest.MonkeyPatch
):
    """A dataset that says more than a page can carry is left out and told to be, at its address 503."""
    monkeypatch.setattr(render, "MOST_CHARACTERS", 30_000)
    files = [{"url": f"https://e.org/{n}.csv", "name": str(n)} for n in range(40)]
    call("package_create", **{**fields, "name": "muchos", "resources": files})
    assert others[0]["id"] in app.get("/catalog.nt").text
    assert app.get("/dataset/muchos.nt").status_code == 503
    assert app.get("/dataset/muchos").status_code == 200
