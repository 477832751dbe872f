"""Idea: what participants of a workshop propose to do about a problem."""

from __future__ import annotations

import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType, Proof, Titled, belongs_to, references, rows_of
from .document import documents_of
from .evidence import Evidence
from .participation import Answer, Said, said_in_the_past, state_costs
from .problem import problem_is_near

DONE = Proof("state", "done")


class IdeaAnswer(Answer, BaseModel):
    """An answer of the municipality."""

    __tablename__ = "gobiernoabierto_idea_answer"

    parent = belongs_to("idea")


class IdeaEvidence(Evidence, BaseModel):
    """What shows that it was done."""

    __tablename__ = "gobiernoabierto_idea_evidence"

    parent = belongs_to("idea")


class Idea(Titled, Said, Entity, BaseModel):
    """An idea, in the words of those who had it."""

    __tablename__ = "gobiernoabierto_idea"

    municipality = references("municipality", nullable=False)
    workshop = references("workshop")
    problem = references("problem")
    commitment = references("commitment")
    answers = rows_of("idea", "IdeaAnswer")
    evidence = rows_of("idea", "IdeaEvidence")
    documents = documents_of("idea", "Idea")

    __table_args__ = (sa.Index("ix_gobiernoabierto_idea_listed", "municipality", "reported", "code"),)


IDEA = EntityType(
    name="idea",
    model=Idea,
    path="idea",
    list_path="ideas",
    title=("title",),
    names=("description",),
    order=("municipality", "reported", "code"),
    owners={"municipality": "municipality"},
    rules=(state_costs(reason="declined", evidence=DONE), said_in_the_past, problem_is_near),
    proven=DONE,
    part_of=("problem", "workshop", "municipality"),
    documents=("answer", "evidence", "other"),
    line=("state", "reported", "municipality"),
    numbered=("municipality", "I"),
    waiting=("received", "under_review"),
    by_site=("origin",),
    title_is_said=True,
)
