"""The page of a plan as it was when its term ended: stored once, cited, and changed by nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import forms, history, listing, references, registry, store
from ckanext.gobiernoabierto.entities.base import CHECKS, MACHINERY, PUBLISHED, BaseModel, EntityType, Values
from ckanext.gobiernoabierto.lib import formats

from . import board

PARTS = ("plan", "axis", "commitment", "milestone")
"""Kinds of what is kept, each under its name."""
ADDED, CHANGED, GONE = "added", "changed", "gone"


class PlanClosing(BaseModel):
    """What was published of a plan when it was closed, as the bytes that everybody gets."""

    __tablename__ = "gobiernoabierto_plan_closing"

    plan = sa.Column(
        sa.Text, sa.ForeignKey("gobiernoabierto_plan.code", onupdate="CASCADE"), primary_key=True
    )
    closed = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False)
    snapshot = sa.Column(sa.Text, nullable=False)
    """JSON."""
    sha256 = sa.Column(sa.Text, nullable=False)
    """Of the snapshot in UTF-8."""
    report = sa.Column(sa.Text, nullable=False)
    """The board's report, CSV."""

    @property
    def kept(self) -> Values:
        """Return the snapshot as values."""
        return json.loads(str(self.snapshot))


def find(plan: str) -> PlanClosing | None:
    """Return what was kept of a plan, or None for one that is not closed."""
    return Session.get(PlanClosing, plan)


def close(row: Any, moment: dt.datetime) -> None:
    """Keep what is published of a plan now, in the caller's transaction."""
    asked = listing.Listing(filters={"plan": row.code})
    kept = {
        "author": config.site_title(),
        "address": f"{config.site_url()}/plan/{row.code}/cierre",
        "closed": history.plain(moment),
        **_published(row),
        "names": _names(),
    }
    snapshot = json.dumps(kept, ensure_ascii=False, sort_keys=True, indent=1)
    report = b"".join(board.csv(board.report(asked))).decode()
    digest = hashlib.sha256(snapshot.encode()).hexdigest()
    Session.add(PlanClosing(plan=row.code, closed=moment, snapshot=snapshot, sha256=digest, report=report))
    Session.flush()


def _published(row: Any) -> dict[str, list[Values]]:
    """Return {kind: values of all that is published of a plan}, in the order of their lists."""
    asked = listing.Listing(filters={"plan": row.code})
    found = {
        kind: [store.plain_values(each) for each in listing.every(registry.entity_type(kind), asked)]
        for kind in PARTS[1:]
    }
    return {"plan": [store.plain_values(row)], **found}


def _names() -> dict[str, str]:
    """Return {code: name} of the published institutions, as they are called now."""
    found = references.published([registry.entity_type("institution")]).values()
    return {named.code: named.title or named.code for named in found}


def citation(closing: Any) -> str:
    """Return the text by which the kept page is cited: author, title, date, address and checksum."""
    kept = closing.kept
    (plan,) = kept["plan"]
    day = formats.date(formats.local(closing.closed).date())
    return f"{kept['author']}. {plan['title']}. {day}. {kept['address']}. SHA-256: {closing.sha256}"


def kept_pages(entity: EntityType, code: str) -> list[str]:
    """Return, in words, the kept page for whose sake an entity can be neither deleted nor withdrawn."""
    kept = entity.name == PARTS[0] and find(code) is not None
    return [tk._("its page at the end of the term, which is cited")] if kept else []


def changed_since(closing: PlanClosing, row: Any) -> bool:
    """Tell whether anything of a plan was written since it was kept; one query."""
    kept = closing.kept
    known = {(kind, each["code"], each["modified"]) for kind in PARTS for each in kept[kind]}
    parts = []
    for kind in PARTS[1:]:
        entity = registry.entity_type(kind)
        told = sa.literal(kind).label("kind"), entity.table.c.code, entity.table.c.modified
        named = references.naming(entity, "plan", [row.code])
        parts.append(sa.select(*told).where(entity.table.c.visibility == PUBLISHED, named))
    live = [(each.kind, each.code, each.modified) for each in Session.execute(sa.union_all(*parts))]
    now = {*live, (PARTS[0], row.code, row.modified)}
    return now != {(kind, code, dt.datetime.fromisoformat(moment)) for kind, code, moment in known}


@dataclass(frozen=True)
class Later:
    """Something that is not any more as it was kept."""

    entity: EntityType
    code: str
    what: str
    fields: tuple[str, ...] = ()
    """Labels of the fields that changed."""


def later(closing: PlanClosing, row: Any) -> list[Later]:
    """Return what of a plan was added, changed or taken away since it was kept."""
    kept, live = closing.kept, _published(row)
    return [each for kind in PARTS for each in _later(kind, kept[kind], live[kind])]


def _later(kind: str, kept: list[Values], live: list[Values]) -> Iterator[Later]:
    entity = registry.entity_type(kind)
    before, after = {each["code"]: each for each in kept}, {each["code"]: each for each in live}
    for code in [*before, *[code for code in after if code not in before]]:
        if code not in after:
            yield Later(entity, code, GONE)
        elif code not in before:
            yield Later(entity, code, ADDED)
        elif changed := _changed(entity, before[code], after[code]):
            yield Later(entity, code, CHANGED, changed)


def _changed(entity: EntityType, before: Values, after: Values) -> tuple[str, ...]:
    """Return the labels of the fields that differ; a field that one of them lacks is no difference."""
    labels = {each["field_name"]: each["label"] for each in forms.fields_of(entity)}
    both = [name for name in after if name in before and name not in (*MACHINERY, CHECKS)]
    return tuple(labels.get(name, name) for name in both if before[name] != after[name])
