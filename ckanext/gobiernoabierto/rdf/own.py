"""A dataset says what it and its files are. Of other things it says no more than that it leads to them.

ckanext-dcat writes what a dataset's extras and further fields say under whatever address they give: without
this the last dataset of a page that says so would tell what a licence, or another's dataset, is called.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from urllib.parse import urlsplit

from ckanext.dcat.profiles.base import DCT, FOAF
from rdflib import URIRef
from rdflib.namespace import RDF, RDFS, SKOS

from .authority import MEDIA_TYPES, TABLES
from .identifiers import elsewhere, is_of_this_site
from .terms import Triple

A_RESOURCE = RDFS.Resource
"""What anything is that a file's address leads to (DCAT-AP 3.0.1): it is true of everything."""
COMMONPLACE = frozenset({A_RESOURCE, FOAF.Document, DCT.Standard, DCT.Location, SKOS.Concept})
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


def of_itself(triples: Iterable[Triple], root: URIRef, is_own: Callable[[str], bool]) -> Iterator[Triple]:
    """Yield what a dataset says of itself, ``is_own`` telling which addresses are part of it.

    A thing of another site that it describes gets an address under the dataset's, with ``rdfs:seeAlso`` to
    its own. What is of this site says itself what it is; so do the words of vocabularies.
    """
    written = list(triples)
    others = {subject for subject, _predicate, _value in written if not is_own(str(subject))}
    ours = {subject for subject in others if is_of_this_site(str(subject))}
    described = {subject for subject, predicate, _value in written if predicate != RDF.type} & others - ours
    names = {subject: _name(subject, root, written) for subject in described}
    for subject, predicate, value in written:
        if subject not in others or subject in names or _may_be_said(subject, predicate, value, ours):
            yield names.get(subject, subject), predicate, names.get(value, value)
    for subject, name in names.items():
        yield name, RDFS.seeAlso, subject


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


def _name(subject: URIRef, root: URIRef, written: Iterable[Triple]) -> URIRef:
    roles = sorted(str(predicate) for _subject, predicate, value in written if value == subject)
    role = re.split("[/#]", roles[0])[-1] if roles else "nodo"
    return URIRef(f"{root}#{role}-{hashlib.sha256(subject.encode()).hexdigest()[:12]}")
