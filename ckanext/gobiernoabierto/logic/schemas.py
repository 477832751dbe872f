"""What the forms that we ship must agree with: looked at when CKAN starts, before anybody fills one in."""

from __future__ import annotations

from ckanext.gobiernoabierto.entities import forms, registry
from ckanext.gobiernoabierto.links import model as links


def check() -> None:
    """Raise ValueError where a form and the program have different fields or links."""
    forms.check(*registry.ENTITY_TYPES)
    links.check(forms.read("dataset.yaml")["dataset_fields"])
