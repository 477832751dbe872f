"""What CKAN calls when a dataset changes: the mirror and the history follow in its own transaction."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ckan.model as model
from ckanext.gobiernoabierto.entities import history
from ckanext.gobiernoabierto.entities.base import DRAFT, PUBLISHED
from ckanext.gobiernoabierto.entities.history import Actor

from . import mirror
from .model import COVERAGE, ORIGIN, links_of

SUBJECT = "dataset"
Context = dict[str, Any]
Changes = dict[str, list[Any]]
"""{field: [before, after]}."""


def tracked(package: model.Package) -> dict[str, Any]:
    """Return what the history tells of a dataset: its links, and who may see it."""
    extras = package.extras
    return {
        **{name: sorted(codes) for name, codes in links_of(extras).items()},
        **{name: extras.get(name) for name in (COVERAGE, ORIGIN)},
        "state": package.state,
        "private": package.private,
        "owner_org": package.owner_org,
    }


def writer(context: Context) -> Actor:
    """Return on whose behalf a call writes."""
    user = context.get("auth_user_obj") or model.User.get(context.get("user"))
    return Actor(user_id=getattr(user, "id", None))


def record(context: Context, package_id: str, verb: str, values: dict[str, Any]) -> Changes:
    """Return what differs from the history rows before, having added a row of it; nothing differs, no row."""
    before = {} if verb == "create" else history.last_values(SUBJECT, package_id)
    changes = history.difference(before, values)
    if not changes:
        return changes
    public = values["state"] == mirror.ACTIVE and not values["private"]
    visibility = PUBLISHED if public else DRAFT
    history.record(SUBJECT, package_id, verb, changes, writer(context), visibility=visibility)
    return changes


class LinkHooks:
    """The part of ``IPackageController`` that keeps the mirror and the datasets' history.

    Nothing is committed here: CKAN's own commit follows.
    """

    def recorded(self, context: Context, package_id: str, values: dict[str, Any], changes: Changes) -> None:
        """Do what else follows a change: ``values`` are those of ``tracked``."""

    def _record(self, context: Context, package: model.Package, verb: str) -> None:
        values = tracked(package)
        self.recorded(context, package.id, values, record(context, package.id, verb, values))

    def after_dataset_create(self, context: Context, pkg_dict: dict[str, Any]) -> None:
        """Write the links and the first history row of a new dataset."""
        package = model.Package.get(pkg_dict["id"])
        mirror.write(package.id, links_of({}), links_of(package.extras))
        self._record(context, package, "create")

    def after_dataset_update(self, context: Context, pkg_dict: dict[str, Any]) -> None:
        """Write what changed of the links, and a history row where it tells of anything."""
        package = model.Package.get(pkg_dict["id"])
        mirror.write(package.id, mirror.mirror_of(package.id), links_of(package.extras))
        self._record(context, package, "update")
        # CKAN has set this by a statement that its search does not notice: where nothing else changes,
        # Solr would keep the moment before for good
        package.metadata_modified = dt.datetime.now(dt.UTC).replace(tzinfo=None)

    def after_dataset_delete(self, context: Context, pkg_dict: dict[str, Any]) -> None:
        """Write the history row of a dataset that goes to the bin; its links stay with it."""
        package = model.Package.get(pkg_dict["id"])
        record(context, package.id, "delete", {**tracked(package), "state": mirror.DELETED})
