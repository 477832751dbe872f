"""What RDF says of what is not public any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from ckanext.dcat.profiles.base import ADMS, DCAT, DCT
from rdflib import Literal, Namespace, URIRef
from rdflib.namespace import RDF, XSD

from .authority import TABLES
from .terms import Triple, link, text

AS = Namespace("https://www.w3.org/ns/activitystreams#")
WITHDRAWN = URIRef(TABLES + "dataset-status/WITHDRAWN")


def tombstone_to_rdf(
    address: URIRef, former: URIRef, deleted: dt.datetime, reason: str | None, successor: str | None
) -> Iterator[Triple]:
    """Yield that something was here until a moment, why it went and what takes its place; not what it was.

    ``former`` is the class of which it was.

    In the words of ActivityStreams (Tombstone), as the DCAT-AP Feed says ``as:Delete``, and of DCAT-AP.
    """
    yield address, RDF.type, AS.Tombstone
    yield address, AS.formerType, former
    yield address, AS.deleted, Literal(deleted.isoformat(), datatype=XSD.dateTime, normalize=False)
    if former == DCAT.Dataset:
        yield address, ADMS.status, WITHDRAWN
    yield address, AS.summary, text(reason)
    yield address, DCT.isReplacedBy, link(successor)
