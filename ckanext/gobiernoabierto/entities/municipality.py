"""Municipality: the second level, where workshops are held and data is about."""

from __future__ import annotations

import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType, references, text_list


class Municipality(Entity, BaseModel):
    """One of the 340 municipalities; the code is INE's, always four digits."""

    __tablename__ = "gobiernoabierto_municipality"

    name = sa.Column(sa.Text, nullable=False)
    department = references("department", nullable=False)
    other_names = text_list()
    pilot = sa.Column(sa.Text)
    """What ``pilot_source`` says of its part in the pilot programme of idea marathons."""
    pilot_source = sa.Column(sa.Text)


MUNICIPALITY = EntityType(
    name="municipality",
    model=Municipality,
    path="municipio",
    list_path="municipios",
    title=("name",),
    names=("other_names",),
    part_of=("department",),
)
