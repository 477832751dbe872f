"""What our profile adds to a dataset's RDF and reads from it: its links, its licence, its rights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ckanext.dcat.profiles.base import DCAT, DCT, VCARD
from ckanext.gobiernoabierto.lib import iri
from ckanext.gobiernoabierto.links.model import FROM_WORKSHOP, MUNICIPAL, NATIONAL, NO_WORKSHOP
from rdflib import Graph, URIRef
from rdflib.namespace import PROV, RDF

from . import authority, territory, vocabulary
from .addresses import Addresses, codes_of
from .terms import Triple, each, link, values

Values = dict[str, Any]


def no_workshop(addresses: Addresses) -> URIRef:
    """Return the statement that a dataset comes from no workshop, which is not the same as unknown."""
    return URIRef(f"{addresses.scheme(vocabulary.PROVENANCE)}/{vocabulary.NO_WORKSHOP[0]}")


def dataset_to_rdf(
    dataset: Mapping[str, Any], subject: URIRef, addresses: Addresses, labels: Mapping[str, str]
) -> Iterator[Triple]:
    """Yield what we add to ckanext-dcat's RDF of a dataset. ``labels`` are those of the form's choices."""
    yield from _territory(dataset, subject, addresses)
    yield from _workshops(dataset, subject, addresses)
    yield from _commitments(dataset, subject, addresses)
    for said in ("problem", "idea", "data_request"):
        yield from each(subject, DCT.relation, addresses.links(said, dataset.get(said) or ()))
    yield from each(subject, DCAT.theme, addresses.links("axis", dataset.get("axis") or ()))
    for theme in filter(None, map(link, dataset.get("theme") or ())):
        yield from authority.theme_to_rdf(theme, labels.get(str(theme)))
    rights = authority.NON_PUBLIC if dataset.get("private") else authority.PUBLIC
    yield subject, DCT.accessRights, rights
    yield from authority.access_rights_to_rdf(rights)
    licence = licence_of(dataset)
    if licence:
        yield subject, DCT.license, licence
        yield from authority.licence_to_rdf(licence)


def _territory(dataset: Mapping[str, Any], subject: URIRef, addresses: Addresses) -> Iterator[Triple]:
    if dataset.get("coverage") == NATIONAL:
        yield subject, DCT.spatial, territory.COUNTRY
        yield from territory.country_to_rdf()
    yield from each(subject, DCT.spatial, addresses.links("municipality", dataset.get("municipality") or ()))


def _workshops(dataset: Mapping[str, Any], subject: URIRef, addresses: Addresses) -> Iterator[Triple]:
    """Yield the workshops that named the need. They did not make the data: wasGeneratedBy would say so."""
    if dataset.get("workshop_origin") == NO_WORKSHOP:
        yield subject, DCT.provenance, no_workshop(addresses)
        yield from vocabulary.provenance_to_rdf(addresses, *vocabulary.NO_WORKSHOP)
    for workshop in addresses.links("workshop", dataset.get("workshop") or ()):
        yield subject, PROV.wasInfluencedBy, workshop
        yield from _influence(subject, workshop, PROV.ActivityInfluence, vocabulary.FOUND_IN, addresses)


def _commitments(dataset: Mapping[str, Any], subject: URIRef, addresses: Addresses) -> Iterator[Triple]:
    for commitment in addresses.links("commitment", dataset.get("commitment") or ()):
        yield from _influence(subject, commitment, PROV.EntityInfluence, vocabulary.FULFILS, addresses)


def _influence(
    subject: URIRef, by: URIRef, kind: URIRef, role: tuple[str, str], addresses: Addresses
) -> Iterator[Triple]:
    """Yield the plain relation, which harvesters show, and the qualified one, which says what it is."""
    path, code = str(by).split("/")[-2:]
    node = URIRef(f"{subject}#influencia-{path}-{code}")
    yield subject, DCT.relation, by
    yield subject, PROV.qualifiedInfluence, node
    yield node, RDF.type, PROV.Influence
    yield node, RDF.type, kind
    yield node, PROV.influencer, by
    yield node, PROV.hadRole, URIRef(f"{addresses.scheme(vocabulary.ROLES)}/{role[0]}")
    yield from vocabulary.role_to_rdf(addresses, *role)


def licence_of(dataset: Mapping[str, Any]) -> URIRef | None:
    """Return the licence as the EU calls it, else its address in the site's list; a free text is none."""
    known = authority.LICENCES.get(dataset.get("license_id") or "")
    return known or link(dataset.get("license_url")) or link(dataset.get("license_id"))


# -- Reading -------------------------------------------------------------------------------------------


def dataset_from_rdf(graph: Graph, subject: URIRef, licences: Mapping[str, str]) -> Values:
    """Return the fields of a dataset that our profile carries; lists in alphabetical order.

    Links count by the path of the address, whatever the site. ``licences`` is the site's own list:
    {address: id}.
    """
    themes = [str(theme) for theme in values(graph, subject, DCAT.theme)]
    related = values(graph, subject, DCT.relation)
    workshops = [*related, *values(graph, subject, PROV.wasInfluencedBy)]
    workshops += values(graph, subject, PROV.wasGeneratedBy)
    axes = codes_of("axis", themes)
    found: Values = {
        "axis": axes,
        "theme": [theme for theme in themes if iri.web_address(theme) and not codes_of("axis", [theme])],
        "commitment": codes_of("commitment", related),
        "problem": codes_of("problem", related),
        "idea": codes_of("idea", related),
        "data_request": codes_of("data_request", related),
        "workshop": sorted(set(codes_of("workshop", workshops))),
        "language": [str(tongue) for tongue in values(graph, subject, DCT.language)],
        "frequency": _first(values(graph, subject, DCT.accrualPeriodicity)),
        "license_id": _licence_from_rdf(graph, subject, licences),
    }
    return {
        **found,
        **_territory_from_rdf(graph, subject),
        "workshop_origin": _origin_from_rdf(graph, subject, found["workshop"]),
        **_contact_from_rdf(graph, subject),
        **_period_from_rdf(graph, subject),
    }


def _first(found: Iterable[Any]) -> str | None:
    return next((str(value) for value in found), None)


def _territory_from_rdf(graph: Graph, subject: URIRef) -> Values:
    """Return the municipalities, and the coverage where something is said of it."""
    places = values(graph, subject, DCT.spatial)
    municipalities = codes_of("municipality", places)
    if municipalities:
        return {"municipality": municipalities, "coverage": MUNICIPAL}
    return {"municipality": [], "coverage": NATIONAL if territory.COUNTRY in places else None}


def _origin_from_rdf(graph: Graph, subject: URIRef, workshops: list[str]) -> str | None:
    if workshops:
        return FROM_WORKSHOP
    statements = values(graph, subject, DCT.provenance)
    return NO_WORKSHOP if any(str(each).endswith("/procedencia/sin-taller") for each in statements) else None


def _licence_from_rdf(graph: Graph, subject: URIRef, licences: Mapping[str, str]) -> str | None:
    """Return the id of the licence of the dataset, else of its first distribution that has a known one."""
    ids = {str(address): ours for ours, address in authority.LICENCES.items()}
    holders = [subject, *values(graph, subject, DCAT.distribution)]
    found = [str(licence) for holder in holders for licence in values(graph, holder, DCT.license)]
    return next((known for each in found if (known := ids.get(each) or licences.get(each))), None)


def _contact_from_rdf(graph: Graph, subject: URIRef) -> Values:
    contact = next(iter(values(graph, subject, DCAT.contactPoint)), None)
    email = _first(values(graph, contact, VCARD.hasEmail))
    return {
        "contact_name": _first(values(graph, contact, VCARD.fn)),
        "contact_email": iri.mailbox(email) if email else None,
    }


def _period_from_rdf(graph: Graph, subject: URIRef) -> Values:
    period = next(iter(values(graph, subject, DCT.temporal)), None)
    return {
        "temporal_start": _first(values(graph, period, DCAT.startDate)),
        "temporal_end": _first(values(graph, period, DCAT.endDate)),
    }
