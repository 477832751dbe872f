"""Actions of CKAN that tell a dataset which the caller may not read from one that is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Action, Context, DataDict
from ckanext.gobiernoabierto.logic.stock import people, visible
from ckanext.gobiernoabierto.logic.stock.search import indexed_by_solr

__all__ = ["get_actions"]

READING = {
    "am_following_dataset": ("id",),
    "dataset_follower_count": ("id",),
    "dataset_follower_list": ("id",),
    "package_collaborator_list": ("id",),
    "package_relationships_list": ("id", "id2"),
}
WRITING = {
    "dataset_purge": ("id",),
    "follow_dataset": ("id",),
    "member_create": ("object",),
    "member_delete": ("object",),
    "package_collaborator_create": ("id",),
    "package_collaborator_delete": ("id",),
    "package_delete": ("id",),
    "package_relationship_create": ("subject", "object"),
    "package_relationship_delete": ("subject", "object"),
    "package_relationship_update": ("subject", "object"),
    "unfollow_dataset": ("id",),
}
"""{action: its parameters that name a dataset}."""
MEMBERS = ("member_create", "member_delete")
"""CKAN looks for the person before it asks whether the caller may change the group."""
FOR_PEOPLE = (
    *("package_collaborator_create", "package_collaborator_delete", "package_collaborator_list"),
    *MEMBERS,
)
"""CKAN asserts that a user asks, or tells a visitor who has an account."""


def get_actions() -> dict[str, Callable[..., Any]]:
    """Return the chained actions by name."""
    reading = {name: tk.side_effect_free(_hiding(name, keys)) for name, keys in READING.items()}
    return {**reading, **{name: _hiding(name, keys) for name, keys in WRITING.items()}}


def _hiding(name: str, keys: tuple[str, ...]) -> Callable[..., Any]:
    def action(next_action: Action, context: Context, data_dict: DataDict) -> Any:
        if name in FOR_PEOPLE:
            people.refuse_visitors(context)
        if name in MEMBERS and model.Group.get(data_dict.get("id")) is not None:
            tk.check_access(name, {**context}, data_dict)
        # members of a group are people too
        named = [data_dict[key] for key in keys if data_dict.get(key)]
        if data_dict.get("object_type", "package") == "package" and not all(
            visible.may_know_of(context, {"id": each}) for each in named
        ):
            raise tk.ObjectNotFound(tk._("Package was not found."))
        with indexed_by_solr():
            return next_action(context, data_dict)

    action.__name__ = name
    action.__doc__ = f"Do CKAN's {name}. Raises NotFound for a dataset that the caller may not know of."
    return tk.chained_action(action)
