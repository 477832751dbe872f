"""What datasets are linked to: asked once, and written once, however many of them name the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ckan.model as model
import sqlalchemy as sa
from ckanext.gobiernoabierto.entities import codes, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType, Values
from ckanext.gobiernoabierto.entities.organization_role import roles_of
from ckanext.gobiernoabierto.links.model import LINKED, stored_codes

from .addresses import Addresses
from .entity import MAPPINGS, addresses_for, named_to_rdf
from .organization import publisher_to_rdf
from .terms import Triple

Named = tuple[tuple[str, tuple[str, ...]], ...]
"""(kind, codes) that a dataset names."""


@dataclass(frozen=True)
class Described:
    """What the links of a dataset lead to."""

    codes: Mapping[str, list[str]]
    """By the name of the field, those that are published, by the codes that they have now."""
    addresses: Addresses
    triples: tuple[Triple, ...]
    """What is said of them, and of what they name."""


class Linked:
    """What the datasets of one moment are linked to. To be kept no longer than that moment is asked about."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self._described: dict[Named, Described] = {}
        self._published: dict[tuple[str, str], Values | None] = {}
        self._publishers: dict[str, tuple[Triple, ...]] = {}

    def of(self, dataset: Mapping[str, Any]) -> Described:
        """Return what a dataset is linked to."""
        named = tuple((name, tuple(stored_codes(dataset.get(name)))) for name in LINKED)
        if named not in self._described:
            self._described[named] = self._describe(named)
        return self._described[named]

    def publisher(self, dataset: Mapping[str, Any]) -> tuple[Triple, ...]:
        """Return what the publisher is called, and that it is an organization, of a municipality or not."""
        organization = dataset.get("organization") or {}
        id = organization.get("id")
        if id is None:
            return ()
        if id not in self._publishers:
            local = any(role.municipality for role in roles_of([id]))
            group = model.Session.get(model.Group, id)  # what the index keeps of it may be older
            title = (group.title or group.name) if group else organization.get("title")
            self._publishers[id] = tuple(publisher_to_rdf(id, title, is_municipality=local))
        return self._publishers[id]

    def _describe(self, named: Named) -> Described:
        rows = [row for name, wanted in named for row in self._rows(registry.entity_type(name), wanted)]
        present: dict[str, list[str]] = {name: [] for name in LINKED}
        for entity, row in rows:
            present[entity.name].append(row["code"])
        own = {(entity.name, row["code"]) for entity, row in rows}
        addresses = addresses_for(own, rows)
        triples = [triple for entity, row in rows for triple in MAPPINGS[entity.name][0](row, addresses)]
        for pair, other in addresses.known.items():
            if pair not in own:
                triples += named_to_rdf(other, addresses)
        return Described(present, addresses, tuple(triples))

    def _rows(self, entity: EntityType, wanted: Iterable[str]) -> Iterator[tuple[EntityType, Values]]:
        """Yield the published entities of a kind that are named, by their earlier codes too."""
        named = [code for code in wanted if "\0" not in code]
        rows = self._of_codes(entity, named)
        missing = [code for code in named if code not in rows]
        later = [moved for code in missing if (moved := codes.resolve(entity, code).moved_to)]
        rows |= self._of_codes(entity, later)
        yield from ((entity, rows[code]) for code in sorted(rows))

    def _of_codes(self, entity: EntityType, wanted: list[str]) -> dict[str, Values]:
        lacking = [code for code in wanted if (entity.name, code) not in self._published]
        if lacking:
            table = entity.table
            found = sa.select(table).where(table.c.code.in_(lacking), table.c.visibility == PUBLISHED)
            rows = {row["code"]: dict(row) for row in model.Session.execute(found).mappings()}
            self._published |= {(entity.name, code): rows.get(code) for code in lacking}
        known = {code: self._published[entity.name, code] for code in wanted}
        return {code: row for code, row in known.items() if row is not None}
