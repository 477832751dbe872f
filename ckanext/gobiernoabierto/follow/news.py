"""What is new: the changes that the public history tells of what is public now.

A change is told as long as what it says is still there: an answer that was taken back, a reason that was
written anew, a thing that was unpublished are not.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities import codes, forms, history, references, registry, timeline
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType
from ckanext.gobiernoabierto.entities.codes import Alias
from ckanext.gobiernoabierto.entities.history import History
from ckanext.gobiernoabierto.links import hooks, mirror
from ckanext.gobiernoabierto.links.model import LINKED, Link
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import array

from . import things
from .model import DATASET, FOLLOWED
from .things import Pair, Thing

REPORTED = ("self_report", "irm_completion")
"""Fields without a state of their own whose change is news."""
NEWSWORTHY = ("visibility", "state", "private", "answers", *REPORTED, *LINKED)
IN_A_FEED = 50
WHILE_IT_IS_SENT = dt.timedelta(minutes=5)
"""CKAN says of a new file too that it was changed, a moment later."""
LONGEST = 400
"""Characters of an answer or a reason; the page has all of it."""


@dataclass(frozen=True)
class News:
    """One change of one thing, as everybody may read it."""

    key: str
    """Names it for good, so that nobody is told twice."""
    moment: dt.datetime
    thing: Thing
    lines: tuple[str, ...]
    about: frozenset[Pair]
    """Whose followers are told."""


def since(moment: dt.datetime, followed: Iterable[Pair]) -> list[News]:
    """Return what is new about any of these since a moment, the oldest first."""
    wanted = set(followed)
    files = model.Resource.package_id.in_([code for kind, code in wanted if kind == DATASET])
    found = [
        *_told(_newsworthy().where(History.happened >= moment).order_by(History.id)),
        *_files(files, moment),
    ]
    return sorted((news for news in found if news.about & wanted), key=lambda news: (news.moment, news.key))


def about(thing: Thing) -> list[News]:
    """Return the last changes that the followers of one thing were told, the newest first."""
    asked = _newsworthy().where(_concerning(thing)).order_by(History.id.desc()).limit(IN_A_FEED)
    files = _files(model.Resource.package_id == thing.code) if thing.kind == DATASET else ()
    found = [news for news in (*_told(asked), *files) if thing.pair in news.about]
    return sorted(found, key=lambda news: (news.moment, news.key), reverse=True)[:IN_A_FEED]


def _newsworthy() -> Any:
    return sa.select(History).where(
        History.visibility == PUBLISHED, History.changes.has_any(array(NEWSWORTHY))
    )


def _concerning(thing: Thing) -> Any:
    """Return the condition on the history that a row is of the thing, or of what names it."""
    if thing.kind == DATASET:
        return sa.and_(History.subject == DATASET, History.code == thing.code)
    entity = registry.entity_type(thing.kind)
    ways = [sa.and_(History.subject == entity.name, History.code.in_(codes.every_code(entity, thing.code)))]
    for reference in references.references_to(entity):
        naming = sa.select(reference.parent).where(reference.column == thing.code)
        source = reference.source.name
        earlier = sa.select(Alias.alias).where(Alias.entity == source, Alias.code.in_(naming))
        ways.append(sa.and_(History.subject == source, History.code.in_(naming.union_all(earlier))))
    if entity.name in LINKED:
        linked = sa.select(Link.package_id).where(Link.entity == entity.name, Link.code == thing.code)
        ways.append(sa.and_(History.subject == DATASET, History.code.in_(linked)))
    return sa.or_(*ways)


def _told(statement: Any) -> Iterator[News]:
    """Yield the news in these rows of history."""
    rows = [row for row in Session.execute(statement).scalars() if _is_known(row.subject)]
    now = things.current((row.subject, row.code) for row in rows)
    living = _rows_of(set(now.values()))
    public = things.public(pair for pair in now.values() if pair[0] == DATASET)
    links = mirror.links_of_all(code for _, code in public) if public else {}
    public.update({pair: _called(pair[0], row) for pair, row in living.items()})
    for row in rows:
        pair = now[row.subject, row.code]
        if pair not in public:
            continue
        if pair[0] == DATASET:
            lines, concerned = _of_dataset(row, links.get(pair[1], set()))
        else:
            lines, concerned = _of_entity(row, living[pair])
        if lines:
            about = frozenset(each for each in concerned if each[0] in FOLLOWED)
            yield News(f"h{row.id}", row.happened, public[pair], tuple(lines), about)


def _is_known(subject: str) -> bool:
    return subject == hooks.SUBJECT or any(entity.name == subject for entity in registry.ENTITY_TYPES)


def _rows_of(pairs: Iterable[Pair]) -> dict[Pair, Any]:
    """Return the rows of those of these entities that are published: one query for each kind among them."""
    by_kind: dict[str, list[str]] = {}
    for kind, code in pairs:
        if kind != DATASET:
            by_kind.setdefault(kind, []).append(code)
    found = {}
    for kind, those in by_kind.items():
        living = registry.entity_type(kind).model
        along = [orm.joinedload(getattr(living, name)) for name in living.row_fields()]
        asked = (
            sa.select(living).where(living.code.in_(those), living.visibility == PUBLISHED).options(*along)
        )
        rows = Session.execute(asked.execution_options(populate_existing=True)).unique().scalars()
        found.update({(kind, row.code): row for row in rows})
    return found


def _called(kind: str, row: Any) -> Thing:
    title, _ = registry.entity_type(kind).title_of(row.values())
    return things.of_entity(kind, row.code, title)


def _of_entity(row: Any, living: Any) -> tuple[list[str], set[Pair]]:
    """Return what a row says of an entity, and whom it concerns: the entity and what it names."""
    entity = registry.entity_type(row.subject)
    values = living.values()
    ways = references.references_of(entity)
    named = {(way.target.name, code) for way in ways for code in way.codes(values)}
    return list(_lines(entity, row, values)), {(entity.name, living.code), *named}


def _lines(entity: EntityType, row: Any, values: dict[str, Any]) -> Iterator[str]:
    for moment in timeline.told(entity, row):
        if moment.kind == timeline.PUBLIC:
            yield tk._("It was published here")
        else:
            reason = moment.text if moment.text in (values.get("state_reason"), row.reason) else None
            yield _said(moment.label or "", reason)
    shown = (history.public_part(row) or {"changes": {}})["changes"]
    before, after = shown.get("answers", ([], []))
    for answer in after or []:
        if answer not in (before or []) and answer in history.plain(values["answers"]):
            yield _said(tk._("Answer of {office}").format(office=answer["office"]), answer["text"])
    for field in forms.fields_of(entity):
        name = field["field_name"]
        if name in REPORTED and name in shown and values[name] == shown[name][1]:
            yield _said(field["label"], forms.choice_label(field, values[name]) if values[name] else None)


def _said(what: str, text: str | None) -> str:
    if not text:
        return what
    lines = "\n".join(" ".join(line.split()) for line in text.splitlines())
    told = re.sub("\n{3,}", "\n\n", lines).strip()
    return f"{what}: {told if len(told) <= LONGEST else told[:LONGEST].rstrip() + '…'}"


def _of_dataset(row: Any, links: set[Pair]) -> tuple[list[str], set[Pair]]:
    """Return what a row says of a dataset that is public, and whom it concerns."""
    state, private = row.changes.get("state", ()), row.changes.get("private", ())
    if "active" in state[1:] or False in private[1:]:
        return [tk._("It was published here")], {(DATASET, row.code), *links}
    added = {
        (kind, code)
        for kind in LINKED
        for code in (row.changes.get(kind) or ([], []))[1] or []
        if code not in ((row.changes[kind])[0] or [])
    }
    return [tk._("Now it has to do with what you follow")] if added & links else [], added & links


def _files(condition: Any, moment: dt.datetime | None = None) -> Iterator[News]:
    """Yield the files of public datasets that are new or were changed."""
    resource = model.Resource
    changed = sa.func.greatest(resource.created, resource.last_modified)
    asked = sa.select(
        resource.id, resource.package_id, resource.name, resource.created, changed.label("changed")
    )
    asked = asked.where(condition, resource.state == mirror.ACTIVE).order_by(changed.desc())
    if moment is not None:
        # CKAN's moments are UTC without saying so
        asked = asked.where(changed >= moment.astimezone(dt.UTC).replace(tzinfo=None))
    rows = Session.execute(asked.limit(IN_A_FEED) if moment is None else asked).all()
    public = things.public((DATASET, row.package_id) for row in rows)
    for row in rows:
        thing = public.get((DATASET, row.package_id))
        if thing is not None:
            new = row.changed - row.created < WHILE_IT_IS_SENT
            what = tk._("New file: {name}") if new else tk._("Changed file: {name}")
            lines = (what.format(name=row.name or tk._("without a name")),)
            at = row.changed.replace(tzinfo=dt.UTC)
            yield News(f"f{row.id}-{at:%Y%m%d%H%M%S}", at, thing, lines, frozenset({thing.pair}))
