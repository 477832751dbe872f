"""What organizations took back from the public: for those who may edit it, and nobody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import ckan.model as model
import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities.base import now

from . import withdrawal
from .model import DATASET, DELETE, Entry
from .render import TYPES
from .withdrawal import Told

DELETED, PRIVATE = "deleted", "private"


@dataclass(frozen=True)
class TakenBack:
    """A dataset that is not public any more, or a draft that was deleted."""

    name: str
    title: str
    organization: str
    state: str
    """``deleted``, ``draft`` or ``private``."""
    since: dt.datetime | None
    """When it went; None of what never was public."""
    told: Told
    """What everybody reads of it."""
    leads_nowhere: bool
    """Whether somebody said what takes its place, and that is not public any more either."""

    @property
    def explained(self) -> bool:
        """Tell whether anything was said of it."""
        return self.leads_nowhere or self.told != withdrawal.NOTHING


def of_dataset(id: str) -> TakenBack | None:
    """Return what became of one dataset; None of one that everybody may read, or never could."""
    row = Session.execute(_hidden(model.Package.id == id)).first()
    if row is None or row.since is None:
        return None
    return _taken_back(row, withdrawal.told_of([id]).get(id, withdrawal.NOTHING))


def of_organizations(ids: Iterable[str], first: int = 0, most: int = 50) -> tuple[int, list[TakenBack]]:
    """Return how many datasets these organizations took back, and some of them: what went last is first.

    The caller has asked whether the reader may edit the datasets of these organizations.
    """
    found = _hidden(model.Package.owner_org.in_(list(ids))).subquery()
    total = Session.scalar(sa.select(sa.func.count()).select_from(found))
    order = found.c.since.desc().nulls_last(), found.c.title, found.c.name
    rows = Session.execute(sa.select(found).order_by(*order).offset(first).limit(most)).all()
    told = withdrawal.told_of(row.id for row in rows)
    return int(total), [_taken_back(row, told.get(row.id, withdrawal.NOTHING)) for row in rows]


def _taken_back(row: Any, told: Told) -> TakenBack:
    said = row.successor is not None and row.since is not None
    state = PRIVATE if row.state == "active" else row.state
    lost = said and told.successor is None
    return TakenBack(row.name, row.title or row.name, row.organization, state, row.since, told, lost)


def _hidden(asked: Any) -> Any:
    """Return the select of what is deleted, and of what is hidden and was public once, of those asked for.

    What no flush has told the log yet went just now.
    """
    package, organization, said = model.Package, model.Group, withdrawal.Withdrawal
    known = sa.and_(Entry.kind == DATASET, Entry.subject == package.id, Entry.superseded_by.is_(None))
    since: Any = sa.case((Entry.op == DELETE, Entry.published), (Entry.op.isnot(None), now()))
    shown = sa.select(
        *(package.id, package.name, package.title, package.state, said.successor),
        organization.title.label("organization"),
        since.label("since"),
    )
    shown = shown.join(organization, organization.id == package.owner_org).outerjoin(Entry, known)
    shown = shown.outerjoin(said, said.package_id == package.id)
    was_public = sa.and_(sa.or_(package.state != "active", package.private), Entry.seq.isnot(None))
    hidden = sa.or_(package.state == DELETED, was_public)
    return shown.where(asked, package.type.in_(TYPES), hidden)
