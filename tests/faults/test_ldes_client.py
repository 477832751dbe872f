"""An independent reader of event streams (ldes-client, of npm) has all that the site tells, and goes on."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from ckanext.gobiernoabierto.feed import changes

AS = str(changes.AS)
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
ACTIVITIES = {f"{AS}Create", f"{AS}Update", f"{AS}Delete"}
Members = dict[str, dict[str, list[str]]]
SHORT = re.compile(rb'^(<[^>]*> <[^>]*>) ([^<"_ ]+) ', re.MULTILINE)
"""A number or a truth value, as the reader writes them: Turtle's way among N-Quads."""
XSD = "http://www.w3.org/2001/XMLSchema#"


def in_full(short: re.Match[bytes]) -> bytes:
    """Return such a statement's beginning as N-Quads have it."""
    kind = "integer" if short[2].isdigit() else "boolean" if short[2].isalpha() else "decimal"
    return short[1] + b' "%s"^^<%s> ' % (short[2], f"{XSD}{kind}".encode())


@pytest.fixture(scope="session")
def program(node: str, node_packages: Callable[[Path], Path], checkout: Path) -> list[str]:
    """How the reader is called."""
    packages = node_packages(checkout / "tests/faults/ldes")
    return [node, str(packages / "ldes-client/dist/bin/cli.js")]


@pytest.fixture
def replicate(program: list[str], live_site: Any) -> Callable[..., tuple[Members, list[Any]]]:
    """Run the reader to the end of a stream: its events by name, and all statements that it found."""

    def run(path: str, *options: str) -> tuple[Members, list[Any]]:
        command = [*program, f"{live_site.url}{path}", *options]
        done = subprocess.run(command, capture_output=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr.decode()
        lines = [line for line in done.stdout.splitlines(keepends=True) if line.startswith((b"<", b"_:"))]
        written = SHORT.sub(in_full, b"".join(lines))
        quads = list(pyoxigraph.parse(written, pyoxigraph.RdfFormat.N_QUADS))
        found: Members = {}
        for each in quads:
            if isinstance(each.graph_name, pyoxigraph.DefaultGraph):
                said = found.setdefault(each.subject.value, {})
                said.setdefault(each.predicate.value, []).append(each.object.value)
        return {name: said for name, said in found.items() if ACTIVITIES & {*said.get(TYPE, [])}}, quads

    return run


@pytest.fixture
def told(live_site: Any) -> Callable[[], list[dict[str, Any]]]:
    """What the site tells on lines."""

    def read() -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{live_site.url}/catalog/changes.jsonl?limit=10000") as answer:
            return [json.loads(line) for line in answer]

    return read


@pytest.fixture(scope="module")
def dataset(live_site: Any, reference_rows: None) -> dict[str, Any]:
    """A published dataset, among more events than a page has."""
    organization = live_site.call("organization_create", name="una-municipalidad", title="Una municipalidad")
    made = live_site.call(
        "package_create",
        name="luminarias",
        title="Luminarias",
        notes="Por colonia.",
        owner_org=organization["id"],
        license_id="CC-BY-4.0",
        coverage="municipal",
        municipality=["0115"],
        workshop_origin="none",
        commitment=["3-11"],
        tags=[{"name": "alumbrado"}],
    )
    live_site.ckan("gobiernoabierto", "feed", "flush")
    return dict(made)


def test_an_independent_reader_has_every_event_and_goes_on(
    replicate: Any, told: Any, live_site: Any, dataset: dict[str, Any], tmp_path: Path
):
    """From both streams; after edits and a deletion it finds just the new events, by what it has kept."""
    lines = told()
    assert len(lines) > 3 * changes.PAGE
    states = {path: str(tmp_path / path) for path in ("changes", "feed")}
    found, _quads = replicate("/catalog/changes", "--save", states["changes"])
    event = f"{live_site.url}/catalog/changes/{{}}".format
    assert found.keys() == {event(each["position"]) for each in lines}
    assert all(found[event(each["position"])][f"{AS}object"] == [each["address"]] for each in lines)
    texts, quads = replicate("/catalog/feed", "--save", states["feed"], "--no-shape")
    present = {each["position"]: each for each in lines if each["kind"] in changes.OF_DCAT and each["text"]}
    assert texts.keys() >= {event(position) for position in present}
    for position, each in present.items():
        with urllib.request.urlopen(each["text"]) as answer:
            whole = {one.triple for one in pyoxigraph.parse(answer.read(), pyoxigraph.RdfFormat.N_TRIPLES)}
        graph = pyoxigraph.NamedNode(event(position))
        assert {one.triple for one in quads if one.graph_name == graph} < whole
    live_site.call("package_patch", id=dataset["id"], title="Otro")
    told()
    live_site.call("package_delete", id=dataset["id"])
    new = [each for each in told() if each["position"] > len(lines)]
    assert [each["op"] for each in new if each["id"] == dataset["id"]] == ["update", "delete"]
    found, _quads = replicate("/catalog/changes", "--save", states["changes"])
    assert found.keys() == {event(each["position"]) for each in new}
    texts, quads = replicate("/catalog/feed", "--save", states["feed"], "--no-shape")
    (last,) = [each for each in new if each["op"] == "delete"]
    assert texts[event(last["position"])][TYPE] == [f"{AS}Delete"]
    assert not [each for each in quads if each.object.value == "Otro"]


def test_it_reads_in_order_of_time_and_only_what_is_later(
    replicate: Any, told: Any, live_site: Any, dataset: dict[str, Any]
):
    """As the relations tell: what came before is left out, and the order is that of the positions."""
    lines = told()
    middle = lines[len(lines) // 2]
    later = [
        f"{live_site.url}/catalog/changes/{each['position']}"
        for each in lines
        if each["published"] > middle["published"]
    ]
    found, _quads = replicate(
        "/catalog/changes.ttl", "--ordered", "ascending", "--after", middle["published"]
    )
    assert list(found) == later
