"""Whoever lets datasets link to a new kind is told by name where it lacks (docs/entities.md)."""

from __future__ import annotations

import copy

import pytest
from ckanext.gobiernoabierto.entities import forms
from ckanext.gobiernoabierto.links.model import check

FIELDS = forms.read("dataset.yaml")["dataset_fields"]


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
