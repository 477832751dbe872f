"""Who a CKAN organization is: a municipality, an institution, the coordinator. Written by sysadmins.

It is a table of ours and not a field of the organization, whose own administrator could empty it.
"""

from __future__ import annotations

import sqlalchemy as sa
from ckan.model import Session

from .base import BaseModel, references


class OrganizationRole(BaseModel):
    """What one organization stands for; the id is CKAN's, without a foreign key to its tables."""

    __tablename__ = "gobiernoabierto_organization_role"

    organization_id = sa.Column(sa.Text, primary_key=True)
    municipality = references("municipality")
    institution = references("institution")
    coordinator = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())


def roles_of(organization_ids: list[str]) -> list[OrganizationRole]:
    """Return the roles of these organizations; those that have none are left out."""
    if not organization_ids:
        return []
    found = sa.select(OrganizationRole).where(OrganizationRole.organization_id.in_(organization_ids))
    return list(Session.execute(found).scalars())
