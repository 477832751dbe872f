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


def publisher_to_rdf(organization_id: str, title: str | None, *, is_municipality: bool) -> Iterator[Triple]:
    """Yield what a publisher is called, and that it is an organization, a local authority if it is one."""
    address = organization_address(organization_id)
    yield address, RDF.type, FOAF.Agent
    yield address, FOAF.name, text(title)
    yield address, RDF.type, ORG.Organization
    if is_municipality:
        yield address, DCT.type, authority.LOCAL_AUTHORITY
        yield from authority.local_authority_to_rdf()


def organization_to_rdf(group: Any, *, is_municipality: bool) -> Iterator[Triple]:
    """Yield an organization: what it is, what it is called and what it says of itself."""
    address = organization_address(group.id)
    yield from publisher_to_rdf(group.id, group.title or group.name, is_municipality=is_municipality)
    yield address, DCT.identifier, plain(group.name)
    yield address, DCT.description, text(group.description)
