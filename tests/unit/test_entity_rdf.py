"""Each entity as RDF and back: what is written, what is read again, and what is never written."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.base import DRAFT
from ckanext.gobiernoabierto.rdf import vocabulary
from ckanext.gobiernoabierto.rdf.addresses import code_of, plan_of_scheme
from ckanext.gobiernoabierto.rdf.entity import MAPPINGS, named_to_rdf
from ckanext.gobiernoabierto.rdf.terms import graph_of
from rdflib import BNode, URIRef

RECTANGLE = "-90.668 14.481, -90.551 14.481, -90.551 14.585, -90.668 14.585, -90.668 14.481"

MUNICIPALITY = {"code": "0115", "name": "Villa Nueva", "department": "01", "other_names": []}
COMMITMENT = {"code": "3-11", "plan": "3", "number": 11, "axis": "3-3"}


class TestTerritory:
    def test_municipality_is_a_place_a_term_and_an_administrative_unit(self, rdf: Any):
        """The mapping of Villa Nueva, with the rectangle of its boundary."""
        rdf.assert_says(
            rdf.graph("municipality", MUNICIPALITY),
            f"""<municipio/0115> a dct:Location, skos:Concept, cv:AdminUnit ;
              skos:inScheme <vocabulario/territorio> ; skos:prefLabel "Villa Nueva"@es ;
              skos:notation "0115" ; dct:identifier "0115" ;
              skos:broader <departamento/01> ; dct:isPartOf <departamento/01> ;
              dcat:bbox "POLYGON (({RECTANGLE}))"^^gsp:wktLiteral ;
              dcat:centroid "POINT (-90.606 14.541)"^^gsp:wktLiteral .
            <vocabulario/territorio> a skos:ConceptScheme ;
              dct:title "División político-administrativa de Guatemala (INE)"@es .""",
        )

    def test_department_has_both_codes_and_is_part_of_the_country(self, rdf: Any):
        """INE's code and the one of ISO 3166-2."""
        rdf.assert_says(
            rdf.graph("department", {"code": "01", "name": "Guatemala", "iso_3166_2": "GT-01"}),
            """<departamento/01> skos:notation "01", "GT-01" ; dct:identifier "01" ;
              dct:isPartOf <http://publications.europa.eu/resource/authority/country/GTM> .""",
        )

    def test_a_municipality_without_boundary_has_no_position(self, rdf: Any):
        """What is unknown is absent."""
        graph = rdf.graph("municipality", {**MUNICIPALITY, "code": "9999"})
        assert "wktLiteral" not in graph.serialize(format="nt")


class TestPlans:
    def test_plan_has_its_term(self, rdf: Any):
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
        graph = rdf.graph("plan", row)
        rdf.assert_says(
            graph,
            """<plan/3> a prov:Plan, prov:Entity ; dct:title "Tercer Plan"@es ; dct:identifier "3" ;
              dct:temporal <plan/3#periodo> ; foaf:page <https://example.org/plan> ;
              dct:dateAccepted "2016-08-11"^^xsd:date ; dct:source <https://example.org/fuente> .
            <plan/3#periodo> a dct:PeriodOfTime ; rdfs:label "2016-2018" ;
              dcat:startDate "2016-08-15"^^xsd:date ; dcat:endDate "2018-06-30"^^xsd:date .""",
        )
        assert "seed" not in graph.serialize(format="nt")

    def test_axis_is_a_top_concept_of_the_scheme_of_its_plan(self, rdf: Any):
        """The scheme is described where it is named."""
        rdf.assert_says(
            rdf.graph("axis", {"code": "3-3", "plan": "3", "number": 3, "name": "Participación Ciudadana"}),
            """<eje/3-3> a skos:Concept ; skos:inScheme <plan/3/ejes> ; skos:topConceptOf <plan/3/ejes> ;
              skos:prefLabel "Participación Ciudadana"@es ; skos:notation "3" .
            <plan/3/ejes> a skos:ConceptScheme ; dct:title "Ejes y compromisos: Tercer Plan"@es ;
              dct:isPartOf <plan/3> .""",
        )

    def test_commitment_has_both_identifiers_and_its_page_at_ogp(self, rdf: Any):
        """OGP's identifier stands beside ours."""
        row = {**COMMITMENT, "title": "Maratones", "ogp_id": "GT0073", "url": "https://example.org/GT0073"}
        rdf.assert_says(
            rdf.graph("commitment", row),
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
        self,
        rdf: Any,
        titles: dict[str, str],
        preferred: set[tuple[str, str]],
        alternative: set[tuple[str, str]],
    ):
        """An unofficial title is marked, an English one is English, and every concept has a label."""
        graph = rdf.graph("commitment", {**COMMITMENT, **titles})
        subject = URIRef(f"{rdf.addresses.site}/compromiso/3-11")

        def labels(kind: str) -> set[tuple[str, str]]:
            predicate = URIRef(f"http://www.w3.org/2004/02/skos/core#{kind}")
            return {(str(label), label.language) for label in graph.objects(subject, predicate)}

        assert labels("prefLabel") == preferred
        assert labels("altLabel") == alternative
        assert bool(labels("editorialNote")) == bool(alternative)

    def test_who_leads_is_attributed_and_a_group_without_address_is_not(self, rdf: Any):
        """A role of our vocabulary, with the label of the form."""
        parts = [
            {"role": "lead", "institution": "infom", "text": "INFOM", "source": "https://example.org/s"},
            {"role": "support", "institution": None, "text": "Sujetos obligados"},
        ]
        graph = rdf.graph("commitment", {**COMMITMENT, "participations": parts})
        rdf.assert_says(
            graph,
            """<compromiso/3-11> prov:qualifiedAttribution <compromiso/3-11#responsable-infom> .
            <compromiso/3-11#responsable-infom> a prov:Attribution ;
              prov:agent <institucion/infom> ; dcat:hadRole <vocabulario/papel/responsable> ;
              dct:source <https://example.org/s> .
            <vocabulario/papel/responsable> skos:prefLabel "Responsable"@es .""",
        )
        assert "Sujetos" not in graph.serialize(format="nt")


def test_attendance_is_written_as_it_is_told(rdf: Any):
    """In words; bounds only where numbers are told."""
    counted = {"dimension": "sex", "group": "women", "label": "Sexo: Mujeres", "text": "entre 27 y 31"}
    small = {"group": "men", "label": "Sexo: Hombres", "text": "menos de 5", "least": None, "most": None}
    row = {**FULL["workshop"], "attendance": [{**counted, "least": 27, "most": 31}, small]}
    graph = rdf.graph("workshop", row)
    rdf.assert_says(
        graph,
        """<taller/x> schema:additionalProperty <taller/x#asistencia-women>, <taller/x#asistencia-men> .
        <taller/x#asistencia-women> a schema:PropertyValue ; schema:propertyID "women" ;
          schema:name "Sexo: Mujeres"@es ; schema:value "entre 27 y 31"@es ;
          schema:minValue 27 ; schema:maxValue 31 .
        <taller/x#asistencia-men> schema:value "menos de 5"@es .""",
    )
    assert (
        len(list(graph.predicate_objects(URIRef("https://datos.example.gob.gt/taller/x#asistencia-men"))))
        == 4
    )


SAID = {"code": "0115-X9", "title": "X", "municipality": "0115", "state": "in_progress"}
FULL: dict[str, dict[str, Any]] = {
    "department": {"code": "01", "name": "Guatemala"},
    "municipality": MUNICIPALITY,
    "plan": {"code": "3", "title": "Tercer Plan"},
    "axis": {"code": "3-3", "plan": "3", "number": 3, "name": "Participación"},
    "commitment": {**COMMITMENT, "participations": [{"role": "lead", "institution": "infom"}]},
    "workshop": {"code": "x", "title": "X", "kind": "co_creation", "state": "held", "organizers": ["infom"]},
    "round_table": {"code": "4-2-1", "plan": "3", "theme": "X", "axis": "3-3", "state": "planned"},
    "problem": {**SAID, "workshop": "ideaton-mixco", "axis": "3-3"},
    "idea": {**SAID, "problem": "0115-P1", "commitment": "3-11"},
    "invitation": {"code": "ger-1", "number": "GER-1", "municipality": "0115", "state": "sent"},
    "milestone": {"code": "3-11-H1", "title": "X", "commitment": "3-11", "state": "limited"},
    "data_request": {"code": "0115-D1", "title": "X", "municipality": "0115", "state": "open"},
    "institution": {"code": "infom", "name": "INFOM"},
}


def full(name: str) -> dict[str, Any]:
    """Return the row of FULL of a kind of entity."""
    assert name in FULL, f"Add a row of a {name}, with all that it names, to FULL"
    return FULL[name]


@pytest.mark.parametrize("name", MAPPINGS)
def test_what_is_published_never_names_a_draft(rdf: Any, name: str):
    """Not one address, not one title of the entities that a row names."""
    own = registry.entity_type(name)
    lines = rdf.graph(name, full(name), rdf.known_as(DRAFT)).serialize(format="nt")
    for entity, code in rdf.addresses.known:
        if entity != name:
            assert f"/{registry.entity_type(entity).path}/{code}>" not in lines, own.name
            assert f"/{registry.entity_type(entity).path}/{code}/" not in lines


@pytest.mark.parametrize("name", MAPPINGS)
def test_no_blank_nodes_and_never_a_dataset(rdf: Any, name: str):
    """Every node has an address, so the bytes are the same every time."""
    graph = rdf.graph(name, full(name))
    assert not [node for triple in graph for node in triple if isinstance(node, BNode)]
    assert URIRef("http://www.w3.org/ns/dcat#Dataset") not in set(graph.objects())


@pytest.mark.parametrize("name", MAPPINGS)
def test_every_concept_has_a_label(rdf: Any, name: str):
    """SKOS wants it, and so do the official shapes; also of what is only linked."""
    linked = [
        triple for named in rdf.addresses.known.values() for triple in named_to_rdf(named, rdf.addresses)
    ]
    graph = graph_of([*MAPPINGS[name][0](full(name), rdf.addresses), *linked])
    skos = "http://www.w3.org/2004/02/skos/core#"
    rdf_type = URIRef("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    for concept in graph.subjects(rdf_type, URIRef(f"{skos}Concept")):
        assert graph.value(concept, URIRef(f"{skos}prefLabel")), concept
    for scheme in graph.subjects(rdf_type, URIRef(f"{skos}ConceptScheme")):
        assert graph.value(scheme, URIRef("http://purl.org/dc/terms/title")), scheme


def test_every_registered_entity_is_published_as_rdf(rdf: Any):
    """A new one has to say whether it is."""
    assert set(MAPPINGS) == {entity.name for entity in registry.ENTITY_TYPES}


def test_every_vocabulary_has_an_address_and_a_title():
    """A new one stands in CHOICES, else its terms lead nowhere, and in SCHEME_TITLES."""
    declared = {each.scheme for each in vars(vocabulary).values() if isinstance(each, vocabulary.Choices)}
    assert declared == set(vocabulary.CHOICES)
    titled = {*declared, *vocabulary.STATED, vocabulary.TERRITORY}
    assert titled == set(vocabulary.SCHEME_TITLES)


def test_a_vocabulary_without_a_title_says_where_to_add_it(rdf: Any):
    """And which one it is."""
    with pytest.raises(LookupError, match=r"SCHEME_TITLES.*estado-promesa"):
        list(vocabulary.scheme_to_rdf(rdf.addresses, "estado-promesa"))


@pytest.mark.parametrize("choices", vocabulary.CHOICES.values(), ids=lambda choices: choices.scheme)
def test_every_choice_of_a_form_has_an_address(rdf: Any, choices: vocabulary.Choices):
    """And its own one."""
    assert list(choices.slugs) == choices.values()
    assert len(set(choices.slugs.values())) == len(choices.slugs)


def test_codes_are_read_by_the_path_of_the_address(rdf: Any):
    """Whatever the site; a page, a fragment or another kind is no entity of this kind."""
    assert code_of("municipality", "https://otro.example.org/datos/municipio/0115") == "0115"
    assert code_of("institution", f"{rdf.addresses.site}/institucion/a%20b") == "a b"
    assert code_of("municipality", f"{rdf.addresses.site}/departamento/01") is None
    assert code_of("municipality", f"{rdf.addresses.site}/municipio/0115#lugar") is None
    assert code_of("municipality", f"{rdf.addresses.site}/municipio/0115?x=1") is None
    assert code_of("municipality", "urn:municipio/0115") is None
    assert code_of("municipality", "http://[roto/municipio/0115") is None
    assert code_of("municipality", None) is None
    assert plan_of_scheme(f"{rdf.addresses.site}/plan/3/ejes") == "3"
    assert plan_of_scheme(f"{rdf.addresses.site}/plan/3") is None


def test_a_title_with_control_characters_is_written_without_them(rdf: Any):
    """Nobody saw them, and no XML can hold them."""
    graph = rdf.graph("institution", {"code": "infom", "name": "IN\x00FO\x0bM"})
    rdf.assert_says(graph, '<institucion/infom> foaf:name "INFOM"@es .')


def test_a_broken_address_is_left_out_and_the_rest_stays(rdf: Any):
    """One bad address costs itself only."""
    row = {
        "code": "infom",
        "name": "INFOM",
        "source": ["https://example.org/100%", "https://example.org/a\nb"],
    }
    lines = rdf.graph("institution", row).serialize(format="nt")
    assert "INFOM" in lines
    assert "example.org/" not in lines
