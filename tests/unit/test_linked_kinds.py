"""Whoever lets datasets link to a new kind is told by name where it lacks (docs/entities.md)."""

from __future__ import annotations

import copy
import re
from types import SimpleNamespace

import pytest
from ckanext.gobiernoabierto.entities import forms, references, registry
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.links import choices, known
from ckanext.gobiernoabierto.links.model import LINKED, LOCAL, check
from ckanext.gobiernoabierto.logic.dataset import EXAMPLES
from ckanext.gobiernoabierto.rdf.addresses import Addresses
from ckanext.gobiernoabierto.rdf.dataset import dataset_from_rdf, dataset_to_rdf
from ckanext.gobiernoabierto.rdf.terms import graph_of
from ckanext.gobiernoabierto.search import facets
from rdflib import URIRef

SITE = "https://datos.example.gob.gt"
FIELDS = forms.read("dataset.yaml")["dataset_fields"]
DETAILS = "ckanext/gobiernoabierto/templates/scheming/package/snippets/additional_info.html"
each_link = pytest.mark.parametrize("name", LINKED)


@pytest.fixture
def form():
    """The form of datasets, for a test to change, and its field of workshops."""
    fields = copy.deepcopy(FIELDS)
    return fields, next(each for each in fields if each["field_name"] == "workshop")


def test_the_form_and_the_list_have_the_same_links():
    """The site does not start otherwise."""
    check(FIELDS)


def test_a_link_of_the_form_that_is_not_in_the_list_is_named(form):
    """What is stored in it would never be looked at."""
    fields, workshop = form
    fields.append({**workshop, "field_name": "neighbourhood", "entity": "neighbourhood"})
    with pytest.raises(ValueError, match=r"dataset\.yaml.*LINKED.*neighbourhood"):
        check(fields)


def test_a_link_of_the_list_that_the_form_lacks_is_named(form):
    """Or has as something else: nobody could choose one."""
    fields, workshop = form
    workshop["preset"] = "gobiernoabierto_text"
    with pytest.raises(ValueError, match=r"dataset\.yaml.*workshop"):
        check(fields)


def test_a_link_is_called_as_its_kind(form):
    """Codes are looked up by the name of the field."""
    fields, workshop = form
    workshop["entity"] = "round_table"
    with pytest.raises(ValueError, match="workshop holds codes of round_table"):
        check(fields)


@each_link
def test_the_database_is_asked_for_each(name):
    """One select of all kinds: what a dataset may name, and what is known of it."""
    columns = ["entity", "code", "visibility", "related", "whole"]
    assert [each.name for each in known._select(name).selected_columns] == columns


@each_link
def test_each_has_an_example(name):
    """In the refusal of what is no list of codes."""
    assert EXAMPLES.get(name), f"logic/dataset.py, EXAMPLES: {name}"


@each_link
def test_each_is_written_as_rdf_and_read_back(name):
    """As the only thing that a dataset links to."""
    entity, subject = registry.entity_type(name), URIRef(f"{SITE}/dataset/d1")
    addresses = Addresses(SITE, {(name, "x-1"): Named(entity, "x-1", "Uno", "title")})
    graph = graph_of(dataset_to_rdf({name: ["x-1"]}, subject, addresses, {}))
    assert addresses.of(name, "x-1") in graph.objects(subject), f"rdf/dataset.py, dataset_to_rdf: {name}"
    found = dataset_from_rdf(graph, subject, {}).get(name)
    assert found == ["x-1"], f"rdf/dataset.py, dataset_from_rdf: {name}"


def test_each_is_a_facet(monkeypatch):
    """Of every search of datasets."""
    monkeypatch.setattr(facets, "tk", SimpleNamespace(_=str))
    lacking = set(LINKED) - facets.facet_titles().keys()
    assert not lacking, f"search/facets.py: {sorted(lacking)}"


def test_those_of_a_municipality_are_local():
    """They have to be of one of the dataset's, unless its coverage is national."""

    def of_a_municipality(name):
        named = references.references_of(registry.entity_type(name))
        return "municipality" in {each.target.name for each in named}

    local = {name for name in LINKED if of_a_municipality(name)}
    assert set(LOCAL) == local, f"links/model.py, LOCAL: {sorted(local ^ set(LOCAL))}"


def test_choices_are_grouped_by_what_all_of_them_are_part_of():
    """Not by what only some have: those without it would not be offered."""
    above = {"commitment": "plan", "idea": "municipality", "workshop": None}
    assert {name: choices._grouped_by(registry.entity_type(name)) for name in above} == above


def test_the_page_of_a_dataset_shows_them_once(checkout):
    """In its chain, and not again among what else is known of it."""
    listed = re.search(r"set elsewhere = \[(.*?)\]", (checkout / DETAILS).read_text("utf-8"), re.DOTALL)
    lacking = set(LINKED) - set(re.findall(r"'(\w+)'", listed[1]))
    assert not lacking, f"{DETAILS}, elsewhere: {sorted(lacking)}"


@pytest.mark.parametrize("document", ["feed.md", "harvest.md"])
def test_the_documents_name_the_filters(checkout, document):
    """All of them, in one row."""
    rows = (checkout / "docs" / document).read_text("utf-8").splitlines()
    begins = f"| {', '.join(f'`{name}`' for name in LINKED)} |"
    assert any(row.startswith(begins) for row in rows), f"docs/{document}: a row that begins with {begins}"
