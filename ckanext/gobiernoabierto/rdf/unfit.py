"""Which values of a dataset its RDF cannot carry: told to whoever can mend them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ckanext.gobiernoabierto.lib import iri

from .cleaning import ADDRESS_LISTS, ADDRESSES, DATES, is_date
from .dataset import licence_of

ADDRESS, DATE, MAIL, LICENCE, CHARACTERS = "address", "date", "mail", "licence", "characters"
TEXTS = ("title", "notes", "name", "description", "contact_name")


@dataclass(frozen=True)
class Unfit:
    """A value that is left out."""

    field: str
    """Of the form; of a file ``resources.<number>.<field>``, counted from 0."""
    value: str
    reason: str
    """What it is not: an ``address``, a ``date``, a ``mail`` address, a known ``licence``; or it is a text
    without those of its ``characters`` that no XML can hold."""


def unfit_of_dataset(dataset: Mapping[str, Any]) -> Iterator[Unfit]:
    """Yield what ``cleaning.fit_for_dcat`` leaves out of a dataset, its files and its licence."""
    yield from _unfit(dataset, "")
    licence = dataset.get("license_id")
    if licence and licence_of(dataset) is None:
        yield Unfit("license_id", str(licence), LICENCE)
    for number, resource in enumerate(dataset.get("resources") or ()):
        yield from _unfit(resource, f"resources.{number}.")


def _unfit(thing: Mapping[str, Any], where: str) -> Iterator[Unfit]:
    for name in ADDRESSES:
        if thing.get(name) and iri.web_address(thing[name]) is None:
            yield Unfit(where + name, str(thing[name]), ADDRESS)
    for name in ADDRESS_LISTS:
        given = thing.get(name) or ()
        for value in given if isinstance(given, list) else [given]:
            if value and iri.web_address(value) is None:
                yield Unfit(where + name, str(value), ADDRESS)
    for name in DATES:
        if thing.get(name) and not is_date(thing[name]):
            yield Unfit(where + name, str(thing[name]), DATE)
    if thing.get("contact_email") and iri.mail_address(thing["contact_email"]) is None:
        yield Unfit(where + "contact_email", str(thing["contact_email"]), MAIL)
    for name in TEXTS:
        if thing.get(name) and iri.readable_text(str(thing[name])) != str(thing[name]):
            yield Unfit(where + name, str(thing[name]), CHARACTERS)
