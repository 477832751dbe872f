"""What our profile adds to a dataset's RDF and reads from it, without a database."""

from __future__ import annotations

from typing import Any

import pyoxigraph
import pytest
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.links.model import LINKED
from ckanext.gobiernoabierto.rdf.addresses import Addresses
from ckanext.gobiernoabierto.rdf.cleaning import fit_for_dcat, is_date, tidy
from ckanext.gobiernoabierto.rdf.dataset import dataset_from_rdf, dataset_to_rdf
from ckanext.gobiernoabierto.rdf.distribution import distribution_from_rdf, distribution_to_rdf
from ckanext.gobiernoabierto.rdf.terms import graph_of
from hypothesis import given
from hypothesis import strategies as st
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF, RDFS, XSD

SITE = "https://datos.example.gob.gt"
SUBJECT = URIRef(f"{SITE}/dataset/d1")
FILE = URIRef(f"{SITE}/dataset/d1/resource/r1")
KNOWN = {
    "municipality": ["0108", "0115"],
    "workshop": ["ideaton-villa-nueva-2017", "reunion-informativa-2016"],
    "problem": ["0115-P1", "0115-P2"],
    "idea": ["0115-I1", "0115-I12"],
    "data_request": ["0115-D1", "0115-D2"],
    "commitment": ["3-1", "3-11"],
    "axis": ["3-3", "3-4"],
}
ADDRESSES = Addresses(
    SITE,
    {
        (name, code): Named(registry.entity_type(name), code, "Título", "title")
        for name, codes in KNOWN.items()
        for code in codes
    },
)
THEMES = "http://publications.europa.eu/resource/authority/data-theme/"
LICENCES = {"https://example.org/licencia": "una-propia"}
PREFIXES = """
@base <https://datos.example.gob.gt/> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix prov: <http://www.w3.org/ns/prov#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix spdx: <http://spdx.org/rdf/terms#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix eu: <http://publications.europa.eu/resource/authority/> .
"""


def assert_says(graph: Graph, turtle: str) -> None:
    """All of the triples of ``turtle`` are in the graph."""
    expected = set(pyoxigraph.parse(PREFIXES + turtle, pyoxigraph.RdfFormat.TURTLE))
    assert not expected - set(pyoxigraph.parse(graph.serialize(format="nt"), pyoxigraph.RdfFormat.N_TRIPLES))


def graph_for(dataset: dict[str, Any]) -> Graph:
    """The graph of what we add to a dataset."""
    return graph_of(
        dataset_to_rdf(dataset, SUBJECT, ADDRESSES, {THEMES + "GOVE": "Gobierno y sector público"})
    )


def graph_of_file(resource: dict[str, Any], licence: URIRef | None = None) -> Graph:
    """The graph of what we add to a file."""
    return graph_of(distribution_to_rdf(resource, FILE, licence))


def test_a_dataset_says_what_it_is_about_and_what_it_serves():
    """The mapping of a dataset that comes from the ideatón of Villa Nueva."""
    dataset = {
        "coverage": "municipal",
        "municipality": ["0115"],
        "workshop_origin": "workshop",
        "workshop": ["ideaton-villa-nueva-2017"],
        "problem": ["0115-P1"],
        "idea": ["0115-I12"],
        "data_request": ["0115-D1"],
        "commitment": ["3-11"],
        "axis": ["3-3"],
        "theme": [THEMES + "GOVE"],
        "license_id": "CC-BY-4.0",
    }
    assert_says(
        graph_for(dataset),
        """<dataset/d1> dct:spatial <municipio/0115> ; dcat:theme <eje/3-3> ;
          dct:relation <compromiso/3-11>, <taller/ideaton-villa-nueva-2017>,
            <problema/0115-P1>, <idea/0115-I12>, <solicitud/0115-D1> ;
          prov:wasInfluencedBy <taller/ideaton-villa-nueva-2017> ;
          prov:qualifiedInfluence <dataset/d1#influencia-compromiso-3-11>,
            <dataset/d1#influencia-taller-ideaton-villa-nueva-2017> ;
          dct:accessRights <http://publications.europa.eu/resource/authority/access-right/PUBLIC> ;
          dct:license <http://publications.europa.eu/resource/authority/licence/CC_BY_4_0> .
        <dataset/d1#influencia-compromiso-3-11> a prov:Influence, prov:EntityInfluence ;
          prov:influencer <compromiso/3-11> ; prov:hadRole <vocabulario/rol/da-cumplimiento-a> .
        <dataset/d1#influencia-taller-ideaton-villa-nueva-2017> a prov:Influence, prov:ActivityInfluence ;
          prov:influencer <taller/ideaton-villa-nueva-2017> ; prov:hadRole <vocabulario/rol/identificado-en> .
        <vocabulario/rol/identificado-en> a prov:Role, skos:Concept ; skos:prefLabel "identificado en"@es .
        <http://publications.europa.eu/resource/authority/data-theme/GOVE> a skos:Concept ;
          skos:prefLabel "Gobierno y sector público"@es .""",
    )
    assert "wasGeneratedBy" not in graph_for(dataset).serialize(format="nt")


def test_a_national_dataset_is_about_the_country():
    """The EU's country authority has Guatemala."""
    assert_says(
        graph_for({"coverage": "national", "municipality": []}),
        """<dataset/d1> dct:spatial <http://publications.europa.eu/resource/authority/country/GTM> .
        <http://publications.europa.eu/resource/authority/country/GTM> a dct:Location .""",
    )


def test_coming_from_no_workshop_is_said():
    """It is not the same as not knowing."""
    assert_says(
        graph_for({"workshop_origin": "none"}),
        """<dataset/d1> dct:provenance <vocabulario/procedencia/sin-taller> .
        <vocabulario/procedencia/sin-taller> a dct:ProvenanceStatement ;
          rdfs:label "No proviene de un taller de Gobierno Abierto"@es .""",
    )


def test_a_private_dataset_does_not_say_that_it_is_public():
    """Whoever may read it gets the truth."""
    lines = graph_for({"private": True}).serialize(format="nt")
    assert "access-right/NON_PUBLIC" in lines
    assert "access-right/PUBLIC" not in lines


@pytest.mark.parametrize("licence", ["todos los derechos", "notspecified", "", None, "http://a.gt/100%"])
def test_a_licence_that_is_a_text_is_left_out(licence: str | None):
    """In stock it becomes the subject of a triple, and the page is no RDF any more."""
    assert "license" not in graph_for({"license_id": licence}).serialize(format="nt")


def test_a_licence_of_the_sites_own_list_is_its_address():
    """The register knows it, the EU does not."""
    dataset = {"license_id": "una-propia", "license_url": "https://example.org/licencia"}
    assert_says(graph_for(dataset), "<dataset/d1> dct:license <https://example.org/licencia> .")
    assert dataset_from_rdf(graph_for(dataset), SUBJECT, LICENCES)["license_id"] == "una-propia"


def test_links_are_read_from_any_site():
    """A record that was harvested from a copy of the site keeps its links."""
    turtle = graph_for({"municipality": ["0115"], "commitment": ["3-11"]}).serialize(format="turtle")
    graph = Graph().parse(data=turtle.replace(SITE, "http://copia.example.org/datos"), format="turtle")
    read = dataset_from_rdf(graph, URIRef("http://copia.example.org/datos/dataset/d1"), {})
    assert (read["municipality"], read["commitment"]) == (["0115"], ["3-11"])


def test_nothing_is_read_that_was_not_said():
    """A record of a catalogue that knows none of our links."""
    read = dataset_from_rdf(Graph(), SUBJECT, {})
    assert read["coverage"] is None
    assert read["workshop_origin"] is None
    assert not any(read.values())


def chosen(name: str) -> st.SearchStrategy[list[str]]:
    """Codes that are known, in their order."""
    return st.lists(st.sampled_from(KNOWN[name]), unique=True).map(sorted)


@st.composite
def datasets(draw: st.DrawFn) -> dict[str, Any]:
    """A dataset's links as the form leaves them."""
    municipality, workshop = draw(chosen("municipality")), draw(chosen("workshop"))
    return {
        **{name: draw(chosen(name)) for name in LINKED},
        "municipality": municipality,
        "coverage": "municipal" if municipality else draw(st.sampled_from(["national", None])),
        "workshop": workshop,
        "workshop_origin": "workshop" if workshop else draw(st.sampled_from(["none", None])),
        "license_id": draw(st.sampled_from(["CC-BY-4.0", "CC0-1.0", "CC-BY-SA-4.0", "ODbL-1.0", None])),
    }


@pytest.mark.long
@given(datasets())
def test_reading_what_was_written_gives_the_same_links(dataset: dict[str, Any]):
    """Through real Turtle, whatever is linked."""
    graph = Graph().parse(data=graph_for(dataset).serialize(format="turtle"), format="turtle")
    read = dataset_from_rdf(graph, SUBJECT, {})
    assert {name: read[name] for name in dataset} == dataset


# -- Files -----------------------------------------------------------------------------------------------


def test_a_file_is_described_by_terms():
    """Formats, size and checksum as harvesters count them."""
    resource = {
        "url": f"{SITE}/d1.csv",
        "url_type": "upload",
        "format": "csv",
        "size": 1234,
        "hash": "AB" * 32,
    }
    assert_says(
        graph_of_file(resource),
        """<dataset/d1/resource/r1> dcat:accessURL <d1.csv> ; dcat:downloadURL <d1.csv> ;
          dct:format <http://publications.europa.eu/resource/authority/file-type/CSV> ;
          dcat:mediaType <http://www.iana.org/assignments/media-types/text/csv> ;
          dcat:byteSize "1234"^^xsd:nonNegativeInteger ; spdx:checksum <dataset/d1/resource/r1#suma> .
        <dataset/d1/resource/r1#suma> a spdx:Checksum ;
          spdx:algorithm <http://spdx.org/rdf/terms#checksumAlgorithm_sha256> ;
          spdx:checksumValue "%s"^^xsd:hexBinary .""".replace("%s", "ab" * 32),
    )


@pytest.mark.parametrize(
    "resource",
    [
        {"size": -1},
        {"size": "12,5"},
        {"hash": "no es una suma"},
        {"hash": "abc"},
        {"url": "javascript:alert(1)"},
        {"url": "https://a.gt/\nb"},
        {"mimetype": "texto"},
        {"availability": "siempre"},
    ],
)
def test_a_value_that_is_no_term_is_left_out(resource: dict[str, Any]):
    """No literal where a term belongs, no broken address."""
    assert not len(graph_of_file(resource))


def test_a_page_elsewhere_is_not_a_download():
    """We do not know what is behind the address."""
    lines = graph_of_file({"url": "https://example.org/visor"}).serialize(format="nt")
    assert "accessURL" in lines
    assert "downloadURL" not in lines


def test_a_format_that_no_table_has_is_a_text():
    """So it is not lost, and stands nowhere where a term belongs."""
    graph = graph_of_file({"format": "MDB"})
    assert [(str(p), str(o)) for p, o in graph.predicate_objects()] == [
        ("http://schema.org/encodingFormat", "MDB")
    ]
    assert distribution_from_rdf(graph, FILE)["format"] == "MDB"


@pytest.mark.parametrize("name", ["CSV", "XLSX", "GeoJSON", "PDF", "RDF"])
def test_formats_come_back_as_ckan_calls_them(name: str):
    """Not as addresses, which no preview would know."""
    assert distribution_from_rdf(graph_of_file({"format": name}), FILE)["format"] == name


# -- Before and after ckanext-dcat -------------------------------------------------------------------------


def test_only_values_that_are_terms_reach_ckanext_dcat():
    """What would be a literal subject, a broken address or an exception is gone; the rest stays."""
    dataset = {
        "title": "Título",
        "url": "https://a.gt/100%",
        "theme": ["GOVE", THEMES + "GOVE", "http://a b"],
        "language": "es",
        "frequency": "anual",
        "contact_email": "no es un correo",
        "maintainer": "Una Persona",
        "temporal_start": "el año pasado",
        "temporal_end": "2025",
        "issued": "9" * 40,
        "resources": [{"id": "r1", "url": "http://a.gt/\n", "license": "libre", "created": "2026-01-01"}],
    }
    assert fit_for_dcat(dataset) == {
        "title": "Título",
        "url": None,
        "theme": [THEMES + "GOVE", "http://a%20b"],
        "language": [],
        "frequency": None,
        "contact_email": None,
        "temporal_start": None,
        "temporal_end": "2025",
        "issued": None,
        "resources": [{"id": "r1", "url": "http://a.gt/", "created": "2026-01-01"}],
    }


@pytest.mark.parametrize("value", ["2025", "2025-12", "2025-12-31", "2025-12-31T10:00:00.123"])
def test_dates_are_those_of_iso_8601(value: str):
    """From a year to a moment."""
    assert is_date(value)
    assert not is_date(value.replace("2025", "veinte"))


def test_blank_nodes_get_the_same_address_every_time():
    """From what they say and their role; two that say the same are one."""

    def built() -> set:
        graph, inner, outer, twin = Graph(), BNode(), BNode(), BNode()
        for node in (outer, twin):
            graph.add((SUBJECT, DCTERMS.temporal, node))
            graph.add((node, RDFS.seeAlso, inner))
        graph.add((inner, RDFS.label, Literal("2025")))
        return set(tidy(graph, SUBJECT))

    assert built() == built()
    assert len(built()) == 3
    assert not [node for triple in built() for node in triple if isinstance(node, BNode)]


def test_texts_become_spanish_and_moments_utc():
    """CKAN says neither, and both are so."""
    graph = Graph()
    graph.add((SUBJECT, DCTERMS.title, Literal("Título")))
    graph.add((SUBJECT, DCTERMS.description, Literal("Title", lang="en")))
    graph.add((SUBJECT, DCTERMS.identifier, Literal("d1")))
    moment = "2026-06-01T06:00:00.123456"
    graph.add((SUBJECT, DCTERMS.modified, Literal(moment, datatype=XSD.dateTime, normalize=False)))
    contact = URIRef(f"{SUBJECT}#contacto")
    graph.add((SUBJECT, DCAT.contactPoint, contact))
    assert set(tidy(graph, SUBJECT)) == {
        (SUBJECT, DCTERMS.title, Literal("Título", lang="es")),
        (SUBJECT, DCTERMS.description, Literal("Title", lang="en")),
        (SUBJECT, DCTERMS.identifier, Literal("d1")),
        (SUBJECT, DCTERMS.modified, Literal(moment + "Z", datatype=XSD.dateTime, normalize=False)),
        (SUBJECT, DCAT.contactPoint, contact),
        (contact, RDF.type, URIRef("http://www.w3.org/2006/vcard/ns#Kind")),
    }
