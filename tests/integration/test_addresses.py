"""Addresses that templates write are those that CKAN builds, though they are built once."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
from ckan.lib import helpers
from ckanext.gobiernoabierto.web.addresses import KEYS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import AnyConverter

LANGUAGES = (
    {},
    {"CKAN_LANG": "es", "CKAN_LANG_IS_DEFAULT": True},
    {"CKAN_LANG": "en", "CKAN_LANG_IS_DEFAULT": False},
)
ROOTS = ("", "/datos")


@pytest.fixture
def endpoints(app):
    """Return (endpoint, parameters) of all pages that have no other parameters than these."""
    rules = [rule for rule in app.flask_app.url_map.iter_rules() if rule.arguments <= KEYS]
    rules = [rule for rule in rules if not any(_is_a_choice(each) for each in rule._converters.values())]
    return sorted({(rule.endpoint, tuple(sorted(rule.arguments))) for rule in rules})


def _is_a_choice(converter):
    """Tell whether it takes some texts only."""
    return isinstance(converter, AnyConverter)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_address_is_the_one_that_ckan_builds(app, endpoints, data):
    """Of every page, for every code, in each language and under any root."""
    endpoint, names = data.draw(st.sampled_from(endpoints))
    wanted = {name: data.draw(st.text(min_size=1, max_size=8)) for name in names}
    environ = {**data.draw(st.sampled_from(LANGUAGES)), "SCRIPT_NAME": data.draw(st.sampled_from(ROOTS))}
    with app.flask_app.test_request_context("/", environ_overrides=environ):
        assert tk.h.url_for(endpoint, **wanted) == helpers.url_for(endpoint, **wanted)


def test_what_is_no_part_of_the_path_is_left_to_ckan(app):
    """A search for a code, a whole address, and one that is empty."""
    with app.flask_app.test_request_context("/"):
        assert tk.h.url_for("dataset.search", code="ñ") == "/dataset/?code=%C3%B1"
        assert tk.h.url_for("home.index", qualified=True) == helpers.url_for("home.index", qualified=True)
        assert tk.h.url_for("dataset.search", municipality="0115") == "/dataset/?municipality=0115"
        assert tk.h.url_for("/dataset") == "/dataset"
