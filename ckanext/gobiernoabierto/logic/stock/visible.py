"""What of other people's unpublished datasets a caller may learn about: nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import authz, model
from ckan.types import Context, DataDict


def sees_everything(context: Context) -> bool:
    """Return whether the caller is a sysadmin or code of ours that runs without permissions."""
    return bool(context.get("ignore_auth")) or authz.is_sysadmin(context.get("user"))


def may_know_of(context: Context, named: DataDict) -> bool:
    """Return whether there is a dataset with this ``id`` (or name) that the caller may read."""
    # CKAN's pages call its actions without the user's own row, which only check_access looks up
    asking = {key: context[key] for key in ("user", "auth_user_obj", "ignore_auth") if key in context}
    try:
        return tk.check_access("package_show", asking, named)
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False


def visible_package_ids(context: Context) -> sa.sql.Select:
    """Return a statement for the ids of the active datasets that the caller may read."""
    package = model.Package.__table__
    readable = package.c.private.is_(False)
    organizations = _organization_ids(context)
    if organizations:
        readable = sa.or_(readable, package.c.owner_org.in_(organizations))
    return sa.select(package.c.id).where(package.c.state == model.State.ACTIVE, readable)


def visible_tags(context: Context, names: Iterable[str]) -> set[str]:
    """Return those of the free tags ``names`` that are on a dataset which the caller may read."""
    tag, link = model.Tag.__table__, model.PackageTag.__table__
    statement = (
        sa.select(tag.c.name)
        .join(link, link.c.tag_id == tag.c.id)
        .where(
            tag.c.vocabulary_id.is_(None),
            tag.c.name.in_(list(names)),
            link.c.state == model.State.ACTIVE,
            link.c.package_id.in_(visible_package_ids(context)),
        )
    )
    return set(model.Session.scalars(statement))


def visible_formats(context: Context) -> set[str]:
    """Return the formats, in lower case, of the files which the caller may read."""
    resource = model.Resource.__table__
    statement = (
        sa.select(sa.func.lower(resource.c.format))
        .where(
            resource.c.state == model.State.ACTIVE,
            resource.c.package_id.in_(visible_package_ids(context)),
        )
        .distinct()
    )
    return set(model.Session.scalars(statement))


def visible_packages(context: Context, ids: Iterable[str]) -> set[str]:
    """Return those of the dataset ``ids`` that the caller may read."""
    package = model.Package.__table__
    statement = visible_package_ids(context).where(package.c.id.in_(list(ids)))
    return set(model.Session.scalars(statement))


def page(data_dict: dict[str, Any], default_limit: int | None = None) -> slice:
    """Return the part of a list that ``offset`` and ``limit`` ask for.

    Raises ValidationError for what is not a number from 0 on.
    """
    start = _number(data_dict, "offset", 0) or 0
    limit = _number(data_dict, "limit", default_limit)
    return slice(start, None if limit is None else start + limit)


def without_page(data_dict: dict[str, Any]) -> dict[str, Any]:
    """Return the same request for the whole list."""
    return {key: value for key, value in data_dict.items() if key not in ("offset", "limit")}


def _number(data_dict: dict[str, Any], key: str, default: int | None) -> int | None:
    value = data_dict.get(key)
    if value in (None, ""):
        return default
    try:
        return tk.get_validator("natural_number_validator")(value, {})
    except tk.Invalid as error:
        raise tk.ValidationError({key: [error.error]}) from error


def _organization_ids(context: Context) -> list[str]:
    user = model.User.get(context.get("user"))
    return user.get_group_ids(group_type="organization") if user else []
