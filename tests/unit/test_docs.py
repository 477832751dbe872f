"""The documents name what is there: entities, actions, filters, types."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ckanext.gobiernoabierto.entities import listing, registry
from ckanext.gobiernoabierto.entities.base import PREFIX, EntityType
from ckanext.gobiernoabierto.logic.action import get_actions, read, write
from ckanext.gobiernoabierto.rdf.entity import _CALLED
from ckanext.gobiernoabierto.rdf.terms import PREFIXES

EACH = pytest.mark.parametrize("entity", registry.ENTITY_TYPES, ids=lambda entity: entity.name)
CODED = re.compile(r"`([^`]+)`")
TELLING = ("README.md", "docs/*.md", "ckanext/gobiernoabierto/*.ini", "*.ini", "*.toml")
FOLDERS = "bin|ckanext|docker|docs|i18n|schemas|tests|benchmarks"
PATH = re.compile(rf"(?<![\w./<$-])(?:{FOLDERS})/[\w./-]*\w")
"""Words that begin with one of our folders, and not within an address or another path."""
LINK = re.compile(r"""(?:\]\(|src=")(?!https?:|mailto:|#)([^)#"\s]+)""")


@pytest.fixture
def document(checkout: Path):
    """Read a document."""
    return lambda name: (checkout / "docs" / name).read_text("utf-8")


def cells(text: str, begins: str) -> list[str]:
    """Return the cells of the row of a table that begins so."""
    found = [line for line in text.splitlines() if line.startswith(begins)]
    assert len(found) == 1, f"Write one row that begins with {begins!r}: there are {len(found)}"
    return [cell.strip() for cell in found[0].strip("|").split(" | ")]


@EACH
def test_the_api_tells_addresses_codes_and_filters(document, entity: EntityType):
    """As the registry has them."""
    _, page, list_, code, filters = cells(document("api.md"), f"| `{entity.name}` |")
    assert (page, list_) == (f"`/{entity.path}/`", f"`/{entity.list_path}`")
    counted = re.fullmatch(r"counted, `.*-([A-Z])1`", code)
    assert (counted and counted[1]) == (entity.numbered and entity.numbered[1])
    assert CODED.findall(filters) == listing.filter_names(entity)


@EACH
def test_the_types_of_each_entity_are_told(document, entity: EntityType):
    """In the words of the prefixes that our RDF is written with."""
    named = entity.name.replace("_", " ")
    types = [str(each) for each in _CALLED[entity.name][0]]
    told = [
        PREFIXES[prefix] + name
        for each in CODED.findall(cells(document("rdf.md"), f"| {named}, `/{entity.path}/")[1])
        for prefix, name in [each.split(":")]
    ]
    assert [str(each) for each in told] == types


def test_the_api_names_every_action_and_none_that_is_not_there(document):
    """The six of each entity by their pattern, the others by name."""
    text = document("api.md")
    ours = {name for name in get_actions() if name.startswith(PREFIX)}
    of_entities = {*read.entity_actions(), *write.entity_actions()}
    told = set(re.findall(rf"{PREFIX}[a-z_]+[a-z]", text))
    told |= {PREFIX + name for name in re.findall(r"`_([a-z_]+)`", text)}
    assert told - of_entities == ours - of_entities


@pytest.fixture
def telling(checkout: Path) -> dict[Path, str]:
    """The text of each file that tells people where something is."""
    return {path: path.read_text("utf-8") for pattern in TELLING for path in checkout.glob(pattern)}


def test_paths_that_are_named_are_there(checkout: Path, telling):
    """Whoever goes where a document or a comment sends them finds it."""
    named = {(path.name, found) for path, text in telling.items() for found in PATH.findall(text)}
    assert len(named) > 50
    assert {each for each in named if not (checkout / each[1]).exists()} == set()


def test_links_within_the_documents_lead_somewhere(telling):
    """Also those of pictures."""
    links = [(path, link) for path, text in telling.items() for link in LINK.findall(text)]
    assert len(links) > 20
    assert [(path.name, link) for path, link in links if not (path.parent / link).exists()] == []


def test_the_readme_links_every_document(checkout: Path, telling):
    """In its table."""
    documents = {f"docs/{path.name}" for path in (checkout / "docs").glob("*.md")}
    assert documents <= set(LINK.findall(telling[checkout / "README.md"]))


def test_every_picture_is_shown_by_some_document(checkout: Path, telling):
    """None is kept for nobody."""
    shown = {(path.parent / link).resolve() for path, text in telling.items() for link in LINK.findall(text)}
    pictures = {path.resolve() for path in (checkout / "docs/pictures").iterdir()}
    assert pictures
    assert pictures - shown == set()
