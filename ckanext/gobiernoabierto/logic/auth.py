"""Who may do what: one function decides, the others ask it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import codes, harvested, owners, registry
from ckanext.gobiernoabierto.entities.base import PREFIX, PUBLISHED, EntityType
from ckanext.gobiernoabierto.entities.document import Document
from ckanext.gobiernoabierto.entities.organization_role import roles_of
from ckanext.gobiernoabierto.entities.verbs import Verb, verbs_of, with_verb
from ckanext.gobiernoabierto.intake import staging

from . import stock

READ = ("list", "show", "history")
WRITE = ("create", "update", "delete")

Context = dict[str, Any]


@dataclass(frozen=True)
class Roles:
    """What the user's organizations make of the user."""

    sysadmin: bool = False
    coordinator: bool = False
    owned: Mapping[str, frozenset[str]] | None = None
    """{"municipality": codes, "institution": codes} that the user edits for."""


def editor_organizations(user_id: str) -> list[str]:
    """Return the ids of the organizations in which the user may write datasets."""
    member, group = model.Member, model.Group
    found = (
        sa.select(group.id)
        .join(member, member.group_id == group.id)
        .where(
            member.table_name == "user",
            member.table_id == user_id,
            member.state == "active",
            member.capacity.in_(("admin", "editor")),
            group.is_organization,
            group.state == "active",
        )
    )
    return list(model.Session.execute(found).scalars())


def roles(context: Context) -> Roles:
    """Return the roles of the context's user; of nobody, none."""
    if context.get("ignore_auth"):
        return Roles(sysadmin=True)
    user = context.get("auth_user_obj") or model.User.get(context.get("user"))
    if not isinstance(user, model.User) or user.state != "active":
        return Roles()
    if user.sysadmin:
        return Roles(sysadmin=True)
    found = roles_of(editor_organizations(user.id))
    owned = {
        kind: frozenset(code for role in found if (code := getattr(role, kind)))
        for kind in ("municipality", "institution")
    }
    return Roles(coordinator=any(role.coordinator for role in found), owned=owned)


def represents_nothing(context: Context) -> bool:
    """Tell whether the user edits for organizations, and nobody has said yet who these are."""
    user = context.get("auth_user_obj")
    edited = editor_organizations(user.id) if isinstance(user, model.User) else []
    found = roles_of(edited)
    return bool(edited) and not any(
        role.coordinator or role.municipality or role.institution for role in found
    )


def _owned(user: Roles, kind: str) -> frozenset[str]:
    return (user.owned or {}).get(kind, frozenset())


def _owns(
    entity: EntityType, user: Roles, before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> bool:
    """Tell whether the user may turn ``before`` (None: not there yet) into ``after``.

    One's own may be changed, and only one's own may be added to it.
    """
    for kind, way in entity.owners.items():
        mine = _owned(user, kind)
        if not mine:
            continue
        had = owners.owners_of(entity, kind, before) if before is not None else set()
        has = owners.owners_of(entity, kind, {**(before or {}), **after})
        # those that another entity names are not added by who names it
        adds = has - had if isinstance(way, str) else set()
        if mine & has and (before is None or mine & had) and adds <= mine:
            return True
    return False


def allows(
    context: Context,
    entity: EntityType,
    operation: str,
    row: Any = None,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Decide whether the context's user may do ``operation`` to ``row`` (None: the whole kind).

    ``values`` are the fields that a create or update would write. Reading a draft is for those who
    may write it.
    """
    if operation in READ and (row is None or row.visibility == PUBLISHED):
        return True
    user = roles(context)
    if user.sysadmin or user.coordinator:
        return True
    if operation == "create" and values is None:
        return any(owners.could_own(entity, kind, _owned(user, kind)) for kind in entity.owners)
    if not _owns(entity, user, row.values() if row is not None else None, values or {}):
        return False
    return row is None or harvested.of(entity, row.code) is None


def known_row(context: Context, entity: EntityType, code: str) -> Any:
    """Return the row that has, or had, this code if the context's user may read it; else None."""
    row = codes.resolve(entity, code).row
    return row if row is not None and allows(context, entity, "show", row) else None


def offered(context: Context, entity: EntityType, row: Any = None) -> set[str]:
    """Return the writing operations whose buttons a page shows: of ``row``, or of the list (None)."""
    operations = ("create",) if row is None else ("update", "delete")
    return {operation for operation in operations if allows(context, entity, operation, row)}


def drafts_of(entity: EntityType, user: Roles) -> dict[str, frozenset[str]]:
    """Return the owners whose drafts a list shows to the user."""
    return {kind: codes for kind in entity.owners if (codes := _owned(user, kind))}


def _auth(entity: EntityType, operation: str) -> Callable[[Context, dict[str, Any]], dict[str, Any]]:
    def auth(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
        code = data_dict.get("code")
        row = None
        if operation not in ("list", "create") and isinstance(code, str) and "\0" not in code:
            row = codes.resolve(entity, code).row
            if row is None:
                return {"success": operation in READ}
        values = data_dict if operation in WRITE and data_dict else None
        return {"success": allows(context, entity, operation, row, values)}

    auth.__name__ = entity.action(operation)
    auth.__doc__ = f"Ask ``allows`` whether the user may {operation} this {entity.name}."
    return tk.auth_allow_anonymous_access(auth) if operation in READ else auth


def _of_municipality(user: Roles, row: Any) -> bool:
    return row.municipality in _owned(user, "municipality")


def _asked_of(user: Roles, row: Any) -> bool:
    return _of_municipality(user, row) or row.institution in _owned(user, "institution")


def _leads(user: Roles, row: Any) -> bool:
    leads = {part.institution for part in row.participations if part.role == "lead"}
    return bool(leads & _owned(user, "institution"))


def _nobody_else(_user: Roles, _row: Any) -> bool:
    return False


VERBS: dict[str, Callable[[Roles, Any], bool]] = {
    "answer_create": _of_municipality,
    "commitment_self_report": _leads,
    "data_request_close": _asked_of,
    "invitation_confirm": _of_municipality,
    "plan_close": _nobody_else,
}
"""Special verb -> who may do it to a row, beside sysadmins and coordinators."""


def _may(user: Roles, verb: str, entity: EntityType, row: Any) -> bool:
    if user.sysadmin or user.coordinator:
        return True
    return row is not None and VERBS[verb](user, row) and harvested.of(entity, row.code) is None


def _verb(verb: str) -> Callable[[Context, dict[str, Any]], dict[str, Any]]:
    """Return the auth function of a special verb, of the kind that has it or that the call names."""

    def auth(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
        kinds = with_verb(verb)
        entity, _ = kinds[data_dict["entity"] if len(kinds) > 1 else next(iter(kinds))]
        row = codes.resolve(entity, data_dict["code"]).row
        return {"success": _may(roles(context), verb, entity, row)}

    return auth


def offered_verbs(context: Context, entity: EntityType, row: Any) -> list[Verb]:
    """Return the special verbs whose buttons the page of ``row`` shows: allowed, and something to do."""
    found = [verb for verb in verbs_of(entity) if verb.fits(row)]
    user = roles(context) if found else Roles()
    return [verb for verb in found if _may(user, verb.name, entity, row)]


READ_DRAFTS: dict[str, Callable[[Roles, Any], bool]] = {"invitation": _of_municipality}
"""Kind of entity -> who reads its documents that are drafts beside those who may edit it: the invited."""


def readable_documents(context: Context, entity: EntityType, row: Any) -> list[Any]:
    """Return the documents of a row that the user may read, who may read the row."""
    drafts = any(not each.public for each in row.documents) and _reads_drafts(context, entity, row)
    return [each for each in row.documents if drafts or each.public]


def _reads_drafts(context: Context, entity: EntityType, row: Any) -> bool:
    also = READ_DRAFTS.get(entity.name)
    return allows(context, entity, "update", row) or (also is not None and also(roles(context), row))


@tk.auth_allow_anonymous_access
def _document_show(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Let those read a document who may read its entity, and drafts those who may edit it."""
    entity, row, found = _document(data_dict.get("id"))
    if found is None or not allows(context, entity, "show", row):
        return {"success": False}
    return {"success": found.public or _reads_drafts(context, entity, row)}


def _document_write(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Let those write a document who may change its entity."""
    entity, row, found = _document(data_dict.get("id"))
    return {"success": found is not None and allows(context, entity, "update", row)}


def _document_create(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Let those add documents to an entity who may change it."""
    kinds = {entity.name: entity for entity in registry.ENTITY_TYPES if entity.documents}
    given, code = data_dict.get("entity"), data_dict.get("code")
    if not isinstance(given, str) or given not in kinds or not isinstance(code, str) or "\0" in code:
        return {"success": False}
    row = codes.resolve(kinds[given], code).row
    return {"success": row is not None and allows(context, kinds[given], "update", row)}


def _document(given: Any) -> tuple[Any, Any, Any]:
    """Return (kind, entity, document) of a document's id; the document is None where one is not there."""
    found = model.Session.get(Document, given) if isinstance(given, str) and "\0" not in given else None
    if found is None:
        return None, None, None
    entity = registry.entity_type(found.entity)
    row = codes.resolve(entity, found.code).row
    return entity, row, found if row is not None else None


def _sysadmin_only(_context: Context, _data_dict: dict[str, Any]) -> dict[str, Any]:
    return {"success": False, "msg": tk._("Only the system's administrators may do this")}


@tk.auth_allow_anonymous_access
def _anybody(_context: Context, _data_dict: dict[str, Any]) -> dict[str, Any]:
    return {"success": True}


def _line_create(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Let those capture lines of a workshop who write the problems and ideas of the municipality."""
    return {"success": allows(context, registry.entity_type("idea"), "create", None, data_dict or None)}


@tk.auth_sysadmins_check
@tk.auth_allow_anonymous_access
def _proposal_create(_context: Context, _data_dict: dict[str, Any]) -> dict[str, Any]:
    """Let anybody send a proposal from home while the site takes any."""
    return {"success": config.proposals_open()}


@tk.auth_sysadmins_check
def _proposal_list(context: Context, _data_dict: dict[str, Any]) -> dict[str, Any]:
    """Let those see what waits who may publish some of it."""
    if not config.proposals_open():
        return {"success": False}
    return {"success": allows(context, registry.entity_type("idea"), "create")}


def _upload_create(context: Context, _data_dict: dict[str, Any]) -> dict[str, Any]:
    """Let those send files who may make datasets of them."""
    return {"success": tk.check_access("package_create", context) is True}


def _upload_show(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Let a person see the files that they have sent themselves."""
    user = model.User.get(context.get("user"))
    return {"success": user is not None and staging.waiting(user.id, data_dict.get("token")) is not None}


def _dataset_withdraw(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Ask CKAN whether the user may change this dataset: that is what it asks of who deletes one."""
    try:
        tk.check_access("package_update", context, {"id": data_dict.get("id")})
    except tk.ObjectNotFound:  # in the same words for a hidden one and for none at all
        raise tk.ObjectNotFound(tk._("Not found")) from None
    return {"success": True}


def _dataset_publish(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Ask CKAN whether the user may change this dataset or, of a new one, create it."""
    if data_dict.get("id"):
        return _dataset_withdraw(context, data_dict)
    return tk.check_access("package_create", context, data_dict) and {"success": True}


def get_auth_functions() -> dict[str, Callable[..., dict[str, Any]]]:
    """Return the auth functions of all entities and special verbs, under their actions' names."""
    functions = {
        entity.action(operation): _auth(entity, operation)
        for entity in registry.ENTITY_TYPES
        for operation in (*READ, *WRITE)
    }
    return {
        **functions,
        **stock.get_auth_functions(),
        **{f"{PREFIX}{verb}": _verb(verb) for verb in VERBS},
        "gobiernoabierto_autocomplete": _anybody,
        "gobiernoabierto_code_replace": _sysadmin_only,
        "gobiernoabierto_dataset_publish": _dataset_publish,
        "gobiernoabierto_dataset_withdraw": _dataset_withdraw,
        "gobiernoabierto_document_create": _document_create,
        "gobiernoabierto_document_delete": _document_write,
        "gobiernoabierto_document_list": _anybody,
        "gobiernoabierto_document_show": _document_show,
        "gobiernoabierto_document_update": _document_write,
        "gobiernoabierto_line_create": _line_create,
        "gobiernoabierto_organization_role_list": _sysadmin_only,
        "gobiernoabierto_organization_role_update": _sysadmin_only,
        "gobiernoabierto_proposal_create": _proposal_create,
        "gobiernoabierto_proposal_list": _proposal_list,
        "gobiernoabierto_upload_create": _upload_create,
        "gobiernoabierto_upload_show": _upload_show,
    }
