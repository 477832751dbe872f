"""The event stream with texts, by the shapes of DCAT-AP Feeds: our own rows, edited and taken back.

``DCAT_AP_FEEDS_SHAPES`` names a folder with them, which are not in this repository (docs/operate.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import pyoxigraph
import pytest
from ckan import model
from ckan.tests.helpers import CKANTestApp
from ckanext.gobiernoabierto.cli import gobiernoabierto
from ckanext.gobiernoabierto.feed import changes, flush, shapes
from ckanext.gobiernoabierto.logic.reference import SHIPPED, load
from click.testing import CliRunner
from rdflib import Graph
from rdflib.namespace import DCAT, SH, XSD

FOLDER = os.environ.get("DCAT_AP_FEEDS_SHAPES")
SITE = "http://test.ckan.net"
AS, TREE = str(changes.AS), str(changes.TREE)
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="DCAT_AP_FEEDS_SHAPES names no folder with the shapes of DCAT-AP Feeds"
)
Quads = list[pyoxigraph.Quad]


def call(action: str, **values: Any) -> Any:
    """Call an action with every right."""
    return tk.get_action(action)({"ignore_auth": True, "user": ""}, values)


@pytest.fixture(scope="module")
def site(empty_app: CKANTestApp) -> CKANTestApp:
    """All rows that we ship and the first datasets made of them; some edited, some taken back."""
    load(SHIPPED)
    done = CliRunner().invoke(gobiernoabierto, ["demo", "first"])
    assert done.exit_code == 0, done.output
    flush.flush()
    rows = model.Session.query(model.Package.id).filter_by(type="dataset", state="active").all()
    edited, withdrawn, purged, *_same = [row.id for row in rows]
    call("package_patch", id=edited, title="Otro título")
    call("gobiernoabierto_dataset_withdraw", id=withdrawn, reason="replaced", successor=edited)
    call("dataset_purge", id=purged)
    organization = call("package_show", id=edited)["owner_org"]
    call("organization_patch", id=organization, description="Publica lo suyo.")
    flush.flush()
    return empty_app


@pytest.fixture(scope="module")
def rules() -> Graph:
    """The shapes of the folder, all of its files together, but for one line.

    They have early shapes of DCAT-AP 3.0.0, in which the size of a file is a decimal. In the shapes
    of its release, and of 3.0.1, it is a nonNegativeInteger, and no value is of both types.
    """
    found = Graph()
    for each in shapes.read(Path(FOLDER or "")).values():
        found += each
    for size in list(found.subjects(SH.path, DCAT.byteSize)):
        found.remove((size, SH.datatype, XSD.decimal))
    assert (None, None, changes.AS.Delete) in found
    return found


def pages(site: CKANTestApp, stream: str, following: str = "") -> Iterator[Quads]:
    """Yield the pages of a stream as a client gets them: the root, and all that it leads to."""
    body = site.get(following or f"/catalog/{stream}.trig").data
    quads = list(pyoxigraph.parse(body, pyoxigraph.RdfFormat.TRIG))
    yield quads
    nodes = dict.fromkeys(each.object.value for each in quads if each.predicate.value == f"{TREE}node")
    for node in nodes:
        yield from pages(site, stream, node.removeprefix(SITE))


def union(quads: Quads) -> bytes:
    """Return all graphs as one, which is what shapes are asked of."""
    lines = {f"{each.subject} {each.predicate} {each.object} .\n" for each in quads}
    return "".join(sorted(lines)).encode()


def members(quads: Quads) -> dict[str, Quads]:
    """Return each event as a client hands it on: what is said of it, and its graph."""
    names = [each.object for each in quads if each.predicate.value == f"{TREE}member"]
    return {name.value: [each for each in quads if name in (each.subject, each.graph_name)] for name in names}


def violations(rules: Graph, quads: Quads) -> list[shapes.Found]:
    """Return what is against the shapes."""
    return [each for each in shapes.against(rules, union(quads)) if each.severity == shapes.VIOLATION]


def test_no_event_with_its_text_is_against_the_shapes(site: CKANTestApp, rules: Graph):
    """Creations, edits and deletions: each by itself, as it is handed on, and each page as a whole."""
    kinds: dict[str, int] = {}
    for quads in pages(site, "feed"):
        assert violations(rules, quads) == []
        for name, event in members(quads).items():
            assert violations(rules, event) == [], name
            for each in event:
                if each.object.value in (f"{AS}Create", f"{AS}Update", f"{AS}Delete"):
                    kinds[each.object.value] = kinds.get(each.object.value, 0) + 1
    assert kinds[f"{AS}Create"] > 2
    assert (kinds[f"{AS}Update"], kinds[f"{AS}Delete"]) == (2, 2)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ("no text", f"{AS}object"),
        ("another property", "http://schema.org/position"),
        ("no moment", f"{AS}published"),
    ],
)
def test_the_shapes_are_asked(site: CKANTestApp, rules: Graph, wrong: str, path: str):
    """What they do not allow is found: the test above has to be able to fail."""
    event = next(each for quads in pages(site, "feed") for each in members(quads).values() if len(each) > 9)
    node = next(each.subject for each in event if each.predicate.value == f"{AS}object")
    if wrong == "no text":
        event = [each for each in event if each.subject == node]
    elif wrong == "another property":
        literal = pyoxigraph.Literal("1")
        event = [*event, pyoxigraph.Quad(node, pyoxigraph.NamedNode(path), literal)]
    else:
        event = [
            pyoxigraph.Quad(node, each.predicate, pyoxigraph.Literal("ayer"))
            if each.predicate.value == path
            else each
            for each in event
        ]
    assert {each.path for each in violations(rules, event)} == {path}


def test_the_stream_without_texts_is_no_such_feed_and_claims_to_be_none(site: CKANTestApp, rules: Graph):
    """It says each event's position, and has no text: nothing else is against the shapes."""
    found = [each for quads in pages(site, "changes") for each in violations(rules, quads)]
    of_events = {each.path for each in found if each.node.startswith(f"{SITE}/catalog/changes/")}
    assert of_events == {f"{AS}object", str(changes.SCHEMA.position)}
    assert {each.value for each in found if not each.node.startswith(f"{SITE}/catalog/changes/")} == {""}
    root = next(pages(site, "changes"))
    assert f"{TREE}shape" not in {each.predicate.value for each in root}
