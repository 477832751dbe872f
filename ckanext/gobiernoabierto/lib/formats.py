"""Numbers, money, dates and times as Guatemala writes them: CLDR's ``es_GT``, by Babel.

A datetime without a zone is UTC, as CKAN stores them; every datetime is shown in Guatemala's time.
Dates and times of day that people wrote down (a workshop's) have no zone and are shown as they are.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal

from babel import dates, numbers

LOCALE = "es_GT"
ZONE = dates.get_timezone("America/Guatemala")
CURRENCY = "GTQ"

# Powers of 1,000, as disks, phones and browsers count.
FILE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")

# Babel looks all of this up anew for each date, and a page has dozens.
_MONTHS = dates.get_month_names("wide", locale=LOCALE)

_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})(?P<between>[/.-])(?P<month>\d{1,2})(?P=between)(?P<year>[1-9]\d{3})", re.A
)
_DAY = re.compile(r"[1-9]\d{3}-\d{2}-\d{2}", re.A)
_PARTIAL = re.compile(r"(?P<year>\d{4})(-(?P<month>\d{2}))?")

Number = int | float | Decimal


def number(value: Number, decimals: int | None = None) -> str:
    """Return ``1,234.56``.

    :param decimals: exactly so many; by default as many as the value has, up to three
    """
    if decimals is None and isinstance(value, int):
        return f"{value:,}"
    if decimals is None:
        return numbers.format_decimal(value, locale=LOCALE)
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    return numbers.format_decimal(value, format=pattern, locale=LOCALE)


def money(value: Number) -> str:
    """Return an amount of quetzales, ``Q1,234.50``, always with its two decimals."""
    return numbers.format_currency(value, CURRENCY, locale=LOCALE)


def file_size(size: int) -> str:
    """Return the size of a file of ``size`` bytes with at most one decimal: ``14.7 kB``.

    The space does not break, so that the unit stays beside its number.
    """
    value, unit = Decimal(size), 0
    while round(value, 1) >= 1000 and unit < len(FILE_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{number(round(value, 1))}\N{NO-BREAK SPACE}{FILE_UNITS[unit]}"


def local(moment: dt.datetime) -> dt.datetime:
    """Return the moment in Guatemala's time; one without a zone is taken for UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return aware.astimezone(ZONE)


def date(day: dt.date) -> str:
    """Return ``12 de julio de 2018``; of a datetime, the day that it was in Guatemala."""
    known = _day(day)
    return f"{known.day} de {_MONTHS[known.month]} de {known.year}"


def weekday_date(day: dt.date) -> str:
    """Return ``martes 4 de octubre de 2016``."""
    return f"{dates.format_date(_day(day), 'EEEE', locale=LOCALE)} {date(day)}"


def read_day(text: str) -> dt.date:
    """Return the day written as ``2017-05-27`` or, day first as in Guatemala, ``27/05/2017``.

    The day always comes first where the year does not: ``5/6/2017`` is of June. Of two digits a year is
    none, and ``0017`` is how a browser fills one up.

    :raises ValueError: when it is written in another way, or there is no such day
    """
    written = text.strip()
    if found := _DAY_FIRST.fullmatch(written):
        return dt.date(int(found["year"]), int(found["month"]), int(found["day"]))
    if not _DAY.fullmatch(written):
        raise ValueError(text)
    return dt.date.fromisoformat(written)


def time(moment: dt.time | dt.datetime) -> str:
    """Return ``9:00 a. m.``; of a datetime, the hour that it was in Guatemala."""
    clock = local(moment).time() if isinstance(moment, dt.datetime) else moment
    written = dates.format_time(clock.replace(tzinfo=None), "short", tzinfo=dt.UTC, locale=LOCALE)
    # older telephones draw CLDR's narrow space as a box
    return written.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")


def date_time(moment: dt.datetime) -> str:
    """Return ``12 de julio de 2018, 9:00 a. m.``, in Guatemala's time."""
    return f"{date(moment)}, {time(moment)}"


def date_range(start: dt.date | None, end: dt.date | None) -> str:
    """Return ``del 15 de agosto de 2016 al 30 de junio de 2018``, said once what both ends share.

    The ends stand in the order given. One that is not known is left out (``desde el …``,
    ``hasta el …``); of none nothing can be said, which is the empty text.
    """
    if not start or not end:
        return _open_range(start, end)
    first, last = _day(start), _day(end)
    if first == last:
        return date(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"del {first.day} al {date(last)}"
    if first.year == last.year:
        day_and_month = dates.format_skeleton("MMMMd", first, locale=LOCALE)
        return f"del {day_and_month} al {date(last)}"
    return f"del {date(first)} al {date(last)}"


def sentences(texts: str | Iterable[object]) -> str:
    """Return several texts in one line, each a sentence of its own; a single one stays as it is."""
    each = [texts] if isinstance(texts, str) else [str(text) for text in texts]
    ended = [text if text.endswith((".", "?", "!")) else f"{text}." for text in each]
    return " ".join(ended if len(each) > 1 else each)


def iso(text: str, *, hours: bool = True) -> str | None:
    """Return in words what stands in ISO 8601, as exactly as it is told there and no more.

    ``2018`` stays a year, ``2018-07`` becomes ``julio de 2018``, a day a day (whatever the zone), a
    moment the day and the hour in Guatemala. None when the text is none of these.

    :param hours: False leaves the hour of a moment out
    """
    if partial := _PARTIAL.fullmatch(text):
        return _month(int(partial["year"]), int(partial["month"])) if partial["month"] else text
    try:
        return date(dt.date.fromisoformat(text))
    except ValueError:
        pass
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return date_time(moment) if hours else date(moment)


def _day(day: dt.date) -> dt.date:
    return local(day).date() if isinstance(day, dt.datetime) else day


def _open_range(start: dt.date | None, end: dt.date | None) -> str:
    if start:
        return f"desde el {date(start)}"
    return f"hasta el {date(end)}" if end else ""


def _month(year: int, month: int) -> str | None:
    if not (1 <= month <= 12 and year):
        return None
    return dates.format_skeleton("yMMMM", dt.datetime(year, month, 1), tzinfo=dt.UTC, locale=LOCALE)
