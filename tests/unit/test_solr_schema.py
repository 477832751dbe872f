"""The recipe that derives our Solr schema from the installed CKAN's."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import ckan
import pytest
from ckanext.gobiernoabierto.links.model import LINKED

FACET = {"type": "string", "indexed": "true", "stored": "true", "multiValued": "true"}
CKAN_SCHEMA = Path(ckan.__file__).parent / "config" / "solr" / "schema.xml"


@pytest.fixture
def derived(checkout: Path, tmp_path: Path) -> ET.Element:
    """Our schema, made as bin/serve makes it."""
    target = tmp_path / "schema.xml"
    subprocess.run([sys.executable, checkout / "docker/solr/schema.py", CKAN_SCHEMA, target], check=True)
    return ET.parse(target).getroot()


def test_name_and_fields_of_ckan_stay(derived: ET.Element) -> None:
    """CKAN checks the name at start, and an upgrade of CKAN brings its fields along."""
    stock = ET.parse(CKAN_SCHEMA).getroot()

    assert derived.get("name") == stock.get("name") == "ckan-2.11"
    names = {field.get("name") for field in derived.find("fields")}
    assert {field.get("name") for field in stock.find("fields")} < names


def test_codes_of_everything_that_datasets_link_to_are_facets(derived: ET.Element) -> None:
    """The recipe needs nothing but Python, so it has a list of its own."""
    codes = {each.get("name") for each in derived.find("fields") if each.attrib.items() >= FACET.items()}
    codes -= {field.get("name") for field in ET.parse(CKAN_SCHEMA).getroot().find("fields")}
    assert codes == set(LINKED), f"docker/solr/schema.py, LINKED_CODES: {sorted(codes ^ set(LINKED))}"


def test_spanish_words_are_stemmed_before_accents_are_folded(derived: ET.Element) -> None:
    """The stemmer knows words by their accents, so folding comes last, for index and question alike."""
    for analyzer in derived.findall("types/fieldType[@name='text']/analyzer"):
        chain = [each.get("class").removeprefix("solr.") for each in analyzer.findall("filter")]
        start = chain.index("StopFilterFactory")
        assert "LowerCaseFilterFactory" in chain[:start]
        assert chain[start : start + 3] == [
            "StopFilterFactory",
            "SpanishPluralStemFilterFactory",
            "ASCIIFoldingFilterFactory",
        ]


def test_a_schema_of_another_shape_is_refused(checkout: Path, tmp_path: Path) -> None:
    """Better no schema than one without Spanish."""
    strange = tmp_path / "strange.xml"
    strange.write_text("<schema name='ckan-9'><types/><fields/></schema>", encoding="utf-8")

    command = [sys.executable, checkout / "docker/solr/schema.py", strange, tmp_path / "out.xml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "has no types/fieldType[@name='text']" in done.stderr
    assert not (tmp_path / "out.xml").exists()
