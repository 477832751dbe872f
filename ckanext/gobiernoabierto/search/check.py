"""Compare datasets, the mirror of their links and Solr, both ways; and mend what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.lib import search
from ckanext.gobiernoabierto.links import mirror, reindex
from ckanext.gobiernoabierto.links.model import LINKED, Link, Links, links_of, pairs

from .index import NAMES, names_of, solr_fields

BATCH = 500
MIRROR, MISSING, PHANTOM, STALE = "mirror", "missing", "phantom", "stale"
FIELDS = ["id", "name", "state", "capacity", "metadata_modified", "organization", *LINKED, NAMES]
PUBLIC = "public"
"""CKAN's label, in the index, of what everybody may find; and what we call whether a dataset has it."""
EVERYTHING = {"include_private": True, "include_drafts": True, "include_deleted": True}


@dataclass(frozen=True)
class Difference:
    """Where two of the three disagree: ``mirror`` (the links), or Solr (``missing, phantom, stale``)."""

    kind: str
    package_id: str
    name: str
    detail: tuple[str, ...] = ()
    """The (entity code) pairs, or the fields, that differ."""


def _batches() -> Iterator[list[model.Package]]:
    """Yield all datasets, some at a time, in the order of their ids."""
    last = ""
    while True:
        found = (
            model.Session.query(model.Package)
            .filter(model.Package.id > last)
            .order_by(model.Package.id)
            .limit(BATCH)
        )
        batch = list(found)
        if not batch:
            return
        yield batch
        last = batch[-1].id
        model.Session.expunge_all()


def _mirrored(package_ids: list[str]) -> dict[str, Links]:
    links = {package_id: links_of({}) for package_id in package_ids}
    for row in model.Session.execute(sa.select(Link.__table__).where(Link.package_id.in_(package_ids))):
        links[row.package_id].setdefault(row.entity, []).append(row.code)
    return links


def _search(query: dict[str, Any]) -> dict[str, Any]:
    context = {"ignore_auth": True}
    return tk.get_action("package_search")(context, {**EVERYTHING, "facet": False, **query})


def _indexed(package_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Return what Solr has of these datasets, by id; ``public`` is whether it lets everybody find them."""
    quoted = " OR ".join(f'"{package_id}"' for package_id in package_ids)
    asked = {"fq": f"id:({quoted})", "rows": BATCH}
    found = _search({**asked, "fl": FIELDS})["results"]
    # Solr does not tell the labels that it has, it only compares with them
    public = _search({**asked, "fq_list": [f'+permission_labels:"{PUBLIC}"'], "fl": ["id"]})["results"]
    for_all = {row["id"] for row in public}
    return {row["id"]: {**row, PUBLIC: row["id"] in for_all} for row in found}


def _organizations(packages: list[model.Package]) -> dict[str, str]:
    """Return {id: name} of those that the datasets belong to."""
    group = model.Group
    asked = sa.select(group.id, group.name).where(group.id.in_([each.owner_org for each in packages]))
    return {row.id: row.name for row in model.Session.execute(asked.where(group.state == mirror.ACTIVE))}


def _expected(
    package: model.Package,
    links: Links,
    names: dict[tuple[str, str], list[str]],
    organizations: dict[str, str],
) -> dict[str, Any]:
    """Return what Solr has to have of a dataset, in a form that can be compared."""
    return {
        "name": package.name,
        "state": package.state,
        "organization": organizations.get(package.owner_org),
        "capacity": "private" if package.private else "public",
        "metadata_modified": package.metadata_modified.isoformat()[:22],
        PUBLIC: package.state == mirror.ACTIVE and not package.private,
        **{name: sorted(values) for name, values in solr_fields(links, names).items()},
    }


def _found(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: row.get(name) for name in ("name", "state", "organization", "capacity", PUBLIC)},
        "metadata_modified": str(row.get("metadata_modified"))[:22].rstrip("Z"),
        **{name: sorted(row.get(name) or []) for name in (*LINKED, NAMES)},
    }


def _same(expected: Any, found: Any) -> bool:
    """Compare two values; Solr leaves out the zeros at the end of a moment."""
    if isinstance(expected, str) and isinstance(found, str) and "T" in expected:
        return expected.rstrip("0.") == found.rstrip("0.")
    return bool(expected == found)


def _of_batch(batch: list[model.Package]) -> Iterator[Difference]:
    ids = [package.id for package in batch]
    mirrored, indexed = _mirrored(ids), _indexed(ids)
    links = {package.id: links_of(package.extras) for package in batch}
    names, organizations = names_of(list(links.values())), _organizations(batch)
    for package in batch:
        differ = pairs(links[package.id]) ^ pairs(mirrored[package.id])
        if differ:
            detail = tuple(sorted(" ".join(pair) for pair in differ))
            yield Difference(MIRROR, package.id, package.name, detail)
        expected = _expected(package, links[package.id], names, organizations)
        yield from _in_solr(package, indexed.get(package.id), expected)


def _in_solr(
    package: model.Package, row: dict[str, Any] | None, expected: dict[str, Any]
) -> Iterator[Difference]:
    if package.state == mirror.DELETED:
        if row is not None:
            yield Difference(PHANTOM, package.id, package.name)
        return
    if row is None:
        yield Difference(MISSING, package.id, package.name)
        return
    found = _found(row)
    differ = tuple(name for name, value in expected.items() if not _same(value, found[name]))
    if differ:
        yield Difference(STALE, package.id, package.name, differ)


def _orphans() -> Iterator[Difference]:
    """Yield the links of datasets that are no longer there."""
    gone = sa.select(Link.__table__).where(~Link.package_id.in_(sa.select(model.Package.id)))
    for row in model.Session.execute(gone):
        yield Difference(MIRROR, row.package_id, "", (f"{row.entity} {row.code}",))


def _phantoms() -> Iterator[Difference]:
    """Yield the datasets that Solr has and the database has not."""
    start = 0
    while True:
        page = _search({"fl": ["id", "name"], "sort": "id asc", "rows": BATCH, "start": start})["results"]
        if not page:
            return
        ids = [row["id"] for row in page]
        found = sa.select(model.Package.id).where(model.Package.id.in_(ids))
        there = set(model.Session.execute(found).scalars())
        yield from (Difference(PHANTOM, row["id"], row["name"]) for row in page if row["id"] not in there)
        start += len(page)


def differences() -> list[Difference]:
    """Return everything that differs between the datasets, their mirrored links and Solr."""
    model.Session.expire_all()  # a process that lives long would compare what it read an hour ago
    found = [each for batch in _batches() for each in _of_batch(batch)]
    return [*found, *_orphans(), *_phantoms()]


def repair(found: Iterable[Difference]) -> None:
    """Mend these differences: the datasets are right, the mirror and Solr follow them."""
    found = list(found)
    for package_id in sorted({each.package_id for each in found if each.kind == MIRROR}):
        package = model.Package.get(package_id)
        right = links_of(package.extras if package is not None else {})
        mirror.write(package_id, mirror.mirror_of(package_id), right)
    model.repo.commit()
    index = search.index_for(model.Package)
    for package_id in sorted({each.package_id for each in found if each.kind == PHANTOM}):
        index.delete_package({"id": package_id})
    reindex.index_datasets(sorted({each.package_id for each in found if each.kind in (MISSING, STALE)}))
