"""The organizations that publish, as agents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ckanext.dcat.profiles.base import DCT, FOAF
from ckanext.dcat.utils import publisher_uri_organization_fallback
from rdflib import URIRef
from rdflib.namespace import ORG, RDF

from . import authority
from .terms import Triple, plain, text


def organization_address(organization_id: str) -> URIRef:
    """Return the identifier of an organization: the one that ckanext-dcat names as the publisher."""
    return URIRef(publisher_uri_organization_fallback({"organization": {"id": organization_id}}))


def kind_to_rdf(address: URIRef, *, is_municipality: bool) -> Iterator[Triple]:
    """Yield that a publisher is an organization, and a local authority where it is a municipality."""
    yield address, RDF.type, ORG.Organization
    if is_municipality:
        yield address, DCT.type, authority.LOCAL_AUTHORITY
        yield from authority.local_authority_to_rdf()


def organization_to_rdf(group: Any, *, is_municipality: bool) -> Iterator[Triple]:
    """Yield an organization: what it is, what it is called and what it says of itself."""
    address = organization_address(group.id)
    yield address, RDF.type, FOAF.Agent
    yield from kind_to_rdf(address, is_municipality=is_municipality)
    yield address, FOAF.name, text(group.title or group.name)
    yield address, DCT.identifier, plain(group.name)
    yield address, DCT.description, text(group.description)
