"""Endings of addresses under which every page of an entity, and every list, is there as data too."""

from __future__ import annotations

PLAIN = ("csv", "xlsx", "json")
RDF = ("ttl", "jsonld", "rdf", "xml", "nt")
OF_EVERY_PAGE = (*PLAIN, *RDF)
