"""What our profile adds to the RDF of a dataset's files and reads from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ckanext.dcat.profiles.base import DCAT, DCATAP, DCT, SCHEMA, SPDX
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SKOS, XSD

from . import authority
from .terms import Triple, link, plain, text_in, values

ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
"""By the number of hexadecimal digits."""
MOST_POSITIONS = 1 << 31
"""Behind all that have a position."""
ALGORITHM = "http://spdx.org/rdf/terms#checksumAlgorithm_"


def distribution_to_rdf(
    resource: Mapping[str, Any], subject: URIRef, licence: URIRef | None
) -> Iterator[Triple]:
    """Yield where a file is, its formats, size, checksum, licence and availability, each as a term."""
    yield subject, DCT.license, licence
    yield from _addresses(resource, subject)
    file_type = authority.file_type(resource.get("format"))
    media_type = authority.media_type(resource.get("mimetype"), resource.get("format"))
    yield from _typed(subject, DCT["format"], file_type, DCT.MediaTypeOrExtent)
    yield from _typed(subject, DCAT.mediaType, media_type, DCT.MediaType)
    if file_type is None:
        yield subject, SCHEMA.encodingFormat, plain(resource.get("format"))
    size = str(resource.get("size", ""))
    if size.isascii() and size.isdigit():
        yield subject, DCAT.byteSize, Literal(size, datatype=XSD.nonNegativeInteger)
    availability = link(resource.get("availability"))
    if availability and availability.startswith(authority.AVAILABILITIES):
        yield from _typed(subject, DCATAP.availability, availability, SKOS.Concept)
        yield availability, SKOS.prefLabel, plain(str(availability).rsplit("/", 1)[-1])
    yield from _checksum(resource, subject)


def _typed(subject: URIRef, predicate: URIRef, value: URIRef | None, kind: URIRef) -> Iterator[Triple]:
    if value is not None:
        yield subject, predicate, value
        yield value, RDF.type, kind


def _addresses(resource: Mapping[str, Any], subject: URIRef) -> Iterator[Triple]:
    """Yield the address of the file; one that was uploaded here, or has a format, can be downloaded."""
    address = link(resource.get("url"))
    yield from _typed(subject, DCAT.accessURL, address, RDFS.Resource)
    if resource.get("url_type") == "upload" or authority.file_type(resource.get("format")):
        yield from _typed(subject, DCAT.downloadURL, address, RDFS.Resource)


def _checksum(resource: Mapping[str, Any], subject: URIRef) -> Iterator[Triple]:
    """Yield the checksum, where it is one and its algorithm is known or told by its length."""
    digits = str(resource.get("hash") or "").strip().lower()
    algorithm = link(resource.get("hash_algorithm"))
    if algorithm is None and len(digits) in ALGORITHMS:
        algorithm = URIRef(ALGORITHM + ALGORITHMS[len(digits)])
    if algorithm is None or not re.fullmatch("(?:[0-9a-f]{2})+", digits):
        return
    node = URIRef(f"{subject}#suma")
    yield from _typed(subject, SPDX.checksum, node, SPDX.Checksum)
    yield from _typed(node, SPDX.algorithm, algorithm, SPDX.ChecksumAlgorithm)
    yield node, SPDX.checksumValue, Literal(digits, datatype=XSD.hexBinary, normalize=False)


def distribution_from_rdf(graph: Graph, subject: URIRef) -> dict[str, Any]:
    """Return the fields of a resource that are terms in RDF and plain words in CKAN, where they are known."""
    formats = map(authority.format_of, values(graph, subject, DCT["format"]))
    media_types = map(authority.media_type_of, values(graph, subject, DCAT.mediaType))
    languages = values(graph, subject, DCT.language)
    found = {
        "format": next(filter(None, formats), None) or text_in(graph, subject, SCHEMA.encodingFormat, None),
        "mimetype": next(filter(None, media_types), None),
        "language": next(map(str, languages), None),
    }
    return {name: value for name, value in found.items() if value}


def resources_from_rdf(graph: Graph, dataset: URIRef, read: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the resources that ckanext-dcat ``read``, with what it reads otherwise or twice, in their order.

    RDF has no order: where none is told it is that of their addresses, so that it is the same every time.
    """
    licences = {str(licence) for licence in values(graph, dataset, DCT.license)}
    found = []
    for resource in read:
        subject = URIRef(resource.pop("distribution_ref"))
        resource.update(distribution_from_rdf(graph, subject))
        twice = {"access_url": {resource["url"]}, "download_url": {resource["url"]}, "license": licences}
        told = {name: value for name, value in resource.items() if value not in twice.get(name, ())}
        positions = [int(each) for each in values(graph, subject, SCHEMA.position) if str(each).isdecimal()]
        found.append((positions[:1] or [MOST_POSITIONS], str(subject), told))
    return [told for _position, _subject, told in sorted(found, key=lambda each: each[:2])]
