"""What the form offers for a field that holds codes: the entities that one may see, what it holds first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities import references, registry
from ckanext.gobiernoabierto.entities.base import EntityType
from ckanext.gobiernoabierto.entities.listing import Listing, visible

from .mirror import datasets_of

NEWEST_FIRST = {"problem": "reported", "idea": "reported", "data_request": "requested"}
"""Entities of which there are thousands, and their day: only those of some municipalities are offered, and
at most MOST."""
MOST = 100


@dataclass(frozen=True)
class Choice:
    """One thing to choose: its code, its title and the group that it is of (None where none is known)."""

    code: str
    title: str | None
    group: str | None = None
    known: bool = True
    """Whether there is such an entity that the person may see."""


@dataclass(frozen=True)
class Group:
    """Choices under one heading, or under none."""

    title: str | None
    choices: list[Choice]
    """In the order of the entity's lists."""
    chosen: bool = False
    """Whether this is what is chosen, of whatever groups."""

    def of(self, known: bool) -> list[Choice]:
        """Return its choices that are there, or those that are not."""
        return [each for each in self.choices if each.known is known]


def _grouped_by(entity: EntityType) -> str | None:
    """Return the field by which choices are grouped: the furthest that they are part of, if all have one."""
    whole = entity.part_of[-1] if entity.part_of else None
    return whole if whole and not entity.table.c[whole].nullable else None


def _offered(
    entity: EntityType, chosen: Collection[str], municipalities: Collection[str], asked: Listing
) -> Any:
    """Return the select of (code, title, kind, group) of all that may be chosen, in one query."""
    table, order = entity.table, [entity.table.c[name].asc().nulls_last() for name in entity.order]
    grouped_by = _grouped_by(entity)
    if grouped_by is None:
        found = references.named_select(entity, sa.null().label("group_title"))
    else:
        group = registry.entity_type(grouped_by)
        found = references.named_select(entity, group.title_expression().label("group_title")).join(
            group.table, group.table.c.code == table.c[grouped_by]
        )
        order = [group.table.c.code, *order]
    found = found.where(visible(entity, asked))
    if entity.name not in NEWEST_FIRST:
        return found.order_by(*order)
    held, near = table.c.code.in_(list(chosen)), table.c.municipality.in_(list(municipalities))
    day = table.c[NEWEST_FIRST[entity.name]].desc().nulls_last()
    newest = [held.desc(), group.table.c.code, day, table.c.code]
    return found.where(sa.or_(near, held)).order_by(*newest).limit(MOST + len(chosen))


PUBLIC = Listing()
"""What everybody may see."""


def groups(
    entity_name: str,
    chosen: Collection[str],
    municipalities: Collection[str] = (),
    asked: Listing = PUBLIC,
) -> list[Group]:
    """Return what is chosen, first of all, and all else that whom ``asked`` is for may see, in groups.

    Of problems, ideas and requests, those of ``municipalities``; the others are written by their codes.
    What is chosen and is no longer there, or is somebody's draft, is told by its code alone.
    """
    entity = registry.entity_type(entity_name)
    rows = Session.execute(_offered(entity, chosen, municipalities, asked))
    offered = [Choice(row.code, row.title, row.group_title) for row in rows]
    others: dict[str | None, list[Choice]] = {}
    for choice in offered:
        if choice.code not in chosen:
            others.setdefault(choice.group, []).append(choice)
    there = {choice.code for choice in offered}
    held = [choice for choice in offered if choice.code in chosen]
    held += [Choice(code, None, known=False) for code in dict.fromkeys(chosen) if code not in there]
    first = [Group(None, held, chosen=True)] if held else []
    return [*first, *[Group(title, choices) for title, choices in others.items()]]


def has_any(entity_name: str, asked: Listing = PUBLIC) -> bool:
    """Tell whether there is any of these entities that whom ``asked`` is for may see."""
    entity = registry.entity_type(entity_name)
    return bool(Session.scalar(sa.select(sa.exists().where(visible(entity, asked)))))


def datasets(entity_name: str, code: str) -> list[dict[str, str]]:
    """Return the public datasets that name an entity, as scheming's choices; the last changed first."""
    return [{"value": each.name, "label": each.title} for each in datasets_of(entity_name, code, MOST)]
