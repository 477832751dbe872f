"""Problem: what participants of a workshop say is wrong in their municipality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.model import Session

from .base import HELD, BaseModel, Entity, EntityType, Proof, Titled, Values, belongs_to, references, rows_of
from .document import documents_of
from .evidence import Evidence
from .participation import Answer, Said, said_in_the_past, state_costs

CLOSED = ("solved", "discarded")
"""States in which nothing is left to do."""
SOLVED = Proof("state", "solved")


class ProblemAnswer(Answer, BaseModel):
    """An answer of the municipality."""

    __tablename__ = "gobiernoabierto_problem_answer"

    parent = belongs_to("problem")


class ProblemEvidence(Evidence, BaseModel):
    """What shows that it was solved."""

    __tablename__ = "gobiernoabierto_problem_evidence"

    parent = belongs_to("problem")


class Problem(Titled, Said, Entity, BaseModel):
    """A problem, in the words of those who named it."""

    __tablename__ = "gobiernoabierto_problem"

    municipality = references("municipality", nullable=False)
    workshop = references("workshop")
    axis = references("axis")
    answers = rows_of("problem", "ProblemAnswer")
    evidence = rows_of("problem", "ProblemEvidence")
    documents = documents_of("problem", "Problem")

    __table_args__ = (sa.Index("ix_gobiernoabierto_problem_listed", "municipality", "reported", "code"),)


def problem_is_near(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when this write names a problem of another municipality.

    A workshop may be of several: what was said at the same one is near. What has moved away since it was
    named stays.
    """
    named = sa.select(Problem.municipality, Problem.workshop).where(Problem.code == values.get("problem"))
    problem = Session.execute(named).first() if values.get("problem") else None
    if problem is None or _is_near(problem, values):
        return
    held = values.get(HELD) or {}
    if held.get("problem") != values["problem"] or _is_near(problem, held):
        yield "problem", tk._("This problem is of another municipality: choose another, or leave it empty")


def _is_near(problem: Any, values: Mapping[str, Any]) -> bool:
    same_workshop = problem.workshop is not None and problem.workshop == values.get("workshop")
    return same_workshop or problem.municipality == values.get("municipality")


PROBLEM = EntityType(
    name="problem",
    model=Problem,
    path="problema",
    list_path="problemas",
    title=("title",),
    names=("description",),
    order=("municipality", "reported", "code"),
    owners={"municipality": "municipality"},
    rules=(state_costs(reason="discarded", evidence=SOLVED), said_in_the_past),
    proven=SOLVED,
    part_of=("workshop", "municipality"),
    documents=("answer", "evidence", "other"),
    line=("state", "reported", "municipality"),
    numbered=("municipality", "P"),
    waiting=("reported", "prioritised"),
    by_site=("origin",),
    title_is_said=True,
)
