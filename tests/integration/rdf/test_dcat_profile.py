"""The ckanext-dcat profile: strict RDF for whatever a dataset holds, and everything back by parsing."""

from __future__ import annotations

import logging
from typing import Any
from xml.parsers import expat

import pyoxigraph
import pytest
from ckan import model
from ckanext.dcat.processors import RDFParser, RDFSerializer
from ckanext.gobiernoabierto.entities import registry, store
from ckanext.gobiernoabierto.entities.history import Actor
from ckanext.gobiernoabierto.links.model import LINKED
from ckanext.gobiernoabierto.rdf.authority import FORMATS
from ckanext.gobiernoabierto.rdf.distribution import ALGORITHM, ALGORITHMS
from ckanext.gobiernoabierto.rdf.profile import GobiernoAbiertoProfile
from ckanext.scheming.helpers import scheming_get_dataset_schema
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from rdflib import BNode, URIRef
from rdflib.namespace import DCTERMS, FOAF

SITE = "http://test.ckan.net"
EU = "http://publications.europa.eu/resource/authority/"
KNOWN = {
    "municipality": ["0108", "0115"],
    "workshop": ["ideaton-mixco", "ideaton-villa-nueva-2017"],
    "commitment": ["3-1", "3-11"],
    "axis": ["3-3", "3-4"],
    "problem": ["0115-P1"],
    "idea": ["0115-I1"],
    "data_request": ["0115-D1"],
}
SYNTAXES = {"ttl": "turtle", "xml": "xml", "jsonld": "json-ld", "nt": "nt"}
LICENCES = ["CC-BY-4.0", "CC0-1.0", "CC-BY-SA-4.0", "ODbL-1.0", "notspecified"]
STAMP = "2026-06-01T06:00:00.000001"
SERIES = "8b2a1b6e-0000-4000-8000-00000000000"


def serializer() -> RDFSerializer:
    """ckanext-dcat with our profile."""
    return RDFSerializer(profiles=["gobiernoabierto"])


def triples_of(written: str | bytes, kind: pyoxigraph.RdfFormat) -> set[str]:
    """Parse strictly; RDF/XML by expat too, which refuses what pyoxigraph lets through."""
    data = written if isinstance(written, bytes) else written.encode()
    if kind == pyoxigraph.RdfFormat.RDF_XML:
        expat.ParserCreate().Parse(data, True)
    return {str(quad.triple) for quad in pyoxigraph.parse(data, kind)}


def turtle_of(dataset: dict[str, Any]) -> set[str]:
    """The dataset's triples, after all syntaxes of ckanext-dcat were parsed strictly."""
    kinds = {
        "ttl": pyoxigraph.RdfFormat.TURTLE,
        "xml": pyoxigraph.RdfFormat.RDF_XML,
        "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    }
    read = [
        triples_of(serializer().serialize_dataset(dataset, _format=ext), kind) for ext, kind in kinds.items()
    ]
    assert read[0] == read[1] == read[2]
    return read[0]


def reparsed(dataset: dict[str, Any], syntax: str = "ttl") -> dict[str, Any]:
    """The dataset that another site reads out of what we serve."""
    parser = RDFParser(profiles=["gobiernoabierto"])
    parser.parse(serializer().serialize_dataset(dataset, _format=syntax), _format=SYNTAXES[syntax])
    (found,) = parser.datasets()
    return found


def test_a_whole_dataset_is_strict_rdf(dataset: dict[str, Any]):
    """In every syntax that ckanext-dcat serves, without blank nodes, every link described."""
    lines = turtle_of(dataset)
    subject = f"<{SITE}/dataset/{dataset['id']}>"
    for predicate, value in (
        ("http://purl.org/dc/terms/spatial", f"{SITE}/municipio/0115"),
        ("http://purl.org/dc/terms/relation", f"{SITE}/compromiso/3-11"),
        ("http://www.w3.org/ns/prov#wasInfluencedBy", f"{SITE}/taller/ideaton-villa-nueva-2017"),
        ("http://www.w3.org/ns/dcat#theme", f"{SITE}/eje/3-3"),
        ("http://purl.org/dc/terms/license", EU + "licence/CC_BY_4_0"),
        ("http://www.w3.org/ns/dcat#contactPoint", f"{SITE}/dataset/{dataset['id']}#contacto"),
    ):
        assert f"{subject} <{predicate}> <{value}>" in lines
    assert f'{subject} <http://purl.org/dc/terms/title> "Incidentes de seguridad"@es' in lines
    assert (
        f'<{SITE}/municipio/0115> <{"http://www.w3.org/2004/02/skos/core#"}prefLabel> "Villa Nueva"@es'
        in lines
    )
    assert not [line for line in lines if "_:" in line]
    assert not [line for line in lines if "UnknownIPR" in line]


def test_the_publisher_is_called_what_it_is_called_now(publisher: dict[str, Any], dataset: dict[str, Any]):
    """Nothing of an organization is kept in the process: a new name is there at once."""

    def name() -> str:
        graph = serializer()
        graph.graph_from_dataset(dataset)
        return str(graph.g.value(URIRef(f"{SITE}/organization/{publisher['id']}"), FOAF.name))

    assert name() == "Municipalidad de Villa Nueva"
    group = model.Session.get(model.Group, publisher["id"])
    group.title = "Otro nombre"
    model.Session.flush()
    assert name() == "Otro nombre"
    model.Session.rollback()
    assert not GobiernoAbiertoProfile._org_cache


def test_a_draft_is_not_even_named(dataset: dict[str, Any]):
    """A dataset may hold a code that was unpublished since."""
    lines = turtle_of({**dataset, "municipality": ["0115", "0199"]})
    assert not [line for line in lines if "CANARIO" in line or "0199" in line]


def test_a_code_that_was_replaced_leads_to_the_new_one(dataset: dict[str, Any]):
    """The dataset still holds the earlier code."""
    workshops = registry.entity_type("workshop")
    row = model.Session.get(workshops.model, "ideaton-villa-nueva-2017")
    store.replace_code(workshops, row, "ideaton-nuevo", Actor())
    lines = turtle_of(dataset)
    model.Session.rollback()
    assert f"<{SITE}/dataset/{dataset['id']}> <{DCTERMS.relation}> <{SITE}/taller/ideaton-nuevo>" in lines


NASTY = [
    "http://a.gt/\nb",
    "http://a.gt/100%",
    "http://a.gt/%zz",
    "http://a.gt/<b>",
    "no es una dirección",
    "\x00\x0b\ufffe",
    "http://[",
    'http://a.gt/" . <x',
]
FIELDS = [
    "license_id",
    "license_url",
    "url",
    "frequency",
    "contact_name",
    "contact_email",
    "temporal_start",
    "title",
    "notes",
    "issued",
    "modified",
    "language",
    "theme",
    "municipality",
    "workshop",
]
FILE_FIELDS = [
    "url",
    "format",
    "mimetype",
    "license",
    "hash",
    "hash_algorithm",
    "size",
    "language",
    "name",
    "issued",
]


@pytest.mark.long
@pytest.mark.parametrize("field", FIELDS)
def test_a_bad_value_costs_itself_only(dataset: dict[str, Any], field: str, caplog: pytest.LogCaptureFixture):
    """The page stays strict RDF, the dataset stays on it, and the rest of it too."""
    caplog.set_level(logging.ERROR)
    subject = f"<{SITE}/dataset/{dataset['id']}>"
    for value in NASTY:
        for given_value in (value, [value]):
            if isinstance(given_value, list) and field not in (
                "language",
                "theme",
                "municipality",
                "workshop",
            ):
                continue
            lines = turtle_of({**dataset, field: given_value})
            kept = [line for line in lines if line.startswith(subject)]
            assert len(kept) > 20, (field, value)
            assert f"{subject} <{DCTERMS.relation}> <{SITE}/compromiso/3-11>" in kept


@pytest.mark.long
@pytest.mark.parametrize("field", FILE_FIELDS)
def test_a_bad_value_of_a_file_costs_itself_only(dataset: dict[str, Any], field: str):
    """Also the file stays."""
    resource = dataset["resources"][0]
    for value in NASTY:
        lines = turtle_of({**dataset, "resources": [{**resource, field: value}]})
        assert [line for line in lines if "Distribution>" in line]


def test_a_page_of_a_catalogue_survives_a_bad_record(dataset: dict[str, Any]):
    """The other datasets are on it, and so is the bad one."""
    bad = {
        **dataset,
        "id": "8b2a1b6e-0000-4000-8000-00000000000b",
        "license_id": "libre\n",
        "url": "http://a b\n",
    }
    for ext, kind in (("ttl", pyoxigraph.RdfFormat.TURTLE), ("xml", pyoxigraph.RdfFormat.RDF_XML)):
        page = serializer().serialize_catalog({}, [bad, dataset], _format=ext)
        lines = triples_of(page, kind)
        for one in (bad, dataset):
            assert f"<{SITE}> <http://www.w3.org/ns/dcat#dataset> <{SITE}/dataset/{one['id']}>" in lines


def test_the_header_of_the_catalogue_is_complete(publisher: dict[str, Any]):
    """What stock leaves out: publisher, language as a term, licence, territory, theme vocabularies."""
    made = serializer()
    made.graph_from_catalog()
    lines = triples_of(made.g.serialize(format="nt"), pyoxigraph.RdfFormat.N_TRIPLES)
    for predicate, value in (
        ("http://purl.org/dc/terms/publisher", f"{SITE}/organization/{publisher['id']}"),
        ("http://purl.org/dc/terms/language", EU + "language/SPA"),
        ("http://purl.org/dc/terms/license", EU + "licence/CC_BY_4_0"),
        ("http://purl.org/dc/terms/spatial", EU + "country/GTM"),
        ("http://www.w3.org/ns/dcat#themeTaxonomy", EU + "data-theme"),
        ("http://www.w3.org/ns/dcat#themeTaxonomy", f"{SITE}/plan/3/ejes"),
        ("http://xmlns.com/foaf/0.1/homepage", f"{SITE}/dataset/"),
        ("http://rdfs.org/ns/void#dataDump", f"{SITE}/catalog.nt.gz"),
    ):
        assert f"<{SITE}> <{predicate}> <{value}>" in lines
    assert len([line for line in lines if "dc/terms/language>" in line]) == 1
    assert not [node for triple in made.g for node in triple if isinstance(node, BNode)]


def test_the_time_does_not_grow_with_the_page(dataset: dict[str, Any]):
    """Each dataset is built in a graph of its own: what is on the page already is never looked at."""

    class Watched:
        added = 0

        def add(self, _triple: Any) -> None:
            self.added += 1

        def bind(self, *_name: Any, **_options: Any) -> None:
            """The number of prefixes is always the same."""

    page: Any = Watched()
    GobiernoAbiertoProfile(page).graph_from_dataset(dataset, URIRef(f"{SITE}/dataset/{dataset['id']}"))
    assert page.added > 50


# -- There and back ----------------------------------------------------------------------------------------


def chosen(name: str) -> st.SearchStrategy[list[str]]:
    """Published codes, in their order."""
    return st.lists(st.sampled_from(KNOWN[name]), unique=True).map(sorted)


DAY = st.dates().map(str)
NAME = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1).map(str.strip)
TAG = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=2, max_size=20)
HEX = st.sampled_from("0123456789abcdef")
TONGUES = [f"{EU}language/ENG", f"{EU}language/SPA"]


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value, or none: it was left empty."""
    return st.none() | strategy


@st.composite
def checksums(draw: st.DrawFn) -> dict[str, Any]:
    """A checksum with its algorithm, as the site writes both; or neither."""
    length, name = draw(st.sampled_from([(0, ""), *ALGORITHMS.items()]))
    if not length:
        return {"hash": None, "hash_algorithm": None}
    digits = "".join(draw(st.lists(HEX, min_size=length, max_size=length)))
    return {"hash": digits, "hash_algorithm": ALGORITHM + name}


@st.composite
def files(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """One file of a dataset, somewhere else, as the form leaves it."""
    return {
        "url": f"https://example.org/archivos/{number}?v={draw(st.integers(0, 9))}&tipo=a%20b",
        "name": draw(maybe(NAME.filter(bool))),
        "description": draw(maybe(NAME.filter(bool))),
        "format": draw(st.sampled_from([*FORMATS, "MDB", "hoja de cálculo"])),
        "size": draw(maybe(st.integers(0, 10**15))),
        **draw(checksums()),
        "language": draw(maybe(st.sampled_from(TONGUES))),
        "issued": draw(maybe(DAY)),
        "modified": draw(maybe(DAY)),
    }


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """All our fields of a published dataset, as the form leaves them."""
    municipality, workshop = draw(chosen("municipality")), draw(chosen("workshop"))
    themes = draw(st.lists(st.sampled_from(["JUST", "GOVE", "HEAL"]), unique=True).map(sorted))
    return {
        "title": draw(NAME.filter(bool)),
        "notes": draw(st.lists(NAME.filter(bool), min_size=1).map("\n\n".join)),
        "municipality": municipality,
        "coverage": "municipal" if municipality else "national",
        "workshop": workshop,
        "workshop_origin": "workshop" if workshop else "none",
        **{name: draw(chosen(name)) for name in ("commitment", "axis", "problem", "idea", "data_request")},
        "tags": [{"name": name} for name in sorted(draw(st.sets(TAG, max_size=4)))],
        "license_id": draw(st.sampled_from(LICENCES)),
        "theme": [f"{EU}data-theme/{theme}" for theme in themes],
        "language": draw(st.lists(st.sampled_from(TONGUES), min_size=1, unique=True).map(sorted)),
        "frequency": draw(maybe(st.sampled_from([f"{EU}frequency/ANNUAL", f"{EU}frequency/DAILY"]))),
        "contact_name": draw(maybe(NAME.filter(bool))),
        "contact_email": draw(maybe(st.sampled_from(["uip@example.gob.gt", "a+b?c@example.org"]))),
        "temporal_start": draw(maybe(DAY)),
        "temporal_end": draw(maybe(DAY)),
        "url": draw(maybe(st.sampled_from(["https://example.org/origen", "http://a.gt/?x=1&y=á#z"]))),
        "issued": draw(maybe(DAY)),
        "modified": draw(maybe(DAY)),
    }


@st.composite
def file_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to four files, in an order that is not that of their ids."""
    ids = draw(st.permutations(range(4)))[: draw(st.integers(0, 4))]
    return [{"id": f"{SERIES}{each}", **draw(files(each))} for each in ids]


def fields_of_the_form() -> tuple[set[str], set[str]]:
    """The fields of a dataset but those that are of the site itself, and the fields of a file."""
    schema = scheming_get_dataset_schema("dataset")
    said = {field["field_name"] for field in schema["dataset_fields"]}
    of_file = {field["field_name"] for field in schema["resource_fields"]}
    return said - {"name", "owner_org", "tag_string"} | {"tags"}, of_file


def test_every_field_of_the_form_is_in_the_round_trip(with_plugins: None):
    """Of datasets and of files: the test below has them all, and codes of all that datasets link to."""
    assert KNOWN.keys() == set(LINKED), f"KNOWN: {sorted(KNOWN.keys() ^ set(LINKED))}"
    for said, asked in zip((changes(), files(1)), fields_of_the_form(), strict=True):
        drawn = find(said, lambda _: True, settings=settings(phases=[Phase.generate])).keys()
        told = f"{sorted(drawn ^ asked)}: schemas/dataset.yaml and changes() or files() here differ"
        assert drawn == asked, f"{told}; what is in RDF is in dataset_to_rdf and dataset_from_rdf too"


@pytest.mark.long
@given(changed=changes(), resources=file_lists(), syntax=st.sampled_from(["ttl", "xml", "jsonld", "nt"]))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parsing_what_was_served_gives_the_same_fields(
    dataset: dict[str, Any], changed: dict[str, Any], resources: list[dict[str, Any]], syntax: str
):
    """Parse after serialise is the identity on every field of ours, in every syntax; files in their order."""
    stamps = {"package_id": dataset["id"], "created": STAMP, "metadata_modified": STAMP}
    found = reparsed({**dataset, **changed, "resources": [{**r, **stamps} for r in resources]}, syntax)
    of_dataset, of_file = fields_of_the_form()
    assert {name: found.get(name) for name in of_dataset} == changed
    said = [{name: each[name] for name in of_file} for each in resources]
    assert [{name: each.get(name) for name in of_file} for each in found["resources"]] == said


def test_what_is_read_is_what_was_said_and_no_more(dataset: dict[str, Any]):
    """Neither the day on which CKAN wrote a record nor what its address tells stands there as said."""
    found = reparsed(dataset)
    (resource,) = found["resources"]
    assert not {"access_url", "download_url", "license", "distribution_ref"} & set(resource)
    told = {extra["key"] for extra in found["extras"]}
    assert told == {"uri", "publisher_uri", "publisher_name", "publisher_type"}
    for thing in (found, resource):
        assert thing["issued"] is None
        assert thing["modified"] is None


def test_a_record_of_another_catalogue_gets_no_links():
    """And nothing is said of it that it does not say."""
    turtle = """<https://example.org/d> a <http://www.w3.org/ns/dcat#Dataset> ;
      <http://purl.org/dc/terms/title> "Otro" ;
      <http://purl.org/dc/terms/relation> <https://example.org/x> ."""
    parser = RDFParser(profiles=["gobiernoabierto"])
    parser.parse(turtle, _format="ttl")
    (found,) = parser.datasets()
    assert found["title"] == "Otro"
    assert found["municipality"] == []
    assert "coverage" not in found
    assert "workshop_origin" not in found
