"""Lists and suggestions of CKAN without what stands only on datasets that the caller may not read."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Action, Context, DataDict
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.links import reindex
from ckanext.gobiernoabierto.logic.stock import auth, people, questions, visible
from ckanext.gobiernoabierto.logic.stock.search import answered_by_solr
from sqlalchemy.exc import DataError

__all__ = [
    "api_token_create",
    "dataset_followee_list",
    "followee_list",
    "format_autocomplete",
    "group_member_delete",
    "member_list",
    "organization_member_delete",
    "organization_update",
    "package_autocomplete",
    "package_search",
    "package_show",
    "resource_search",
    "tag_autocomplete",
    "tag_list",
    "tag_search",
    "tag_show",
]

DELETED = "deleted"
# as many as CKAN shows
FORMATS_SHOWN = 5
EVERY_FORMAT = 10_000


@tk.chained_action
@tk.side_effect_free
def tag_list(next_action: Action, context: Context, data_dict: DataDict) -> list[Any]:
    """Return the tags as CKAN does, without those of datasets that the caller may not read."""
    if _unfiltered(context, data_dict):
        return next_action(context, data_dict)
    tags = next_action(context, visible.without_page(data_dict))
    return _readable(context, tags)[visible.page(data_dict)]


@tk.chained_action
@tk.side_effect_free
def tag_search(next_action: Action, context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Return the tags found as CKAN does, counting those alone that the caller may know of."""
    if _unfiltered(context, data_dict):
        return next_action(context, data_dict)
    found = next_action(context, visible.without_page(data_dict))["results"]
    readable = _readable(context, found)
    return {"count": len(readable), "results": readable[visible.page(data_dict)]}


@tk.chained_action
@tk.side_effect_free
def tag_autocomplete(next_action: Action, context: Context, data_dict: DataDict) -> list[str]:
    """Return the tags suggested as CKAN does, without those that the caller may not know of."""
    if _unfiltered(context, data_dict):
        return next_action(context, data_dict)
    names = next_action(context, visible.without_page(data_dict))
    return _readable(context, names)[visible.page(data_dict)]


@tk.chained_action
@tk.side_effect_free
def tag_show(next_action: Action, context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Return the tag as CKAN does. Raises NotFound for one that the caller may not know of."""
    tag = next_action(context, data_dict)
    if visible.sees_everything(context) or tag["vocabulary_id"]:
        return tag
    if not visible.visible_tags(context, [tag["name"]]):
        raise tk.ObjectNotFound
    return tag


@tk.chained_action
@tk.side_effect_free
def format_autocomplete(next_action: Action, context: Context, data_dict: DataDict) -> list[str]:
    """Return the formats suggested as CKAN does, without those of files that the caller may not read."""
    if visible.sees_everything(context):
        return next_action(context, data_dict)
    wanted = visible.page(data_dict, default_limit=FORMATS_SHOWN)
    formats = next_action(context, {**data_dict, "limit": EVERY_FORMAT})
    readable = visible.visible_formats(context)
    return [name for name in formats if name in readable][wanted]


@tk.chained_action
@tk.side_effect_free
def member_list(next_action: Action, context: Context, data_dict: DataDict) -> list[tuple[str, str, str]]:
    """Return a group's members as CKAN does: no hidden dataset's id, and people only to people signed in."""
    members = next_action(context, data_dict)
    if visible.sees_everything(context):
        return members
    packages = visible.visible_packages(context, [id_ for id_, kind, _ in members if kind == "package"])
    signed_in = bool(context.get("user"))
    return [
        member
        for member in members
        if (member[1] != "package" or member[0] in packages) and (member[1] != "user" or signed_in)
    ]


@tk.chained_action
def organization_update(next_action: Action, context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change an organization as CKAN does. Raises ValidationError for deleting one that has datasets.

    As ``organization_delete`` does: they would be gone for harvesters, and stay for everybody else. Its
    datasets are found by its new names, which CKAN leaves out.
    """
    tk.check_access("organization_update", context, data_dict)
    group = model.Group.get(data_dict.get("id"))
    if group is not None and data_dict.get("state") == DELETED and group.state != DELETED:
        datasets = model.Session.query(model.Package.id).filter_by(owner_org=group.id)
        if datasets.filter(model.Package.state != DELETED).first() is not None:
            message = tk._("Organization cannot be deleted while it still has datasets")
            raise tk.ValidationError({"state": [message]})
    before = group is not None and (group.name, group.title)
    shown = next_action(context, data_dict)
    if group is not None and (group.name, group.title) != before:
        reindex.later_of_organization(group.id)
    return shown


@tk.chained_action
def group_member_delete(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    """Take a member out as CKAN does. Raises NotFound where CKAN asserts that there is such a group."""
    people.refuse_visitors(context)
    return next_action(context, _of_a_group(data_dict))


@tk.chained_action
def organization_member_delete(next_action: Action, context: Context, data_dict: DataDict) -> Any:
    """Take a member out as CKAN does. Raises NotFound where CKAN asserts that there is such a group."""
    people.refuse_visitors(context)
    return next_action(context, _of_a_group(data_dict))


@tk.chained_action
@tk.side_effect_free
def dataset_followee_list(next_action: Action, context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Return the datasets that a user follows as CKAN does, without those that were hidden since."""
    with auth.refusing_without_raising():
        return next_action(context, data_dict)


@tk.chained_action
@tk.side_effect_free
def followee_list(next_action: Action, context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Return all that a user follows as CKAN does, without the datasets that were hidden since."""
    people.refuse_visitors(context)
    with auth.refusing_without_raising():
        return next_action(context, data_dict)


@tk.chained_action
@tk.side_effect_free
def package_search(next_action: Action, context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Search as CKAN does. Raises SearchQueryError or ServiceUnavailable, never anything of Solr's.

    And nothing of datasets that the caller may not read: ValidationError for what would tell.
    """
    asked = questions.permitted(context, data_dict)
    with answered_by_solr():
        return next_action(context, asked)


@tk.chained_action
@tk.side_effect_free
def package_show(next_action: Action, context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Show a dataset as CKAN does, also by ``name_or_id``: CKAN fails on it, but only if there is one."""
    if not data_dict.get("id") and "name_or_id" in data_dict:
        data_dict = {**data_dict, "id": data_dict["name_or_id"]}
    return next_action(context, data_dict)


@tk.chained_action
@tk.side_effect_free
def package_autocomplete(next_action: Action, context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Suggest as CKAN does. Raises SearchQueryError or ServiceUnavailable, never anything of Solr's."""
    questions.refuse_magic(data_dict.get("q"))
    with answered_by_solr():
        return next_action(context, data_dict)


@tk.chained_action
@tk.side_effect_free
def resource_search(next_action: Action, context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Search files as CKAN does. Raises ValidationError for a text where the column has dates or numbers.

    And for an order by what is no column: CKAN takes any attribute of its class for one.
    """
    columns = model.Resource.__table__.columns.keys()
    if data_dict.get("order_by") not in (None, "", *columns):
        message = tk._("There is none of this name. There are: {names}")
        raise tk.ValidationError({"order_by": [message.format(names=", ".join(columns))]})
    try:
        return next_action(context, data_dict)
    except DataError as error:
        model.Session.rollback()
        raise tk.ValidationError({"query": [tk._("The request has a value that does not fit")]}) from error


@tk.chained_action
def api_token_create(next_action: Action, context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Create a token as CKAN does, with an end: the default one or the asked for, within our maximum.

    Raises NotAuthorized for somebody else's, whether there is such a person or not.
    """
    people.refuse_visitors(context)
    data = {"expires_in": config.default_token_seconds(), "unit": 1, **data_dict}
    if _seconds(data) > config.max_token_seconds():
        data |= {"expires_in": config.max_token_seconds(), "unit": 1}
    try:
        return next_action(context, data)
    except tk.ObjectNotFound:
        if visible.sees_everything(context):
            raise
        raise tk.NotAuthorized from None


def _of_a_group(data: DataDict) -> DataDict:
    if model.Group.get(data.get("id")) is None:
        raise tk.ObjectNotFound(tk._("There is no such organization"))
    return data


def _seconds(data: dict[str, Any]) -> int:
    try:
        return int(data["expires_in"]) * int(data["unit"])
    except (OverflowError, TypeError, ValueError):
        return 0  # the plugin's validators say what is wrong


def _unfiltered(context: Context, data_dict: DataDict) -> bool:
    # the tags of a vocabulary are a list that sysadmins publish, used or not
    return visible.sees_everything(context) or bool(data_dict.get("vocabulary_id"))


def _readable(context: Context, tags: list[Any]) -> list[Any]:
    names = [tag["name"] if isinstance(tag, dict) else tag for tag in tags]
    known = visible.visible_tags(context, names)
    return [tag for tag, name in zip(tags, names, strict=True) if name in known]
