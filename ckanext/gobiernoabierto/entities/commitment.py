"""Commitment: what a plan promised, by whom, until when, and what the IRM found."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from .base import (
    BaseModel,
    Entity,
    EntityType,
    Proof,
    Row,
    Titled,
    belongs_to,
    references,
    rows_of,
    text_list,
)
from .document import documents_of
from .evidence import Evidence, shown
from .plan import ends_after_start

REPORTED = Proof("self_report", "completed", said=("self_report_date",))


class Participation(Row, BaseModel):
    """Who leads, coordinates or supports a commitment: an institution, or a text that names a group."""

    __tablename__ = "gobiernoabierto_commitment_participation"
    columns = ("role", "institution", "text", "source")

    parent = belongs_to("commitment")
    role = sa.Column(sa.Text, nullable=False)
    institution = references("institution")
    text = sa.Column(sa.Text)
    source = sa.Column(sa.Text)


class CommitmentEvidence(Evidence, BaseModel):
    """What shows what the institution reports."""

    __tablename__ = "gobiernoabierto_commitment_evidence"

    parent = belongs_to("commitment")


class Commitment(Titled, Entity, BaseModel):
    """A commitment. Of the three titles only ``title`` is official wording."""

    __tablename__ = "gobiernoabierto_commitment"

    plan = references("plan", nullable=False)
    number = sa.Column(sa.Integer, nullable=False)
    unofficial_title = sa.Column(sa.Text)
    title_en = sa.Column(sa.Text)
    ogp_id = sa.Column(sa.Text)
    axis = references("axis")
    start = sa.Column(sa.Date)
    end = sa.Column(sa.Date)
    irm_ambition = sa.Column(sa.Text)
    irm_results = sa.Column(sa.Text)
    irm_completion = sa.Column(sa.Text)
    objective = sa.Column(sa.Text)
    description = sa.Column(sa.Text)
    self_report = sa.Column(sa.Text)
    """How far it is as its institution says, on the scale of ``irm_completion``."""
    self_report_date = sa.Column(sa.Date)
    predecessor = references("commitment")
    """The commitment of an earlier plan that it goes on with."""
    sdgs = sa.Column(ARRAY(sa.Integer), nullable=False, default=list, server_default="{}")
    """Sustainable Development Goals that it contributes to, 1 to 17."""
    also_serves = text_list()
    """Conventions, laws and policies that it serves, as they are called."""
    url = sa.Column(sa.Text)
    participations = rows_of("commitment", "Participation")
    evidence = rows_of("commitment", "CommitmentEvidence")
    documents = documents_of("commitment", "Commitment")

    __table_args__ = (sa.UniqueConstraint("plan", "number"),)


COMMITMENT = EntityType(
    name="commitment",
    model=Commitment,
    path="compromiso",
    list_path="compromisos",
    title=("title", "unofficial_title", "title_en"),
    names=("ogp_id",),
    order=("plan", "number"),
    rules=(ends_after_start, shown(REPORTED)),
    proven=REPORTED,
    part_of=("axis", "plan"),
    documents=("evidence", "other"),
)
