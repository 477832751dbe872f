"""What the EU's authority tables and IANA call the licences, formats and rights that we use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ckanext.dcat.profiles.base import DCT
from rdflib import URIRef
from rdflib.namespace import RDF, SKOS

from .terms import Triple, text

TABLES = "http://publications.europa.eu/resource/authority/"
MEDIA_TYPES = "http://www.iana.org/assignments/media-types/"
LICENCE_TYPES = "http://purl.org/adms/licencetype/"
PUBLISHER_TYPES = "http://purl.org/adms/publishertype/"
VOCABULARIES = (TABLES, MEDIA_TYPES, LICENCE_TYPES, PUBLISHER_TYPES)

DATA_THEMES = URIRef(TABLES + "data-theme")
AVAILABILITIES = TABLES + "planned-availability/"
SPANISH = URIRef(TABLES + "language/SPA")
PUBLIC = URIRef(TABLES + "access-right/PUBLIC")
NON_PUBLIC = URIRef(TABLES + "access-right/NON_PUBLIC")
LOCAL_AUTHORITY = URIRef(PUBLISHER_TYPES + "LocalAuthority")

_LICENCES = (
    ("CC-BY-4.0", "CC_BY_4_0", "Attribution"),
    ("CC0-1.0", "CC0", "PublicDomain"),
    ("CC-BY-SA-4.0", "CC_BYSA_4_0", "ViralEffect-ShareAlike"),
    ("ODbL-1.0", "ODC_BL", "ViralEffect-ShareAlike"),
)
LICENCES = {ours: URIRef(f"{TABLES}licence/{theirs}") for ours, theirs, _ in _LICENCES}
_LICENCE_TYPES = {
    LICENCES[ours]: (URIRef(LICENCE_TYPES + kind), {"PublicDomain": "Public domain"}.get(kind, kind))
    for ours, _, kind in _LICENCES
}

FORMATS = {
    "CSV": ("CSV", "text/csv"),
    "TSV": ("TSV", "text/tab-separated-values"),
    "XLSX": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "XLS": ("XLS", "application/vnd.ms-excel"),
    "ODS": ("ODS", "application/vnd.oasis.opendocument.spreadsheet"),
    "JSON": ("JSON", "application/json"),
    "GeoJSON": ("GEOJSON", "application/geo+json"),
    "JSON-LD": ("JSON_LD", "application/ld+json"),
    "XML": ("XML", "application/xml"),
    "KML": ("KML", "application/vnd.google-earth.kml+xml"),
    "SHP": ("SHP", None),
    "GPKG": ("GPKG", "application/geopackage+sqlite3"),
    "PDF": ("PDF", "application/pdf"),
    "DOCX": ("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "DOC": ("DOC", "application/msword"),
    "ODT": ("ODT", "application/vnd.oasis.opendocument.text"),
    "TXT": ("TXT", "text/plain"),
    "HTML": ("HTML", "text/html"),
    "ZIP": ("ZIP", "application/zip"),
    "PNG": ("PNG", "image/png"),
    "JPEG": ("JPEG", "image/jpeg"),
    "RDF": ("RDF_XML", "application/rdf+xml"),
    "TTL": ("RDF_TURTLE", "text/turtle"),
}
"""CKAN's format -> the EU's file type, and IANA's media type where it has one."""
_BY_FOLDED = {name.casefold(): found for name, found in FORMATS.items()}
_BY_FILE_TYPE = {file_type: name for name, (file_type, _) in FORMATS.items()}
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+\-]*")


def file_type(format_name: object) -> URIRef | None:
    """Return the EU's file type for one of CKAN's formats, or None where there is none."""
    found = _BY_FOLDED.get(str(format_name).strip().lstrip(".").casefold())
    return URIRef(f"{TABLES}file-type/{found[0]}") if found else None


def format_of(file_type: object) -> str | None:
    """Return what CKAN calls an EU file type, or None where it is none."""
    return _BY_FILE_TYPE.get(str(file_type).removeprefix(TABLES + "file-type/"))


def media_type(given: object, format_name: object) -> URIRef | None:
    """Return IANA's media type: the one that is given, else the one of the format, else None."""
    found = _BY_FOLDED.get(str(format_name).strip().lstrip(".").casefold())
    name = str(given).strip().lower() if given else found[1] if found else None
    return URIRef(MEDIA_TYPES + name) if name and _MEDIA_TYPE.fullmatch(name) else None


def media_type_of(address: object) -> str | None:
    """Return the media type (``text/csv``) of IANA's address of it, or None where it is none."""
    name = re.sub("^https?:", "http:", str(address)).removeprefix(MEDIA_TYPES)
    return name if _MEDIA_TYPE.fullmatch(name) else None


def licence_to_rdf(licence: URIRef) -> Iterator[Triple]:
    """Yield a licence, with its type where we know it."""
    yield licence, RDF.type, DCT.LicenseDocument
    if licence in _LICENCE_TYPES:
        kind, label = _LICENCE_TYPES[licence]
        yield licence, DCT.type, kind
        yield kind, RDF.type, SKOS.Concept
        yield kind, SKOS.prefLabel, text(label, "en")


def access_rights_to_rdf(rights: URIRef) -> Iterator[Triple]:
    """Yield one of the EU's access rights."""
    label = "público" if rights == PUBLIC else "no público"
    yield rights, RDF.type, DCT.RightsStatement
    yield rights, RDF.type, SKOS.Concept
    yield rights, SKOS.prefLabel, text(label)


def theme_to_rdf(theme: URIRef, label: str | None) -> Iterator[Triple]:
    """Yield a theme of a dataset; one without a known label is called by the end of its address."""
    yield theme, RDF.type, SKOS.Concept
    yield theme, SKOS.prefLabel, text(label) or text(_last_step(theme), None)
    if str(theme).startswith(f"{DATA_THEMES}/"):
        yield theme, SKOS.inScheme, DATA_THEMES
        yield from data_themes_to_rdf()


def data_themes_to_rdf() -> Iterator[Triple]:
    """Yield the scheme of the EU's data themes."""
    yield DATA_THEMES, RDF.type, SKOS.ConceptScheme
    yield DATA_THEMES, DCT.title, text("Data theme", "en")


def local_authority_to_rdf() -> Iterator[Triple]:
    """Yield the type of publisher that a municipality is."""
    yield LOCAL_AUTHORITY, RDF.type, SKOS.Concept
    yield LOCAL_AUTHORITY, SKOS.prefLabel, text("Local Authority", "en")


def _last_step(address: URIRef) -> str:
    return str(address).rstrip("/#").rsplit("/", 1)[-1].rsplit("#", 1)[-1] or str(address)
