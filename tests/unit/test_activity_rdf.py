"""Workshops, round tables, problems and ideas as RDF: who did what, when and for which commitment."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from rdflib import URIRef

WORKSHOP = {
    "code": "ideaton-villa-nueva-2017",
    "title": "Ideatón de Villa Nueva",
    "kind": "idea_marathon",
    "state": "held",
    "start_date": dt.date(2017, 5, 27),
    "municipalities": ["0115"],
    "commitment": "3-11",
}
ROUND_TABLE = {
    "code": "4-2-1",
    "plan": "3",
    "theme": "Mecanismos de Transparencia",
    "axis": "3-3",
    "start_date": dt.date(2018, 7, 5),
    "start_time": dt.time(8, 0),
    "end_time": dt.time(15, 0),
    "state": "planned",
    "registration_url": "https://goo.gl/WxW5je",
    "phone": "+502 5450-4223",
}
PROBLEM = {
    "code": "0115-P2",
    "title": "Alumbrado apagado",
    "municipality": "0115",
    "workshop": "ideaton-mixco",
    "reported": dt.date(2017, 5, 27),
    "state": "reported",
    "evidence": [{"text": "Una nota", "url": "https://example.org/nota"}, {"text": "Sin dirección"}],
    "answers": [{"date": dt.date(2017, 6, 1), "office": "Alumbrado", "text": "Se revisará"}],
}
IDEA = {
    "code": "0115-I1",
    "title": "Un mapa de lámparas",
    "municipality": "0115",
    "problem": "0115-P1",
    "commitment": "3-11",
    "state": "under_review",
}


class TestParticipation:
    def test_problem_was_generated_by_its_workshop(self, rdf: Any):
        """Where, since when, in which state; what shows it is named by its address."""
        rdf.assert_says(
            rdf.graph("problem", PROBLEM),
            """<problema/0115-P2> a prov:Entity ; dct:title "Alumbrado apagado"@es ;
              dct:identifier "0115-P2" ; dct:created "2017-05-27"^^xsd:date ;
              dct:spatial <municipio/0115> ; prov:wasGeneratedBy <taller/ideaton-mixco> ;
              dct:references <https://example.org/nota> .
            <vocabulario/estado-problema/reportado> skos:prefLabel "Reportado"@es .""",
        )

    def test_idea_was_derived_from_its_problem(self, rdf: Any):
        """And serves a commitment."""
        rdf.assert_says(
            rdf.graph("idea", IDEA),
            """<idea/0115-I1> a prov:Entity ; prov:wasDerivedFrom <problema/0115-P1> ;
              dct:relation <compromiso/3-11> .
            <vocabulario/estado-idea/en-estudio> skos:prefLabel "En estudio"@es .""",
        )


class TestWorkshops:
    def test_workshop_without_hours_has_a_day(self, rdf: Any):
        """The mapping of the ideatón of Villa Nueva."""
        graph = rdf.graph("workshop", WORKSHOP)
        rdf.assert_says(
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

    def test_workshop_with_hours_has_moments_of_guatemala_and_utc(self, rdf: Any):
        """An hour without a last day belongs to the first one; near midnight UTC is already tomorrow."""
        row = {**WORKSHOP, "start_time": dt.time(9, 0), "end_time": dt.time(19, 30)}
        rdf.assert_says(
            rdf.graph("workshop", row),
            """<taller/ideaton-villa-nueva-2017> schema:startDate "2017-05-27T09:00:00-06:00"^^xsd:dateTime ;
              schema:endDate "2017-05-27T19:30:00-06:00"^^xsd:dateTime ;
              prov:startedAtTime "2017-05-27T15:00:00Z"^^xsd:dateTime ;
              prov:endedAtTime "2017-05-28T01:30:00Z"^^xsd:dateTime .""",
        )

    @pytest.mark.parametrize("state", ["planned", "cancelled"])
    def test_nothing_started_that_was_only_announced(self, rdf: Any, state: str):
        """PROV tells what happened, schema.org what was announced."""
        row = {**WORKSHOP, "state": state, "start_time": dt.time(9, 0)}
        lines = rdf.graph("workshop", row).serialize(format="nt")
        assert "startDate" in lines
        assert "eventStatus" in lines
        assert "startedAtTime" not in lines

    def test_a_named_place_is_where_it_was(self, rdf: Any):
        """The information meeting was for Mixco and in the premises of INFOM."""
        graph = rdf.graph(
            "workshop", {**WORKSHOP, "municipalities": ["0108"], "place": "Instalaciones de INFOM"}
        )
        rdf.assert_says(
            graph,
            """<taller/ideaton-villa-nueva-2017> dct:spatial <municipio/0108> ;
              schema:location <taller/ideaton-villa-nueva-2017#lugar> .
            <taller/ideaton-villa-nueva-2017#lugar> a schema:Place ;
              schema:name "Instalaciones de INFOM"@es .""",
        )
        assert (
            None,
            URIRef("http://schema.org/location"),
            URIRef(f"{rdf.addresses.site}/municipio/0108"),
        ) not in graph

    def test_organizers_are_associated_with_the_commitment_as_their_plan(self, rdf: Any):
        """One association for each of them."""
        rdf.assert_says(
            rdf.graph("workshop", {**WORKSHOP, "organizers": ["infom"]}),
            """<taller/ideaton-villa-nueva-2017> prov:wasAssociatedWith <institucion/infom> ;
              prov:qualifiedAssociation <taller/ideaton-villa-nueva-2017#asociacion-infom> .
            <taller/ideaton-villa-nueva-2017#asociacion-infom> a prov:Association ;
              prov:agent <institucion/infom> ; prov:hadPlan <compromiso/3-11> .""",
        )

    def test_round_table_says_how_to_register_and_whom_to_call(self, rdf: Any):
        """The first table of the invitation of July 2018."""
        rdf.assert_says(
            rdf.graph("round_table", ROUND_TABLE),
            """<mesa/4-2-1> a cv:PublicEvent, schema:Event ; dct:title "Mecanismos de Transparencia"@es ;
              dct:isPartOf <plan/3> ; dct:subject <eje/3-3> ; cv:registrationPage <https://goo.gl/WxW5je> ;
              schema:startDate "2018-07-05T08:00:00-06:00"^^xsd:dateTime ;
              schema:endDate "2018-07-05T15:00:00-06:00"^^xsd:dateTime ;
              schema:contactPoint <mesa/4-2-1#contacto> .
            <mesa/4-2-1#contacto> schema:telephone "+502 5450-4223" .""",
        )

    def test_institution_is_an_agent_with_its_sector(self, rdf: Any):
        """Initials are in no language, other names are Spanish."""
        row = {
            "code": "infom",
            "name": "Instituto de Fomento Municipal",
            "initials": "INFOM",
            "sector": "autonomous",
        }
        rdf.assert_says(
            rdf.graph("institution", {**row, "other_names": ["Fomento Municipal"]}),
            """<institucion/infom> a foaf:Agent, org:Organization ; dct:identifier "infom" ;
              foaf:name "Instituto de Fomento Municipal"@es ; skos:altLabel "INFOM", "Fomento Municipal"@es ;
              org:classification <vocabulario/sector/autonomo> .
            <vocabulario/sector/autonomo> skos:prefLabel "Entidad autónoma"@es .""",
        )
