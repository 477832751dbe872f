"""Milestone: a step of a commitment, how far it is, and what shows that it was reached."""

from __future__ import annotations

import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType, Proof, Through, Titled, belongs_to, references, rows_of
from .document import documents_of
from .evidence import Evidence, shown
from .plan import ends_after_start

REACHED = Proof("state", "completed")


class MilestoneEvidence(Evidence, BaseModel):
    """What shows that the milestone was reached."""

    __tablename__ = "gobiernoabierto_milestone_evidence"

    parent = belongs_to("milestone")


class Milestone(Titled, Entity, BaseModel):
    """A milestone; its states are the four steps of the IRM."""

    __tablename__ = "gobiernoabierto_milestone"

    commitment = references("commitment", nullable=False)
    start = sa.Column(sa.Date)
    end = sa.Column(sa.Date)
    state = sa.Column(sa.Text, nullable=False)
    evidence = rows_of("milestone", "MilestoneEvidence")
    documents = documents_of("milestone", "Milestone")


MILESTONE = EntityType(
    name="milestone",
    model=Milestone,
    path="hito",
    list_path="hitos",
    title=("title",),
    order=("commitment", "end", "code"),
    owners={"institution": Through("commitment", "participations", ("role", "lead"))},
    rules=(ends_after_start, shown(REACHED)),
    proven=REACHED,
    narrowed_by={"plan": "commitment", "axis": "commitment"},
    part_of=("commitment",),
    documents=("evidence", "other"),
    numbered=("commitment", "H"),
    told_in_full=True,
)
