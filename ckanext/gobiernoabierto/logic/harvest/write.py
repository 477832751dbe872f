"""Write one entity of another site: checked like what a person writes, with its row of history."""

from __future__ import annotations

from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import codes, harvested, history, registry, store
from ckanext.gobiernoabierto.entities.base import DRAFT, PUBLISHED, EntityType, Values, now
from ckanext.gobiernoabierto.entities.harvested import Harvested
from ckanext.gobiernoabierto.entities.history import HARVEST, Actor
from ckanext.gobiernoabierto.links import reindex
from ckanext.gobiernoabierto.logic import validation
from ckanext.gobiernoabierto.logic.action.write import refused_duplicates, unit_of_work
from ckanext.gobiernoabierto.logic.uses import refuse_if_used

from .plan import DELETE, HIDE, REPLACE, WRITE, Task

SITE: dict[str, Any] = {"ignore_auth": True}
OPERATION = {WRITE: "update", HIDE: "update", DELETE: "delete", REPLACE: "update"}


class KeptError(Exception):
    """What stands here stays, in words for who administers this site."""


def carry_out(task: Task, site: str, user: str) -> bool:
    """Do one task on behalf of a user and tell whether anything changed.

    ValidationError for what cannot stand here; KeptError where a row of this site, or what somebody here
    wrote, is in the way; NotAuthorized if the user may not write it.
    """
    entity = registry.entity_type(task.entity)
    row = store.locked(entity, task.code)
    operation = "create" if row is None and task.kind == WRITE else OPERATION[task.kind]
    tk.check_access(entity.action(operation), {"user": user}, {"code": task.code})
    reason = tk._("As {site} has it").format(site=site)
    actor = Actor(user_id=getattr(model.User.get(user), "id", None), origin=HARVEST, reason=reason)
    with unit_of_work({}):
        mine = harvested.of(entity, task.code)
        if mine is not None and mine.origin != site:
            raise KeptError(tk._("It is from {site}").format(site=mine.origin))
        if task.kind == WRITE:
            changed = _write(entity, row, mine, task, site, actor)
        else:
            changed = mine is not None and {HIDE: _hide, DELETE: _delete, REPLACE: _replace}[task.kind](
                entity, row, mine, task, actor
            )
    if changed:
        reindex.later([(entity.name, task.code)])
    return changed


def _write(entity: EntityType, row: Any, mine: Any, task: Task, site: str, actor: Actor) -> bool:
    if mine is None and (row is not None or codes.was_used(entity, task.code)):
        raise KeptError(tk._("This code is or was in use here"))
    if mine is None:
        values = _valid(entity, task, {}, PUBLISHED)
        with refused_duplicates():
            store.create(entity, task.code, values, PUBLISHED, actor)
        model.Session.add(Harvested(entity=entity.name, code=task.code, origin=site, sha256=task.sha256))
        return True
    changed = row is not None and _change(entity, row, task, actor)
    mine.sha256, mine.read = task.sha256, now()
    return changed


def _valid(entity: EntityType, task: Task, current: Values, visibility: str) -> Values:
    return validation.validate(
        entity,
        {**current, **task.values},
        before=current or None,
        visibility=visibility,
        documents=task.documents,
        context=SITE,
    )


def _change(entity: EntityType, row: Any, task: Task, actor: Actor) -> bool:
    """Write what differs, but what somebody here has written since stays."""
    here = _written_here(entity, row)
    visibility = row.visibility if "visibility" in here else PUBLISHED
    current = row.values()
    clean = _valid(entity, task, current, visibility)
    values = {name: clean[name] for name in task.values if name in clean and name not in here}
    with refused_duplicates():
        return bool(store.change(entity, row, values, visibility, actor))


def _written_here(entity: EntityType, row: Any) -> set[str]:
    """Return the fields whose last change was made here."""
    every = model.Session.execute(codes.every_code(entity, row.code)).scalars().all()
    return {name for _code, name in history.last_written_by_others(entity.name, HARVEST, every)}


def _hide(entity: EntityType, row: Any, mine: Any, _task: Task, actor: Actor) -> bool:
    """Take back what the other site has taken back, unless something published here names it."""
    mine.sha256 = ""
    if row is None or row.visibility == DRAFT:
        return False
    refuse_if_used(SITE, entity, row.code, published_only=True)
    return bool(store.change(entity, row, {}, DRAFT, actor))


def _delete(entity: EntityType, row: Any, mine: Any, _task: Task, actor: Actor) -> bool:
    """Delete what the other site has deleted, unless anything here names it or somebody here wrote in it."""
    model.Session.delete(mine)
    if row is None:
        return False
    if _written_here(entity, row):
        return False
    refuse_if_used(SITE, entity, row.code, published_only=False)
    store.delete(entity, row, actor)
    return True


def _replace(entity: EntityType, row: Any, mine: Any, task: Task, actor: Actor) -> bool:
    """Give an entity the code that it has got at the other site."""
    code = validation.validate_code(entity, task.successor)
    if row is None or codes.was_used(entity, code):
        raise KeptError(tk._("This code is or was in use here"))
    site = mine.origin
    model.Session.delete(mine)
    store.replace_code(entity, row, code, actor)
    model.Session.add(Harvested(entity=entity.name, code=code, origin=site, sha256=""))
    return True
