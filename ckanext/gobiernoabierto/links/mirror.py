"""Write and read the mirror of the datasets' links; whatever it answers comes from PostgreSQL alone."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import ckan.model as model
import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities import references
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.references import Named

from .model import LINKED, Link, Links, pairs

ACTIVE, DELETED = "active", "deleted"
NOTES_START = 400
"""Characters of the description that a list of datasets needs."""


@dataclass(frozen=True)
class Use:
    """A dataset that names an entity; ``public`` says whether anybody may know of it."""

    package_id: str
    name: str
    public: bool


@dataclass(frozen=True)
class Listed:
    """A dataset as a list on an entity's page shows it."""

    package_id: str
    name: str
    title: str
    notes: str
    """The beginning of the description, as written: Markdown."""
    organization: str | None
    modified: dt.datetime


def mirror_of(package_id: str) -> Links:
    """Return the links that the mirror has of a dataset."""
    found = sa.select(Link.entity, Link.code).where(Link.package_id == package_id).order_by(Link.code)
    links: Links = {name: [] for name in LINKED}
    for row in Session.execute(found):
        links[row.entity].append(row.code)
    return links


def links_of_all(package_ids: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
    """Return {id: (entity, code) pairs} of the datasets that name anything; one query."""
    asked = sa.select(Link).where(Link.package_id.in_(list(package_ids)))
    found: dict[str, set[tuple[str, str]]] = {}
    for row in Session.execute(asked).scalars():
        found.setdefault(row.package_id, set()).add((row.entity, row.code))
    return found


def write(package_id: str, before: Links, after: Links) -> None:
    """Bring the mirror of one dataset from ``before`` to ``after``, in the caller's transaction."""
    had, has = pairs(before), pairs(after)
    if had - has:
        gone = sa.delete(Link).where(
            Link.package_id == package_id, sa.tuple_(Link.entity, Link.code).in_(had - has)
        )
        Session.execute(gone.execution_options(synchronize_session=False))
    if has - had:
        rows = [{"package_id": package_id, "entity": name, "code": code} for name, code in sorted(has - had)]
        Session.execute(sa.insert(Link.__table__).values(rows))


def replace_code(entity: str, old: str, new: str) -> None:
    """Let the mirror follow a code that was replaced."""
    moved = sa.update(Link).where(Link.entity == entity, Link.code == old).values(code=new)
    Session.execute(moved.execution_options(synchronize_session=False))


def _public() -> Any:
    return sa.and_(model.Package.state == ACTIVE, model.Package.private.is_(False))


def _naming(entity: Any, code: Any) -> Any:
    return sa.and_(Link.package_id == model.Package.id, Link.entity == entity, Link.code == code)


def uses_of(entity: str, code: str, *, public_only: bool = False) -> list[Use]:
    """Return the datasets that name an entity, by name; those in the bin do not count."""
    found = (
        sa.select(model.Package.id, model.Package.name, _public().label("public"))
        .join(Link, _naming(entity, code))
        .where(_public() if public_only else model.Package.state != DELETED)
        .order_by(model.Package.name)
    )
    return [Use(row.id, row.name, row.public) for row in Session.execute(found)]


def public_dataset(given: str) -> Listed | None:
    """Return the public dataset of this id or name, or None: an id is that of no other, public or not."""
    package, owner = model.Package, sa.orm.aliased(model.Package)
    named = sa.and_(package.name == given, ~sa.exists().where(owner.id == given))
    found = _listed().where(sa.or_(package.id == given, named), package.type == "dataset")
    row = None if "\0" in given else Session.execute(found).first()
    return Listed(*row) if row else None


def public_datasets(package_ids: Iterable[str]) -> dict[str, Listed]:
    """Return {id: dataset} of those that are public; one query."""
    package = model.Package
    found = _listed().where(package.id.in_(list(package_ids)), package.type == "dataset")
    return {row.id: Listed(*row) for row in Session.execute(found)}


def package_ids(entity: str, codes: Iterable[str]) -> list[str]:
    """Return the ids of all datasets that name one of these, whatever their state."""
    found = sa.select(Link.package_id).where(Link.entity == entity, Link.code.in_(list(codes))).distinct()
    return list(Session.execute(found.order_by(Link.package_id)).scalars())


def named_in_public(entity: str) -> Any:
    """Return the select of the codes of that kind which public datasets name."""
    found = sa.select(Link.code).join(model.Package, model.Package.id == Link.package_id)
    return found.where(Link.entity == entity, _public())


def counts(entity: str, codes: Iterable[str] | None = None) -> dict[str, int]:
    """Return {code: public datasets that name it}; codes that none names are left out."""
    if codes is None:
        found = Session.execute(_counts_statement(), {"entity": entity})
    else:
        some = references.among(Link.code, "codes")
        found = Session.execute(_counts_statement().where(some), {"entity": entity, "codes": list(codes)})
    return {row.code: row.number for row in found}


@functools.cache
def _counts_statement() -> Any:
    return (
        sa.select(Link.code, sa.func.count().label("number"))
        .join(model.Package, model.Package.id == Link.package_id)
        .where(Link.entity == sa.bindparam("entity"), _public())
        .group_by(Link.code)
    )


def datasets_of(entity: str, code: str, limit: int = 20) -> list[Listed]:
    """Return the public datasets that name an entity, the last changed first; one query."""
    asked = {"entity": entity, "code": code, "most": limit}
    return [Listed(*row) for row in Session.execute(_datasets_statement(), asked)]


def published_by(organization: str | None, limit: int = 100) -> list[Listed]:
    """Return the public datasets of an organization, the last changed first."""
    package = model.Package
    found = _listed().where(package.owner_org == organization, package.type == "dataset")
    found = found.order_by(package.metadata_modified.desc(), package.id).limit(limit)
    return [Listed(*row) for row in Session.execute(found)]


def names_and_titles() -> list[Any]:
    """Return ``id``, ``name`` and ``title`` of every public dataset, without what else a list shows."""
    package = model.Package
    found = sa.select(package.id, package.name, package.title).where(_public(), package.type == "dataset")
    return list(Session.execute(found))


@functools.cache
def _datasets_statement() -> Any:
    """Return the statement of ``datasets_of``: built once, because that takes longer than to run it."""
    package = model.Package
    naming = _naming(sa.bindparam("entity"), sa.bindparam("code"))
    found = _listed().join(Link, naming).order_by(package.metadata_modified.desc(), package.id)
    return found.limit(sa.bindparam("most"))


def _listed() -> Any:
    """Return the select of all public datasets, as ``Listed`` has them."""
    package, organization = model.Package, sa.orm.aliased(model.Group)
    return (
        sa.select(
            package.id,
            package.name,
            sa.func.coalesce(sa.func.nullif(package.title, ""), package.name).label("title"),
            sa.func.left(sa.func.coalesce(package.notes, ""), NOTES_START).label("notes"),
            sa.func.coalesce(sa.func.nullif(organization.title, ""), organization.name).label("organization"),
            package.metadata_modified,
        )
        .outerjoin(organization, organization.id == package.owner_org)
        .where(_public())
    )


def named(links: Links) -> list[Named]:
    """Return the published ones among the entities of these links; one query.

    A dataset may hold the code of an entity that was unpublished or deleted since: nobody is told of it.
    """
    found = references.titles(pairs(links))
    chosen = [found.get((name, code)) for name in LINKED for code in links[name]]
    return [each for each in chosen if each is not None and each.visibility == PUBLISHED]
