"""Problem: what participants of a workshop say is wrong in their municipality."""

from __future__ import annotations

import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType, Titled, belongs_to, references, rows_of
from .document import documents_of
from .evidence import Evidence
from .participation import Answer, Said, said_in_the_past, state_costs

CLOSED = ("solved", "discarded")
"""States in which nothing is left to do."""


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


PROBLEM = EntityType(
    name="problem",
    model=Problem,
    path="problema",
    list_path="problemas",
    title=("title",),
    names=("description",),
    order=("municipality", "reported", "code"),
    owners={"municipality": "municipality"},
    rules=(state_costs(reason="discarded", evidence="solved"), said_in_the_past),
    part_of=("workshop", "municipality"),
    documents=("answer", "evidence", "other"),
    line=("state", "reported", "municipality"),
    numbered=("municipality", "P"),
    waiting=("reported", "prioritised"),
    by_site=("origin",),
)
