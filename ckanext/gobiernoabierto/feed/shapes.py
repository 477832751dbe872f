"""What DCAT-AP demands and recommends, in our words or the official ones, and what is against it."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from rdflib import Graph, Namespace, URIRef
from rdflib.namespace import SH

OURS = Namespace("urn:gobiernoabierto:shapes:")
VIOLATION, SUGGESTION = "violation", "suggestion"
"""Against DCAT-AP; what DCAT-AP recommends, or data.europa.eu gives points for."""
MOST = 300
"""Characters of a value that are told of."""


@dataclass(frozen=True)
class Rule:
    """A demand that an officer can do something about."""

    field: str | None
    """Of the form; of a file's, where the rule is about files."""
    message: str
    """What to do, in Spanish: as the schemas, the rules carry what people read."""


@dataclass(frozen=True, order=True)
class Found:
    """Something that is against a rule."""

    rule: str
    """Its name; of the official shapes, its address."""
    severity: str
    node: str
    """The address of what it is said of: the dataset, a file, a contact."""
    path: str
    """The property."""
    value: str
    """The value that is wrong; empty where one is lacking."""


def _source() -> Any:
    return resources.files("ckanext.gobiernoabierto.data") / "dcat_ap_3.ttl"


@functools.cache
def ours() -> Graph:
    """Return the shapes in our words."""
    return Graph().parse(data=_source().read_bytes(), format="turtle")


@functools.cache
def digest() -> str:
    """Return what tells that the rules are others than they were."""
    return hashlib.sha256(_source().read_bytes()).hexdigest()[:32]


@functools.cache
def rules() -> dict[str, Rule]:
    """Return the rules that say what to do, by their names."""
    shapes = ours()
    named = sorted(set(shapes.subjects(SH.message)), key=str)
    return {
        _name(each): Rule(_text(shapes, each, OURS.field), str(shapes.value(each, SH.message)))
        for each in named
    }


def _text(graph: Graph, node: Any, predicate: Any) -> str | None:
    found = graph.value(node, predicate)
    return None if found is None else str(found)


def read(path: Path) -> dict[str, Graph]:
    """Return the shapes of a Turtle file, or of each one in a folder, by their names.

    Each is asked by itself: a folder may hold several versions. What a file names and only another one
    describes (the ranges of DCAT-AP 3.0.1) demands nothing in it, and pyshacl would refuse it.
    """
    files = sorted(path.glob("*.ttl")) if path.is_dir() else [path]
    found = {each.name: Graph().parse(each, format="turtle") for each in files}
    for shapes in found.values():
        for shape in set(shapes.objects(None, SH.property)):
            if (shape, SH.path, None) not in shapes:
                shapes.remove((None, SH.property, shape))
    return found


def against(shapes: Graph, triples: bytes) -> list[Found]:
    """Return all that is in N-Triples against the shapes, in a stable order."""
    # not for every process of the site: it costs a third of a second and 20 MB
    from pyshacl import validate

    data = Graph(bind_namespaces="none").parse(data=triples, format="nt")
    _conforms, report, _words = validate(data, shacl_graph=shapes)
    return sorted(set(_results(report)))


def _results(report: Any) -> Iterator[Found]:
    for each in report.objects(None, SH.result):
        severity = report.value(each, SH.resultSeverity)
        yield Found(
            rule=_name(report.value(each, SH.sourceShape)),
            severity=VIOLATION if severity == SH.Violation else SUGGESTION,
            node=str(report.value(each, SH.focusNode)),
            path=_text(report, each, SH.resultPath) or "",
            value=(_text(report, each, SH.value) or "")[:MOST],
        )


def _name(shape: Any) -> str:
    return str(shape).removeprefix(str(OURS)) if isinstance(shape, URIRef) else "shape"
