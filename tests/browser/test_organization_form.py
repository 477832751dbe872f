"""A sysadmin makes an organization: its address comes from its name, and is theirs to change."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def form(open_as: Any) -> Any:
    """Return the page with the form of a new organization."""
    page = open_as("sysadmin", 1280).new_page()
    page.goto("/organization/new")
    return page


def test_the_address_follows_the_name_until_somebody_writes_one(form: Any):
    """Again once it is emptied; it is in sight, and nothing of it is English."""
    form.locator("#field-title").press_sequentially("Ñandú, Petén: región 2")
    assert form.input_value("#field-name") == "nandu-peten-region-2"
    assert form.locator("#field-name").is_visible()
    assert "organization>" not in form.locator("main, #content").first.inner_text()
    form.fill("#field-name", "propia")
    form.fill("#field-title", "Otra")
    assert form.input_value("#field-name") == "propia"
    form.fill("#field-name", "")
    form.fill("#field-title", "Otra más")
    assert form.input_value("#field-name") == "otra-mas"


def test_the_address_of_a_known_one_stays(form: Any, catalogue: dict[str, str]):
    """Links lead to it."""
    form.goto(f"/organization/edit/{catalogue['organization']}")
    form.fill("#field-title", "Otro nombre")
    assert form.input_value("#field-name") == catalogue["organization"]
