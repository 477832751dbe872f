"""Workshops and round tables as events of a calendar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import agenda, forms
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType
from ckanext.gobiernoabierto.lib import calendars
from ckanext.gobiernoabierto.lib.calendars import CANCELLED, CONFIRMED, TENTATIVE, Event
from ckanext.gobiernoabierto.rdf.addresses import Addresses

STATUS = {"planned": TENTATIVE, "held": CONFIRMED, "closed": CONFIRMED, "cancelled": CANCELLED}
"""What is announced stays tentative until somebody says that it was held."""
TOLD = ("state", "registration_url", "phone")
"""Fields that an event has no property of its own for."""


def has_days(entity: EntityType, row: Any) -> bool:
    """Tell whether a calendar can hold this kind, and this row of it: public, and with a day."""
    if entity not in agenda.kinds():
        return False
    return row is None or (row.visibility == PUBLISHED and row.start_date is not None)


def calendar_of_one(entity: EntityType, row: Any) -> bytes:
    """Return a calendar with one event."""
    return b"".join(calendar_of_many(entity, [row]))


def calendar_of_many(entity: EntityType, rows: Iterable[Any]) -> Iterator[bytes]:
    """Yield the calendar of a kind, without what has no day yet."""
    return calendar(forms.form_schema(entity)["plural"], ((entity, row) for row in rows))


def calendar(name: str, rows: Iterable[tuple[EntityType, Any]]) -> Iterator[bytes]:
    """Yield a calendar of rows of several kinds, called ``name`` and the site."""
    host = urlsplit(config.site_url()).hostname or "localhost"
    events = (_event(entity, row, host) for entity, row in rows if has_days(entity, row))
    return calendars.calendar(f"{name} · {config.site_title()}", host, events)


def _event(entity: EntityType, row: Any, host: str) -> Event:
    values = row.values()
    return Event(
        uid=f"{entity.path}-{row.code}@{host}",  # two kinds may have the same code
        version=row.version,
        modified=row.modified,
        summary=entity.title_of(values)[0] or row.code,
        url=str(Addresses(config.site_url()).of(entity.name, row.code)),
        start_date=row.start_date,
        start_time=row.start_time,
        end_date=row.end_date,
        end_time=row.end_time,
        place=row.place,
        status=STATUS[row.state],
        description="\n".join(_told(entity, values)),
    )


def _told(entity: EntityType, values: dict[str, Any]) -> Iterator[str]:
    for field in forms.fields_of(entity):
        name = field["field_name"]
        if name in TOLD and values[name]:
            yield f"{field['label']}: {forms.choice_label(field, values[name])}"
