"""What templates call: ours, and CKAN's own numbers, dates and sizes written as Guatemala does.

CKAN's helpers keep their names and arguments, so that its templates and those of the plugins agree
with ours. What is not known reads *sin dato* in ours; CKAN's keep their empty text, which its
templates test for.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.dataset_form import gobiernoabierto_form_parts, gobiernoabierto_notices
from ckanext.gobiernoabierto.entities import data_request, forms, participation, references, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.feed import snapshot
from ckanext.gobiernoabierto.feed.model import DATASET
from ckanext.gobiernoabierto.feed.prepared import of_page as gobiernoabierto_forms
from ckanext.gobiernoabierto.feed.taken_back import of_dataset as gobiernoabierto_taken_back
from ckanext.gobiernoabierto.follow.sending import offered as gobiernoabierto_mails
from ckanext.gobiernoabierto.intake import staging
from ckanext.gobiernoabierto.lib import boundaries, formats, map_svg, revision
from ckanext.gobiernoabierto.lib.formats import sentences as gobiernoabierto_sentences
from ckanext.gobiernoabierto.links import choices, mirror
from ckanext.gobiernoabierto.links.mirror import public_dataset as gobiernoabierto_public_dataset
from ckanext.gobiernoabierto.links.model import LINKED, links_of, pairs
from ckanext.gobiernoabierto.logic.based_on import gobiernoabierto_based_on
from ckanext.gobiernoabierto.logic.stock.writing import served_types as gobiernoabierto_dataset_types
from ckanext.gobiernoabierto.offered import (
    gobiernoabierto_chosen,
    gobiernoabierto_code_groups,
    gobiernoabierto_why_nothing,
)
from ckanext.gobiernoabierto.web.addresses import url_for, url_is_local
from markupsafe import Markup

__all__ = [
    "SI_number_span",
    "format_resource_items",
    "gobiernoabierto_answering_datasets",
    "gobiernoabierto_based_on",
    "gobiernoabierto_chain",
    "gobiernoabierto_chosen",
    "gobiernoabierto_code_groups",
    "gobiernoabierto_contact",
    "gobiernoabierto_dataset_types",
    "gobiernoabierto_date",
    "gobiernoabierto_date_range",
    "gobiernoabierto_datetime",
    "gobiernoabierto_days_open",
    "gobiernoabierto_file_size",
    "gobiernoabierto_form_parts",
    "gobiernoabierto_forms",
    "gobiernoabierto_linked",
    "gobiernoabierto_locator",
    "gobiernoabierto_mails",
    "gobiernoabierto_money",
    "gobiernoabierto_names",
    "gobiernoabierto_notices",
    "gobiernoabierto_number",
    "gobiernoabierto_program",
    "gobiernoabierto_public_dataset",
    "gobiernoabierto_publisher",
    "gobiernoabierto_sentences",
    "gobiernoabierto_taken_back",
    "gobiernoabierto_time",
    "gobiernoabierto_today",
    "gobiernoabierto_token_days",
    "gobiernoabierto_typed_day",
    "gobiernoabierto_upload_limit",
    "gobiernoabierto_upload_token",
    "gobiernoabierto_was_public",
    "gobiernoabierto_weekday",
    "gobiernoabierto_why_nothing",
    "localised_SI_number",
    "localised_filesize",
    "localised_nice_date",
    "localised_number",
    "render_datetime",
    "url_for",
    "url_is_local",
]

# What CKAN shows of a file elsewhere on its page.
SHOWN_APART = ("name", "description", "url")

# As CKAN stores the moments of a file; a shorter text may be a year, or a code.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?")

Day = dt.date | str | None


def gobiernoabierto_number(value: formats.Number | None, decimals: int | None = None) -> str:
    """Return ``1,234.56``, or *sin dato*."""
    return _no_data() if value is None else formats.number(value, decimals)


def gobiernoabierto_money(value: formats.Number | None) -> str:
    """Return an amount of quetzales, ``Q1,234.50``, or *sin dato*."""
    return _no_data() if value is None else formats.money(value)


def gobiernoabierto_file_size(size: int | None) -> str:
    """Return a number of bytes as ``14.7 kB``, or *sin dato*."""
    return _no_data() if size is None else formats.file_size(size)


def gobiernoabierto_date(day: Day) -> str:
    """Return ``12 de julio de 2018``, or *sin dato*; of a moment, the day in Guatemala.

    :param day: an object or ISO 8601, also a year or a month; other text is returned as it is
    """
    return _told(day, formats.date, hours=False)


def gobiernoabierto_weekday(day: Day) -> str:
    """Return ``martes 4 de octubre de 2016``, or *sin dato*."""
    known = _as_day(day)
    return formats.weekday_date(known) if known else _no_data()


def gobiernoabierto_datetime(moment: Day) -> str:
    """Return ``12 de julio de 2018, 9:00 a. m.``, or *sin dato*; of a day, the day alone."""
    return _told(moment, _day_or_moment, hours=True)


def gobiernoabierto_time(clock: dt.time | dt.datetime | str | None) -> str:
    """Return ``9:00 a. m.``, or *sin dato*; a text is ``HH:MM`` as people wrote it down."""
    if not clock and not isinstance(clock, dt.time):
        return _no_data()
    return formats.time(dt.time.fromisoformat(clock) if isinstance(clock, str) else clock)


def gobiernoabierto_today() -> str:
    """Return the day that it is in Guatemala, in ISO 8601."""
    return participation.local_today().isoformat()


Names = dict[tuple[str, str], Named]


def gobiernoabierto_names(datasets: list[dict[str, Any]]) -> Names:
    """Return what the entities that datasets link to are called: one query however many datasets."""
    return references.titles(set().union(*[pairs(links_of(dataset)) for dataset in datasets]))


def gobiernoabierto_chain(dataset: dict[str, Any], names: Names) -> list[tuple[str, list[Named]]]:
    """Return what a dataset is about and where it comes from, as (label, entities) in the chain's order."""
    steps = []
    for name, codes in links_of(dataset).items():
        linked = [names[name, code] for code in codes if (name, code) in names]
        public = [named for named in linked if named.visibility == PUBLISHED]
        schema = forms.form_schema(registry.entity_type(name))
        if public:
            steps.append((schema["singular" if len(public) == 1 else "plural"], public))
    return steps


def gobiernoabierto_publisher(id: str) -> dict[str, Any]:
    """Return an organization without its counts: those are asked of the search, which may not answer."""
    counts = ("include_dataset_count", "include_users", "include_groups", "include_tags", "include_followers")
    try:
        return tk.get_action("organization_show")({}, {"id": id, **dict.fromkeys(counts, False)})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return {}


def gobiernoabierto_contact() -> str | None:
    """Return the address that answers questions about the site, if it has one."""
    return config.contact()


@cache
def gobiernoabierto_program() -> dict[str, str | None]:
    """Return the version of what runs here and the commit that it was made from, where that is known."""
    checkout = Path(__file__).parents[2]
    return {
        "version": metadata.version("ckanext-gobiernoabierto"),
        "revision": config.revision() or revision.revision(checkout),
    }


def gobiernoabierto_date_range(start: Day, end: Day) -> str:
    """Return ``del 15 de agosto de 2016 al 30 de junio de 2018``, or *sin dato* if neither is known.

    :raises ValueError: a text is no day in ISO 8601
    """
    return formats.date_range(_as_day(start), _as_day(end)) or _no_data()


def gobiernoabierto_typed_day(value: Any) -> str:
    """Return a date as people type it, ``27/05/2017``; what is none as it was typed."""
    try:
        return formats.read_day(str(value)).strftime("%d/%m/%Y")
    except ValueError:
        return str(value)


def gobiernoabierto_was_public(id: str) -> bool:
    """Tell whether the feed knows a dataset: everybody could read it once, if nobody can now."""
    return snapshot.last_of(DATASET, id) is not None


def gobiernoabierto_linked(entity: str, codes: list[str]) -> list[dict[str, Any]]:
    """Return the published ones among these codes: title (or None), code, address and kind of title."""
    kind = registry.entity_type(entity)
    found: list[Named] = mirror.named({name: codes if name == entity else [] for name in LINKED})
    return [
        {"code": n.code, "title": n.title, "kind": n.kind, "path": f"/{kind.path}/{n.code}"} for n in found
    ]


def gobiernoabierto_locator(code: str, name: str) -> Markup:
    """Return a picture of where a municipality lies in its department; empty if its boundary is unknown."""
    drawing = boundaries.departments().get(boundaries.department_of(code))
    if drawing is None or code not in drawing.paths:
        return Markup()
    label = tk._("Where {name} lies in its department").format(name=name)
    return Markup(map_svg.locator(drawing, code, label))  # noqa: S704 # map_svg escapes


def gobiernoabierto_days_open(request: dict[str, Any]) -> int | None:
    """Return for how many days a request for data is, or was, open; None where that is unknown."""
    days = {name: _as_day(request[name]) for name in ("requested", "closed")}
    return data_request.days_open({**request, **days})


def gobiernoabierto_answering_datasets(field: dict[str, Any]) -> list[dict[str, str]]:
    """Return the public datasets that can close the request for data of the form, as its choices."""
    row = field["row"]
    found = [*choices.datasets("data_request", row.code), *choices.datasets(*data_request.about(row))]
    return list({each["value"]: each for each in found}.values())


def localised_number(number: formats.Number) -> str:
    """Return ``1,234.56``, where CKAN's own writes ``1.234,56``."""
    return formats.number(number)


def localised_SI_number(number: formats.Number) -> str:  # noqa: N802
    """Return all of the number: *14.7k* is read by nobody here."""
    return formats.number(number)


def SI_number_span(number: formats.Number) -> Markup:  # noqa: N802
    """Return the number in the element that CKAN's own puts around it."""
    return Markup("<span>{}</span>").format(formats.number(number))


def localised_filesize(number: int | str) -> str:
    """Return ``14.7 kB``; what somebody typed and is no number of bytes stays as it is."""
    try:
        return formats.file_size(int(number))
    except ValueError:
        return str(number)


def format_resource_items(items: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return what is left to show of a file, by name, written as Guatemala does.

    Text stays text: CKAN's own makes 115 out of the code 0115.
    """
    shown = [
        (name.replace("_", " "), _written(name, value))
        for name, value in items
        if name not in SHOWN_APART and (value or isinstance(value, int | float))
    ]
    return sorted(shown, key=lambda item: item[0])


@tk.chained_helper
def localised_nice_date(
    next_helper: Callable[..., str],
    datetime_: dt.datetime,
    show_date: bool = False,
    with_hours: bool = False,
    with_seconds: bool = False,
    format: str | None = None,
) -> str:
    """Return the date, with its hour if asked for; *hace 2 días* and special formats are CKAN's."""
    if format or not show_date:
        return next_helper(datetime_, show_date, with_hours, with_seconds, format)
    return formats.date_time(datetime_) if with_hours or with_seconds else formats.date(datetime_)


@tk.chained_helper
def render_datetime(
    next_helper: Callable[..., str],
    datetime_: dt.datetime | str | None,
    date_format: str | None = None,
    with_hours: bool = False,
    with_seconds: bool = False,
) -> str:
    """Return ``12 de julio de 2018``, with its hour if asked for; of a text that tells no hour, none.

    CKAN's own takes a day for midnight in UTC, which in Guatemala is the evening before. Special
    formats, other types and texts that are not ISO 8601 are left to it.
    """
    hours = with_hours or with_seconds
    if date_format:
        return next_helper(datetime_, date_format, with_hours, with_seconds)
    if isinstance(datetime_, dt.datetime):
        return formats.date_time(datetime_) if hours else formats.date(datetime_)
    written = formats.iso(datetime_, hours=hours) if isinstance(datetime_, str) else None
    return written or next_helper(datetime_, date_format, with_hours, with_seconds)


def gobiernoabierto_upload_token() -> str:
    """Return an unguessable token for a form that may send a file."""
    return staging.new_token()


def gobiernoabierto_token_days() -> dict[str, int]:
    """Return how many days an API token lives if nobody says (``default``), and at most (``most``)."""
    most = config.max_token_seconds() // config.SECONDS_A_DAY
    return {"default": min(most, config.default_token_seconds() // config.SECONDS_A_DAY or 1), "most": most}


def gobiernoabierto_upload_limit() -> int:
    """Return how many bytes a file may have."""
    return config.max_upload_bytes()


def _no_data() -> str:
    return tk._("no data")


def _told(value: Day, write: Callable[[Any], str], *, hours: bool) -> str:
    if not value:
        return _no_data()
    if isinstance(value, str):
        return formats.iso(value, hours=hours) or value
    return write(value)


def _day_or_moment(value: dt.date) -> str:
    return formats.date_time(value) if isinstance(value, dt.datetime) else formats.date(value)


def _as_day(value: Day) -> dt.date | None:
    if not value:
        return None
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _written(name: str, value: Any) -> Any:
    if name == "size":
        return localised_filesize(value)
    if isinstance(value, str):
        return formats.iso(value) if _MOMENT.fullmatch(value) else value
    if isinstance(value, bool):
        return str(value)
    return formats.number(value) if isinstance(value, int | float) else value
