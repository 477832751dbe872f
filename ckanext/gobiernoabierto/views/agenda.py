"""``/agenda``: workshops and round tables together, what comes first; and as a calendar to subscribe to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import agenda, forms, participation, references, registry
from ckanext.gobiernoabierto.entities.agenda import Entry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.logic.action import read
from ckanext.gobiernoabierto.views import events
from ckanext.gobiernoabierto.views.entities import answer_refusals, asked_parameters, download, page_number
from ckanext.gobiernoabierto.views.exports import EXPORTS, streamed
from ckanext.gobiernoabierto.views.pages import MOST_OPTIONS
from flask import Blueprint

agenda_pages = Blueprint("gobiernoabierto_agenda", __name__)
answer_refusals(agenda_pages)

MUNICIPALITY = "municipality"


@dataclass(frozen=True)
class AgendaPage:
    """One page of the agenda, ready to be shown."""

    municipality: str | None
    chosen: Named | None
    options: list[Named]
    parts: dict[str, list[Entry]]
    """{part: its entries on this page}; parts without any are left out."""
    places: Mapping[tuple[str, str], list[Named]]
    counts: Mapping[str, int]
    schemas: Mapping[str, Any]
    number: int
    last: int

    @property
    def arguments(self) -> dict[str, str]:
        """Return the parameters of the address, without the page."""
        return {MUNICIPALITY: self.municipality} if self.municipality else {}

    @property
    def address(self) -> str:
        """Return the address of the calendar, whole."""
        return tk.url_for(
            "gobiernoabierto_agenda.calendar", qualified=True, locale="default", **self.arguments
        )

    @property
    def subscription(self) -> str:
        """Return the address that opens a program of calendars and subscribes."""
        return urlsplit(self.address)._replace(scheme="webcal").geturl()


def agenda_page(municipality: str | None, number: int) -> AgendaPage:
    """Return page ``number``; ObjectNotFound behind the last one."""
    today, size = participation.local_today(), config.page_size()
    counts = agenda.counts(municipality, today)
    last = max(1, -(-sum(counts.values()) // size))
    if number > last:
        raise tk.ObjectNotFound()
    entries = agenda.page(municipality, today, size, (number - 1) * size)
    municipalities = registry.entity_type(MUNICIPALITY)
    named_in = [ref for ref in references.references_to(municipalities) if ref.source in agenda.kinds()]
    known = references.titles([(MUNICIPALITY, municipality)] if municipality else [])
    by_part = {part: [each for each in entries if each.part == part] for part in agenda.PARTS}
    return AgendaPage(
        municipality=municipality,
        chosen=next((named for named in known.values() if named.visibility == PUBLISHED), None),
        options=[each for found in references.choices(named_in, MOST_OPTIONS).values() for each in found],
        parts={part: found for part, found in by_part.items() if found},
        places=agenda.municipalities(entries),
        counts=counts,
        schemas={entity.name: forms.form_schema(entity) for entity in agenda.kinds()},
        number=number,
        last=last,
    )


def _asked(*further: str) -> tuple[str | None, dict[str, str]]:
    """Return the municipality that the address names, and its further parameters.

    ValidationError for a parameter that does not exist.
    """
    data = asked_parameters()
    read.refuse_unknown(data, (MUNICIPALITY, *further))
    return read.clean_text(data, MUNICIPALITY), data


@agenda_pages.route("/agenda", endpoint="agenda", methods=["GET"])
def show_agenda() -> str:
    """Return a page of the agenda."""
    municipality, data = _asked("page")
    page = agenda_page(municipality, page_number(data))
    return tk.render("gobiernoabierto/agenda.html", {"page": page})


@agenda_pages.route("/agenda.ics", endpoint="calendar", methods=["GET"])
def show_calendar() -> Response:
    """Return all of it as a calendar, as it comes from the database."""
    municipality, _ = _asked()
    body = streamed(events.calendar(tk._("Agenda"), agenda.every(municipality)))
    return download(EXPORTS["ics"], body, "agenda.ics")
