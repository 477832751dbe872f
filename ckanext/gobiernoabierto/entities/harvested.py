"""Entities that were read from another site: which ones, from where, and as they were said there."""

from __future__ import annotations

import sqlalchemy as sa
from ckan.model import Session

from .base import BaseModel, EntityType, now


class Harvested(BaseModel):
    """One entity that another site maintains. What has no row here is of this site, and stays as it is."""

    __tablename__ = "gobiernoabierto_harvested"

    entity = sa.Column(sa.Text, primary_key=True)
    code = sa.Column(sa.Text, primary_key=True)
    origin = sa.Column(sa.Text, nullable=False, index=True)
    """Address of the other site, without a slash at its end."""
    sha256 = sa.Column(sa.Text, nullable=False)
    """Of what the other site said when it was last written here."""
    read = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)


def of(entity: EntityType, code: str) -> Harvested | None:
    """Return where an entity is from, or None for one of this site."""
    return Session.get(Harvested, (entity.name, code))


def of_origin(origin: str) -> dict[tuple[str, str], Harvested]:
    """Return {(entity, code): row} of all that is from a site."""
    found = sa.select(Harvested).where(Harvested.origin == origin)
    return {(row.entity, row.code): row for row in Session.execute(found).scalars()}


def address_at_origin(entity: EntityType, code: str) -> str | None:
    """Return the address of the page of an entity at the site that maintains it, or None for one of ours."""
    row = of(entity, code)
    return f"{row.origin}/{entity.path}/{code}" if row is not None else None
