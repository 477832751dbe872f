"""Endings of addresses under which every page of an entity, and every list, is there as data too."""

from __future__ import annotations

PLAIN = ("csv", "xlsx", "json")
RDF = ("ttl", "jsonld", "rdf", "xml", "nt")
OF_EVERY_PAGE = (*PLAIN, *RDF)


def content_type(mimetype: str) -> str:
    """Return the header of a media type.

    Only texts and JSON have the parameter by their registration or by custom; XML and RDF name it inside.
    """
    has_charset = mimetype.startswith("text/") or mimetype == "application/json"
    return f"{mimetype}; charset=utf-8" if has_charset else mimetype
