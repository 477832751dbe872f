"""What uses an entity, as far as whoever asks may know: while anything does, it stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import forms, references
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.links import closing, mirror
from ckanext.gobiernoabierto.logic import auth

MOST = 20
"""So many are told one by one."""


@dataclass(frozen=True)
class Uses:
    """What uses an entity; of what the reader may not see only how many there are."""

    entities: Sequence[Named]
    """Those that the reader may see."""
    datasets: Sequence[mirror.Use]
    """The public ones."""
    untold: Sequence[str]
    """In words, what is not told one by one."""
    count: int
    most: ClassVar[int] = MOST

    @property
    def named(self) -> list[str]:
        """Return all of it in words, what is not told one by one first."""
        entities = [f"{forms.noun(use.entity)} {use.code}" for use in self.entities]
        datasets = [tk._("dataset {name}").format(name=use.name) for use in self.datasets]
        return [*self.untold, *entities, *datasets][:MOST]


def uses_of(context: dict[str, Any], entity: EntityType, code: str, *, published_only: bool) -> Uses:
    """Return what uses an entity."""
    found = references.uses(entity, code, published_only=published_only)
    known = [
        use
        for use in found
        if use.visibility == PUBLISHED or auth.known_row(context, use.entity, use.code) is not None
    ]
    datasets = mirror.uses_of(entity.name, code, public_only=published_only)
    public = [use for use in datasets if use.public]
    kept = closing.kept_pages(entity, code)
    untold = [*_hidden(len(found) - len(known), len(datasets) - len(public)), *kept]
    return Uses(known, public, untold, len(found) + len(datasets) + len(kept))


def _hidden(drafts: int, datasets: int) -> list[str]:
    words = []
    if drafts:
        message = tk.ungettext("{n} draft of somebody else", "{n} drafts of somebody else", drafts)
        words.append(message.format(n=drafts))
    if datasets:
        message = tk.ungettext("{n} dataset that is not public", "{n} datasets that are not public", datasets)
        words.append(message.format(n=datasets))
    return words


def refuse_if_used(context: dict[str, Any], entity: EntityType, code: str, *, published_only: bool) -> None:
    """Raise ValidationError with the list of what names this entity, if anything does.

    Of what the caller may not see it tells how many there are, and not which.
    """
    found = uses_of(context, entity, code, published_only=published_only)
    if found.count:
        message = tk._("It is in use, change these first ({count}): {list}")
        told = message.format(count=found.count, list=", ".join(found.named))
        raise tk.ValidationError({"code": [told]})
