"""What changed, in the order of the positions: an event stream (LDES) in pages that stay as they are.

A page has the events of a hundred positions, always the same ones; a closed one never changes, so that any
cache may keep it for ever. Therefore no event says more than what happened to which address, and when:
nothing that may have to be erased. The texts are where they can be taken back: under the address of each
event, and in the stream with texts, whose pages have the last event of each subject only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.lib import ntriples
from ckanext.gobiernoabierto.rdf.entity import class_of
from ckanext.gobiernoabierto.rdf.terms import PREFIXES, Triple
from ckanext.gobiernoabierto.rdf.withdrawn import AS
from rdflib import Literal, Namespace, URIRef
from rdflib.namespace import DCAT, FOAF, RDF, RDFS, XSD

from . import snapshot, syntax
from .model import CATALOG, CREATE, DATASET, DELETE, ORGANIZATION, UPDATE, Entry

PAGE = 100
"""Positions of a page. Never another number: caches have its pages for ever."""
GROUP = 100
"""Closed pages that a page of the second level leads to; nor this one."""
OF_DCAT = (CATALOG, DATASET, ORGANIZATION)
"""What DCAT-AP Feeds call standalone entities; of all others the datasets say what is needed."""

LDES = Namespace("https://w3id.org/ldes#")
TREE = Namespace("https://w3id.org/tree#")
SCHEMA = PREFIXES["schema"]
NAMES = {**syntax.NAMES, "ldes": str(LDES), "tree": str(TREE)}
SHAPE = URIRef("https://semiceu.github.io/LDES-DCAT-AP-feeds/shape.ttl#ActivityShape")
ACTIVITIES = {CREATE: AS.Create, UPDATE: AS.Update, DELETE: AS.Delete}
CLASSES = {CATALOG: DCAT.Catalog, DATASET: DCAT.Dataset, ORGANIZATION: FOAF.Agent}
TRUE = Literal("true", datatype=XSD.boolean)
PLAIN = ("seq", "kind", "subject", "address", "op", "published", "superseded_by")
WITH_TEXT = (*PLAIN, "body")


@dataclass(frozen=True)
class Stream:
    """A stream as one reader sees it: where its pages are, and what it has."""

    base: str
    """The address of the stream in no syntax in particular."""
    here: str
    """The address at which this reader reads it."""
    kinds: tuple[str, ...] = ()
    """Only of these, as the address asks; without any all, or of the texts what DCAT-AP knows."""
    events: str = ""
    """What the addresses of events begin with."""
    other: str = ""
    """The address of the other stream, without the texts or with them."""
    texts: bool = False

    @property
    def name(self) -> URIRef:
        """Return what the stream is called by programs, whatever the syntax."""
        return URIRef(self._with(self.base) + "#stream")

    def node(self, level: str = "", number: int = 0) -> str:
        """Return the address of its root, or of a page."""
        return self._with(self.here, **({level: str(number)} if level else {}))

    def event(self, position: int) -> str:
        """Return the address of an event."""
        return f"{self.events}/{position}"

    def _with(self, address: str, **more: str) -> str:
        question = {**({"kind": ",".join(self.kinds)} if self.kinds else {}), **more}
        return f"{address}?{urlencode(question, safe=',')}" if question else address


@dataclass(frozen=True)
class Part:
    """A page or a group of them: the positions that it has, and whether more will come."""

    level: str
    number: int
    first: int
    last: int
    closed: bool


SIZES = {"page": PAGE, "group": PAGE * GROUP}


def part(level: str, number: int, position: int) -> Part | None:
    """Return a page or group of a log that stands at a position, or None if there is none yet.

    A group is there once it is closed.
    """
    size = SIZES[level]
    first, last = (number - 1) * size + 1, number * size
    if number < 1 or first > position or (level == "group" and last > position):
        return None
    return Part(level, number, first, min(last, position), last <= position)


def parts_of_root(position: int) -> list[Part]:
    """Return what the root leads to: the groups that are closed, and the pages that are in none of them."""
    groups = position // SIZES["group"]
    every = [part("group", number, position) for number in range(1, groups + 1)]
    every += [
        part("page", number, position) for number in range(groups * GROUP + 1, -(-position // PAGE) + 1)
    ]
    return [each for each in every if each]


def parts_of_group(group: Part, position: int) -> list[Part]:
    """Return the pages of a group, which is closed."""
    numbers = range((group.number - 1) * GROUP + 1, group.number * GROUP + 1)
    return [each for number in numbers if (each := part("page", number, position))]


# -- Reading ------------------------------------------------------------------------------------------


def events(first: int, last: int, kinds: Iterable[str] = (), limit: int | None = None) -> list[Any]:
    """Return the events of these positions in their order, without texts."""
    return _read(PLAIN, (), first, last, kinds, limit)


def of_full(first: int, last: int, kinds: Iterable[str], limit: int) -> Any:
    """Return the event (seq, published) that made these events what they are, if there are ``limit`` of them.

    What is told of an event changes only when it is superseded, as it is by being taken back. None if there
    are fewer: more may come.
    """
    these = _select(("seq", "superseded_by"), (), first, last, kinds, limit).subquery()
    newest = sa.func.greatest(sa.func.max(these.c.seq), sa.func.max(these.c.superseded_by))
    full = sa.select(sa.case((sa.func.count() == limit, newest))).select_from(these)
    return Session.execute(
        sa.select(Entry.seq, Entry.published).where(Entry.seq == full.scalar_subquery())
    ).first()


def present(first: int, last: int, kinds: Iterable[str] = ()) -> list[Any]:
    """Return those of the events that are the last one of their subject, with its text."""
    return _read(WITH_TEXT, (Entry.superseded_by.is_(None),), first, last, kinds)


def event(position: int) -> Any:
    """Return an event with its text, or None."""
    return next(iter(_read(WITH_TEXT, (), position, position)), None)


def last_position(kind: str, subject: str) -> int:
    """Return the position of a subject's last event; it has one."""
    last = sa.select(Entry.seq).where(Entry.kind == kind, Entry.subject == subject)
    return int(Session.scalar(last.where(Entry.superseded_by.is_(None))))


def _read(
    columns: tuple[str, ...],
    which: tuple[Any, ...],
    first: int,
    last: int,
    kinds: Iterable[str] = (),
    limit: int | None = None,
) -> list[Any]:
    return list(Session.execute(_select(columns, which, first, last, kinds, limit)))


def _select(
    columns: tuple[str, ...],
    which: tuple[Any, ...],
    first: int,
    last: int,
    kinds: Iterable[str],
    limit: int | None,
) -> Any:
    shown = sa.select(*(Entry.__table__.c[name] for name in columns))
    found = shown.where(Entry.seq.between(first, last), *which)
    if kinds:
        found = found.where(Entry.kind.in_(tuple(kinds)))
    return found.order_by(Entry.seq).limit(limit)


# -- Writing ------------------------------------------------------------------------------------------


def root(stream: Stream, position: int) -> bytes:
    """Return the first page as N-Triples: what the stream is, and where its pages are."""
    here = URIRef(stream.node())
    said = [
        (stream.name, RDF.type, LDES.EventStream),
        (stream.name, TREE.view, here),
        (stream.name, LDES.timestampPath, AS.published),
        (stream.name, LDES.versionOfPath, AS.object),
        (stream.name, LDES.versionCreateObject, AS.Create),
        (stream.name, LDES.versionUpdateObject, AS.Update),
        (stream.name, LDES.versionDeleteObject, AS.Delete),
        *(_of_texts(stream, here) if stream.texts else [(stream.name, LDES.sequencePath, SCHEMA.position)]),
        (here, RDF.type, TREE.Node),
        (here, RDFS.seeAlso, URIRef(stream.other)),
        *_relations(stream, here, parts_of_root(position)),
    ]
    return _lines(said)


def _of_texts(stream: Stream, here: URIRef) -> Iterator[Triple]:
    """Yield that the stream has texts as DCAT-AP Feeds demand, and of each subject the last event only."""
    policy = URIRef(f"{here}#last-events")
    yield stream.name, TREE.shape, SHAPE
    yield here, LDES.retentionPolicy, policy
    yield policy, RDF.type, LDES.LatestVersionSubset
    yield policy, LDES.amount, Literal(1)
    yield policy, LDES.versionAmount, Literal(1)


def written(stream: Stream, which: Part, position: int) -> bytes:
    """Return a page or a group of a stream: TriG where it has texts, else N-Triples."""
    if which.level == "group":
        return group(stream, which, position)
    if stream.texts:
        return page(stream, which, present(which.first, which.last, stream.kinds or OF_DCAT))
    return page(stream, which, events(which.first, which.last, stream.kinds))


def group(stream: Stream, which: Part, position: int) -> bytes:
    """Return a page of the second level, which has no events itself."""
    here = URIRef(stream.node(which.level, which.number))
    node = [(here, RDF.type, TREE.Node), (here, LDES.immutable, TRUE)]
    return _lines([*node, *_relations(stream, here, parts_of_group(which, position))])


def page(stream: Stream, which: Part, rows: list[Any]) -> bytes:
    """Return a page's events; with texts it is TriG, else N-Triples."""
    here = URIRef(stream.node(which.level, which.number))
    said: list[Triple] = [(here, RDF.type, TREE.Node)]
    if which.closed:
        said.append((here, LDES.immutable, TRUE))
    said += [(stream.name, TREE.member, URIRef(stream.event(row.seq))) for row in rows]
    for row in rows:
        said += activity(stream, row)
    texts = ((stream.event(row.seq), row.body) for row in rows if stream.texts and row.body)
    return _lines(said) + b"".join(b"<%s> {\n%s}\n" % (name.encode(), body) for name, body in texts)


def activity(stream: Stream, row: Any) -> Iterator[Triple]:
    """Yield what happened to what and when. In the stream with texts nothing else, as its shape demands."""
    node, address = URIRef(stream.event(row.seq)), URIRef(row.address)
    yield node, RDF.type, ACTIVITIES[row.op]
    yield node, AS.object, address
    yield node, AS.published, _moment(row.published)
    if not stream.texts:
        yield node, SCHEMA.position, Literal(row.seq)
        yield from (
            (address, RDF.type, each) for each in [CLASSES.get(row.kind) or class_of(row.kind)] if each
        )


def text(stream: Stream, row: Any) -> bytes:
    """Return an event and its text in one graph, as N-Triples."""
    return _lines(activity(stream, row)) + bytes(row.body)


def _relations(stream: Stream, here: URIRef, parts: list[Part]) -> Iterator[Triple]:
    """Yield the way to each part, and from which moment to which its events are."""
    moments = snapshot.moments({position for each in parts for position in (each.first, each.last)})
    for each in parts:
        node = URIRef(stream.node(each.level, each.number))
        yield from _relation(here, node, "from", TREE.GreaterThanOrEqualToRelation, moments[each.first])
        if each.closed:
            yield from _relation(here, node, "until", TREE.LessThanOrEqualToRelation, moments[each.last])


def _relation(here: URIRef, node: URIRef, name: str, kind: URIRef, moment: dt.datetime) -> Iterator[Triple]:
    relation = URIRef(f"{node}#{name}")
    yield here, TREE.relation, relation
    yield relation, RDF.type, kind
    yield relation, TREE.node, node
    yield relation, TREE.path, AS.published
    yield relation, TREE.value, _moment(moment)


def iso(moment: dt.datetime) -> str:
    """Return a moment in UTC, to the millisecond."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(moment: dt.datetime) -> Literal:
    return Literal(iso(moment), datatype=XSD.dateTime, normalize=False)


def _lines(triples: Iterable[Triple]) -> bytes:
    return "".join(f"{ntriples.line(*each)}\n" for each in triples).encode()
