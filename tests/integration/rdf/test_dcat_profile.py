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
from ckanext.gobiernoabierto.rdf.profile import GobiernoAbiertoProfile
from hypothesis import HealthCheck, given, settings
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
}


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


def reparsed(dataset: dict[str, Any]) -> dict[str, Any]:
    """The dataset that another site reads out of what we serve."""
    parser = RDFParser(profiles=["gobiernoabierto"])
    parser.parse(serializer().serialize_dataset(dataset, _format="ttl"), _format="ttl")
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


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """Our fields as the form leaves them."""
    municipality, workshop = draw(chosen("municipality")), draw(chosen("workshop"))
    themes = draw(st.lists(st.sampled_from(["JUST", "GOVE", "HEAL"]), unique=True).map(sorted))
    tongues = draw(st.lists(st.sampled_from(["ENG", "SPA"]), min_size=1, unique=True).map(sorted))
    return {
        "municipality": municipality,
        "coverage": "municipal" if municipality else "national",
        "workshop": workshop,
        "workshop_origin": "workshop" if workshop else "none",
        "commitment": draw(chosen("commitment")),
        "axis": draw(chosen("axis")),
        "license_id": draw(st.sampled_from(["CC-BY-4.0", "CC0-1.0", "CC-BY-SA-4.0", "ODbL-1.0"])),
        "theme": [f"{EU}data-theme/{theme}" for theme in themes],
        "language": [f"{EU}language/{tongue}" for tongue in tongues],
        "frequency": f"{EU}frequency/{draw(st.sampled_from(['ANNUAL', 'DAILY']))}",
        "contact_name": draw(NAME.filter(bool)),
        "contact_email": draw(st.sampled_from(["uip@example.gob.gt", "a+b?c@example.org"])),
        "temporal_start": draw(DAY),
        "temporal_end": draw(DAY),
    }


@given(changed=changes())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parsing_what_was_served_gives_the_same_fields(dataset: dict[str, Any], changed: dict[str, Any]):
    """Parse after serialise is the identity on every field of ours."""
    found = reparsed({**dataset, **changed})
    assert {name: found.get(name) for name in changed} == changed


def test_files_come_back_too(dataset: dict[str, Any]):
    """Format, size and checksum as the form has them."""
    (resource,) = reparsed(dataset)["resources"]
    given_fields = dataset["resources"][0]
    for field in ("url", "name", "description", "format", "size", "hash"):
        assert resource[field] == given_fields[field]
    assert resource["mimetype"] == "text/csv"


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
