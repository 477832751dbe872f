"""Actions: six for each entity of the registry, the few special verbs, and CKAN's with their holes closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import stock
from . import (
    capture,
    dataset,
    documents,
    files,
    participation,
    proposals,
    publish,
    read,
    special,
    withdraw,
    write,
)

__all__ = ["get_actions"]


def get_actions() -> dict[str, Callable[..., Any]]:
    """Return all our actions by name; a blanket hands them to CKAN."""
    return {
        **read.entity_actions(),
        **write.entity_actions(),
        **special.ACTIONS,
        **participation.ACTIONS,
        **capture.ACTIONS,
        **proposals.ACTIONS,
        **dataset.ACTIONS,
        **documents.ACTIONS,
        **files.ACTIONS,
        **stock.get_actions(),
        **publish.ACTIONS,
        **withdraw.ACTIONS,
    }
