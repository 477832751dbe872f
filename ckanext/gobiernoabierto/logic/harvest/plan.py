"""What has to be done so that the entities of another site are here as they are there.

Local rows win: a code that is, or was, used here and was not read from that site is never written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckanext.gobiernoabierto.entities import codes, harvested, history, references, registry
from ckanext.gobiernoabierto.entities.base import DOCUMENTS, MACHINERY, EntityType, Values
from ckanext.gobiernoabierto.logic import validation

from .origin import GONE, HIDDEN, MOVED, Origin

WRITE, DELETE, HIDE, REPLACE = "write", "delete", "hide", "replace"
MOST_ASKED = 1_000
"""Entities that are not in the lists any more and that one run asks for, one by one."""
MOST_BYTES = 1 << 18
"""Of one entity."""
MOST_TOLD = 20


@dataclass(frozen=True)
class Task:
    """One entity that has to be written, hidden, deleted or given another code."""

    kind: str
    entity: str
    code: str
    values: Values = field(default_factory=dict)
    """What the other site says, where it is written."""
    documents: list[Values] = field(default_factory=list)
    """Its public documents there, which stay there: some rules ask for one."""
    sha256: str = ""
    successor: str | None = None
    """The code that replaces it."""

    def text(self) -> str:
        """Return the task as text, which ``task_of`` reads."""
        return json.dumps(asdict(self), ensure_ascii=False)


def task_of(text: str) -> Task:
    """Return the task that ``Task.text`` has written."""
    return Task(**json.loads(text))


@dataclass
class Plan:
    """What is to do, in an order in which it can be done, and what is not done."""

    tasks: list[Task] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Rows of this site that differ from those of the other one under the same code."""
    refused: list[str] = field(default_factory=list)
    """What the other site sends that is no entity."""

    def told(self) -> Iterator[str]:
        """Yield in words what is not done, each with the first few of its kind."""
        for found, message in (
            (self.kept, tk._("{n} rows of this site stay as they are, though the other one differs: {list}")),
            (self.refused, tk._("{n} rows of the other site are none: {list}")),
        ):
            if found:
                more = ["…"] if len(found) > MOST_TOLD else []
                yield message.format(n=len(found), list=", ".join([*found[:MOST_TOLD], *more]))


def plan(origin: Origin) -> Plan:
    """Return what there is to do; OriginError if the other site cannot be read, and then nothing is done."""
    made = Plan()
    known = harvested.of_origin(origin.site)
    missing: list[Any] = []
    writing: list[Task] = []
    for entity in registry.ENTITY_TYPES:
        rows = origin.rows(entity)
        if rows is None:
            continue
        said = {task.code: task for task in _tasks(origin, entity, rows, made)}
        mine = {code: row for (name, code), row in known.items() if name == entity.name}
        missing += [row for code, row in mine.items() if code not in said]
        made.kept += _of_this_site(entity, {code: said[code] for code in said if code not in mine})
        used = _used(entity) - set(mine)
        wanted = [task for code, task in said.items() if code not in used]
        changed = [task for task in wanted if task.code not in mine or mine[task.code].sha256 != task.sha256]
        writing += _in_order(entity, changed)
    later = list(_missing(origin, missing[:MOST_ASKED]))
    replaced = [task for task in later if task.kind == REPLACE]
    # What names others goes away before them.
    ended = [task for task in reversed(later) if task.kind != REPLACE]
    made.tasks = [*replaced, *writing, *ended]
    return made


def _tasks(origin: Origin, entity: EntityType, rows: Iterable[Any], made: Plan) -> Iterator[Task]:
    """Yield what the other site says of each entity of a kind; what is no row of it is refused."""
    closing = _datasets_here(origin, rows) if "closed_by" in entity.model.fields() else {}
    seen: set[str] = set()
    for row in rows:
        code = row.get("code") if isinstance(row, dict) else None
        if not isinstance(code, str) or code in seen or not _is_code(entity, code) or not _is_fit(row):
            made.refused.append(f"{entity.path} {str(code)[: validation.MAX_CODE]}")
            continue
        seen.add(code)
        values = {name: row[name] for name in _fields(entity) if name in row}
        if values.get("closed_by") in closing:
            values["closed_by"] = closing[values["closed_by"]]
        documents = [d for d in _list(row.get(DOCUMENTS)) if isinstance(d, dict) and "kind" in d]
        kinds = [{"kind": str(each["kind"])} for each in documents]
        text = json.dumps([values, kinds], sort_keys=True, ensure_ascii=False)
        yield Task(WRITE, entity.name, code, values, kinds, hashlib.sha256(text.encode()).hexdigest())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _fields(entity: EntityType) -> list[str]:
    """Return the fields that everybody reads as they are."""
    return [name for name in entity.model.fields() if name not in entity.model.told_as]


def _is_code(entity: EntityType, code: str) -> bool:
    try:
        return bool(validation.validate_code(entity, code))
    except tk.ValidationError:
        return False


def _is_fit(row: Values) -> bool:
    """Tell whether a row is no larger than any that people write, and can be stored at all."""
    try:
        text = json.dumps(row, ensure_ascii=False)
        return len(text.encode()) <= MOST_BYTES and "\\u0000" not in text
    except (UnicodeEncodeError, RecursionError):
        return False


def _datasets_here(origin: Origin, rows: Iterable[Any]) -> dict[str, str]:
    """Return {id of a dataset there: id of the dataset here that was harvested from it}."""
    ids = {r["closed_by"] for r in rows if isinstance(r, dict) and isinstance(r.get("closed_by"), str)}
    addresses = {f"{origin.site}/dataset/{each}": each for each in ids}
    extra, package = model.PackageExtra, model.Package
    found = (
        sa.select(extra.value, package.id)
        .join(package, package.id == extra.package_id)
        .where(extra.key == "guid", extra.value.in_(addresses), package.state == "active")
    )
    return {addresses[value]: id_ for value, id_ in model.Session.execute(found)} if ids else {}


def _used(entity: EntityType) -> set[str]:
    """Return all codes that are or were used of a kind."""
    places = (
        sa.select(entity.table.c.code),
        sa.select(codes.Alias.alias).where(codes.Alias.entity == entity.name),
        sa.select(codes.Tombstone.code).where(codes.Tombstone.entity == entity.name),
    )
    return set(model.Session.execute(sa.union(*places)).scalars())


def _of_this_site(entity: EntityType, said: dict[str, Task]) -> Iterator[str]:
    """Yield the rows of this site that say something else than the other one does, and what."""
    rows = sa.select(entity.model).where(entity.model.code.in_(said)).order_by(entity.model.code)
    for row in model.Session.execute(rows).scalars():
        theirs = said[row.code].values
        own = history.plain(
            {name: row.values()[name] for name in theirs if name not in (*MACHINERY, "source")}
        )
        differs = [name for name, value in own.items() if (value or None) != (theirs[name] or None)]
        if differs:
            yield f"{entity.path} {row.code} ({', '.join(differs)})"


def _in_order(entity: EntityType, tasks: list[Task]) -> list[Task]:
    """Return the tasks of one kind so that none names a later one; as they came if they name each other."""
    by_code = {task.code: task for task in tasks}
    own = [each for each in references.references_of(entity) if each.target is entity and not each.many]
    graph = {
        task.code: {named for each in own if (named := task.values.get(each.field)) in by_code}
        for task in tasks
    }
    try:
        return [by_code[code] for code in TopologicalSorter(graph).static_order()]
    except CycleError:
        return tasks


def _missing(origin: Origin, rows: Iterable[Any]) -> Iterator[Task]:
    """Yield what is to be done with those that the lists do not have any more."""
    for row in rows:
        fate = origin.fate(registry.entity_type(row.entity), row.code)
        if fate.kind == MOVED and fate.code:
            yield Task(REPLACE, row.entity, row.code, successor=fate.code)
        elif fate.kind == GONE:
            yield Task(DELETE, row.entity, row.code)
        elif fate.kind == HIDDEN and row.sha256:  # which hiding takes away
            yield Task(HIDE, row.entity, row.code)
