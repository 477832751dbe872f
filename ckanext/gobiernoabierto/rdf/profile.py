"""The ckanext-dcat profile ``gobiernoabierto``: DCAT-AP 3 with the links of our datasets."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import ckan.model as model
from ckan.model.resource import CORE_RESOURCE_COLUMNS
from ckanext.dcat.profiles import EuropeanDCATAP3Profile
from ckanext.dcat.profiles.base import DCAT, DCT, SCHEMA, CleanedURIRef
from ckanext.dcat.utils import CONTENT_TYPES, resource_uri
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.lib import iri
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import XSD
from sqlalchemy.exc import SQLAlchemyError

from . import catalogue
from .authority import PUBLIC
from .cleaning import fit_for_dcat, is_date, tidy, without_publisher
from .dataset import dataset_from_rdf, dataset_to_rdf, licence_of
from .distribution import distribution_to_rdf, resources_from_rdf
from .identifiers import elsewhere, is_own
from .linked import Linked
from .own import of_itself, origin
from .terms import Triple, graph_of, integer, name_prefixes

# ckanext-dcat writes N-Triples, and then fails because it has no name for them
CONTENT_TYPES.setdefault("nt", "application/n-triples")

READ_BY_US = ("spatial", "contact", "temporal", "related_resource", "provenance", "theme", "language")
"""Beginnings of what ckanext-dcat reads from the nodes that our profile reads better."""
NODES = (
    "publisher",
    "creator",
    "contact",
    "qualified_relation",
    "qualified_attribution",
    "provenance_activity",
)
"""What ckanext-dcat reads as lists of mappings, whether or not the schema has such a field."""
IDENTIFYING = frozenset({"uri", "guid", "identifier"})
"""Extras that ckanext-dcat's harvester writes: what a dataset of another site is known by."""
OF_A_FILE = frozenset({"id", "package_id", "uri", *CORE_RESOURCE_COLUMNS})
"""What CKAN itself keeps of a file, and what it is known by."""
MOST_BESIDE = 500_000
"""Characters of what stands beside the form's fields: seconds of rendering, for which the feed waits."""
UNKNOWN_LICENCE = "notspecified"
DAYS = ("issued", "modified")
STAMP = re.compile(r"T[0-9:]+\.[0-9]+")
"""What CKAN writes at each change, and nobody as a day: it stands for what the dataset does not say."""


class GobiernoAbiertoProfile(EuropeanDCATAP3Profile):
    """DCAT-AP 3 by ckanext-dcat, made strict and stable, with municipality, workshop, commitment and axis."""

    g: Graph
    beside: str | None = None
    """Why what stands beside our fields in the last dataset could not be written; None if it could."""

    # -- Writing ---------------------------------------------------------------------------------------

    def graph_from_dataset(self, dataset_dict: dict[str, Any], dataset_ref: URIRef) -> None:
        """Add a dataset to the page's graph: a bad value costs one triple and not the page."""
        triples = self.dataset_triples(dataset_dict, dataset_ref)
        name_prefixes(self.g)
        for triple in graph_of(triples):
            self.g.add(triple)

    def dataset_triples(self, dataset_dict: dict[str, Any], dataset_ref: URIRef) -> list[Triple]:
        """Return all that is said of a dataset, also what cannot be written; ``beside`` says if it is less.

        What programs wrote beside our fields may have any form, and ckanext-dcat reads some of it: if that
        fails, the dataset is told without it.
        """
        self.beside = None
        try:
            self._refuse_too_much(dataset_dict)
            return self._all_triples(dataset_dict, dataset_ref)
        except SQLAlchemyError:
            raise
        except Exception as error:  # what it is, who wrote it knows
            self.beside = f"{type(error).__name__}: {error}"
            return self._all_triples(self.without_beside(dataset_dict), dataset_ref)

    def without_beside(self, dataset: Mapping[str, Any]) -> dict[str, Any]:
        """Return a dataset without extras, and its files with what our form and CKAN itself have of them.

        By what both are identified stays: another address would be another thing.
        """
        files = [
            {name: value for name, value in each.items() if name in self._of_files}
            for each in dataset.get("resources") or ()
        ]
        extras = [each for each in dataset.get("extras") or () if each["key"] in IDENTIFYING]
        return {**dataset, "extras": extras, "resources": files}

    @functools.cached_property
    def _of_files(self) -> frozenset[str]:
        """Return the fields that the form and CKAN itself have of a file."""
        ours = (field["field_name"] for field in (self._dataset_schema or {}).get("resource_fields", ()))
        return OF_A_FILE | frozenset(ours)

    def _refuse_too_much(self, dataset: Mapping[str, Any]) -> None:
        """Raise ValueError for more beside the form's fields than can be rendered while others wait."""
        files = dataset.get("resources") or ()
        beside = [value for each in files for name, value in each.items() if name not in self._of_files]
        beside += [each["value"] for each in dataset.get("extras") or ()]
        if sum(len(str(value)) for value in beside) > MOST_BESIDE:
            raise ValueError(f"more than {MOST_BESIDE} characters beside the form's fields")

    def _add_date_triple(self, subject: Any, predicate: URIRef, value: Any, _type: Any = Literal) -> None:
        """Add a date that is one in ISO 8601; to guess what another text means can take a minute."""
        if not is_date(value):
            return
        if "T" in value:  # here too ckanext-dcat would guess
            moment = dt.datetime.fromisoformat(value).isoformat()
            self.g.add((subject, predicate, _type(moment, datatype=XSD.dateTime)))
        else:
            super()._add_date_triple(subject, predicate, value, _type)

    def _all_triples(self, dataset_dict: dict[str, Any], dataset_ref: URIRef) -> list[Triple]:
        """Return the triples, built in a graph of their own: the time does not grow with the page.

        What people wrote says nothing of anything else, whatever it names (``own``).
        """
        page, self.g = self.g, Graph(bind_namespaces="none")
        try:
            self._graph_from_dataset_dcat(dataset_dict, dataset_ref)
            written = list(tidy(self.g, dataset_ref))
        finally:
            self.g = page
        files = [(file_address(each), each) for each in dataset_dict.get("resources") or ()]
        is_own = self._is_own(dataset_dict, str(dataset_ref), {str(address) for address, _file in files})
        ours = self._graph_from_dataset_gobiernoabierto(dataset_dict, dataset_ref)
        own = of_itself(written, dataset_ref, is_own)
        return [*own, *self._files(files, licence_of(dataset_dict)), *ours]

    def _is_own(
        self, dataset_dict: dict[str, Any], subject: str, files: Collection[str]
    ) -> Callable[[str], bool]:
        """Return what tells the addresses of a dataset; of one read elsewhere, all of that site's too."""
        host = origin(subject)

        def tell(address: str) -> bool:
            if address in files or is_own(address, dataset_dict, subject):
                return True
            return host is not None and origin(address) == host

        return tell

    def links(self, dataset_dict: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return what a dataset is about and who publishes it, as (kind, code): as its own fields say."""
        codes = self._linked.of(dataset_dict).codes
        found = [(kind, code) for kind, those in codes.items() for code in those]
        owner = dataset_dict.get("owner_org")
        return [*found, ("organization", owner)] if owner else found

    def graph_from_catalog(self, catalog_dict: dict[str, Any] | None, catalog_ref: URIRef) -> None:
        """Add the catalogue's header to the page's graph."""
        for triple in graph_of(self.catalog_triples(catalog_dict, catalog_ref)):
            self.g.add(triple)

    def catalog_triples(self, catalog_dict: dict[str, Any] | None, catalog_ref: URIRef) -> list[Triple]:
        """Return all that the catalogue's header says."""
        page, self.g = self.g, Graph()
        try:
            super().graph_from_catalog(catalog_dict, catalog_ref)
            triples = list(tidy(self.g, catalog_ref))
        finally:
            self.g = page
        return [*catalogue.without_shortcomings(triples), *catalogue.catalogue_to_rdf(catalog_ref)]

    def _last_catalog_modification(self) -> None:
        """Say nothing: ckanext-dcat asks the search, which knows of private datasets too."""

    def _graph_from_dataset_dcat(self, dataset_dict: dict[str, Any], dataset_ref: URIRef) -> None:
        """Let ckanext-dcat write what it writes well."""
        fit = fit_for_dcat(dataset_dict)
        if not elsewhere(dataset_ref):  # whoever writes it, its organization publishes it
            fit = without_publisher(fit)
        if fit.get("contact_name") or fit.get("contact_email"):
            fit["contact_uri"] = f"{dataset_ref}#contacto"
        organization = dataset_dict.get("organization")
        # ckanext-dcat keeps organizations in a cache of the class, for ever; this one is of the dataset.
        self._org_cache = {organization["id"]: organization} if organization else {}
        super().graph_from_dataset(fit, dataset_ref)
        # ckanext-dcat forgets the period in DCAT-AP 1's words where it has no beginning.
        for period in list(self.g.objects(dataset_ref, DCT.temporal)):
            if not {DCAT.startDate, DCAT.endDate} & set(self.g.predicates(period)):
                self.g.remove((dataset_ref, DCT.temporal, period))
                self.g.remove((period, None, None))

    def _graph_from_dataset_gobiernoabierto(
        self, dataset_dict: dict[str, Any], dataset_ref: URIRef
    ) -> Iterator[Triple]:
        """Yield what ckanext-dcat knows nothing of."""
        linked = self._linked.of(dataset_dict)
        present = {**dataset_dict, **linked.codes}
        yield from dataset_to_rdf(present, dataset_ref, linked.addresses, self._labels)
        yield from linked.triples
        yield from self._linked.publisher(dataset_dict)

    def _files(
        self, files: Sequence[tuple[URIRef, Mapping[str, Any]]], licence: URIRef | None
    ) -> Iterator[Triple]:
        """Yield what ckanext-dcat does not say of files."""
        for position, (subject, resource) in enumerate(files, 1):
            yield from distribution_to_rdf(resource, subject, licence)
            if len(files) > 1:
                yield subject, SCHEMA.position, integer(position)

    @functools.cached_property
    def _linked(self) -> Linked:
        """Return what is known by now of what datasets are linked to: a profile is of one moment."""
        return Linked()

    @functools.cached_property
    def _labels(self) -> dict[str, str]:
        """Return what the form calls the choices that are addresses (themes, languages)."""
        fields = (self._dataset_schema or {}).get("dataset_fields", ())
        choices = (choice for field in fields for choice in field.get("choices", ()))
        return {choice["value"]: choice["label"] for choice in choices if isinstance(choice["label"], str)}

    # -- Reading ---------------------------------------------------------------------------------------

    def parse_dataset(self, dataset_dict: dict[str, Any], dataset_ref: URIRef) -> dict[str, Any]:
        """Return the dataset that the graph describes, with the links that it has to our entities."""
        super().parse_dataset(dataset_dict, dataset_ref)
        ours = dataset_from_rdf(self.g, dataset_ref, _licence_ids())
        dataset_dict["extras"] = list(told_extras(dataset_dict.get("extras", []), str(dataset_ref)))
        nodes = {name for name in NODES if not self._schema_field(name)}
        for name in [name for name in dataset_dict if name in nodes or _is_read_by_us(name)]:
            del dataset_dict[name]
        dataset_dict.update({name: value for name, value in ours.items() if value is not None})
        if not ours["license_id"] and UNKNOWN_LICENCE in model.Package.get_license_register():
            dataset_dict["license_id"] = UNKNOWN_LICENCE  # left empty it would be the form's default
        dataset_dict["resources"] = resources_from_rdf(self.g, dataset_ref, dataset_dict.get("resources", ()))
        dataset_dict["tags"] = [{"name": name} for name in sorted({t["name"] for t in dataset_dict["tags"]})]
        for thing in (dataset_dict, *dataset_dict["resources"]):
            for name in DAYS:
                if name in thing:
                    thing[name] = _day(thing.pop(name))
        return dataset_dict


def file_address(resource: Mapping[str, Any]) -> URIRef:
    """Return the identifier of a file."""
    named = {name: resource[name] for name in ("id", "package_id") if name in resource}
    return CleanedURIRef(resource_uri({**named, "uri": iri.web_address(resource.get("uri"))}))


def _day(moment: str) -> str | None:
    """Return the day of a moment as our form has it; what is none stays as it is."""
    if STAMP.search(moment):
        return None
    return moment[:10] if is_date(moment) else moment


def told_extras(extras: Iterable[Mapping[str, Any]], address: str) -> Iterator[Mapping[str, Any]]:
    """Yield what is told beside our fields, without what ckanext-dcat adds or the dataset's address tells."""
    noise = {
        ("homepage", config.site_url()),
        ("identifier", address),
        ("identifier", address.rsplit("/", 1)[-1]),
        ("access_rights", str(PUBLIC)),
    }
    for extra in extras:
        if not _is_read_by_us(extra["key"]) and (extra["key"], str(extra["value"]).rstrip("/")) not in noise:
            yield extra


def _is_read_by_us(key: str) -> bool:
    return key in ("frequency", "license_id") or key.startswith(READ_BY_US)


def _licence_ids() -> dict[str, str]:
    """Return the ids of the site's licences by their addresses."""
    return {licence.url: key for key, licence in model.Package.get_license_register().items() if licence.url}
