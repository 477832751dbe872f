"""The special verbs: what is not one of the six actions of an entity."""

from __future__ import annotations

from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import codes, history, registry, store
from ckanext.gobiernoabierto.entities.organization_role import OrganizationRole, roles_of
from ckanext.gobiernoabierto.links import replace
from ckanext.gobiernoabierto.logic import validation, validators
from ckanext.gobiernoabierto.logic.action.read import gobiernoabierto_autocomplete
from ckanext.gobiernoabierto.logic.action.write import actor, expect_version, refuse_used_code, unit_of_work

Context = dict[str, Any]
Data = dict[str, Any]


def gobiernoabierto_code_replace(context: Context, data_dict: Data) -> Data:
    """Give an entity another code, because the one it has was mistyped.

    The old code keeps leading to it (301), whatever named it follows, and it is never used again.

    :param entity: kind of the entity
    :param code: the code that it has
    :param new_code: the code that it gets
    :param version: the version that you read
    :param reason: why (optional)
    :returns: its values under the new code
    """
    tk.check_access("gobiernoabierto_code_replace", context, data_dict)
    try:
        entity = registry.entity_type(data_dict.get("entity", ""))
    except KeyError:
        raise tk.ValidationError({"entity": [tk._("There is no such kind of entity")]}) from None
    with unit_of_work(context):
        new_code = _free_code(entity, data_dict.get("new_code"))
        row = store.locked(entity, str(data_dict.get("code", "")).replace("\0", ""))
        if row is None:
            raise tk.ObjectNotFound(tk._("Not found"))
        expect_version(row, data_dict)
        old_code = row.code
        store.replace_code(entity, row, new_code, actor(context, data_dict))
        replace.replace_code(context, entity.name, old_code, new_code)
    return store.plain_values(codes.resolve(entity, new_code).row)


def _free_code(entity: Any, code: Any) -> str:
    try:
        free = validation.validate_code(entity, code)
    except tk.ValidationError as error:
        raise tk.ValidationError({"new_code": error.error_dict["code"]}) from None
    refuse_used_code(entity, free, "new_code")
    return free


def _plain_role(role: OrganizationRole) -> Data:
    return {
        "organization_id": role.organization_id,
        "municipality": role.municipality,
        "institution": role.institution,
        "coordinator": role.coordinator,
    }


def organization(id_or_name: Any) -> model.Group:
    """Return an organization; raises ObjectNotFound where there is none, or it was deleted."""
    found = model.Group.get(str(id_or_name).replace("\0", ""))
    if found is None or not found.is_organization or found.state != "active":
        raise tk.ObjectNotFound(tk._("There is no such organization"))
    return found


@tk.side_effect_free
def gobiernoabierto_organization_role_list(context: Context, data_dict: Data) -> list[Data]:
    """Return which municipality or institution each organization is, and which ones coordinate."""
    tk.check_access("gobiernoabierto_organization_role_list", context, data_dict)
    return [_plain_role(role) for role in model.Session.query(OrganizationRole).order_by("organization_id")]


def gobiernoabierto_organization_role_update(context: Context, data_dict: Data) -> Data:
    """Say who an organization is; what is not given stays as it was.

    :param id: id or name of the organization
    :param municipality: code of the municipality that it is, or null
    :param institution: code of the institution that it is, or null
    :param coordinator: whether its editors coordinate the whole catalogue
    :param reason: why (optional)
    :returns: its role
    """
    tk.check_access("gobiernoabierto_organization_role_update", context, data_dict)
    group = organization(data_dict.get("id", ""))
    with unit_of_work(context):
        values = _role_values(data_dict)
        role = next(iter(roles_of([group.id])), None) or OrganizationRole(
            organization_id=group.id, coordinator=False
        )
        changes = history.difference(_plain_role(role), values)
        for name, value in values.items():
            setattr(role, name, value)
        model.Session.add(role)
        if changes:
            history.record("organization", group.id, "role", changes, actor(context, data_dict))
    return _plain_role(role)


def _role_values(data_dict: Data) -> Data:
    """Return the validated part of a role that the caller gives."""
    errors: dict[str, list[str]] = {}
    values: Data = {}
    for kind in ("municipality", "institution"):
        if kind not in data_dict:
            continue
        code = data_dict[kind] or None
        row = codes.resolve(registry.entity_type(kind), code).row if isinstance(code, str) else None
        if code is not None and row is None:
            errors[kind] = [tk._("There is none with this code")]
        values[kind] = row.code if row is not None else None  # a code that was replaced leads to it
    if "coordinator" in data_dict:
        try:
            values["coordinator"] = validators.gobiernoabierto_flag(data_dict["coordinator"]) or False
        except tk.Invalid as error:
            errors["coordinator"] = [error.error]
    if errors:
        raise tk.ValidationError(errors)
    return values


ACTIONS = {
    "gobiernoabierto_autocomplete": gobiernoabierto_autocomplete,
    "gobiernoabierto_code_replace": gobiernoabierto_code_replace,
    "gobiernoabierto_organization_role_list": gobiernoabierto_organization_role_list,
    "gobiernoabierto_organization_role_update": gobiernoabierto_organization_role_update,
}
