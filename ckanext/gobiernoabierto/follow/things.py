"""What can be followed, as everybody may read it at this moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities import forms, references, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.codes import Alias
from ckanext.gobiernoabierto.links import mirror

from .model import DATASET, FOLLOWED

Pair = tuple[str, str]
"""(kind, code): of a dataset its id."""


@dataclass(frozen=True)
class Thing:
    """Something public: what it is called, and where its page is."""

    kind: str
    code: str
    title: str
    endpoint: str
    named: str
    """The dataset's name or the entity's code, as its address has it."""

    @property
    def pair(self) -> Pair:
        """Return what it is followed by."""
        return self.kind, self.code

    @property
    def noun(self) -> str:
        """Return what it is: ``Problema 0115-P1``, *Conjunto de datos*."""
        if self.kind == DATASET:
            return tk._("Dataset")
        return f"{forms.form_schema(registry.entity_type(self.kind))['singular']} {self.code}"

    @property
    def page(self) -> str:
        """Return the whole address of its page."""
        parameter = "id" if self.kind == DATASET else "code"
        return tk.url_for(self.endpoint, qualified=True, locale="default", **{parameter: self.named})

    @property
    def feed(self) -> str:
        """Return the whole address of its Atom feed."""
        return f"{self.page}.atom"


def of_entity(kind: str, code: str, title: str | None) -> Thing:
    """Return a published entity of which these are known."""
    return Thing(kind, code, title or code, f"gobiernoabierto.{kind}_read", code)


def _entity(named: references.Named) -> Thing:
    return of_entity(named.entity.name, named.code, named.title)


def _dataset(listed: mirror.Listed) -> Thing:
    return Thing(DATASET, listed.package_id, listed.title, "dataset.read", listed.name)


def current(pairs: Iterable[Pair]) -> dict[Pair, Pair]:
    """Return {pair: pair with the code that it has now}: codes are replaced where they were mistyped."""
    wanted = set(pairs)
    known = sa.tuple_(Alias.entity, Alias.alias).in_([pair for pair in wanted if pair[0] != DATASET])
    replaced = {
        (each.entity, each.alias): each.code
        for each in Session.execute(sa.select(Alias).where(known)).scalars()
    }
    return {pair: (pair[0], replaced.get(pair, pair[1])) for pair in wanted}


def public(pairs: Iterable[Pair]) -> dict[Pair, Thing]:
    """Return {pair: thing} of those of (kind, present code) that everybody may see; two queries."""
    wanted = set(pairs)
    entities = references.titles(pair for pair in wanted if pair[0] != DATASET)
    found = {pair: _entity(each) for pair, each in entities.items() if each.visibility == PUBLISHED}
    ids = [code for kind, code in wanted if kind == DATASET]
    datasets = mirror.public_datasets(ids) if ids else {}
    return {**found, **{(DATASET, id_): _dataset(each) for id_, each in datasets.items()}}


def followable(kind: str, code: str) -> Thing:
    """Return the public thing that somebody wants to follow, by its code, or a dataset's name.

    ObjectNotFound for what is hidden, is not there, or cannot be followed.
    """
    found = None
    if kind == DATASET:
        listed = mirror.public_dataset(code)
        found = _dataset(listed) if listed else None
    elif kind in FOLLOWED and "\0" not in code:
        pair = current([(kind, code)])[kind, code]
        found = public([pair]).get(pair)
    if found is None:
        raise tk.ObjectNotFound(tk._("There is nothing at this address"))
    return found
