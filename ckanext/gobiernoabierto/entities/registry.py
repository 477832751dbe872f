"""The one list of all linked entities. A new one is a module, a YAML, a migration and a line here."""

from __future__ import annotations

from .axis import AXIS
from .base import EntityType
from .commitment import COMMITMENT
from .data_request import DATA_REQUEST
from .department import DEPARTMENT
from .idea import IDEA
from .institution import INSTITUTION
from .invitation import INVITATION
from .milestone import MILESTONE
from .municipality import MUNICIPALITY
from .plan import PLAN
from .problem import PROBLEM
from .round_table import ROUND_TABLE
from .workshop import WORKSHOP

ENTITY_TYPES: tuple[EntityType, ...] = (
    DEPARTMENT,
    MUNICIPALITY,
    INSTITUTION,
    PLAN,
    AXIS,
    COMMITMENT,
    WORKSHOP,
    ROUND_TABLE,
    PROBLEM,
    IDEA,
    DATA_REQUEST,
    INVITATION,
    MILESTONE,
)
"""In an order in which no entity names one that comes later."""


def entity_type(name: str) -> EntityType:
    """Return the entity of that name; KeyError if there is none."""
    for candidate in ENTITY_TYPES:
        if candidate.name == name:
            return candidate
    raise KeyError(name)


def entity_of_table(table: str) -> EntityType | None:
    """Return the entity that is kept in ``table``, or None for any other table."""
    return next((e for e in ENTITY_TYPES if e.table.name == table), None)
