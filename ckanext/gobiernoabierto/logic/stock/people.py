"""Actions of CKAN that tell a visitor whether somebody has an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Action, Context, DataDict

__all__ = ["get_actions", "refuse_visitors"]

ABOUT_A_PERSON = (
    "am_following_user",
    "dataset_followee_count",
    "followee_count",
    "group_followee_count",
    "organization_followee_count",
    "organization_list_for_user",
    "user_followee_count",
    "user_follower_count",
)
"""They answer about whoever ``id`` names; without it, the pages of CKAN ask about the caller."""


def get_actions() -> dict[str, Callable[..., Any]]:
    """Return the chained actions by name."""
    reading = {name: tk.side_effect_free(_for_people_signed_in(name)) for name in ABOUT_A_PERSON}
    return {**reading, "user_update": user_update}


def refuse_visitors(context: Context) -> None:
    """Raise NotAuthorized for a visitor, before CKAN looks for the person whom a call names."""
    if not (context.get("user") or context.get("ignore_auth")):
        raise tk.NotAuthorized(tk._("Sign in first"))


def _for_people_signed_in(name: str) -> Callable[..., Any]:
    def action(next_action: Action, context: Context, data_dict: DataDict) -> Any:
        if "id" in data_dict:
            refuse_visitors(context)
        return next_action(context, data_dict)

    action.__name__ = name
    action.__doc__ = f"Do CKAN's {name}. Raises NotAuthorized for a visitor, whoever is asked about."
    return tk.chained_action(action)


@tk.chained_action
def user_update(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    """Change an account as CKAN does, also by the key of a link; a visitor is refused in one way alone."""
    try:
        return next_action(context, data_dict)
    except (tk.NotAuthorized, tk.ObjectNotFound):
        refuse_visitors(context)
        raise
