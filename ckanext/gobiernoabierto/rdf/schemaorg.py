"""A dataset in the words of schema.org, as search engines read it in a page.

Plain JSON-LD made of the dataset and of the triples of its fragment: what these do not say, because it is not
published, is not said here either. ckanext-dcat's own profile takes a graph and 10 ms for each view, and
publishes the mail address of whoever maintains the dataset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ckanext.dcat.profiles.base import DCAT, DCT, FOAF
from ckanext.dcat.utils import resource_uri
from ckanext.gobiernoabierto.lib import iri
from rdflib import URIRef
from rdflib.namespace import SKOS

from . import authority
from .cleaning import fit_for_dcat, is_date
from .distribution import ALGORITHMS
from .identifiers import elsewhere
from .terms import Triple

Values = dict[str, Any]

CONTEXT = "https://schema.org/"
SHORTEST, LONGEST = 50, 5000
"""Characters that Google asks of a description."""
LANGUAGES = {"SPA": "es", "ENG": "en"}
"""Ends of the EU's addresses of the languages that the form offers, and the codes of BCP 47."""
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
READ = frozenset({DCT.spatial, DCT.publisher, SKOS.prefLabel, FOAF.name, DCAT.bbox})


@dataclass(frozen=True)
class Catalogue:
    """The site that the dataset is in."""

    url: str
    """Without a slash at its end."""
    title: str


class _Said:
    """What triples say of what ``READ`` names."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.values: dict[tuple[str, URIRef], list[Any]] = {}
        for subject, predicate, value in triples:
            if predicate in READ and value is not None:
                self.values.setdefault((str(subject), predicate), []).append(value)

    def all(self, subject: Any, predicate: URIRef) -> list[str]:
        return sorted({str(value) for value in self.values.get((str(subject), predicate), ())})

    def one(self, subject: Any, predicate: URIRef) -> str | None:
        return next(iter(self.all(subject, predicate)), None)


def schemaorg(
    dataset: Mapping[str, Any], address: str, triples: Iterable[Triple], catalogue: Catalogue
) -> Values:
    """Return a dataset as a schema.org ``Dataset``, with what Google's search for datasets asks for.

    https://developers.google.com/search/docs/appearance/structured-data/dataset
    """
    said = _Said(triples)
    publisher = _publisher(said, address)
    licence = licence_of(dataset)
    found = {
        "@context": CONTEXT,
        "@type": "Dataset",
        "@id": address,
        "identifier": address,
        "url": f"{catalogue.url}/dataset/{dataset['name']}",
        "name": _text(dataset.get("title")) or dataset["name"],
        "description": _description(dataset, publisher, catalogue),
        "keywords": sorted(_text(tag["name"]) for tag in dataset.get("tags") or ()),
        "license": licence,
        "isAccessibleForFree": True,
        "inLanguage": [code for each in dataset.get("language") or () if (code := _language(each))],
        **_dates(dataset, also="metadata_"),
        "temporalCoverage": _period(dataset),
        "spatialCoverage": [
            place for each in said.all(address, DCT.spatial) if (place := _place(said, each))
        ],
        "publisher": publisher,
        "creator": publisher,
        "sameAs": elsewhere(dataset.get("url")),
        "includedInDataCatalog": {"@type": "DataCatalog", "name": catalogue.title, "url": catalogue.url},
        "distribution": [_file(each, licence) for each in dataset.get("resources") or ()],
    }
    return told(found)


def told(values: Mapping[str, Any]) -> Values:
    """Return what is known: no empty value."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def licence_of(dataset: Mapping[str, Any]) -> str | None:
    """Return the address of the licence's text, else the EU's name of it."""
    known = authority.LICENCES.get(dataset.get("license_id") or "")
    own = iri.web_address(dataset.get("license_url"))
    return own or (str(known) if known else iri.web_address(dataset.get("license_id")))


def _file(resource: Mapping[str, Any], licence: str | None) -> Values:
    """Return a file; what only is a page, of which nobody knows a format, has no content to download."""
    media_type = authority.media_type_of(
        authority.media_type(resource.get("mimetype"), resource.get("format")) or ""
    )
    size, sums = str(resource.get("size") or ""), checksum(resource)
    found = {
        "@type": "DataDownload",
        "@id": str(resource_uri(fit_for_dcat(resource))),
        "name": _text(resource.get("name")),
        "description": _text(resource.get("description")),
        "encodingFormat": media_type or _text(resource.get("format")),
        ("contentUrl" if is_file(resource) else "url"): iri.web_address(resource.get("url")),
        "contentSize": f"{size} B" if size.isascii() and size.isdigit() else None,
        "sha256": sums.get("sha256"),
        "license": licence,
        "inLanguage": _language(resource.get("language")),
        **_dates(resource),
    }
    return told(found)


def is_file(resource: Mapping[str, Any]) -> bool:
    """Tell whether the address of a resource is that of a file, as DCAT's ``downloadURL`` says it."""
    return resource.get("url_type") == "upload" or authority.file_type(resource.get("format")) is not None


def checksum(resource: Mapping[str, Any]) -> dict[str, str]:
    """Return {algorithm: digits} of the checksum, where it is one."""
    digits = str(resource.get("hash") or "").strip().lower()
    algorithm = ALGORITHMS.get(len(digits))
    named = str(resource.get("hash_algorithm") or "").rpartition("_")[2]
    if algorithm is None or named not in ("", algorithm) or not re.fullmatch("[0-9a-f]+", digits):
        return {}
    return {algorithm: digits}


def _text(value: object) -> str:
    return iri.readable_text(value).strip() if isinstance(value, str) else ""


def _description(dataset: Mapping[str, Any], publisher: Values | None, catalogue: Catalogue) -> str:
    """Return the description, within what search engines take: to a short one is added whose data it is."""
    text = _text(dataset.get("notes")) or _text(dataset.get("title"))
    if len(text) < SHORTEST:
        whose = f"que publica {publisher['name']} " if publisher else ""
        stop = "" if not text or text.endswith((".", "!", "?")) else "."
        text = f"{text}{stop} Conjunto de datos {whose}en el catálogo {catalogue.title}.".strip()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _publisher(said: _Said, address: str) -> Values | None:
    found = said.one(address, DCT.publisher)
    name = found and said.one(found, FOAF.name)
    return {"@type": "Organization", "@id": found, "name": name} if name else None


def _language(address: object) -> str | None:
    return LANGUAGES.get(str(address).rpartition("/")[2])


def _dates(thing: Mapping[str, Any], also: str = "") -> Values:
    """Return when it was published and changed: as somebody says or, of a dataset, as CKAN knows."""
    found: Values = {}
    for name, field, ckans in (
        ("datePublished", "issued", "created"),
        ("dateModified", "modified", "modified"),
    ):
        given = thing.get(field) or (thing.get(also + ckans) if also else None)
        if given and is_date(given):
            found[name] = _in_utc(given)
    return found


def _in_utc(moment: str) -> str:
    """Return a moment of CKAN's, which tells no zone, as one of UTC; a day stays a day."""
    told = "T" not in moment or moment.endswith("Z") or "+" in moment or "-" in moment.partition("T")[2]
    return moment if told else f"{moment}Z"


def _period(dataset: Mapping[str, Any]) -> str | None:
    """Return the period in ISO 8601, an end that nobody knows as two points."""
    ends = [dataset.get(name) for name in ("temporal_start", "temporal_end")]
    known = [each if is_date(each) else ".." for each in ends]
    return None if known == ["..", ".."] else "/".join(map(str, known))


def _place(said: _Said, place: str) -> Values | None:
    name = said.one(place, SKOS.prefLabel)
    if name is None:
        return None
    box = _box(said.one(place, DCAT.bbox))
    shape = {"@type": "GeoShape", "box": box} if box else None
    return told({"@type": "Place", "@id": place, "name": name, "geo": shape})


def _box(wkt: str | None) -> str | None:
    """Return the rectangle of a polygon as schema.org writes it: south west north east."""
    numbers = [float(each) for each in NUMBER.findall(wkt or "")]
    west_east, south_north = numbers[::2], numbers[1::2]
    if not west_east:
        return None
    return f"{min(south_north)} {min(west_east)} {max(south_north)} {max(west_east)}"
