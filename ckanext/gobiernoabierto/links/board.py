"""The report on the commitments of a plan or an axis: a row for each, and no query for any of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities import forms, history, listing, references, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.lib import csv_writing

from . import mirror

DONE = "completed"
"""State of a milestone that was reached."""

Names = Mapping[tuple[str, str], Named]


@dataclass(frozen=True)
class Reported:
    """A commitment as the report has it; what is unknown is None."""

    code: str
    title: str | None
    title_kind: str | None
    """Column that the title is from: one alone is the official wording."""
    axis: str | None
    parties: Mapping[str, tuple[str, ...]]
    """{role: who has it}, of every role that there is."""
    start: dt.date | None
    end: dt.date | None
    milestones_done: int
    milestones: int
    self_report: str | None
    evidence: tuple[str, ...]
    """The addresses, or where there is none the texts, of what shows what is reported."""
    irm_completion: str | None
    datasets: int
    modified: dt.datetime

    @property
    def disagreement(self) -> bool | None:
        """Tell whether the institution and the IRM say different things; None where one says nothing."""
        if self.self_report is None or self.irm_completion is None:
            return None
        return self.self_report != self.irm_completion


def report(asked: listing.Listing) -> Iterator[Reported]:
    """Yield the commitments of a list, as they come from the database."""
    names = references.published([registry.entity_type(name) for name in ("institution", "axis")])
    milestones, datasets = _milestones(), mirror.counts("commitment")
    entity = registry.entity_type("commitment")
    for row in listing.every(entity, asked):
        title, kind = entity.title_of(row.values())
        reached, all_ = milestones.get(row.code, (0, 0))
        yield Reported(
            code=row.code,
            title=title,
            title_kind=kind,
            axis=_called(names, "axis", row.axis),
            parties={role: _those(names, row, role) for role in _roles()},
            start=row.start,
            end=row.end,
            milestones_done=reached,
            milestones=all_,
            self_report=row.self_report,
            evidence=tuple(each.url or each.text for each in row.evidence),
            irm_completion=row.irm_completion,
            datasets=datasets.get(row.code, 0),
            modified=row.modified,
        )


def _called(names: Names, entity: str, code: str | None) -> str | None:
    """Return what is published under a code is called, or the code."""
    named = names.get((entity, code or ""))
    return named.title if named and named.title else code


def _those(names: Names, row: Any, role: str) -> tuple[str, ...]:
    those = [part for part in row.participations if part.role == role]
    said = [_called(names, "institution", part.institution) or part.text for part in those]
    return tuple(each for each in said if each)


def _milestones() -> dict[str, tuple[int, int]]:
    """Return {commitment: (published milestones that were reached, all of them)}."""
    table = registry.entity_type("milestone").table
    reached = sa.func.count().filter(table.c.state == DONE)
    found = sa.select(table.c.commitment, reached.label("reached"), sa.func.count().label("whole"))
    counted = found.where(table.c.visibility == PUBLISHED).group_by(table.c.commitment)
    return {row.commitment: (row.reached, row.whole) for row in Session.execute(counted)}


# -- As people read it ----------------------------------------------------------------------------------


def _commitment() -> EntityType:
    return registry.entity_type("commitment")


def columns() -> list[str]:
    """Return the headings of the report."""
    fields = {each["field_name"]: each["label"] for each in forms.fields_of(_commitment())}
    return [
        tk._("Code"),
        tk._("Title"),
        tk._("Kind of title"),
        fields["axis"],
        *_roles().values(),
        fields["start"],
        fields["end"],
        tk._("Milestones reached"),
        forms.form_schema(registry.entity_type("milestone"))["plural"],
        fields["self_report"],
        fields["evidence"],
        fields["irm_completion"],
        tk._("They disagree"),
        tk._("Datasets"),
        tk._("Changed"),
    ]


def _roles() -> dict[str, str]:
    """Return {role: label}, who answers for it first."""
    part = forms.field_of(_commitment(), "participations")["repeating_subfields"]
    return next(each["labels"] for each in part if each["field_name"] == "role")


def cells(each: Reported) -> list[Any]:
    """Return a row of the report as people read it; what is unknown is None."""
    kind = forms.field_of(_commitment(), each.title_kind)["label"] if each.title_kind else None
    disagree = {None: None, True: tk._("Yes"), False: tk._("No")}[each.disagreement]
    return [
        each.code,
        each.title,
        kind,
        each.axis,
        *[csv_writing.SEPARATOR.join(each.parties[role]) or None for role in _roles()],
        each.start,
        each.end,
        each.milestones_done,
        each.milestones,
        _label("self_report", each.self_report),
        csv_writing.SEPARATOR.join(each.evidence) or None,
        _label("irm_completion", each.irm_completion),
        disagree,
        each.datasets,
        each.modified,
    ]


def _label(name: str, value: str | None) -> str | None:
    return forms.choice_label(forms.field_of(_commitment(), name), value) if value else None


def csv(rows: Iterable[Reported]) -> Iterator[bytes]:
    """Yield the report as CSV, the heading first; no cell is a formula."""
    yield csv_writing.header(columns())
    for row in rows:
        plain = [history.plain(cell) for cell in cells(row)]
        yield csv_writing.line(csv_writing.harmless(c) if isinstance(c, str) else c for c in plain)
