"""Department: the first level of Guatemala's administrative division (INE, ISO 3166-2:GT)."""

from __future__ import annotations

import sqlalchemy as sa

from .base import BaseModel, Entity, EntityType


class Department(Entity, BaseModel):
    """One of the 22 departments; the code is INE's, two digits."""

    __tablename__ = "gobiernoabierto_department"

    name = sa.Column(sa.Text, nullable=False)
    iso_3166_2 = sa.Column(sa.Text)


DEPARTMENT = EntityType(
    name="department", model=Department, path="departamento", list_path="departamentos", title=("name",)
)
