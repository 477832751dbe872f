"""Ask the database about the codes that a dataset names: one query, and one more for earlier codes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities.axis import Axis
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.codes import Alias
from ckanext.gobiernoabierto.entities.commitment import Commitment
from ckanext.gobiernoabierto.entities.data_request import DataRequest
from ckanext.gobiernoabierto.entities.idea import Idea
from ckanext.gobiernoabierto.entities.municipality import Municipality
from ckanext.gobiernoabierto.entities.problem import Problem
from ckanext.gobiernoabierto.entities.workshop import Workshop, WorkshopMunicipality

from .model import LINKED, LOCAL
from .normalise import FOR_A_PROBLEM, Known, Pair

MAX_CODE = 100
NOTHING = sa.null().cast(sa.Text)


def _select(entity: str) -> Any:
    """Return (entity, code, visibility, related, whole) of one kind of those that a dataset may name.

    ``related`` is a municipality, or the axis of a commitment; ``whole`` the plan, or the problem of an
    idea or a request, where that is published.
    """
    model, related, whole = {
        "municipality": (Municipality, NOTHING, NOTHING),
        "workshop": (Workshop, WorkshopMunicipality.municipality, NOTHING),
        "problem": (Problem, Problem.municipality, NOTHING),
        "idea": (Idea, Idea.municipality, Problem.code),
        "data_request": (DataRequest, DataRequest.municipality, Problem.code),
        "commitment": (Commitment, Commitment.axis, Commitment.plan),
        "axis": (Axis, NOTHING, Axis.plan),
    }[entity]
    found = sa.select(
        sa.literal(entity).label("entity"),
        model.code,
        model.visibility,
        related.label("related"),
        whole.label("whole"),
    )
    if model is Workshop:
        found = found.outerjoin(WorkshopMunicipality, WorkshopMunicipality.parent == Workshop.code)
    for_problem = {"idea": Idea.problem, "data_request": DataRequest.problem}
    if entity in for_problem:
        public = sa.and_(Problem.code == for_problem[entity], Problem.visibility == PUBLISHED)
        found = found.outerjoin(Problem, public)
    return found.where(model.code.in_(sa.bindparam(entity, expanding=True)))


@cache
def _statement() -> Any:
    """Return the one statement for all kinds: to build it costs more than to run it."""
    return sa.union_all(*[_select(entity) for entity in LINKED])


def _rows(pairs: Iterable[Pair]) -> list[Any]:
    wanted: dict[str, list[str]] = {entity: [] for entity in LINKED}
    for entity, code in pairs:
        wanted[entity].append(code)
    return list(Session.execute(_statement(), wanted)) if any(wanted.values()) else []


def _present(pairs: set[Pair]) -> dict[Pair, str]:
    """Return {(entity, earlier code): code} of those that were replaced."""
    if not pairs:
        return {}
    found = sa.select(Alias).where(sa.tuple_(Alias.entity, Alias.alias).in_(pairs))
    return {(alias.entity, alias.alias): alias.code for alias in Session.execute(found).scalars()}


def known_codes(pairs: Iterable[Pair]) -> Known:
    """Return what there is to know of these (entity, code) pairs and of what replaced them."""
    asked = {(entity, code) for entity, code in pairs if "\0" not in code and len(code) <= MAX_CODE}
    rows = _rows(asked)
    living = {(row.entity, row.code): row.code for row in rows}
    moved = _present(asked - set(living))
    if moved:
        later = _rows({(entity, code) for (entity, _), code in moved.items()} - set(living))
        rows += later
        living |= moved | {(row.entity, row.code): row.code for row in later}
    municipalities: dict[Pair, set[str]] = defaultdict(set)
    for row in rows:
        if row.entity in LOCAL and row.related:
            municipalities[row.entity, row.code].add(row.related)
    return Known(
        living=living,
        published=frozenset((row.entity, row.code) for row in rows if row.visibility == PUBLISHED),
        municipalities_of={pair: frozenset(of) for pair, of in municipalities.items()},
        problem_of={(row.entity, row.code): row.whole for row in rows if row.entity in FOR_A_PROBLEM},
        axis_of={row.code: row.related for row in rows if row.entity == "commitment"},
        plan_of={(row.entity, row.code): row.whole for row in rows if row.entity in ("commitment", "axis")},
    )
