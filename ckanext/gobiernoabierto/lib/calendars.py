"""Write what takes place on a day as iCalendar (RFC 5545), as Google and Outlook read it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

MIMETYPE = "text/calendar"
ZONE = "America/Guatemala"
OFFSET = dt.timedelta(hours=-6)
CONFIRMED, TENTATIVE, CANCELLED = "CONFIRMED", "TENTATIVE", "CANCELLED"
REFRESH = dt.timedelta(hours=12)
_END = b"END:VCALENDAR\r\n"
# RFC 5545, 3.3.11: no control characters in a text; what breaks a line is one break.
_BREAK = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Event:
    """One event; days and hours are those of a clock on a wall in Guatemala."""

    uid: str
    """The same for ever: by it a calendar knows that this is the event that it has already."""
    version: int
    modified: dt.datetime
    summary: str
    url: str
    start_date: dt.date
    start_time: dt.time | None = None
    end_date: dt.date | None = None
    """The last day."""
    end_time: dt.time | None = None
    place: str | None = None
    status: str = CONFIRMED
    description: str | None = None


def calendar(name: str, host: str, events: Iterable[Event]) -> Iterator[bytes]:
    """Yield a calendar that can be subscribed to, event by event, its lines folded and ended by CRLF.

    The zone stands in it even if there is no event: a calendar has at least one component (3.4).
    """
    yield _frame(name, host).removesuffix(_END)
    for event in events:
        yield _component(event).to_ical()
    yield _END


def _frame(name: str, host: str) -> bytes:
    """Return the calendar without events; the name twice, as RFC 7986 has it and as programs read it."""
    frame = icalendar.Calendar()
    frame.add("prodid", f"-//{host}//ckanext-gobiernoabierto//ES")
    frame.add("version", "2.0")
    frame.add("method", "PUBLISH")
    for known_as in ("name", "x-wr-calname"):
        frame.add(known_as, icalendar.vText(" ".join((_text(name) or "").split()) or host))
    frame.add("x-wr-timezone", ZONE)
    frame.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    frame.add("x-published-ttl", icalendar.vDuration(REFRESH))
    return frame.to_ical().removesuffix(_END) + _zone() + _END


@cache
def _zone() -> bytes:
    """Return the zone as it is since October 2006: programs that are told of its four summers stumble."""
    zone, standard = icalendar.Timezone(), icalendar.TimezoneStandard()
    zone.add("tzid", ZONE)
    standard.add("dtstart", dt.datetime(1970, 1, 1))
    standard.add("tzname", "CST")
    standard.add("tzoffsetfrom", OFFSET)
    standard.add("tzoffsetto", OFFSET)
    zone.add_component(standard)
    return zone.to_ical()


def _component(event: Event) -> icalendar.Event:
    made = icalendar.Event()
    changed = event.modified.astimezone(dt.UTC).replace(microsecond=0)
    starts, ends = _span(event)
    given: dict[str, Any] = {
        "uid": event.uid,
        "sequence": event.version,
        "dtstamp": changed,
        "last-modified": changed,
        "dtstart": starts,
        "dtend": ends,
        "summary": _text(event.summary),
        "location": _text(event.place),
        "description": _text(event.description),
        "url": event.url,
        "status": event.status,
    }
    for name, value in given.items():
        if value is not None:
            made.add(name, value)
    return made


def _span(event: Event) -> tuple[dt.date, dt.date | None]:
    """Return start and end: moments if the first hour is known, else days, the end the day after the last.

    No end where nobody knows the hour on the only day: then it is a moment (3.6.1). No end either if it is
    the start, which the standard forbids, or the last day that there is.
    """
    last = max(event.start_date, event.end_date or event.start_date)
    after = last + dt.timedelta(days=1) if last < dt.date.max else None
    if event.start_time is None:
        return event.start_date, after
    starts = _moment(event.start_date, event.start_time)
    if event.end_time is not None:
        ends = _moment(last, event.end_time)
    elif last > event.start_date and after:
        ends = _moment(after, dt.time())
    else:
        return starts, None
    return starts, ends if ends > starts else None


def _moment(day: dt.date, hour: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, hour, ZoneInfo(ZONE))


def _text(value: str | None) -> str | None:
    return _CONTROL.sub("", _BREAK.sub("\n", value)) if value else None
