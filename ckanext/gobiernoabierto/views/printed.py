"""What a workshop needs on paper: its poster before, and afterwards a receipt of each problem and idea."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import listing, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.lib import qr
from ckanext.gobiernoabierto.logic import auth
from ckanext.gobiernoabierto.logic.action import read
from ckanext.gobiernoabierto.rdf.addresses import Addresses
from ckanext.gobiernoabierto.views import pages
from ckanext.gobiernoabierto.views.entities import answer_refusals, readable, visitor
from ckanext.gobiernoabierto.views.pages import EntityPage
from flask import Blueprint

printed = Blueprint("gobiernoabierto_printed", __name__)
answer_refusals(printed)

MOST_ORGANIZERS = 3
LONG_NAME, LONG_PLACE = 90, 160
SIZES = ((45, 140), (120, 320))
"""(characters of the title, of all texts) up to which a poster is set in the largest type, the next one."""


@dataclass(frozen=True)
class Poster:
    """What stands on the poster of a workshop, cut so that it fits one page."""

    page: EntityPage
    address: str
    organizers: list[str]
    more_organizers: int
    municipalities: str

    @property
    def place(self) -> str:
        """Return where it is."""
        return shortened(self.page.values["place"] or "", LONG_PLACE)

    @property
    def qr(self) -> str:
        """Return the address as a QR code."""
        return qr.svg(self.address)

    @property
    def size(self) -> int:
        """Return how large the type can be: 1 the largest, 3 the smallest."""
        title = len(self.page.title or "")
        whole = title + len(self.place) + len(self.municipalities) + sum(map(len, self.organizers))
        fits = (number for number, (own, all_) in enumerate(SIZES, 1) if title <= own and whole <= all_)
        return next(fits, len(SIZES) + 1)


def shortened(text: str, most: int) -> str:
    """Return the text, its end left out if it has more than ``most`` characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def poster_of(row: Any) -> Poster:
    """Return the poster of a workshop; it names nothing that is a draft."""
    workshop = registry.entity_type("workshop")
    page = pages.entity_page(workshop, row)

    def names(kind: str, field: str) -> list[str]:
        found = [page.names.get((kind, code)) for code in page.values[field]]
        return [named.title or named.code for named in found if named and named.visibility == PUBLISHED]

    organizers = [shortened(name, LONG_NAME) for name in names("institution", "organizers")]
    return Poster(
        page=page,
        address=str(Addresses(config.site_url()).of(workshop.name, row.code)),
        organizers=organizers[:MOST_ORGANIZERS],
        more_organizers=len(organizers[MOST_ORGANIZERS:]),
        municipalities=shortened(", ".join(names("municipality", "municipalities")), LONG_PLACE),
    )


@dataclass(frozen=True)
class Slip:
    """A receipt of paper: by its code a participant sees what becomes of what they said."""

    code: str
    text: str
    kind: str

    @property
    def qr(self) -> str:
        """Return the address of its story as a QR code."""
        return qr.svg(receipt_address(codigo=self.code))


def receipt_address(**parameters: str) -> str:
    """Return the whole address of the page that takes the codes of receipts."""
    receipt = "gobiernoabierto_receipt.receipt"
    return tk.url_for(receipt, qualified=True, locale="default", **parameters)


def slips_of(workshop: str) -> Iterator[Slip]:
    """Yield the receipts of all that came out of a workshop, with the drafts that the visitor may see."""
    for name in ("problem", "idea"):
        entity = registry.entity_type(name)
        asked = read.asked_listing(visitor(), entity, {"workshop": workshop})
        rows = sorted(
            listing.every(entity, asked), key=lambda row: (row.municipality, len(row.code), row.code)
        )
        for row in rows:
            yield Slip(row.code, row.title, name)


@printed.route("/taller/<code>/cartel", methods=["GET"])
def poster(code: str) -> str:
    """Return the poster of a workshop: one page to print."""
    row = readable(registry.entity_type("workshop"), code)
    return tk.render("gobiernoabierto/workshop/poster.html", {"poster": poster_of(row)})


@printed.route("/taller/<code>/recibos", methods=["GET"])
def receipts(code: str) -> str:
    """Return the receipts of a workshop for those who write what came out of it; others find nothing here."""
    workshop = registry.entity_type("workshop")
    row = readable(workshop, code)
    if not auth.allows(visitor(), workshop, "update", row):
        raise tk.ObjectNotFound()
    shown = {"workshop": row, "slips": list(slips_of(row.code)), "address": receipt_address()}
    return tk.render("gobiernoabierto/workshop/receipts.html", shown)
