"""Sets of datasets: of a municipality, an organization, an axis, a commitment, and of all of these kinds."""

from __future__ import annotations

from collections.abc import Iterable

from .model import ORGANIZATION

KINDS = ("axis", "commitment", "municipality", ORGANIZATION)
"""In the alphabet's order. What people bring (problems, ideas, requests) is none: see ``Entry.sets``."""


def of_refs(refs: Iterable[str]) -> list[str]:
    """Return the sets that a dataset is in by what it is about, those above them left out: ``axis:3-3``."""
    return sorted(ref for ref in refs if ref.partition(":")[0] in KINDS)


def with_those_above(refs: Iterable[str]) -> list[str]:
    """Return the sets that a dataset is in, and those that contain them: ``axis``, ``axis:3-3``."""
    own = of_refs(refs)
    return sorted({*own, *(ref.partition(":")[0] for ref in own)})
