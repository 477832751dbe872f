"""Filters of lists that are no field of the entity: what its fields say together, and what datasets name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from ckanext.gobiernoabierto.entities.base import EntityType

from . import mirror

Conditions = Callable[[EntityType], Mapping[str, Any]]


def _agreement(entity: EntityType) -> Mapping[str, Any]:
    """Tell whether the institution and the IRM say the same of a commitment; one of them may say nothing."""
    said, found = entity.table.c.self_report, entity.table.c.irm_completion
    return {"differ": said != found, "agree": said == found, "open": sa.or_(said.is_(None), found.is_(None))}


def _data(entity: EntityType) -> Mapping[str, Any]:
    """Tell whether a public dataset names the entity."""
    named = entity.table.c.code.in_(mirror.named_in_public(entity.name))
    return {"some": named, "none": sa.not_(named)}


FILTERS: dict[str, Conditions] = {"agreement": _agreement, "data": _data}
"""Filter of ``schemas/*.yaml``, under ``filters`` -> {choice: condition on the entity's table}."""


def of(entity: EntityType, names: list[str]) -> dict[str, Mapping[str, Any]]:
    """Return the conditions of these filters of an entity, as a Listing takes them."""
    return {name: FILTERS[name](entity) for name in names}
