"""The board of a plan or an axis: how far its commitments are, each number with the list behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.entities import forms, listing, registry
from ckanext.gobiernoabierto.entities.base import EntityType
from ckanext.gobiernoabierto.lib import sheets
from ckanext.gobiernoabierto.links.board import Reported, cells, columns, csv, report
from ckanext.gobiernoabierto.logic.action import read
from ckanext.gobiernoabierto.views import pages
from ckanext.gobiernoabierto.views.entities import (
    answer_refusals,
    asked_parameters,
    readable,
    view_of,
    visitor,
)
from ckanext.gobiernoabierto.views.exports import content_type, streamed
from flask import Blueprint, current_app

board = Blueprint("gobiernoabierto_board", __name__)
answer_refusals(board)

COMMITMENT, MILESTONE = registry.entity_type("commitment"), registry.entity_type("milestone")
KINDS = tuple(registry.entity_type(name) for name in ("plan", "axis"))
"""What has a board; commitments and milestones are filtered by both, under these names."""
BARS = (
    (COMMITMENT, "self_report"),
    (COMMITMENT, "irm_completion"),
    (COMMITMENT, "agreement"),
    (COMMITMENT, "irm_ambition"),
    (COMMITMENT, "irm_results"),
    (COMMITMENT, "data"),
    (MILESTONE, "state"),
)
"""What is counted by its choices."""
SILENT = dict.fromkeys(("self_report", "irm_completion", "irm_ambition", "irm_results"), listing.UNKNOWN)
"""Parameters of the list of commitments of which neither an institution nor the IRM has said anything."""


@dataclass(frozen=True)
class Figure:
    """A number of the board, and the list that it counts."""

    label: str
    entity: EntityType
    arguments: dict[str, str]
    """Parameters of the list's address."""
    number: int = 0

    @property
    def address(self) -> str:
        """Return where the list is."""
        return tk.url_for(f"gobiernoabierto.{self.entity.name}_list", **self.arguments)


@dataclass(frozen=True)
class Chart:
    """How the commitments, or the milestones, are divided."""

    label: str
    figures: list[Figure]
    total: int

    @property
    def bars(self) -> list[tuple[Figure, float]]:
        """Return each figure with its part of the total, in percent."""
        return [
            (each, round(100 * each.number / self.total, 1) if self.total else 0) for each in self.figures
        ]


@dataclass(frozen=True)
class Board:
    """All that the page shows."""

    totals: list[Figure]
    charts: list[Chart]


def _asked(of: dict[str, str]) -> list[Figure]:
    """Return the figures without their numbers: the three totals, and then all that charts show."""
    whole = [(forms.form_schema(each)["plural"], each) for each in (COMMITMENT, MILESTONE)]
    found = [Figure(label, each, of) for label, each in whole]
    found.append(Figure(tk._("Commitments without any report"), COMMITMENT, {**of, **SILENT}))
    for each, name in BARS:
        found += [Figure(label, each, {**of, name: value}) for value, label in pages.labelled(each, name)]
    return found


def _counted(figures: Iterable[Figure]) -> list[Figure]:
    """Return the figures with their numbers, as the visitor's own lists have them; one query for all."""
    known = list(figures)
    bases = {each.name: read.asked_listing(visitor(), each, {}) for each in (COMMITMENT, MILESTONE)}
    lists = [(each.entity, replace(bases[each.entity.name], filters=each.arguments)) for each in known]
    numbers = listing.counts(lists)
    return [replace(each, number=number) for each, number in zip(known, numbers, strict=True)]


def board_of(entity: EntityType, code: str) -> Board:
    """Return the board of a plan or an axis."""
    found = _counted(_asked({entity.name: code}))
    totals, rest = found[:3], iter(found[3:])
    whole = {each.entity.name: each.number for each in totals[:2]}
    charts = []
    for each, name in BARS:
        figures = [next(rest) for _ in pages.labelled(each, name)]
        charts.append(Chart(_chart_label(each, name), figures, whole[each.name]))
    return Board(totals, charts)


def _chart_label(entity: EntityType, name: str) -> str:
    plural, field = forms.form_schema(entity)["plural"], pages.choice_filters(entity)[name]
    return f"{plural}: {field['label'][0].lower()}{field['label'][1:]}"


def show(entity: EntityType, code: str) -> str:
    """Return the page of the board."""
    row = readable(entity, code)
    for each in (COMMITMENT, MILESTONE):
        tk.check_access(each.action("list"), visitor(), {})
    extra = {"page": pages.entity_page(entity, row), "board": board_of(entity, row.code)}
    return tk.render("gobiernoabierto/board.html", extra)


# -- The report for the Technical Committee: a row for each published commitment ------------------------


def _xlsx(rows: Iterable[Reported]) -> Iterator[bytes]:
    return sheets.workbook(tk._("Board"), columns(), map(cells, rows))


REPORTS: dict[str, tuple[str, Callable[[Iterable[Reported]], Iterator[bytes]]]] = {
    "csv": ("text/csv", csv),
    "xlsx": (sheets.XLSX, _xlsx),
}
"""{ending of the address: (media type, what makes its bytes)}."""


def export(entity: EntityType, code: str, ending: str) -> Response:
    """Return the report as CSV or XLSX, as it comes from the database; no cell is a formula."""
    row = readable(entity, code)
    tk.check_access(COMMITMENT.action("list"), visitor(), {})
    if ending not in REPORTS:
        raise tk.ObjectNotFound()
    read.refuse_unknown(asked_parameters())
    mimetype, make = REPORTS[ending]
    asked = replace(read.asked_listing({"user": ""}, COMMITMENT, {}), filters={entity.name: row.code})
    body = streamed(make(report(asked)))
    answer = current_app.response_class(body, content_type=content_type(mimetype))
    name = f"tablero-{entity.path}-{row.code}.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


VIEWS: tuple[tuple[str, Any], ...] = (("", show), (".<ending>", export))
for _entity in KINDS:
    for _ending, _function in VIEWS:
        board.add_url_rule(
            f"/{_entity.path}/<code>/tablero{_ending}",
            f"{_entity.name}{'_export' if _ending else ''}",
            view_of(_function, _entity),
            methods=["GET"],
        )
