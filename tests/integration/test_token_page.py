"""The page on which a person makes tokens for programs: in days, within our bounds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from bs4 import BeautifulSoup
from ckan import model
from ckan.tests import factories
from tests.remembered import remembered


@pytest.fixture
@remembered
def person(clean_site: None) -> str:
    """The name of somebody who has an account."""
    return factories.User()["name"]


@pytest.fixture
def form(app: Any, person: str, token_of: Any) -> dict[str, Any]:
    """The fields of the form, as the page offers them."""
    page = app.get(f"/user/{person}/api-tokens", headers={"Authorization": token_of(person)})
    fields = BeautifulSoup(page.text, "html.parser").select("form:has([name=expires_in]) input[name]")
    return {field["name"]: field for field in fields}


def test_the_form_asks_for_days_from_our_default_to_our_maximum(form):
    """Nobody counts in seconds."""
    days = form["expires_in"]
    assert (days["value"], days["min"], days["max"]) == ("90", "1", "365")
    assert form["unit"]["value"] == "86400"
    assert form["unit"]["type"] == "hidden"


@pytest.mark.long
@pytest.mark.ckan_config("ckanext.gobiernoabierto.tokens.max_days", 30)
def test_the_default_stays_within_the_maximum(form):
    """A form must not offer what it then cuts."""
    assert (form["expires_in"]["value"], form["expires_in"]["max"]) == ("30", "30")


@pytest.mark.long
def test_a_token_lives_for_the_days_that_the_form_sent(app, person, token_of, form):
    """And the page says until when."""
    headers = {"Authorization": token_of(person)}
    data = {"name": "Un programa", "expires_in": "2", "unit": form["unit"]["value"]}
    page = app.post(f"/user/{person}/api-tokens", data=data, headers=headers)
    made = model.Session.query(model.ApiToken).filter_by(name="Un programa").one()
    until = dt.datetime.fromisoformat(made.plugin_extras["expire_api_token"]["exp"])
    assert abs(until - dt.datetime.utcnow() - dt.timedelta(days=2)) < dt.timedelta(minutes=5)
    assert "Vigente hasta" in page.text
