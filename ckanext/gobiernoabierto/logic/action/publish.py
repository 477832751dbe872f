"""From one form, or one call, to a dataset with its file: one unit of work, or nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.intake import staging
from ckanext.gobiernoabierto.logic import based_on
from ckanext.gobiernoabierto.logic.action.files import (
    file_or_address,
    has_sent_file,
    stage_sent_file,
    user_id,
)
from ckanext.gobiernoabierto.logic.action.write import unit_of_work
from ckanext.gobiernoabierto.logic.dataset import ACTIVE, DELETED, DRAFT, free_name
from ckanext.gobiernoabierto.logic.stock import shapes

Context = dict[str, Any]
Data = dict[str, Any]
Errors = dict[str, Any]

SENT_WITH = ("upload", "upload_token", "upload_staged", "upload_drop", "link", "file")
"""What is of the file, and not of the dataset."""
MAKESHIFT = "borrador-"
"""How the address of a draft begins that had no title yet."""


OF_FILE = ("upload", "upload_token", "upload_drop", "link")
"""What the file's own action takes of that."""


def gobiernoabierto_dataset_publish(context: Context, data_dict: Data) -> Data:
    """Publish a dataset with its file: it is public as a whole, or nothing has changed.

    With ``id`` (or the name of it) an existing dataset is published, with what is given changed.
    Without, it is created; the other parameters are those of ``package_create``.

    :param resources: its files, as ``package_create`` takes them; ``upload`` may hold the bytes of each
        where it is called in Python (optional)
    :param upload: a file (optional, multipart)
    :param link: the address of a file that lies elsewhere, instead (optional)
    :param file: name, description, format, language of that file, as an object or its JSON (optional)
    :param upload_token: the token of a form: the file that it sent before an error is used, and the
        form makes one dataset however often it is sent (optional)
    :param upload_drop: leave out the file that the form sent before (optional)
    :param based_on: what the form was filled in from; somebody else's changes since are not undone (optional)
    :returns: the dataset
    :raises ValidationError: with the errors of each field; those of the file under ``file``
    """
    return _save(context, data_dict, ACTIVE)


def gobiernoabierto_dataset_draft(context: Context, data_dict: Data) -> Data:
    """Save a dataset with its file as a draft, which may lack what a published one must have.

    The parameters are those of ``gobiernoabierto_dataset_publish``. A dataset that is public stays so.
    """
    return _save(context, data_dict, DRAFT)


def _caller(context: Context) -> Context:
    """Return a context of the same caller, for one action within our unit of work."""
    kept = ("user", "auth_user_obj", "ignore_auth")
    own = {name: context[name] for name in kept if name in context}
    return {**own, "defer_commit": True, "use_cache": False, "allow_state_change": True}


def _read_file(data: Data) -> None:
    """Read ``file`` where it is JSON in a text: a call that sends bytes can hold nothing else.

    What no request may hold as JSON (NUL, half of a character, deep nesting) stays a text, and is refused.
    """
    text = data.get("file")
    if not isinstance(text, str) or "\\u0000" in text:
        return
    with suppress(ValueError, RecursionError):
        file = json.loads(text)
        json.dumps(file, ensure_ascii=False).encode()
        if shapes.depth_of(file) <= shapes.MAX_DEPTH:
            data["file"] = file


def _save(context: Context, data_dict: Data, state: str) -> Data:
    _read_file(data_dict)
    misshapen = _misshapen(data_dict)
    asked = {name: value for name, value in data_dict.items() if name not in misshapen}
    tk.check_access("gobiernoabierto_dataset_publish", _caller(context), asked)
    fields = {name: value for name, value in data_dict.items() if name not in (*SENT_WITH, "resources")}
    files = data_dict.get("resources") or []
    sent = {name: data_dict[name] for name in SENT_WITH if name in data_dict}
    errors = _stage(context, sent)
    data_dict.update(sent)
    if misshapen:
        raise tk.ValidationError({**misshapen, **errors})
    with unit_of_work(context):
        row = staging.locked(user_id(context), sent["upload_token"]) if "upload_token" in sent else None
        made = _made_by_it(row, fields) if row is not None else None
        has_file = made is None and _has_file(row, sent)
        if has_file:
            errors = _with_choice(errors, row, sent)
        if state == ACTIVE and row is not None and not (made or has_file or errors):
            errors = _lacks_file(fields)
        saved = _write(context, {**fields, "id": made or fields.get("id")}, state, errors)
        added = _add_files(context, saved, files) if files and made is None else []
        if has_file:
            _add_file(context, saved["id"], sent)
        elif row is not None:
            staging.claim(row, saved["id"], row.resource_id)
    shown = tk.get_action("package_show")(_caller(context), {"id": saved["id"]})
    for resource in added:
        show_file = tk.get_action("resource_create_default_resource_views")
        show_file(
            {"user": context.get("user"), "ignore_auth": True}, {"resource": resource, "package": shown}
        )
    return shown


def _misshapen(data: Data) -> Errors:
    """Return the errors of parameters that are of another kind than their name can mean."""
    errors: Errors = dict(shapes.problems("package_update", data))
    if "tags" in errors:  # CKAN's ValidationError knows no other form of these
        errors["tags"] = [{"name": errors["tags"]}]
    link, file = data.get("link"), data.get("file")
    if not isinstance(link, str | None):
        errors["link"] = [tk._("Write a text")]
    if not isinstance(file, dict | None):
        # the form shows what stands under ``file`` beside the fields of the file
        errors["file"] = {"upload": [tk._("Give an object")]}
    return errors


def _stage(context: Context, sent: Data) -> Errors:
    """Keep the file of a form; return what is wrong with it, to be told with all other errors."""
    if "upload_token" not in sent:
        return {}
    try:
        stage_sent_file(context, sent)
    except tk.ValidationError as error:
        return {"file": error.error_dict}
    return {}


def _has_file(row: Any, sent: Data) -> bool:
    return bool(has_sent_file(row, sent) or sent.get("upload") or (sent.get("link") or "").strip())


def _with_choice(errors: Errors, row: Any, sent: Data) -> Errors:
    """Return the errors, with the one of who sent a file and wrote an address."""
    wrong = file_or_address(sent, has_sent_file(row, sent) or bool(sent.get("upload")))
    return {**errors, "file": {**errors.get("file", {}), **wrong}} if wrong else errors


def _lacks_file(fields: Data) -> Errors:
    """Return the error of a form that would publish a dataset without any file, if CKAN is to refuse it."""
    stored = model.Package.get(fields.get("id"))
    if (stored is not None and stored.resources) or not tk.config[
        "ckan.dataset.create_on_ui_requires_resources"
    ]:
        return {}
    return {"file": {"upload": [tk._("Choose the file that you want to publish, or save a draft")]}}


def _made_by_it(row: Any, fields: Data) -> str | None:
    """Return the id of the dataset that the same form has made already; another title is another form."""
    made = model.Package.get(row.package_id) if row.claimed and not fields.get("id") else None
    return made.id if made is not None and (made.title or "") == (fields.get("title") or "") else None


def _write(context: Context, fields: Data, state: str, errors: Errors) -> Data:
    """Create or change the dataset; raises ValidationError with its errors and those known before."""
    write = _change if fields["id"] else _create
    try:
        saved = write(context, fields, state)
    except tk.ValidationError as error:
        # a new ValidationError takes the errors of tags only as validation writes them
        error.error_dict.update(errors)
        raise
    if errors:
        raise tk.ValidationError(errors)
    return saved


def _create(context: Context, fields: Data, state: str) -> Data:
    new = {name: value for name, value in fields.items() if name not in ("id", based_on.FIELD)}
    return tk.get_action("package_create")(_caller(context), {**new, "type": "dataset", "state": state})


def _change(context: Context, fields: Data, state: str) -> Data:
    show = {**_caller(context), "for_update": True}
    stored = tk.get_action("package_show")(show, {"id": fields["id"]})
    if stored["state"] == DELETED:
        raise tk.ObjectNotFound(tk._("Not found"))
    if "tag_string" in fields:
        stored.pop("tags", None)
    now = {
        "id": stored["id"],
        "type": stored["type"],
        "name": _address(stored, fields),
        "state": stored["state"] if state == DRAFT else state,
    }
    return tk.get_action("package_update")(_caller(context), {**stored, **fields, **now})


def _address(stored: Data, fields: Data) -> str:
    """Return the name to store: the one given, and instead of a makeshift one that of the title."""
    given, title = fields.get("name") or stored["name"], fields.get("title")
    if title and given == stored["name"] and given.startswith(MAKESHIFT) and stored["state"] == DRAFT:
        return free_name(title)
    return str(given)


def _add_files(context: Context, saved: Data, files: list[Data]) -> list[Data]:
    """Add several files, each with its bytes or its address, and return them; CKAN checks each."""
    before = saved["resources"]
    resources = [*before, *[dict(each) for each in files]]
    changed = tk.get_action("package_update")(_caller(context), {**saved, "resources": resources})
    return changed["resources"][len(before) :]


def _add_file(context: Context, package_id: str, sent: Mapping[str, Any]) -> None:
    """Add the file; CKAN commits all of it together with the file, which is in its place by then."""
    of_file = {name: sent[name] for name in OF_FILE if sent.get(name)}
    resource = {**(sent.get("file") or {}), **of_file, "package_id": package_id}
    if "upload_token" not in resource and "link" in resource:
        resource["url"] = resource.pop("link")
    try:
        tk.get_action("resource_create")(_caller(context), resource)
    except tk.ValidationError as error:
        raise tk.ValidationError({"file": error.error_dict}) from error


ACTIONS = {
    "gobiernoabierto_dataset_draft": gobiernoabierto_dataset_draft,
    "gobiernoabierto_dataset_publish": gobiernoabierto_dataset_publish,
}
