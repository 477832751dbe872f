"""Each entity as RDF and back: what is written, what is read again, and what is never written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pyoxigraph
import pytest
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.base import DRAFT, PUBLISHED
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.rdf import vocabulary
from ckanext.gobiernoabierto.rdf.addresses import Addresses, code_of, plan_of_scheme
from ckanext.gobiernoabierto.rdf.entity import MAPPINGS, named_to_rdf
from ckanext.gobiernoabierto.rdf.terms import graph_of
from rdflib import BNode, Graph, URIRef

SITE = "https://datos.example.gob.gt"
PREFIXES = """
@base <https://datos.example.gob.gt/> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix prov: <http://www.w3.org/ns/prov#> . @prefix schema: <http://schema.org/> .
@prefix gsp: <http://www.opengis.net/ont/geosparql#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix cv: <http://data.europa.eu/m8g/> . @prefix org: <http://www.w3.org/ns/org#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
RECTANGLE = "-90.668 14.481, -90.551 14.481, -90.551 14.585, -90.668 14.585, -90.668 14.481"
KNOWN = {
    ("department", "01"): "Guatemala",
    ("municipality", "0115"): "Villa Nueva",
    ("municipality", "0108"): "Mixco",
    ("plan", "3"): "Tercer Plan",
    ("axis", "3-3"): "Participación Ciudadana",
    ("commitment", "3-11"): "Programa piloto de maratones de ideas",
    ("institution", "infom"): "Instituto de Fomento Municipal",
    ("institution", "inap"): "Instituto Nacional de Administración Pública",
}


def known_as(visibility: str) -> Addresses:
    """Addresses that know the entities above, all in one visibility."""
    named = {
        (name, code): Named(registry.entity_type(name), code, title, "title", visibility)
        for (name, code), title in KNOWN.items()
    }
    return Addresses(SITE, named)


ADDRESSES = known_as(PUBLISHED)


def graph_for(name: str, row: Mapping[str, Any], addresses: Addresses = ADDRESSES) -> Graph:
    """The graph of one row."""
    to_rdf, _ = MAPPINGS[name]
    return graph_of(to_rdf(dict(row), addresses))


def assert_says(graph: Graph, turtle: str) -> None:
    """All of the triples of ``turtle`` are in the graph."""
    expected = set(pyoxigraph.parse(PREFIXES + turtle, pyoxigraph.RdfFormat.TURTLE))
    written = set(pyoxigraph.parse(graph.serialize(format="nt"), pyoxigraph.RdfFormat.N_TRIPLES))
    assert not expected - written


MUNICIPALITY = {"code": "0115", "name": "Villa Nueva", "department": "01", "other_names": []}
COMMITMENT = {"code": "3-11", "plan": "3", "number": 11, "axis": "3-3"}
WORKSHOP = {
    "code": "ideaton-villa-nueva-2017",
    "title": "Ideatón de Villa Nueva",
    "kind": "idea_marathon",
    "state": "held",
    "start_date": dt.date(2017, 5, 27),
    "municipalities": ["0115"],
    "commitment": "3-11",
}


class TestTerritory:
    def test_municipality_is_a_place_a_term_and_an_administrative_unit(self):
        """The mapping of Villa Nueva, with the rectangle of its boundary."""
        assert_says(
            graph_for("municipality", MUNICIPALITY),
            f"""<municipio/0115> a dct:Location, skos:Concept, cv:AdminUnit ;
              skos:inScheme <vocabulario/territorio> ; skos:prefLabel "Villa Nueva"@es ;
              skos:notation "0115" ; dct:identifier "0115" ;
              skos:broader <departamento/01> ; dct:isPartOf <departamento/01> ;
              dcat:bbox "POLYGON (({RECTANGLE}))"^^gsp:wktLiteral ;
              dcat:centroid "POINT (-90.606 14.541)"^^gsp:wktLiteral .
            <vocabulario/territorio> a skos:ConceptScheme ;
              dct:title "División político-administrativa de Guatemala (INE)"@es .""",
        )

    def test_department_has_both_codes_and_is_part_of_the_country(self):
        """INE's code and the one of ISO 3166-2."""
        assert_says(
            graph_for("department", {"code": "01", "name": "Guatemala", "iso_3166_2": "GT-01"}),
            """<departamento/01> skos:notation "01", "GT-01" ; dct:identifier "01" ;
              dct:isPartOf <http://publications.europa.eu/resource/authority/country/GTM> .""",
        )

    def test_a_municipality_without_boundary_has_no_position(self):
        """What is unknown is absent."""
        graph = graph_for("municipality", {**MUNICIPALITY, "code": "9999"})
        assert "wktLiteral" not in graph.serialize(format="nt")


class TestPlans:
    def test_plan_has_its_term(self):
        """Days as days, the period as the plan itself writes it."""
        row = {
            "code": "3",
            "title": "Tercer Plan",
            "period": "2016-2018",
            "start": dt.date(2016, 8, 15),
            "end": dt.date(2018, 6, 30),
            "approved": dt.date(2016, 8, 11),
            "url": "https://example.org/plan",
            "source": ["004_seed.txt", "https://example.org/fuente"],
        }
        graph = graph_for("plan", row)
        assert_says(
            graph,
            """<plan/3> a prov:Plan, prov:Entity ; dct:title "Tercer Plan"@es ; dct:identifier "3" ;
              dct:temporal <plan/3#periodo> ; foaf:page <https://example.org/plan> ;
              dct:dateAccepted "2016-08-11"^^xsd:date ; dct:source <https://example.org/fuente> .
            <plan/3#periodo> a dct:PeriodOfTime ; rdfs:label "2016-2018" ;
              dcat:startDate "2016-08-15"^^xsd:date ; dcat:endDate "2018-06-30"^^xsd:date .""",
        )
        assert "seed" not in graph.serialize(format="nt")

    def test_axis_is_a_top_concept_of_the_scheme_of_its_plan(self):
        """The scheme is described where it is named."""
        assert_says(
            graph_for("axis", {"code": "3-3", "plan": "3", "number": 3, "name": "Participación Ciudadana"}),
            """<eje/3-3> a skos:Concept ; skos:inScheme <plan/3/ejes> ; skos:topConceptOf <plan/3/ejes> ;
              skos:prefLabel "Participación Ciudadana"@es ; skos:notation "3" .
            <plan/3/ejes> a skos:ConceptScheme ; dct:title "Ejes y compromisos: Tercer Plan"@es ;
              dct:isPartOf <plan/3> .""",
        )

    def test_commitment_has_both_identifiers_and_its_page_at_ogp(self):
        """OGP's identifier stands beside ours."""
        row = {**COMMITMENT, "title": "Maratones", "ogp_id": "GT0073", "url": "https://example.org/GT0073"}
        assert_says(
            graph_for("commitment", row),
            """<compromiso/3-11> a skos:Concept, prov:Plan, rdfs:Resource ; skos:inScheme <plan/3/ejes> ;
              skos:broader <eje/3-3> ; dct:isPartOf <plan/3> ; skos:prefLabel "Maratones"@es ;
              skos:notation "11" ; dct:identifier "3-11", "GT0073" ;
              schema:subjectOf <https://example.org/GT0073> .""",
        )

    @pytest.mark.parametrize(
        ("titles", "preferred", "alternative"),
        [
            ({"title": "Oficial", "title_en": "English"}, {("Oficial", "es"), ("English", "en")}, set()),
            ({"title_en": "English"}, {("English", "en")}, set()),
            ({"unofficial_title": "Traducido"}, {("Compromiso 3-11", "es")}, {("Traducido", "es")}),
            ({}, {("Compromiso 3-11", "es")}, set()),
        ],
    )
    def test_only_official_wording_is_the_spanish_title(
        self, titles: dict[str, str], preferred: set[tuple[str, str]], alternative: set[tuple[str, str]]
    ):
        """An unofficial title is marked, an English one is English, and every concept has a label."""
        graph = graph_for("commitment", {**COMMITMENT, **titles})
        subject = URIRef(f"{SITE}/compromiso/3-11")

        def labels(kind: str) -> set[tuple[str, str]]:
            predicate = URIRef(f"http://www.w3.org/2004/02/skos/core#{kind}")
            return {(str(label), label.language) for label in graph.objects(subject, predicate)}

        assert labels("prefLabel") == preferred
        assert labels("altLabel") == alternative
        assert bool(labels("editorialNote")) == bool(alternative)

    def test_who_leads_is_attributed_and_a_group_without_address_is_not(self):
        """A role of our vocabulary, with the label of the form."""
        parts = [
            {"role": "lead", "institution": "infom", "text": "INFOM", "source": "https://example.org/s"},
            {"role": "support", "institution": None, "text": "Sujetos obligados"},
        ]
        graph = graph_for("commitment", {**COMMITMENT, "participations": parts})
        assert_says(
            graph,
            """<compromiso/3-11> prov:qualifiedAttribution <compromiso/3-11#responsable-infom> .
            <compromiso/3-11#responsable-infom> a prov:Attribution ;
              prov:agent <institucion/infom> ; dcat:hadRole <vocabulario/papel/responsable> ;
              dct:source <https://example.org/s> .
            <vocabulario/papel/responsable> skos:prefLabel "Responsable"@es .""",
        )
        assert "Sujetos" not in graph.serialize(format="nt")


class TestWorkshops:
    def test_workshop_without_hours_has_a_day(self):
        """The mapping of the ideatón of Villa Nueva."""
        graph = graph_for("workshop", WORKSHOP)
        assert_says(
            graph,
            """<taller/ideaton-villa-nueva-2017> a prov:Activity, cv:PublicEvent, schema:Event,
                rdfs:Resource ;
              dct:title "Ideatón de Villa Nueva"@es ; rdfs:label "Ideatón de Villa Nueva"@es ;
              dct:identifier "ideaton-villa-nueva-2017" ;
              dct:type <vocabulario/tipo-taller/maraton-de-ideas> ;
              schema:startDate "2017-05-27"^^xsd:date ; dct:relation <compromiso/3-11> ;
              dct:spatial <municipio/0115> ; prov:atLocation <municipio/0115> ;
              schema:location <municipio/0115> .
            <vocabulario/tipo-taller/maraton-de-ideas> skos:prefLabel "Maratón de ideas (ideatón)"@es .""",
        )
        assert "startedAtTime" not in graph.serialize(format="nt")

    def test_workshop_with_hours_has_moments_of_guatemala_and_utc(self):
        """An hour without a last day belongs to the first one; near midnight UTC is already tomorrow."""
        row = {**WORKSHOP, "start_time": dt.time(9, 0), "end_time": dt.time(19, 30)}
        assert_says(
            graph_for("workshop", row),
            """<taller/ideaton-villa-nueva-2017> schema:startDate "2017-05-27T09:00:00-06:00"^^xsd:dateTime ;
              schema:endDate "2017-05-27T19:30:00-06:00"^^xsd:dateTime ;
              prov:startedAtTime "2017-05-27T15:00:00Z"^^xsd:dateTime ;
              prov:endedAtTime "2017-05-28T01:30:00Z"^^xsd:dateTime .""",
        )

    @pytest.mark.parametrize("state", ["planned", "cancelled"])
    def test_nothing_started_that_was_only_announced(self, state: str):
        """PROV tells what happened, schema.org what was announced."""
        row = {**WORKSHOP, "state": state, "start_time": dt.time(9, 0)}
        lines = graph_for("workshop", row).serialize(format="nt")
        assert "startDate" in lines
        assert "eventStatus" in lines
        assert "startedAtTime" not in lines

    def test_a_named_place_is_where_it_was(self):
        """The information meeting was for Mixco and in the premises of INFOM."""
        graph = graph_for(
            "workshop", {**WORKSHOP, "municipalities": ["0108"], "place": "Instalaciones de INFOM"}
        )
        assert_says(
            graph,
            """<taller/ideaton-villa-nueva-2017> dct:spatial <municipio/0108> ;
              schema:location <taller/ideaton-villa-nueva-2017#lugar> .
            <taller/ideaton-villa-nueva-2017#lugar> a schema:Place ;
              schema:name "Instalaciones de INFOM"@es .""",
        )
        assert (None, URIRef("http://schema.org/location"), URIRef(f"{SITE}/municipio/0108")) not in graph

    def test_organizers_are_associated_with_the_commitment_as_their_plan(self):
        """One association for each of them."""
        assert_says(
            graph_for("workshop", {**WORKSHOP, "organizers": ["infom"]}),
            """<taller/ideaton-villa-nueva-2017> prov:wasAssociatedWith <institucion/infom> ;
              prov:qualifiedAssociation <taller/ideaton-villa-nueva-2017#asociacion-infom> .
            <taller/ideaton-villa-nueva-2017#asociacion-infom> a prov:Association ;
              prov:agent <institucion/infom> ; prov:hadPlan <compromiso/3-11> .""",
        )

    def test_institution_is_an_agent_with_its_sector(self):
        """Initials are in no language, other names are Spanish."""
        row = {
            "code": "infom",
            "name": "Instituto de Fomento Municipal",
            "initials": "INFOM",
            "sector": "autonomous",
        }
        assert_says(
            graph_for("institution", {**row, "other_names": ["Fomento Municipal"]}),
            """<institucion/infom> a foaf:Agent, org:Organization ; dct:identifier "infom" ;
              foaf:name "Instituto de Fomento Municipal"@es ; skos:altLabel "INFOM", "Fomento Municipal"@es ;
              org:classification <vocabulario/sector/autonomo> .
            <vocabulario/sector/autonomo> skos:prefLabel "Entidad autónoma"@es .""",
        )


FULL: dict[str, dict[str, Any]] = {
    "department": {"code": "01", "name": "Guatemala"},
    "municipality": MUNICIPALITY,
    "plan": {"code": "3", "title": "Tercer Plan"},
    "axis": {"code": "3-3", "plan": "3", "number": 3, "name": "Participación"},
    "commitment": {**COMMITMENT, "participations": [{"role": "lead", "institution": "infom"}]},
    "workshop": {**WORKSHOP, "organizers": ["infom"]},
    "institution": {"code": "infom", "name": "INFOM"},
}


@pytest.mark.parametrize("name", MAPPINGS)
def test_what_is_published_never_names_a_draft(name: str):
    """Not one address, not one title of the entities that a row names."""
    own = registry.entity_type(name)
    lines = graph_for(name, FULL[name], known_as(DRAFT)).serialize(format="nt")
    for entity, code in KNOWN:
        if entity != name:
            assert f"/{registry.entity_type(entity).path}/{code}>" not in lines, own.name
            assert f"/{registry.entity_type(entity).path}/{code}/" not in lines


@pytest.mark.parametrize("name", MAPPINGS)
def test_no_blank_nodes_and_never_a_dataset(name: str):
    """Every node has an address, so the bytes are the same every time."""
    graph = graph_for(name, FULL[name])
    assert not [node for triple in graph for node in triple if isinstance(node, BNode)]
    assert URIRef("http://www.w3.org/ns/dcat#Dataset") not in set(graph.objects())


@pytest.mark.parametrize("name", MAPPINGS)
def test_every_concept_has_a_label(name: str):
    """SKOS wants it, and so do the official shapes; also of what is only linked."""
    linked = [triple for named in ADDRESSES.known.values() for triple in named_to_rdf(named, ADDRESSES)]
    graph = graph_of([*MAPPINGS[name][0](FULL[name], ADDRESSES), *linked])
    skos = "http://www.w3.org/2004/02/skos/core#"
    rdf_type = URIRef("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    for concept in graph.subjects(rdf_type, URIRef(f"{skos}Concept")):
        assert graph.value(concept, URIRef(f"{skos}prefLabel")), concept
    for scheme in graph.subjects(rdf_type, URIRef(f"{skos}ConceptScheme")):
        assert graph.value(scheme, URIRef("http://purl.org/dc/terms/title")), scheme


def test_every_registered_entity_is_published_as_rdf():
    """A new one has to say whether it is."""
    assert set(MAPPINGS) == {entity.name for entity in registry.ENTITY_TYPES}


@pytest.mark.parametrize(
    "choices",
    [vocabulary.WORKSHOP_KINDS, vocabulary.WORKSHOP_STATES, vocabulary.PARTICIPATIONS, vocabulary.SECTORS],
    ids=lambda choices: choices.scheme,
)
def test_every_choice_of_a_form_has_an_address(choices: vocabulary.Choices):
    """And its own one."""
    assert list(choices.slugs) == choices.values()
    assert len(set(choices.slugs.values())) == len(choices.slugs)


def test_codes_are_read_by_the_path_of_the_address():
    """Whatever the site; a page, a fragment or another kind is no entity of this kind."""
    assert code_of("municipality", "https://otro.example.org/datos/municipio/0115") == "0115"
    assert code_of("institution", f"{SITE}/institucion/a%20b") == "a b"
    assert code_of("municipality", f"{SITE}/departamento/01") is None
    assert code_of("municipality", f"{SITE}/municipio/0115#lugar") is None
    assert code_of("municipality", f"{SITE}/municipio/0115?x=1") is None
    assert code_of("municipality", "urn:municipio/0115") is None
    assert code_of("municipality", "http://[roto/municipio/0115") is None
    assert code_of("municipality", None) is None
    assert plan_of_scheme(f"{SITE}/plan/3/ejes") == "3"
    assert plan_of_scheme(f"{SITE}/plan/3") is None


def test_a_title_with_control_characters_is_written_without_them():
    """Nobody saw them, and no XML can hold them."""
    graph = graph_for("institution", {"code": "infom", "name": "IN\x00FO\x0bM"})
    assert_says(graph, '<institucion/infom> foaf:name "INFOM"@es .')


def test_a_broken_address_is_left_out_and_the_rest_stays():
    """One bad address costs itself only."""
    row = {
        "code": "infom",
        "name": "INFOM",
        "source": ["https://example.org/100%", "https://example.org/a\nb"],
    }
    lines = graph_for("institution", row).serialize(format="nt")
    assert "INFOM" in lines
    assert "example.org/" not in lines
