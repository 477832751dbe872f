"""Before and after ckanext-dcat: values that it cannot take, and what it leaves that is not stable."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ckanext.dcat.profiles.base import DCAT, DCT, FOAF, VCARD
from ckanext.gobiernoabierto.lib import iri
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF, XSD

from .identifiers import elsewhere
from .terms import Triple

Values = dict[str, Any]

ADDRESSES = ("url", "uri", "frequency", "access_url", "download_url")
ADDRESS_LISTS = ("theme", "language")
DATES = ("issued", "modified", "temporal_start", "temporal_end", "metadata_created", "metadata_modified")
MOMENTS = (DCT.issued, DCT.modified)
NUMBERS = ("spatial_resolution_in_meters",)
DURATIONS = ("temporal_resolution",)
DURATION = re.compile(
    r"-?P(?!$)(\d{1,9}Y)?(\d{1,9}M)?(\d{1,9}D)?(T(?!$)(\d{1,9}H)?(\d{1,9}M)?(\d{1,9}(\.\d{1,9})?S)?)?",
    re.ASCII,
)
"""Of XML Schema: ``P1M``."""
FIGURES = re.compile(r'[-0-9., \["\]]{1,1000}', re.ASCII)
PUBLISHER = re.compile("(dcat_)?publisher(_|$)")
IDENTIFIES = ("identifier", "guid")
"""Ends of the names of extras that say which thing is meant, in whatever form."""
SAID_BY_US = "access_rights"
"""Extra that would say twice who may read a dataset: everybody may read what is published."""
OURS = ("license", "access_rights", "provenance", "hash", "size", "format", "mimetype", "availability")
"""What our profile writes itself: ckanext-dcat writes a literal, or a node without address, for some."""
PERSONS = ("author", "author_email", "maintainer", "maintainer_email")
"""Which ckanext-dcat publishes as the contact. An office is one; a person is not."""
SPANISH = (DCT.title, DCT.description, DCAT.keyword, FOAF.name)
"""What people wrote in Spanish, and ckanext-dcat leaves in no language."""


def fit_for_dcat(thing: Mapping[str, Any]) -> Values:
    """Return a dataset or a resource without the values that spoil ckanext-dcat's RDF or make it fail."""
    fit = {name: value for name, value in thing.items() if name not in (*OURS, *PERSONS)}
    for name in ADDRESSES:
        if name in fit:
            fit[name] = iri.web_address(fit[name])
    for name in ADDRESS_LISTS:
        given = fit.get(name)
        listed = given if isinstance(given, list) else [given]
        if name in fit:
            fit[name] = [address for value in listed if (address := iri.web_address(value))]
    for name in NUMBERS:
        if name in fit and not _are_numbers(fit[name]):
            fit[name] = None
    for name in DURATIONS:
        if name in fit and not is_duration(fit[name]):
            fit[name] = None
    for name in DATES:
        if name in fit and not is_date(fit[name]):
            fit[name] = None
    if "contact_email" in fit and not iri.mail_address(fit["contact_email"]):
        fit["contact_email"] = None
    if "extras" in fit:
        fit["extras"] = [extra for extra in fit["extras"] or () if _is_fit(extra)]
    if "resources" in fit:
        fit["resources"] = [fit_for_dcat(resource) for resource in fit["resources"] or ()]
    return fit


def without_publisher(fit: Values) -> Values:
    """Return a dataset without what programs say of who publishes it."""
    kept = {name: value for name, value in fit.items() if not PUBLISHER.match(name)}
    if "extras" in kept:
        kept["extras"] = [extra for extra in kept["extras"] if not PUBLISHER.match(str(extra["key"]))]
    return kept


def _is_fit(extra: Mapping[str, Any]) -> bool:
    """Tell whether an extra is no number that cannot be written, and names nothing of this site.

    What is of ours is named by our fields.
    """
    key, value = str(extra["key"]).removeprefix("dcat_"), extra["value"]
    if key == SAID_BY_US or (key in NUMBERS and not _are_numbers(value)):
        return False
    if key in DURATIONS and not is_duration(value):
        return False
    if key.endswith("uri"):
        return elsewhere(value) is not None
    return not key.endswith(IDENTIFIES) or iri.web_address(value) is None or elsewhere(value) is not None


def _are_numbers(value: Any) -> bool:
    """Tell whether a value, or each of a list, is a number written out: an exponent is as long as it says."""
    text = value if isinstance(value, str) else json.dumps(value)
    return FIGURES.fullmatch(text) is not None


def is_duration(value: Any) -> bool:
    """Tell whether a value is a duration of XML Schema."""
    return isinstance(value, str) and DURATION.fullmatch(value) is not None


def is_date(value: Any) -> bool:
    """Tell whether a value is a year, a month, a day or a moment in ISO 8601."""
    if not isinstance(value, str):
        return False
    if re.fullmatch(r"[0-9]{4}(-(0[1-9]|1[0-2]))?", value):
        return True
    try:
        dt.datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def tidy(graph: Graph, root: URIRef) -> Iterator[Triple]:
    """Yield triples with texts in Spanish, moments in UTC, an address for every node, contacts typed.

    Without what ckanext-dcat leaves as the text of a day, beside the day that it is.
    """
    names = _names(graph, root)
    for subject, predicate, value in graph:
        if isinstance(value, Literal):
            if predicate in MOMENTS and value.datatype is None:
                continue
            value = _in_spanish(predicate, _in_utc(value))
        elif isinstance(value, BNode):
            value = names[value]
        elif predicate == DCT.identifier:  # ckanext-dcat makes a thing of an address
            value = Literal(str(value))
        yield names[subject] if isinstance(subject, BNode) else subject, predicate, value
        if predicate == DCAT.contactPoint:
            yield value, RDF.type, VCARD.Kind


def _in_spanish(predicate: Any, value: Literal) -> Literal:
    if predicate in SPANISH and value.language is None and value.datatype is None:
        return Literal(str(value), lang="es")
    return value


def _in_utc(value: Literal) -> Literal:
    """Return a moment with Z where it says no zone: CKAN keeps its own in UTC."""
    if value.datatype == XSD.dateTime and re.fullmatch(r"[0-9-]+T[0-9:.]+", str(value)):
        return Literal(f"{value}Z", datatype=XSD.dateTime, normalize=False)
    return value


def _names(graph: Graph, root: URIRef) -> dict[Any, URIRef]:
    """Return an address for each blank node: its role and what it says, so that it is the same every time."""
    names: dict[Any, URIRef] = {}
    waiting = sorted({node for triple in graph for node in triple if isinstance(node, BNode)})
    while waiting:
        # Those that point to nothing unnamed first; a ring of blank nodes, which nobody writes, at once.
        ready = [node for node in waiting if not _unnamed(graph.objects(node), names)] or waiting
        names |= {node: _name(graph, node, root, names) for node in ready}
        waiting = [node for node in waiting if node not in names]
    return names


def _unnamed(nodes: Iterable[Any], names: Mapping[Any, URIRef]) -> bool:
    return any(isinstance(node, BNode) and node not in names for node in nodes)


def _name(graph: Graph, node: BNode, root: URIRef, names: Mapping[Any, URIRef]) -> URIRef:
    says = sorted(f"{p.n3()} {names.get(o, o).n3()}" for p, o in graph.predicate_objects(node))
    roles = sorted(str(p) for p in graph.predicates(None, node))
    role = re.split("[/#]", roles[0])[-1] if roles else "nodo"
    digest = hashlib.sha256("\n".join(says).encode()).hexdigest()[:12]
    return URIRef(f"{root}#{role}-{digest}")
