"""What there is about each municipality, in numbers: what the map shows. Three queries for all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities import participation, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType
from ckanext.gobiernoabierto.entities.problem import CLOSED

from . import mirror

OPEN, UNANSWERED = "open", "unanswered"


@dataclass(frozen=True)
class Figures:
    """A published municipality, and how much there is of what everybody may see."""

    code: str
    name: str
    department: str
    department_name: str
    datasets: int
    problems: int
    """Open ones: neither solved nor discarded."""
    unanswered: int
    """Ideas and problems that wait for an answer longer than they should."""


def of_municipalities(answer_days: int) -> list[Figures]:
    """Return the figures of every published municipality, by code; an answer is due in ``answer_days``."""
    datasets, said = mirror.counts("municipality"), _said(answer_days)

    def figures(place: Any) -> Figures:
        code = place["code"]
        return Figures(
            **place,
            datasets=datasets.get(code, 0),
            problems=said[OPEN, code],
            unanswered=said[UNANSWERED, code],
        )

    return [figures(place) for place in Session.execute(_places()).mappings()]


def _places() -> Any:
    place = registry.entity_type("municipality").table
    department = registry.entity_type("department").table
    return (
        sa.select(place.c.code, place.c.name, place.c.department, department.c.name.label("department_name"))
        .join(department, department.c.code == place.c.department)
        .where(place.c.visibility == PUBLISHED)
        .order_by(place.c.code)
    )


def _said(answer_days: int) -> Counter[tuple[str, str]]:
    """Return {(what is counted, municipality): how many}, of problems and ideas together."""
    problem, idea = registry.entity_type("problem"), registry.entity_type("idea")
    parts = [_counted(OPEN, problem, problem.table.c.state.not_in(CLOSED))]
    for entity in (problem, idea):
        parts.append(_counted(UNANSWERED, entity, participation.unanswered(entity, answer_days)))
    found: Counter[tuple[str, str]] = Counter()
    for row in Session.execute(sa.union_all(*parts)):
        found[row.what, row.code] += row.number
    return found


def _counted(what: str, entity: EntityType, condition: Any) -> Any:
    code = entity.table.c.municipality.label("code")
    counted = sa.select(sa.literal(what).label("what"), code, sa.func.count().label("number"))
    return counted.where(entity.table.c.visibility == PUBLISHED, condition).group_by(code)
