"""A dataset that somebody may not see answers them like one that does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import ckan.plugins.toolkit as tk
from ckan.lib.plugins import get_permission_labels
from ckan.logic.auth import get_package_object
from ckan.types import AuthFunction, AuthResult, Context, DataDict
from ckanext.gobiernoabierto.logic.stock import visible

__all__ = ["package_patch", "package_show", "package_update"]

EVERYBODY = "public"
"""CKAN's label of a dataset that anybody may see, and that everybody has."""

_only_asking = ContextVar("gobiernoabierto_only_asking", default=False)


@contextmanager
def refusing_without_raising() -> Iterator[None]:
    """Let ``package_show`` answer no instead of NotFound, for actions of CKAN that filter a list by it."""
    before = _only_asking.set(True)
    try:
        yield
    finally:
        _only_asking.reset(before)


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def package_show(next_auth: AuthFunction, context: Context, data_dict: DataDict) -> AuthResult:
    """Allow what CKAN allows. Raises NotFound, where CKAN answers 403 and tells the dataset's id."""
    if _is_for_everybody(context, data_dict):
        return {"success": True}
    result = next_auth(context, data_dict)
    if not (result["success"] or _only_asking.get()):
        raise tk.ObjectNotFound
    return result


def _is_for_everybody(context: Context, data_dict: DataDict) -> bool:
    """Return whether the reader does not matter: to collect their labels takes CKAN six queries."""
    package = get_package_object(context, data_dict)
    return EVERYBODY in get_permission_labels().get_dataset_labels(package)


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def package_update(next_auth: AuthFunction, context: Context, data_dict: DataDict) -> AuthResult:
    """Allow what CKAN allows. Raises NotFound where the caller may not even see the dataset."""
    result = next_auth(context, data_dict)
    if not result["success"] and not visible.may_know_of(context, data_dict):
        # in CKAN's own words for a dataset that is not there
        raise tk.ObjectNotFound(tk._("Package was not found."))
    return result


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def package_patch(next_auth: AuthFunction, context: Context, data_dict: DataDict) -> AuthResult:
    """Allow what CKAN allows. Raises NotFound, without words as CKAN does in a patch of a missing one."""
    try:
        return next_auth(context, data_dict)
    except tk.ObjectNotFound:
        raise tk.ObjectNotFound from None
