"""What the form offers for a field that holds codes: published entities, and those that it holds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities import references, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType

GROUPED_BY = {"municipality": "department", "commitment": "plan", "axis": "plan"}
"""Entity -> the field by which its choices are grouped."""


@dataclass(frozen=True)
class Choice:
    """One thing to choose: its code, its title (None where none is known) and whether it is chosen."""

    code: str
    title: str | None
    chosen: bool


@dataclass(frozen=True)
class Group:
    """Choices under one heading, or under none."""

    title: str | None
    choices: list[Choice]
    """In the order of the entity's lists."""

    @property
    def chosen(self) -> int:
        """Return how many of them are chosen."""
        return sum(choice.chosen for choice in self.choices)


def _offered(entity: EntityType, chosen: Collection[str]) -> Any:
    """Return the select of (code, title, kind, group) of all that may be chosen, in one query."""
    table, order = entity.table, [entity.table.c[name].asc().nulls_last() for name in entity.order]
    grouped_by = GROUPED_BY.get(entity.name)
    if grouped_by is None:
        found = references.named_select(entity, sa.null().label("group_title"))
    else:
        group = registry.entity_type(grouped_by)
        found = references.named_select(entity, group.title_expression().label("group_title")).join(
            group.table, group.table.c.code == table.c[grouped_by]
        )
        order = [group.table.c.code, *order]
    return found.where(sa.or_(table.c.visibility == PUBLISHED, table.c.code.in_(list(chosen)))).order_by(
        *order
    )


def groups(entity_name: str, chosen: Collection[str]) -> list[Group]:
    """Return all that may be chosen for a field that holds codes of this entity, grouped for reading.

    What is chosen and is no longer there stands in a group without title, at the end.
    """
    entity = registry.entity_type(entity_name)
    found: dict[str | None, list[Choice]] = {}
    missing = dict.fromkeys(chosen)
    for row in Session.execute(_offered(entity, chosen)):
        found.setdefault(row.group_title, []).append(Choice(row.code, row.title, row.code in chosen))
        missing.pop(row.code, None)
    made = [Group(title, choices) for title, choices in found.items()]
    return [*made, Group(None, [Choice(code, None, True) for code in missing])] if missing else made
