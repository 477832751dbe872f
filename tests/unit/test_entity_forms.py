"""Each form of an entity and its table hold the same fields: nothing typed is lost."""

from __future__ import annotations

import copy

import pytest
from ckanext.gobiernoabierto.entities import forms, registry


@pytest.fixture
def form(monkeypatch):
    """Let a test change the form of commitments, and say its fields."""
    changed = copy.deepcopy(forms.form_schema(registry.entity_type("commitment")))
    monkeypatch.setattr(forms, "form_schema", lambda _entity: changed)
    return changed["fields"]


def check():
    """Do what the plugin does when a site starts."""
    forms.check(registry.entity_type("commitment"))


@pytest.mark.parametrize("entity", registry.ENTITY_TYPES, ids=lambda entity: entity.name)
def test_form_and_table_hold_the_same_fields(entity):
    """Of every entity there is."""
    forms.check(entity)


def test_a_field_without_a_column_is_named_with_its_file(form):
    """It would be accepted, and lost."""
    form.append({"field_name": "budget", "label": "Presupuesto"})
    with pytest.raises(ValueError, match=r"commitment\.yaml.*Commitment.*budget"):
        check()


def test_a_column_without_a_field_is_named_with_its_file(form):
    """Nobody could fill it in."""
    form[:] = [field for field in form if field["field_name"] != "irm_results"]
    with pytest.raises(ValueError, match=r"commitment\.yaml.*irm_results"):
        check()


def test_so_are_the_fields_of_rows_and_the_rows_themselves(form):
    """Who takes part in a commitment, and in what role."""
    rows = next(field for field in form if field["field_name"] == "participations")
    rows["repeating_subfields"][0]["field_name"] = "part"
    with pytest.raises(ValueError, match=r"commitment\.yaml, participations.*Participation.*part"):
        check()
    rows["field_name"] = "participants"
    with pytest.raises(ValueError, match=r"commitment\.yaml.*participants"):
        check()
