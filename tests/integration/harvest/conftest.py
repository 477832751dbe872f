"""A site with one of everything, and one that harvests it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest


@dataclass
class World:
    """Both sites."""

    origin: Any
    reader: Any

    def here(self, entity: str, code: str) -> dict[str, Any]:
        """Return an entity as the reader shows it."""
        return self.reader.call(f"gobiernoabierto_{entity}_show", code=code)

    def history(self) -> list[list[str]]:
        """Return how many rows the reader's history has."""
        return self.reader.rows("SELECT count(*) FROM gobiernoabierto_history")


@pytest.fixture(scope="module")
def world(origin: Any, reader: Any) -> World:
    """Both, with the two sources at the second."""
    reader.call("organization_create", name="cosechada", title="Cosechada")
    reader.source("entidades", origin.url, "gobiernoabierto_entities", "cosechada")
    reader.source("datos", f"{origin.url}/catalog.ttl", "dcat_rdf", "cosechada")
    return World(origin, reader)
