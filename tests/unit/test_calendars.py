"""iCalendar: what is written is read back as it was, by the rules of RFC 5545."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import icalendar
import pytest
from ckanext.gobiernoabierto.lib import calendars
from ckanext.gobiernoabierto.lib.calendars import Event
from hypothesis import given
from hypothesis import strategies as st

MOMENT = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
DAY = dt.date(2018, 7, 5)


def event(**values: Any) -> Event:
    """Return the event of a round table, with other values."""
    given = {"uid": "mesa-4-2-1@example.org", "version": 1, "modified": MOMENT, "summary": "Ambiente"}
    return Event(**{**given, "url": "https://example.org/mesa/4-2-1", "start_date": DAY, **values})


def written(*events: Event, name: str = "Agenda") -> bytes:
    """Return the calendar of these events."""
    return b"".join(calendars.calendar(name, "example.org", events))


def read(content: bytes) -> list[Any]:
    """Return the events of a calendar, parsed."""
    return list(icalendar.Calendar.from_ical(content).walk("VEVENT"))


def as_one_break(text: str | None) -> str:
    """Return a text as a calendar can hold it: no control character but tabs and plain line breaks."""
    breaks = re.sub("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]", "\n", text or "")
    return re.sub("[\x00-\x08\x0e-\x1f\x7f]", "", breaks)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
clocks = st.times().map(lambda time: time.replace(second=0, microsecond=0))
events = st.builds(
    Event,
    uid=st.uuids().map(lambda code: f"taller-{code}@example.org"),
    version=st.integers(1, 10**9),
    modified=st.datetimes(dt.datetime(2000, 1, 1), timezones=st.just(dt.UTC)),
    summary=texts.filter(lambda text: as_one_break(text) != ""),
    url=st.uuids().map(lambda code: f"https://example.org/taller/{code}"),
    start_date=st.dates(),
    start_time=st.none() | clocks,
    end_date=st.none() | st.dates(),
    end_time=st.none() | clocks,
    place=st.none() | texts,
    status=st.sampled_from([calendars.CONFIRMED, calendars.TENTATIVE, calendars.CANCELLED]),
    description=st.none() | texts,
)


class TestLaws:
    @pytest.mark.long
    @given(events)
    def test_every_text_comes_back(self, one: Event):
        """Commas, semicolons, backslashes, line breaks, emoji: nothing is lost, nothing breaks out."""
        (found,) = read(written(one))
        for field, text in (
            ("summary", one.summary),
            ("location", one.place),
            ("description", one.description),
        ):
            assert str(found.get(field, "")) == as_one_break(text)
        assert str(found["uid"]) == one.uid
        assert str(found["url"]) == one.url
        assert str(found["status"]) == one.status
        assert found["sequence"] == one.version

    @given(texts)
    def test_a_calendar_is_called_as_it_is_called(self, name: str):
        """In one line, in both properties."""
        found = icalendar.Calendar.from_ical(written(name=name))
        names = {re.sub(r"\\(.)", r"\1", str(found[each])) for each in ("name", "x-wr-calname")}
        assert names == {" ".join(as_one_break(name).split()) or "example.org"}

    @given(events)
    def test_the_clock_comes_back(self, one: Event):
        """Day and hour as on a wall in Guatemala; days alone where the hour is not known."""
        (found,) = read(written(one))
        start = found["dtstart"].dt
        if one.start_time is None:
            assert start == one.start_date
            assert not isinstance(start, dt.datetime)
            return
        assert start.replace(tzinfo=None) == dt.datetime.combine(one.start_date, one.start_time)
        assert found["dtstart"].params["TZID"] == "America/Guatemala"

    @given(events)
    def test_an_end_is_of_the_kind_of_the_start_and_after_it(self, one: Event):
        """RFC 5545, 3.8.2.2, whatever days and hours somebody wrote down."""
        (found,) = read(written(one))
        if "dtend" not in found:
            return
        start, end = found["dtstart"].dt, found["dtend"].dt
        assert type(start) is type(end)
        if isinstance(start, dt.datetime):
            start, end = start.replace(tzinfo=None), end.replace(tzinfo=None)
        assert end > start

    @given(events)
    def test_the_moment_of_the_last_change_is_utc(self, one: Event):
        """DTSTAMP and LAST-MODIFIED say the same second."""
        (found,) = read(written(one))
        changed = one.modified.replace(microsecond=0)
        assert found["dtstamp"].dt == changed
        assert found["last-modified"].dt == changed

    @given(st.lists(events, max_size=3))
    def test_lines_are_folded_and_ended_as_the_standard_says(self, several: list[Event]):
        """At most 75 bytes, CRLF, UTF-8 that no fold cuts in two (3.1)."""
        content = written(*several)
        assert content.endswith(b"END:VCALENDAR\r\n")
        lines = content.removesuffix(b"\r\n").split(b"\r\n")
        assert not [line for line in lines if len(line) > 75 or b"\n" in line or b"\r" in line]
        assert [line.decode() for line in lines]

    @given(events)
    def test_the_same_event_is_the_same_bytes(self, one: Event):
        """No clock but that of the last change: a calendar that asks again finds nothing new."""
        assert written(one) == written(one)


class TestDays:
    def test_the_end_of_a_whole_day_is_the_next_one(self):
        """DTEND is the first day that is no more part of it."""
        (found,) = read(written(event()))
        assert found["dtend"].dt == dt.date(2018, 7, 6)

    def test_several_whole_days(self):
        """The last day is part of it."""
        (found,) = read(written(event(end_date=dt.date(2018, 7, 7))))
        assert found["dtend"].dt == dt.date(2018, 7, 8)

    def test_an_hour_of_guatemala_is_six_hours_behind(self):
        """8 to 15 of a wall clock."""
        (found,) = read(written(event(start_time=dt.time(8), end_time=dt.time(15))))
        assert found["dtstart"].dt.astimezone(dt.UTC) == dt.datetime(2018, 7, 5, 14, tzinfo=dt.UTC)
        assert found["dtend"].dt.astimezone(dt.UTC) == dt.datetime(2018, 7, 5, 21, tzinfo=dt.UTC)

    def test_no_hour_of_the_end_is_made_up(self):
        """Nine o'clock and nothing more."""
        (found,) = read(written(event(start_time=dt.time(9))))
        assert "dtend" not in found

    @pytest.mark.parametrize("hour", [None, dt.time(9)])
    def test_the_last_day_that_there_is(self, hour: dt.time | None):
        """Somebody's 9999-12-31 spoils nobody's calendar."""
        (found,) = read(written(event(start_date=dt.date.max, start_time=hour)))
        assert "dtend" not in found


def test_a_calendar_without_events_is_one():
    """It names itself and its zone, so that it can be subscribed to before the first event."""
    found = icalendar.Calendar.from_ical(written())
    assert str(found["method"]) == "PUBLISH"
    assert str(found["x-wr-calname"]) == str(found["name"]) == "Agenda"
    assert found["x-wr-timezone"] == "America/Guatemala"
    (zone,) = found.walk("VTIMEZONE")
    assert zone["tzid"] == "America/Guatemala"
    assert zone.standard[0]["tzoffsetto"].td == dt.timedelta(hours=-6)
