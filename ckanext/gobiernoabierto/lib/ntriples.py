"""N-Triples, one form for each triple: the same graph gives the same bytes.

As in the canonical form of RDF 1.2 N-Triples, its lines sorted by code points.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pyoxigraph
from rdflib import BNode, Literal
from rdflib.namespace import XSD

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f]')
BLANK = "blank node"
"""Why a line is refused that parses: its node has another name at every reading."""


def line(subject: Any, predicate: Any, value: Any) -> str:
    """Return a triple of rdflib's terms as a line, without its end; nothing is checked."""
    return f"{_node(subject)} {_node(predicate)} {_node(value)} ."


def _node(node: Any) -> str:
    if isinstance(node, Literal):
        return _literal(node)
    return f"_:{node}" if isinstance(node, BNode) else f"<{node}>"


def _literal(value: Literal) -> str:
    quoted = f'"{_ESCAPED.sub(_escape, str(value))}"'
    if value.language:
        return f"{quoted}@{value.language}"
    if value.datatype is None or value.datatype == XSD.string:
        return quoted
    return f"{quoted}^^<{value.datatype}>"


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}"


def strict(lines: Iterable[str]) -> tuple[bytes, dict[str, str]]:
    """Return a document of the lines that a strict parser reads, and {line: why} of those it refuses."""
    written = sorted(set(lines))
    refused: dict[str, str] = {}
    if _why_not("\n".join(written), len(written)) is not None:
        refused = {each: why for each in written if (why := _why_not(each, 1)) is not None}
    return "".join(f"{each}\n" for each in written if each not in refused).encode(), refused


def _why_not(text: str, triples: int) -> str | None:
    """Return why a text is not so many triples without blank nodes, or None."""
    try:
        read = list(pyoxigraph.parse(text.encode(), pyoxigraph.RdfFormat.N_TRIPLES))
    except (SyntaxError, ValueError) as error:
        return str(error)
    if len(read) != triples:
        return f"{len(read)} triples"
    # most texts have not even what a blank node begins with
    blank = "_:" in text and any(
        isinstance(node, pyoxigraph.BlankNode) for each in read for node in (each.subject, each.object)
    )
    return BLANK if blank else None
