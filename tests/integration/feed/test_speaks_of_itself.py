"""A dataset speaks of itself alone: of what else it names it says no more than that it leads there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ckan import model
from ckanext.gobiernoabierto.feed import render
from ckanext.gobiernoabierto.feed.model import LeftOut
from ckanext.gobiernoabierto.rdf import profile

SITE = "http://test.ckan.net"
FALSE = "Nombre falso"
A_RESOURCE = (
    "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2000/01/rdf-schema#Resource>"
)
WORDS = "http://publications.europa.eu/resource/authority/"
MINISTRY = "https://datos.example.gob.gt/dataset/77"


Says = Callable[[], set[str]]


def _about(said: set[str], address: str) -> set[str]:
    return {each.removeprefix(f"<{address}> ") for each in said if each.startswith(f"<{address}> ")}


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
@pytest.mark.parametrize("back", ["..", "%2e%2E", "x/../..", "/.."])
def test_no_steps_back_lead_to_the_address_of_another(
    app: Any, call: Any, dataset: dict[str, Any], others: Any, says: Says, back: str
):
    """Some readers resolve them and some do not: what has them is left out, and who wrote it is told."""
    mine = f"{SITE}/dataset/{others[0]['id']}"
    victims = (dataset["id"], f"../organization/{dataset['owner_org']}", "../municipio/0115")
    named = [{"uri": f"{mine}/{back}/{each}", "title": FALSE} for each in victims]
    files = [{"url": "https://e.org/a.csv", "access_services": json.dumps(named)}]
    call("package_patch", id="otro-0", resources=files)
    said = says()
    assert not [each for each in said if "/.." in each or "%2e" in each]
    assert FALSE not in "".join(each for each in said if not each.startswith(f"<{mine}"))
    for ending in ("ttl", "rdf", "jsonld"):
        assert back not in app.get(f"/dataset/otro-0.{ending}", status=200).text
    told = model.Session.query(LeftOut.value).filter_by(subject=others[0]["id"], reason="address")
    assert [each for (each,) in told if back in each]


@pytest.mark.long
def test_an_extra_gives_a_dataset_no_identifier_of_this_site(
    app: Any, dataset: dict[str, Any], others: Any, stored: Any, says: Says
):
    """Nor does the address that it is shown at: who merges by these would take two for one."""
    victim = f"{SITE}/dataset/{dataset['id']}"
    for key in ("identifier", "guid", "dcat_identifier", "creator_identifier"):
        stored("otro-0", key, victim)
    stored("otro-0", "creator_name", "Alguien")
    model.Package.get("otro-0").url = victim
    model.Session.commit()
    mine = {each for each in says() if each.startswith(f"<{SITE}/dataset/{others[0]['id']}")}
    assert not [each for each in mine if "/terms/identifier>" in each and dataset["id"] in each]
    assert "sameAs" not in app.get("/dataset/otro-0/schemaorg.jsonld").text
    id = f"oai:test.ckan.net:{others[0]['id']}"
    record = app.get(f"/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier={id}").text
    assert (others[0]["id"] in record, dataset["id"] in record) == (True, False)


def test_an_identifier_is_a_text_whatever_it_looks_like(app: Any, dataset: dict[str, Any], stored: Any):
    """An address is one too (DCAT-AP 3.0.1: rdfs:Literal), of a dataset as of who made it."""
    elsewhere = "http://otro.example.org/ds/1"
    for key in ("identifier", "creator_identifier"):
        stored(dataset["name"], key, elsewhere)
    stored(dataset["name"], "creator_name", "Alguien")
    said = app.get(f"/dataset/{dataset['id']}.nt", status=200).text
    assert said.count(f'/terms/identifier> "{elsewhere}"') == 2
    assert "/terms/identifier> <" not in said


def test_a_text_is_no_thing(app: Any, call: Any, dataset: dict[str, Any], stored: Any):
    """Where a property leads to something it is left out and told; an address beside it stays."""
    stored(dataset["name"], "conforms_to", '["Texto libre", "https://e.org/norma"]')
    stored(dataset["name"], "documentation", '["no es una"]')
    services = [{"title": "t", "endpoint_url": ["https://e.org/s"], "endpoint_description": "desc"}]
    files = [{**dataset["resources"][0], "access_services": json.dumps(services)}]
    call("package_patch", id=dataset["id"], resources=files)
    said = app.get(f"/dataset/{dataset['id']}.nt", status=200).text
    assert "conformsTo> <https://e.org/norma>" in said
    for text in ("Texto libre", "no es una", '"desc"'):
        assert text not in said
        assert model.Session.query(LeftOut).filter(LeftOut.value.contains(text)).count() == 1


def test_who_may_read_it_is_said_once(app: Any, dataset: dict[str, Any], stored: Any):
    """By what is so, and not by an extra."""
    stored(dataset["name"], "access_rights", f"{WORDS}access-right/RESTRICTED")
    said = app.get(f"/dataset/{dataset['id']}.nt").text
    assert (said.count("accessRights>"), "RESTRICTED" in said) == (1, False)


def test_laws_keep_their_address_and_examples_are_somewhere(app: Any, dataset: dict[str, Any], stored: Any):
    """Datasets are looked for by the law; a distribution without an address is none (DCAT-AP 3.0.1)."""
    law, example = "http://data.europa.eu/eli/reg_impl/2023/138/oj", "https://e.org/muestra.csv"
    stored(dataset["name"], "applicable_legislation", f'["{law}"]')
    stored(dataset["name"], "sample", f'["{example}"]')
    said = app.get(f"/dataset/{dataset['id']}.nt").text
    assert f"applicableLegislation> <{law}>" in said
    assert f"#accessURL> <{example}>" in said


def test_dates_are_not_guessed(app: Any, dataset: dict[str, Any]):
    """Of what stands beside the form either: what a text may mean can take a minute to find out."""
    times = ("1." * 100_000, "May 3", "2024-05-01")
    services = [{"title": f"t{number}", "modified": each} for number, each in enumerate(times)]
    model.Resource.get(dataset["resources"][0]["id"]).extras = {"access_services": json.dumps(services)}
    model.Session.commit()
    said = app.get(f"/dataset/{dataset['id']}.nt", status=200).text
    assert ('"2024-05-01"^^' in said, "-05-03T" in said, "1.1.1" in said) == (True, False, False)


def test_of_too_much_beside_the_form_nothing_is_said(
    app: Any, dataset: dict[str, Any], others: Any, stored: Any, monkeypatch: pytest.MonkeyPatch
):
    """The dataset is published without it, and told why."""
    monkeypatch.setattr(profile, "MOST_BESIDE", 1000)
    stored(dataset["name"], "conforms_to", json.dumps([f"https://e.org/{n}" for n in range(100)]))
    assert "https://e.org/99" not in app.get(f"/dataset/{dataset['id']}.nt", status=200).text
    (told,) = model.Session.query(LeftOut.value).filter_by(subject=dataset["id"], reason="beside")
    assert "1000 characters" in told[0]


# -- How much a dataset says ---------------------------------------------------------------------------

NUMBERS = ('["1e999999999"]', "[1e300]", '["NaN", "Infinity"]', "5e100000", '["1e10000000", "2e10000000"]')


@pytest.mark.long
@pytest.mark.parametrize("number", NUMBERS)
def test_a_short_number_is_no_long_text(app: Any, dataset: dict[str, Any], stored: Any, number: str):
    """One with an exponent is left out, and the dataset is told."""
    stored(dataset["id"], "spatial_resolution_in_meters", number)
    for ending in ("nt", "ttl", "rdf", "jsonld"):
        assert 1000 < len(app.get(f"/dataset/{dataset['id']}.{ending}", status=200).data) < 50_000
    stored(dataset["id"], "spatial_resolution_in_meters", '["10.5"]')
    assert '"10.5"^^' in app.get(f"/dataset/{dataset['id']}.nt").text


@pytest.mark.long
@pytest.mark.parametrize("given", ["P1" + "0" * 10_000 + "Y", "cada mes", "P", "P1DT", '["P1D"]'])
def test_what_is_no_duration_is_left_out(
    app: Any, dataset: dict[str, Any], stored: Any, caplog: pytest.LogCaptureFixture, given: str
):
    """Before anything tries to read it as one, and writes all of it into the log."""
    stored(dataset["id"], "temporal_resolution", given)
    assert "temporalResolution" not in app.get(f"/dataset/{dataset['id']}.nt", status=200).text
    assert given not in caplog.text
    stored(dataset["id"], "temporal_resolution", "P1DT12H")
    assert '"P1DT12H"^^' in app.get(f"/dataset/{dataset['id']}.nt").text


@pytest.mark.long
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
