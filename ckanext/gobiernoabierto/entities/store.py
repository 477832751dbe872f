"""Read and write linked entities: every write has its version, its history row and its lock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from ckan.model import Session

from . import document, history
from .base import DRAFT, MACHINERY, PUBLISHED, EntityType, Values, now
from .codes import Alias, Tombstone, every_code
from .history import Actor


def plain_values(row: Any) -> Values:
    """Return a row as everybody may read it: JSON values, the machinery's columns first."""
    return _plain(row, row.told())


def full_values(row: Any) -> Values:
    """Return a row as it is stored, for those who may edit it: otherwise like ``plain_values``."""
    return _plain(row, {**row.told(), **row.values()})


def _plain(row: Any, values: Values) -> Values:
    machinery = {name: getattr(row, name) for name in MACHINERY}
    return history.plain({**machinery, **values})


def locked(entity: EntityType, code: str) -> Any:
    """Return the row under ``FOR UPDATE``, read afresh, or None."""
    statement = sa.select(entity.model).where(entity.model.code == code).with_for_update()
    return Session.execute(statement.execution_options(populate_existing=True)).scalar_one_or_none()


def create(entity: EntityType, code: str, values: Mapping[str, Any], visibility: str, actor: Actor) -> Any:
    """Insert a new row and its first history row; the caller has validated, and commits."""
    row = entity.model(code=code, visibility=visibility)
    row.assign(values)
    Session.add(row)
    Session.flush()
    changes = history.difference({}, {"visibility": visibility, **values})
    history.record(entity.name, code, "create", changes, actor, version=row.version, visibility=visibility)
    return row


def change(
    entity: EntityType, row: Any, values: Mapping[str, Any], visibility: str, actor: Actor
) -> dict[str, list[Any]]:
    """Write what differs and return it as {field: [before, after]}; nothing differs, nothing is written."""
    before = {"visibility": row.visibility, **row.values()}
    changes = history.difference(before, {**values, "visibility": visibility})
    if not changes:
        return {}
    row.assign({name: value for name, value in values.items() if name in changes})
    verb = "update"
    if row.visibility != visibility:
        verb = "publish" if visibility == PUBLISHED else "unpublish"
    row.visibility = visibility
    row.version += 1
    row.modified = now()
    Session.flush()
    history.record(entity.name, row.code, verb, changes, actor, version=row.version, visibility=visibility)
    return changes


def ever_published(entity: EntityType, code: str) -> bool:
    """Tell whether the entity was public at any time: then its address may be known."""
    rows = history.rows_about(entity.name, every_code(entity, code)).where(
        history.History.visibility == PUBLISHED
    )
    return Session.execute(rows.limit(1)).first() is not None


def delete(entity: EntityType, row: Any, actor: Actor, successor: str | None = None) -> None:
    """Delete a row that nothing uses and leave its tombstone."""
    title = None if entity.title_is_said else entity.title_of(row.values())[0]
    grave = Tombstone(
        entity=entity.name,
        code=row.code,
        published=ever_published(entity, row.code),
        title=title,
        reason=actor.reason,
        successor=successor,
    )
    changes = history.difference(row.values(), dict.fromkeys(row.fields()))
    document.remove_all(entity.name, row.code)
    history.record(entity.name, row.code, "delete", changes, actor, version=row.version, visibility=DRAFT)
    Session.add(grave)
    Session.delete(row)
    Session.flush()


def replace_code(entity: EntityType, row: Any, code: str, actor: Actor) -> None:
    """Give a row another code; the old one becomes an alias, and whoever named it follows."""
    old = row.code
    changes = {"code": [old, code]}
    Session.execute(sa.update(Alias).where(Alias.entity == entity.name, Alias.code == old).values(code=code))
    Session.add(Alias(entity=entity.name, alias=old, code=code))
    Session.execute(
        sa.update(entity.table)
        .where(entity.table.c.code == old)
        .values(code=code, version=row.version + 1, modified=now())
    )
    document.follow(entity.name, old, code)
    version, visibility = row.version + 1, row.visibility
    Session.expire_all()
    history.record(entity.name, code, "replace", changes, actor, version=version, visibility=visibility)
    Session.flush()
