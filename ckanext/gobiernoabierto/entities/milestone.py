"""Milestone: a step of a commitment, how far it is, and what shows that it was reached."""

from __future__ import annotations

from collections.abc import Iterator

import ckan.plugins.toolkit as tk
import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType, Through, Titled, Values, belongs_to, references, rows_of
from .document import documents_of, has
from .participation import Evidence
from .plan import ends_after_start


def completed_has_evidence(values: Values) -> Iterator[tuple[str, str]]:
    """Yield an error when it is said to be completed and nothing that one can open shows it."""
    shown = any(row["url"] for row in values.get("evidence") or ()) or has(values, "evidence")
    if values.get("state") == "completed" and not shown:
        yield "evidence", tk._("Give the address of a dataset, file or document that shows it")


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
    rules=(ends_after_start, completed_has_evidence),
    proven="completed",
    narrowed_by={"plan": "commitment", "axis": "commitment"},
    part_of=("commitment",),
    documents=("evidence", "other"),
    numbered=("commitment", "H"),
    told_in_full=True,
)
