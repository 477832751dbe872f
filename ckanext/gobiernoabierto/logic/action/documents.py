"""Documents of entities: the file is kept first, then its row and its history are one commit."""

from __future__ import annotations

import uuid
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import codes, document, registry, store
from ckanext.gobiernoabierto.entities.base import DRAFT, PUBLISHED, EntityType
from ckanext.gobiernoabierto.entities.document import Document
from ckanext.gobiernoabierto.intake import documents, staging
from ckanext.gobiernoabierto.logic import auth, validation
from ckanext.gobiernoabierto.logic.action.files import stage_sent_file, user_id
from ckanext.gobiernoabierto.logic.action.read import readable_row
from ckanext.gobiernoabierto.logic.action.write import actor, expect_version, unit_of_work
from ckanext.gobiernoabierto.logic.validators import refused

Context = dict[str, Any]
Data = dict[str, Any]

CREATE, CHANGE = "gobiernoabierto_document_create", "gobiernoabierto_document_update"
BESIDE_NEW = ("entity", "code", "visibility", "reason", "upload", "upload_token", "upload_staged")
BESIDE = ("id", "version", "visibility", "reason")


def _with_documents(data: Data) -> EntityType:
    """Return the kind of entity that the call names; ValidationError for one that has no documents."""
    found = {entity.name: entity for entity in registry.ENTITY_TYPES if entity.documents}
    given = data.get("entity")
    if not isinstance(given, str) or given not in found:
        message = tk._("Choose one of: {choices}").format(choices=", ".join(found))
        raise tk.ValidationError({"entity": [message]})
    return found[given]


def _owner(context: Context, data: Data) -> tuple[EntityType, Any]:
    """Return the entity of a new document; ObjectNotFound also for a draft of somebody else."""
    entity = _with_documents(data)
    row = readable_row(context, entity, data, "show")
    tk.check_access(CREATE, context, {"entity": entity.name, "code": row.code})
    return entity, row


def readable(context: Context, data: Data) -> Any:
    """Return the document that the call names, and that the user may read.

    Raises ObjectNotFound for every other one: drafts, those of drafts, and those of what is deleted.
    """
    given = data.get("id")
    found = model.Session.get(Document, given) if isinstance(given, str) and "\0" not in given else None
    try:
        tk.check_access("gobiernoabierto_document_show", context, {"id": given})
    except tk.NotAuthorized:
        found = None
    if found is None:
        raise tk.ObjectNotFound(tk._("Not found"))
    return found


def _writable(context: Context, data: Data, action: str) -> tuple[EntityType, Any, Any]:
    """Return (kind, entity, document) of a document that the user may write, both rows locked.

    Raises ValidationError under ``version`` unless the user read the version that it has.
    """
    found = readable(context, data)
    tk.check_access(action, context, {"id": found.id})
    entity = registry.entity_type(found.entity)
    row = store.locked(entity, found.code)
    found = document.locked(found.id)
    if row is None or found is None:  # somebody has just deleted it
        raise tk.ObjectNotFound(tk._("Not found"))
    expect_version(found, data)
    return entity, row, found


def _visibility(data: Data, held: str, entity: EntityType, kind: Any) -> str:
    """Return the visibility that the call asks for; one that may name people is published with a reason.

    While nobody says what it is, the reason is asked for too, so that all that may lack is said at once.
    """
    asked = validation.validate_visibility(data.get("visibility", held))
    personal, reason = document.personal_kinds(entity), data.get("reason")
    said = isinstance(reason, str) and reason.strip()
    if asked != PUBLISHED or held == PUBLISHED or said:
        return asked
    if personal and kind in (None, ""):
        message = tk._("If it is one of these, write here why everybody may read it: {kinds}")
        raise tk.ValidationError({"reason": [message.format(kinds=", ".join(personal.values()))]})
    if isinstance(kind, str) and kind in personal:
        message = tk._(
            "Such a document often names people. Look through it, cover what is personal,"
            " and write here why everybody may read it"
        )
        raise tk.ValidationError({"reason": [message]})
    return asked


def _all_errors(*steps: Any) -> list[Any]:
    """Return what each step gives; a ValidationError with the errors of all that refuse."""
    errors: Data = {}
    found = []
    for step in steps:
        try:
            found.append(step())
        except tk.ValidationError as error:
            errors.update(error.error_dict)
    if errors:
        raise refused(errors)
    return found


def gobiernoabierto_document_create(context: Context, data_dict: Data) -> Data:
    """Add a document to a workshop, an invitation, a commitment, a milestone, a problem or an idea.

    :param entity: kind of the entity
    :param code: its code
    :param upload: the file (multipart): PDF, office document, picture or text
    :param upload_token: of a file that ``gobiernoabierto_upload_create`` has received, instead (optional)
    :param title: what people read
    :param kind: one that the entity takes, for example ``minutes``
    :param visibility: ``draft`` (if it is not given), for those who may edit the entity, or ``published``
    :param reason: why, for the history; needed to publish what often names people
    :returns: what is known of it
    :raises ValidationError: under ``upload`` for a file that is too large, empty or no document
    """
    entity, row = _owner(context, data_dict)
    sent = {name: data_dict[name] for name in ("upload", "upload_token") if name in data_dict}
    fields = {name: value for name, value in data_dict.items() if name != "id"}
    try:
        _, values, visibility, who = _all_errors(
            lambda: _stage(context, sent),
            lambda: validation.validate_document(entity, fields, BESIDE_NEW),
            lambda: _visibility(data_dict, DRAFT, entity, data_dict.get("kind")),
            lambda: actor(context, data_dict),
        )
    finally:
        data_dict.update({name: sent[name] for name in ("upload_token", "upload_staged") if name in sent})
    owner, token = user_id(context), sent["upload_token"]
    with unit_of_work(context):
        row = store.locked(entity, row.code)
        staged = staging.locked(owner, token)
        if row is None:
            raise tk.ObjectNotFound(tk._("Not found"))
        if staged.claimed:
            return _made_before(staged, row)
        made = _keep(staged, row, entity, {**values, "visibility": visibility, "user_id": owner})
        document.add(row, made, who)
        told = made.full()
        staging.claim(staged, None, told["id"])
    if not context.get("defer_commit"):
        staging.remove_claimed(owner, token)
    return told


def _stage(context: Context, sent: Data) -> None:
    """Keep the file that came, or find the one that waits; ValidationError if there is none that fits."""
    stage_sent_file(context, sent)
    staged = staging.of_form(user_id(context), sent["upload_token"])
    if staged is None or not (staged.file or staged.claimed):
        raise tk.ValidationError({"upload": [tk._("Choose the file")]})
    documents.media_type(staged)


def _made_before(staged: Any, row: Any) -> Data:
    """Return the document that the same form has made already."""
    made = model.Session.get(Document, staged.resource_id) if staged.resource_id else None
    if made is None or made.code != row.code:
        raise tk.ValidationError({"upload": [tk._("This file was used already: choose it again")]})
    return made.full()


def _keep(staged: Any, row: Any, entity: EntityType, values: Data) -> Document:
    """Return the new document of a staged file, whose bytes lie in the folder of the documents by then."""
    if len(row.documents) >= document.MOST:
        message = tk._("It has {max} documents already: remove one first")
        raise tk.ValidationError({"upload": [message.format(max=document.MOST)]})
    kept = documents.keep(staged)
    return Document(
        id=uuid.uuid4().hex,
        entity=entity.name,
        code=row.code,
        file=kept.file,
        name=staged.name,
        media_type=documents.media_type(staged),
        size=kept.size,
        sha256=kept.sha256,
        **values,
    )


def gobiernoabierto_document_update(context: Context, data_dict: Data) -> Data:
    """Change the title, the kind or the visibility of a document; its file stays.

    :param id: its id
    :param version: the version that you read
    :param title: what people read (optional)
    :param kind: another kind that the entity takes (optional)
    :param visibility: ``draft`` or ``published`` (optional)
    :param reason: why, for the history; needed to publish what often names people
    :returns: what is known of it
    :raises ValidationError: under ``version`` (409) if somebody changed it in between, under ``visibility``
        while the state of the entity stands on it
    """
    with unit_of_work(context):
        entity, row, found = _writable(context, data_dict, CHANGE)
        held = {"title": found.title, "kind": found.kind}
        given = {**held, **data_dict}
        values, visibility, who = _all_errors(
            lambda: validation.validate_document(entity, given, BESIDE),
            lambda: _visibility(data_dict, found.visibility, entity, given.get("kind")),
            lambda: actor(context, data_dict),
        )
        told = {**found.told(), **values}
        rest = [each for each in row.attached() if each["id"] != found.id]
        _refuse_if_needed(entity, row, [*rest, told] if visibility == PUBLISHED else rest, "visibility")
        document.change(row, found, {**values, "visibility": visibility}, who)
        return found.full()


def gobiernoabierto_document_delete(context: Context, data_dict: Data) -> Data:
    """Remove a document and its file.

    :param id: its id
    :param version: the version that you read
    :param reason: why, for the history (optional)
    :returns: its id
    :raises ValidationError: under ``version`` (409) if somebody changed it in between, under ``id`` while the
        state of the entity stands on it
    """
    with unit_of_work(context):
        entity, row, found = _writable(context, data_dict, "gobiernoabierto_document_delete")
        rest = [each for each in row.attached() if each["id"] != found.id]
        _refuse_if_needed(entity, row, rest, "id")
        file, told = found.file, {"id": found.id}
        document.remove(row, found, actor(context, data_dict))
    if not context.get("defer_commit"):
        documents.remove(file)
    return told


def _refuse_if_needed(entity: EntityType, row: Any, after: list[Data], field: str) -> None:
    """Raise ValidationError under ``field`` where the entity could not be what it is with these documents."""
    values = row.values()
    before = validation.broken_rules(entity, values, row.attached())
    broken = [name for name in validation.broken_rules(entity, values, after) if name not in before]
    if broken:
        message = tk._("Its state stands on this document: change the state first")
        raise tk.ValidationError({field: [message]})


@tk.side_effect_free
def gobiernoabierto_document_show(context: Context, data_dict: Data) -> Data:
    """Return what is known of a document; its bytes are at its ``url``.

    :param id: its id
    :raises ObjectNotFound: also for a draft, and for one of a draft, of somebody else
    """
    found = readable(context, data_dict)
    return _told(context, found)


@tk.side_effect_free
def gobiernoabierto_document_list(context: Context, data_dict: Data) -> list[Data]:
    """Return the documents of an entity that the user may read, drafts too for those who may edit it.

    :param entity: kind of the entity
    :param code: its code
    """
    tk.check_access("gobiernoabierto_document_list", context, data_dict)
    entity = _with_documents(data_dict)
    row = readable_row(context, entity, data_dict, "show")
    return [_told(context, each) for each in auth.readable_documents(context, entity, row)]


def _told(context: Context, found: Any) -> Data:
    """Return who sent it, too, to those who may edit its entity."""
    entity = registry.entity_type(found.entity)
    row = codes.resolve(entity, found.code).row
    whole = found.full()
    return whole if auth.allows(context, entity, "update", row) else {**whole, "user_id": None}


ACTIONS = {
    "gobiernoabierto_document_create": gobiernoabierto_document_create,
    "gobiernoabierto_document_delete": gobiernoabierto_document_delete,
    "gobiernoabierto_document_list": gobiernoabierto_document_list,
    "gobiernoabierto_document_show": gobiernoabierto_document_show,
    "gobiernoabierto_document_update": gobiernoabierto_document_update,
}
