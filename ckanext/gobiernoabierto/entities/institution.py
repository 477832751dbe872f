"""Institution: who takes part in a plan, which is not yet who publishes data."""

from __future__ import annotations

import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType, text_list


class Institution(Entity, BaseModel):
    """A participating body; ``sector`` is empty where no source tells it."""

    __tablename__ = "gobiernoabierto_institution"

    name = sa.Column(sa.Text, nullable=False)
    initials = sa.Column(sa.Text)
    other_names = text_list()
    sector = sa.Column(sa.Text)
    relation = sa.Column(sa.Text)
    plan_text = sa.Column(sa.Text)
    """The plan that the source names, in its words: ``3``, or ``3-4`` for a letter between two."""


INSTITUTION = EntityType(
    name="institution",
    model=Institution,
    path="institucion",
    list_path="instituciones",
    title=("name",),
    names=("initials", "other_names"),
    order=("name", "code"),
)
