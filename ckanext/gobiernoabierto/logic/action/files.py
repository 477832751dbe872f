"""CKAN's ``resource_create`` and ``resource_update``, for forms that may come back with an error.

A form of ours sends ``upload_token``. Its file is staged before anything else is looked at, and is
used once all of the form is right. Callers that send no token get CKAN's actions as they are.
"""

from __future__ import annotations

import mimetypes
import uuid
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.lib.munge import munge_filename
from ckanext.gobiernoabierto.intake import staging
from ckanext.gobiernoabierto.intake.uploader import FILE_FIELDS
from ckanext.gobiernoabierto.logic.stock.search import indexed_by_solr
from werkzeug.datastructures import FileStorage

Context = dict[str, Any]
Data = dict[str, Any]
Action = Callable[[Context, Data], Data]

FORM_FIELDS = ("upload_token", "upload_staged", "upload_drop")
"""What a form holds beside the fields of a resource, and a resource does not."""


def user_id(context: Context) -> str:
    """Return the id of the user that the context names; NotAuthorized if there is none."""
    user = model.User.get(context.get("user"))
    if user is None:
        raise tk.NotAuthorized(tk._("Sign in first"))
    return str(user.id)


def stage_sent_file(context: Context, data: Data) -> None:
    """Keep the file of a form, as a unit of its own.

    Puts ``upload_token`` and, once there is a file, ``upload_staged`` into ``data``, for the form to show.
    """
    owner = user_id(context)
    data["upload_token"] = staging.known_token(data.get("upload_token"))
    upload = data.pop("upload", None)
    data["upload_staged"] = staging.find(owner, data["upload_token"])
    if isinstance(upload, FileStorage) and upload.filename:
        data.pop("upload_drop", None)  # it was said of the file before
        data["upload_token"] = staging.stage(owner, data["upload_token"], upload)
        data["upload_staged"] = staging.find(owner, data["upload_token"])


def _leaves_out(data: Data) -> bool:
    """Tell whether a form leaves out the file that was received. Raises ValidationError for neither."""
    try:
        return tk.asbool(data.get("upload_drop") or False)
    except ValueError:
        raise tk.ValidationError({"upload_drop": [tk._("Write true or false")]}) from None


def has_sent_file(row: Any, data: Data) -> bool:
    """Tell whether a file waits for its form, which does not leave it out."""
    waits = row is not None and row.file and not row.claimed
    return bool(waits and not _leaves_out(data))


def file_or_address(data: Data, has_file: bool) -> dict[str, list[str]]:
    """Return the error of a form that has a file and names another one by its address: only one is used."""
    if not (has_file and (data.get("link") or "").strip()):
        return {}
    message = tk._("There is a file and an address too: choose one. Clear the address, or leave the file out")
    return {"link": [message]}


@tk.chained_action
@indexed_by_solr()
def resource_create(next_action: Action, context: Context, data_dict: Data) -> Data:
    """Add a resource; with ``upload_token``, the file that its form has sent, however often."""
    if "upload_token" not in data_dict:
        return next_action(context, _without_form(data_dict))
    tk.check_access("resource_create", context, data_dict)
    stage_sent_file(context, data_dict)
    _leaves_out(data_dict)  # before a row is locked
    row = staging.locked(user_id(context), data_dict["upload_token"])
    if row.claimed:
        return _made_before(context, row, data_dict)
    _refuse_both(data_dict, has_sent_file(row, data_dict))
    return _use(next_action, context, data_dict, row, {**data_dict, "id": str(uuid.uuid4())})


@tk.chained_action
@indexed_by_solr()
def resource_update(next_action: Action, context: Context, data_dict: Data) -> Data:
    """Change a resource; with ``upload_token``, its file too if its form has sent another one."""
    if "upload_token" not in data_dict:
        return next_action(context, _without_form(data_dict))
    tk.check_access("resource_update", context, data_dict)
    stage_sent_file(context, data_dict)
    _leaves_out(data_dict)  # before a row is locked
    row = staging.locked(user_id(context), data_dict["upload_token"])
    has_new_file = has_sent_file(row, data_dict)
    stored = model.Resource.get(data_dict["id"])
    if stored is None or data_dict.get("link") != stored.url:  # that one was not typed: the form had it
        _refuse_both(data_dict, has_new_file)
    changed = _without_old_file(data_dict) if has_new_file else _keep_stored_file(data_dict)
    return _use(next_action, context, data_dict, row, changed)


def _without_form(data: Data) -> Data:
    """Return ``data`` itself, as a caller without a form sends it: the rest would be fields of the file."""
    for name in FORM_FIELDS:
        data.pop(name, None)
    return data


def _refuse_both(data: Data, has_file: bool) -> None:
    errors = file_or_address(data, has_file)
    if errors:
        model.Session.rollback()
        raise tk.ValidationError(errors)


def _made_before(context: Context, row: Any, data: Data) -> Data:
    """Return the resource that the same form has made already."""
    package_id, resource_id = row.package_id, row.resource_id
    model.Session.rollback()
    package = model.Package.get(data["package_id"])
    if package is None or package.id != package_id or not resource_id:
        raise tk.ValidationError({"upload": [tk._("This file was used already: choose it again")]})
    return tk.get_action("resource_show")(context, {"id": resource_id})


def _use(next_action: Action, context: Context, data: Data, row: Any, changed: Data) -> Data:
    """Call CKAN's action with the waiting file; what the form sent stays in ``data`` as it was."""
    owner, token = row.user_id, row.token
    fields = _with_link({name: value for name, value in changed.items() if name not in FORM_FIELDS})
    stream = None
    try:
        if has_sent_file(row, data):
            stream = staging.open_file(row)
            fields["name"] = fields.get("name") or row.name
            fields["upload"] = FileStorage(stream, filename=row.name, content_type=row.media_type)
        if not (stream or fields.get("url")):
            raise tk.ValidationError({"upload": [tk._("Choose a file, or write its address")]})
        fields["format"] = fields.get("format") or _format_of(row.name if stream else fields["url"])
        staging.claim(row, _package_id(fields), fields["id"])
        made = next_action(context, fields)
    except BaseException:
        model.Session.rollback()
        raise
    finally:
        if stream:
            stream.close()
    if not context.get("defer_commit"):
        staging.remove_claimed(owner, token)
    for name in FORM_FIELDS:
        data.pop(name, None)
    return made


def _format_of(name: str) -> str:
    """Return what CKAN takes a file's format from; CKAN itself guesses only for resources without an id."""
    return mimetypes.guess_type(name)[0] or PurePosixPath(urlsplit(name).path).suffix.lstrip(".")


def _package_id(fields: Data) -> str:
    if "package_id" in fields:
        return str(model.Package.get(fields["package_id"]).id)
    return str(model.Resource.get(fields["id"]).package_id)


def _with_link(fields: Data) -> Data:
    """Return the fields with the address that the form has in ``link`` as the resource's own."""
    link = (fields.pop("link", None) or "").strip()
    if not link:
        return fields
    return {**fields, "url": link, "url_type": "", "clear_upload": "true"}


def _keep_stored_file(data: Data) -> Data:
    """Return the form's fields with those of the stored file, which no form sends."""
    stored = model.Resource.get(data["id"])
    if data.get("link") or stored is None:
        return dict(data)
    of_file = {name: getattr(stored, name, None) or stored.extras.get(name) for name in FILE_FIELDS}
    kept = {name: value for name, value in of_file.items() if value is not None}
    return {**data, **kept, "url": stored.url, "url_type": stored.url_type or ""}


def _without_old_file(data: Data) -> Data:
    """Return the fields of a resource that gets another file, without the format and name of the old one.

    Of these, what somebody has typed into the form is kept.
    """
    stored, name = model.Resource.get(data["id"]), data.get("name")
    if stored is None or stored.url_type != "upload":
        return dict(data)
    kept = dict(data)
    if data.get("format") == stored.format:
        kept["format"] = ""
    if isinstance(name, str) and munge_filename(name) == munge_filename(PurePosixPath(stored.url).name):
        kept["name"] = ""
    return kept


def gobiernoabierto_upload_create(context: Context, data_dict: Data) -> Data:
    """Keep a file for a form that is still being filled in.

    :param upload: the file (multipart)
    :param upload_token: the form's token; the answer's may be another one (optional)
    :returns: what ``gobiernoabierto_upload_show`` says of it
    """
    tk.check_access("gobiernoabierto_upload_create", context, data_dict)
    if not isinstance(data_dict.get("upload"), FileStorage):
        raise tk.ValidationError({"upload": [tk._("Choose the file")]})
    # a form that was finished with this very file has used its token: the file then gets one of its own
    for token in (data_dict.get("upload_token"), staging.new_token()):
        sent = {"upload": data_dict["upload"], "upload_token": token}
        stage_sent_file(context, sent)
        if sent["upload_staged"]:
            break
    return dict(sent["upload_staged"])


@tk.side_effect_free
def gobiernoabierto_upload_show(context: Context, data_dict: Data) -> Data:
    """Return what is known of a file that waits for its form to be finished.

    :param token: the form's ``upload_token``
    :returns: name, size in bytes, sha256, media_type, created, expires
    :raises NotAuthorized: for everybody but the person who sent it, also where there is no such file
    """
    tk.check_access("gobiernoabierto_upload_show", context, data_dict)
    row = staging.waiting(user_id(context), data_dict.get("token"))
    if row is None:
        raise tk.ObjectNotFound(tk._("Not found"))
    return staging.described(row)


ACTIONS = {
    "gobiernoabierto_upload_create": gobiernoabierto_upload_create,
    "gobiernoabierto_upload_show": gobiernoabierto_upload_show,
    "resource_create": resource_create,
    "resource_update": resource_update,
}
