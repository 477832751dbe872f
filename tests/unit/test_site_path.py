"""Addresses of one page, as they can be spelled."""

from __future__ import annotations

import pytest
from ckanext.gobiernoabierto.lib.site_path import steps_on

SITE = "https://datos.example.gt"


@pytest.mark.parametrize(
    "address",
    [
        "https://datos.example.gt/hito/3-11-H1",
        "http://datos.example.gt/hito/3-11-H1",
        "HTTPS://Datos.Example.GT./hito/3-11-H1",
        "https://datos.example.gt:443/hito/3-11-H1/",
        "http://datos.example.gt:80/hito/3-11-H1",
        "https://ana@datos.example.gt/hito/3-11-H1",
        "https://datos.example.gt//hito///3-11-H1?a=/b#c/d",
        "https://datos.example.gt/%68ito%2F3-11-%481",
        "https://datos.example.gt/compromiso/../hito/./3-11-H1",
        "https://datos.example.gt/%2e%2e/hito/3-11-H1",
    ],
)
def test_a_page_is_found_in_every_spelling(address: str):
    """Whatever leads to it."""
    assert steps_on(SITE, address) == ["hito", "3-11-H1"]


@pytest.mark.parametrize(
    "address",
    [
        "https://datos.example.gt.example.org/hito/3-11-H1",
        "https://example.org/https://datos.example.gt/hito/3-11-H1",
        "https://datos.example.gt:8443/hito/3-11-H1",
        "https://datos.example.gt@example.org/hito/3-11-H1",
        "ftp://datos.example.gt/hito/3-11-H1",
        "https://datos.example.gt:x/hito/3-11-H1",
        "https://[datos/hito/3-11-H1",
        "/hito/3-11-H1",
        "",
    ],
)
def test_another_site_is_another(address: str):
    """Also where it looks alike, and what is no address at all."""
    assert steps_on(SITE, address) is None


def test_a_site_below_a_path_has_only_what_is_below():
    """With a port of its own and a name with an accent."""
    site = "http://información.example:5000/datos/"
    assert steps_on(site, "http://xn--informacin-obb.example:5000/datos/hito/1") == ["hito", "1"]
    assert steps_on(site, "http://información.example:5000/datos") == []
    assert steps_on(site, "http://información.example:5000/hito/1") is None
