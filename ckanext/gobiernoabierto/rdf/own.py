"""A dataset says what it and its files are. Of other things it says no more than that it leads to them.

ckanext-dcat writes what a dataset's extras and further fields say under whatever address they give: without
this the last dataset of a page that says so would tell what a licence, or another's dataset, is called.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from urllib.parse import urlsplit

from ckanext.dcat.profiles.base import DCAT, DCATAP, DCT, FOAF
from ckanext.dcat.profiles.euro_dcat_ap_2 import ELI
from rdflib import URIRef
from rdflib.namespace import RDF, RDFS, SKOS

from .authority import MEDIA_TYPES, TABLES
from .identifiers import elsewhere, is_of_this_site
from .terms import Triple

A_RESOURCE = RDFS.Resource
"""What anything is that a file's address leads to (DCAT-AP 3.0.1): it is true of everything."""
COMMONPLACE = frozenset(
    {A_RESOURCE, FOAF.Document, DCT.Standard, DCT.Location, ELI.LegalResource, SKOS.Concept}
)
"""Classes that may be said of what a dataset leads to: they make no catalogue's entry of it, and nobody."""
OF_WORDS = {
    MEDIA_TYPES: DCT.MediaType,
    f"{TABLES}access-right/": DCT.RightsStatement,
    f"{TABLES}file-type/": DCT.MediaTypeOrExtent,
    f"{TABLES}frequency/": DCT.Frequency,
    f"{TABLES}language/": DCT.LinguisticSystem,
    f"{TABLES}licence/": DCT.LicenseDocument,
    **{f"{TABLES}{table}/": DCT.Location for table in ("continent", "country", "place")},
}
"""What the words of a vocabulary are, whoever names them; those of the EU's other tables are concepts."""

WORDS = frozenset({DCAT.theme, DCATAP.applicableLegislation, DCT.accrualPeriodicity, DCT.language})
"""Properties that lead to a word or a law: everybody knows it by its own address, whatever is said of it."""


def of_itself(triples: Iterable[Triple], root: URIRef, is_own: Callable[[str], bool]) -> Iterator[Triple]:
    """Yield what a dataset says of itself, ``is_own`` telling which addresses are part of it.

    A thing of another site that it describes gets an address under the dataset's, with ``rdfs:seeAlso`` to
    its own. What is of this site says itself what it is; so do the words of vocabularies.
    """
    written = list(triples)
    subjects = {subject for subject, _predicate, _value in written}
    others = {subject for subject in subjects if not is_own(str(subject))}
    ours = {subject for subject in others if is_of_this_site(str(subject))}
    unsaid = {triple for triple in written if triple[0] in others and not _may_be_said(*triple, ours)}
    described = {subject for subject, _predicate, _value in unsaid} - ours
    roles: dict[URIRef, str] = {}
    for _subject, predicate, value in written:
        if value in described:
            roles[value] = min(str(predicate), roles.get(value, str(predicate)))
    names = {subject: _name(subject, root, roles.get(subject, "")) for subject in described}
    for triple in written:
        subject, predicate, value = triple
        if triple not in unsaid:
            yield (
                triple
                if subject in others or predicate in WORDS
                else (subject, predicate, names.get(value, value))
            )
        if subject in names:
            yield names[subject], predicate, names.get(value, value)
    for subject, name in names.items():
        yield name, RDFS.seeAlso, subject
        if (subject, RDF.type, DCAT.Distribution) in unsaid:  # an example, which is where it says
            yield name, DCAT.accessURL, subject
            yield subject, RDF.type, A_RESOURCE


def origin(address: str) -> str | None:
    """Return the host of an address of another site; None of this one's, and of none."""
    return urlsplit(address).netloc.lower() if elsewhere(address) else None


def _may_be_said(subject: URIRef, predicate: URIRef, value: URIRef, ours: Collection[URIRef]) -> bool:
    if predicate != RDF.type:
        return False
    if subject in ours:
        return value == A_RESOURCE
    kinds = {kind for words, kind in OF_WORDS.items() if subject.startswith(words)}
    if subject.startswith(TABLES):
        kinds.add(SKOS.Concept)
    return value in (kinds or COMMONPLACE)


def _name(subject: URIRef, root: URIRef, role: str) -> URIRef:
    digest = hashlib.sha256(subject.encode()).hexdigest()[:12]
    return URIRef(f"{root}#{re.split('[/#]', role)[-1] or 'nodo'}-{digest}")
