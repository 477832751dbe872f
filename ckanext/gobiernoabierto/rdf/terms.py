"""The words of our RDF: namespaces, literals as we write them, and the triples that may be written."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from ckanext.dcat.profiles.base import ADMS, DCAT, DCATAP, DCT, FOAF, GSP, SCHEMA, SPDX, VCARD
from ckanext.gobiernoabierto.entities.base import Values
from ckanext.gobiernoabierto.lib import iri
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import ORG, PROV, RDF, RDFS, SKOS, XSD, Namespace

M8G = Namespace("http://data.europa.eu/m8g/")
PREFIXES = {
    "adms": ADMS,
    "dcat": DCAT,
    "dcatap": DCATAP,
    "dct": DCT,
    "foaf": FOAF,
    "gsp": GSP,
    "m8g": M8G,
    "org": ORG,
    "prov": PROV,
    "rdfs": RDFS,
    "schema": SCHEMA,
    "skos": SKOS,
    "spdx": SPDX,
    "vcard": VCARD,
    "xsd": XSD,
}

THINGS = frozenset(
    {
        *(ADMS.sample, ADMS.status, DCAT.endpointDescription, DCAT.endpointURL, DCAT.landingPage),
        *(DCATAP.applicableLegislation, DCATAP.hvdCategory, DCT.conformsTo, DCT.hasVersion, DCT.isVersionOf),
        *(DCT.isReferencedBy, DCT.relation, DCT.source, DCT.type, FOAF.page),
    }
)
"""Properties that lead to something, of those that people may fill (DCAT-AP 3.0.1): a text is none."""

Triple = tuple[Any, Any, Any]
"""Subject, predicate, object. An object that is None stands for what is unknown: nothing is written."""

GUATEMALA = dt.timezone(dt.timedelta(hours=-6))
"""America/Guatemala, which has no daylight saving."""

log = logging.getLogger(__name__)


def text(value: str | None, language: str | None = "es") -> Literal | None:
    """Return a text in a language, or None where there is none."""
    return Literal(value, lang=language) if value and value.strip() else None


def plain(value: object) -> Literal | None:
    """Return a text of no language (a code, a number), or None where there is none."""
    return None if value is None or value == "" else Literal(str(value))


def integer(value: int | None) -> Literal | None:
    """Return an xsd:integer, or None where none is told."""
    return None if value is None else Literal(value, datatype=XSD.integer)


def date(value: dt.date | None) -> Literal | None:
    """Return an xsd:date, or None where none is known."""
    return Literal(value.isoformat(), datatype=XSD.date, normalize=False) if value else None


def local_moment(day: dt.date, hour: dt.time) -> Literal:
    """Return an xsd:dateTime as clocks in Guatemala show it, with -06:00."""
    moment = dt.datetime.combine(day, hour, GUATEMALA)
    return Literal(moment.isoformat(), datatype=XSD.dateTime, normalize=False)


def utc_moment(day: dt.date, hour: dt.time) -> Literal:
    """Return an xsd:dateTime in UTC, with Z."""
    moment = dt.datetime.combine(day, hour, GUATEMALA).astimezone(dt.UTC)
    return Literal(f"{moment:%Y-%m-%dT%H:%M:%SZ}", datatype=XSD.dateTime, normalize=False)


def link(address: object) -> URIRef | None:
    """Return a web address as an IRI, or None where the value is not one."""
    found = iri.web_address(address)
    return URIRef(found) if found else None


def each(subject: URIRef, predicate: URIRef, objects: Iterable[Any]) -> Iterator[Triple]:
    """Yield one triple for each object."""
    return ((subject, predicate, value) for value in objects)


def shown_by(owner: URIRef, row: Values) -> Iterator[Triple]:
    """Yield the addresses of what shows that something was done; its texts are left out."""
    return each(owner, DCT.references, (link(shown.get("url")) for shown in row.get("evidence") or ()))


def period(owner: URIRef, start: dt.date | None, end: dt.date | None, label: str | None) -> Iterator[Triple]:
    """Yield the term of something that begins and ends; nothing where nothing is known of it."""
    if not (start or end or label):
        return
    node = URIRef(f"{owner}#periodo")
    yield owner, DCT.temporal, node
    yield node, RDF.type, DCT.PeriodOfTime
    yield node, RDFS.label, plain(label)
    yield node, DCAT.startDate, date(start)
    yield node, DCAT.endDate, date(end)


def sifted(triples: Iterable[Triple]) -> Iterator[tuple[Triple, bool]]:
    """Yield the triples as they can be written, each with whether every syntax can carry it.

    Characters that no XML can hold are taken out of the texts: nobody ever saw them. A text where a thing is
    due is carried by none.
    """
    for subject, predicate, value in triples:
        if value is None:
            continue
        is_text = isinstance(value, Literal)
        clean = _clean(value) if is_text else value
        misplaced = is_text and predicate in THINGS
        triple = subject, predicate, clean
        yield triple, not misplaced and all(map(_is_carried, triple))


def _is_carried(node: Any) -> bool:
    # rdflib's own terms are slow to look up
    return not isinstance(node, URIRef) or iri.is_iri(str(node))


def writable(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Yield the triples that every syntax can carry; log and leave out the others."""
    for triple, carried in sifted(triples):
        if carried:
            yield triple
        else:
            log.warning("Left out of the RDF, an address is broken: %r", triple)


def _clean(value: Literal) -> Literal:
    readable = iri.readable_text(str(value))
    if readable == str(value):
        return value
    return Literal(readable, lang=value.language, datatype=value.datatype, normalize=False)


class OrderedGraph(Graph):
    """A graph whose subjects come in the order of their addresses, which RDF/XML is written in."""

    def subjects(self, *args: Any, **kwargs: Any) -> Generator[Any, None, None]:
        """Yield the subjects of a pattern, each one once."""
        yield from sorted(set(super().subjects(*args, **kwargs)), key=_order)


def name_prefixes(graph: Graph) -> None:
    """Let a graph write our vocabularies with the prefixes that people know, and make none up (``ns1``)."""
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace, replace=True)


def graph_of(triples: Iterable[Triple]) -> Graph:
    """Return a graph of what can be written of these triples, always in the same order."""
    graph = OrderedGraph(bind_namespaces="none")
    name_prefixes(graph)
    for triple in sorted(set(writable(triples)), key=lambda triple: tuple(map(_order, triple))):
        graph.add(triple)
    return graph


def _order(node: Any) -> tuple[str, str, str]:
    return str(node), getattr(node, "language", None) or "", str(getattr(node, "datatype", ""))


# -- Reading -------------------------------------------------------------------------------------------


def values(graph: Graph, subject: Any, predicate: Any) -> list[Any]:
    """Return the objects in the alphabet's order, because RDF has none; nothing of no subject."""
    return [] if subject is None else sorted(graph.objects(subject, predicate), key=_order)


def text_in(graph: Graph, subject: Any, predicate: Any, language: str | None = "es") -> str | None:
    """Return the text that is in this very language (None: in no language), or None."""
    return next(iter(texts_in(graph, subject, predicate, language)), None)


def texts_in(graph: Graph, subject: Any, predicate: Any, language: str | None = "es") -> list[str]:
    """Return all texts that are in this very language."""
    found = values(graph, subject, predicate)
    return [str(value) for value in found if isinstance(value, Literal) and value.language == language]


def day_in(graph: Graph, subject: Any, predicate: Any) -> dt.date | None:
    """Return the day of an xsd:date or xsd:dateTime as it is in Guatemala, or None where there is none."""
    return next(
        (moment[0] for value in values(graph, subject, predicate) if (moment := _moment(value))), None
    )


def hour_in(graph: Graph, subject: Any, predicate: Any) -> dt.time | None:
    """Return the hour of an xsd:dateTime as it is in Guatemala; None for a date without hours."""
    return next(
        (moment[1] for value in values(graph, subject, predicate) if (moment := _moment(value))), None
    )


def _moment(value: Any) -> tuple[dt.date, dt.time | None] | None:
    try:
        if "T" not in str(value):
            return dt.date.fromisoformat(str(value)), None
        moment = dt.datetime.fromisoformat(str(value))
    except ValueError:
        return None
    local = moment.astimezone(GUATEMALA) if moment.tzinfo else moment
    return local.date(), local.time()


def addresses_in(graph: Graph, subject: Any, predicate: Any) -> list[str]:
    """Return the objects that are IRIs."""
    return [str(value) for value in values(graph, subject, predicate) if isinstance(value, URIRef)]
