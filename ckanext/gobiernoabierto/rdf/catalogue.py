"""The header of the catalogue, with what ckanext-dcat leaves out of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import ckan.model as model
import sqlalchemy as sa
from ckanext.dcat.profiles.base import DCAT, DCT, FOAF
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.organization_role import OrganizationRole
from rdflib import Literal, URIRef
from rdflib.namespace import ORG, RDF, VOID

from . import authority, plans, territory
from .entity import addresses_for, named_to_rdf
from .organization import organization_address, publisher_to_rdf
from .terms import Triple, link, text


def without_shortcomings(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Yield triples without the language that ckanext-dcat writes as a text, and without its homepage.

    Its homepage is the catalogue itself, and a catalogue is not a document.
    """
    for subject, predicate, value in triples:
        if predicate == FOAF.homepage or (predicate == DCT.language and isinstance(value, Literal)):
            continue
        yield subject, predicate, value


def catalogue_to_rdf(catalogue: URIRef) -> Iterator[Triple]:
    """Yield what the catalogue is: publisher, language, licence, territory, homepage, dump, vocabularies."""
    homepage = URIRef(f"{config.site_url()}/dataset/")
    yield catalogue, DCT.language, authority.SPANISH
    yield authority.SPANISH, RDF.type, DCT.LinguisticSystem
    yield catalogue, FOAF.homepage, homepage
    yield homepage, RDF.type, FOAF.Document
    yield catalogue, VOID.dataDump, URIRef(f"{config.site_url()}/catalog.nt.gz")
    yield catalogue, DCT.spatial, territory.COUNTRY
    yield from territory.country_to_rdf()
    licence = link(config.catalogue_licence())
    if licence:
        yield catalogue, DCT.license, licence
        yield from authority.licence_to_rdf(licence)
    yield catalogue, DCAT.themeTaxonomy, authority.DATA_THEMES
    yield from authority.data_themes_to_rdf()
    yield from _axes(catalogue)
    yield from _publisher(catalogue)


def _axes(catalogue: URIRef) -> Iterator[Triple]:
    """Yield the scheme of every plan that has a published axis."""
    axis = registry.entity_type("axis").table
    found = sa.select(axis.c.plan).where(axis.c.visibility == "published").distinct().order_by(axis.c.plan)
    codes = list(model.Session.execute(found).scalars())
    addresses = addresses_for((("plan", code) for code in codes), ())
    for code in codes:
        yield catalogue, DCAT.themeTaxonomy, addresses.axes_of(code)
        yield from plans.scheme_to_rdf(addresses, code)
    for named in addresses.known.values():
        yield from named_to_rdf(named, addresses)


def _publisher(catalogue: URIRef) -> Iterator[Triple]:
    """Yield who publishes the catalogue: the organizations that coordinate it, or else the site itself."""
    found = (
        sa.select(model.Group.id, model.Group.title, model.Group.name, OrganizationRole.municipality)
        .join(OrganizationRole, OrganizationRole.organization_id == model.Group.id)
        .where(OrganizationRole.coordinator.is_(True), model.Group.state == "active")
        .order_by(model.Group.name)
    )
    coordinator = model.Session.execute(found.limit(1)).first()
    if coordinator:
        yield catalogue, DCT.publisher, organization_address(coordinator.id)
        title = coordinator.title or coordinator.name
        yield from publisher_to_rdf(coordinator.id, title, is_municipality=bool(coordinator.municipality))
        return
    publisher = URIRef(f"{catalogue.rstrip('/')}#sitio")
    yield catalogue, DCT.publisher, publisher
    yield publisher, RDF.type, FOAF.Agent
    yield publisher, RDF.type, ORG.Organization
    yield publisher, FOAF.name, text(config.site_title())
