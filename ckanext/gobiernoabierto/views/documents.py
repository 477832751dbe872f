"""The documents of an entity: who may edit it adds, changes and removes them; who may read one saves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import codes, document, forms, registry
from ckanext.gobiernoabierto.entities.base import EntityType
from ckanext.gobiernoabierto.intake import documents as files
from ckanext.gobiernoabierto.logic import auth, validation
from ckanext.gobiernoabierto.logic.action import documents as actions
from ckanext.gobiernoabierto.views import refused_fields
from ckanext.gobiernoabierto.views.attachments import attachment
from ckanext.gobiernoabierto.views.editing import CONFLICT, UNPROCESSABLE, Answer, refused, visibility
from ckanext.gobiernoabierto.views.entities import (
    answer_refusals,
    entity_pages,
    readable,
    view_of,
    visitor,
)
from ckanext.gobiernoabierto.views.entity_form import Difference, told
from flask import Blueprint

documents = Blueprint("gobiernoabierto_document", __name__)
answer_refusals(documents)

Data = dict[str, Any]
NEW = ("title", "kind", "upload_token", "reason")
CHANGED = ("title", "kind", "reason", "version")
REMOVED = ("reason", "version")


@dataclass
class DocumentForm:
    """The page of an entity's documents, or of one of them."""

    entity: EntityType
    row: Any
    data: Data
    document: Any = None
    """The one that is changed or removed; None for a new one."""
    errors: Mapping[str, Any] = field(default_factory=dict)
    differences: list[Difference] | None = None
    """What somebody else changed in between; None if nobody did."""

    @property
    def fields(self) -> list[forms.Field]:
        """Return what is asked of it, as scheming's form snippets take it."""
        return [
            {**each, "form_include_blank_choice": True} for each in validation.document_fields(self.entity)
        ]

    @property
    def personal(self) -> dict[str, str]:
        """Return {kind: its label} of those that are published with a reason."""
        return document.personal_kinds(self.entity)

    @property
    def label(self) -> str:
        """Return what the entity is called."""
        return forms.label_of(self.entity, self.row)

    @property
    def listed(self) -> list[Any]:
        """Return the documents that there are."""
        return auth.readable_documents(visitor(), self.entity, self.row)

    @property
    def limit(self) -> int:
        """Return how many bytes a file may have."""
        return config.max_upload_bytes()

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """Return (id of the field, its label, what to do) of each error, in the order of the page."""
        labels = {"upload": tk._("File"), **{each["field_name"]: each["label"] for each in self.fields}}
        labels["reason"] = tk._("Why (for the history)")
        return refused_fields.summary(labels, self.errors)

    def compare(self) -> None:
        """Put beside each other what somebody else has stored meanwhile and what was typed."""
        stored = _held(self.document)
        self.differences = [
            Difference(
                f"field-{name}", each["label"], *(told(each, of[name], {}) for of in (stored, self.data))
            )
            for each in self.fields
            if self.data[name := each["field_name"]] != stored[name]
        ]
        self.data["version"] = self.document.version


def _held(document: Any) -> Data:
    return {"title": document.title, "kind": document.kind, "version": document.version}


def _page(form: DocumentForm, status: int = HTTPStatus.OK, template: str = "page") -> tuple[str, int]:
    return tk.render(f"gobiernoabierto/document/{template}.html", {"form": form}), status


def _sent(names: tuple[str, ...]) -> Data:
    return {name: tk.request.form[name] for name in names if name in tk.request.form}


def _to_list(entity: EntityType, row: Any, message: str) -> Response:
    tk.h.flash_success(message)
    return tk.redirect_to(f"gobiernoabierto.{entity.name}_documents", code=row.code)


def of_entity(entity: EntityType, code: str) -> Answer:
    """Show the documents of an entity and the form of a new one, or add what it sent."""
    if not tk.current_user.is_authenticated:
        return refused(actions.CREATE) or ""
    row = readable(entity, code)
    owner = {"entity": entity.name, "code": row.code}
    refused(actions.CREATE, **owner)
    form = DocumentForm(entity, row, {})
    if tk.request.method == "GET":
        return _page(form)
    form.data = {**_sent(NEW), "visibility": visibility()}
    call = {**form.data, **owner, "upload": tk.request.files.get("upload")}
    try:
        tk.get_action(actions.CREATE)(visitor(), call)
    except tk.ValidationError as error:
        staged = {name: call[name] for name in ("upload_token", "upload_staged") if name in call}
        form.data, form.errors = {**form.data, **staged}, error.error_dict
        return _page(form, UNPROCESSABLE)
    return _to_list(entity, row, tk._("The document is added"))


def _known(id: str) -> DocumentForm:
    """Return the form of a document that the visitor may write; 403 or 404 for others."""
    found = actions.readable(visitor(), {"id": id})
    refused(actions.CHANGE, id=found.id)
    entity = registry.entity_type(found.entity)
    row = codes.resolve(entity, found.code).row
    return DocumentForm(entity, row, _held(found), found)


def _again(form: DocumentForm, errors: Data, template: str) -> Answer:
    """Return the form with what was typed, and beside it what is wrong or what somebody else stored."""
    form.document = actions.readable(visitor(), {"id": form.document.id})
    if "version" not in errors:
        form.errors = errors
        return _page(form, UNPROCESSABLE, template)
    form.compare()
    return _page(form, CONFLICT, template)


@documents.route("/documento/<id>", methods=["GET"])
def download(id: str) -> Response:
    """Return the bytes of a document, to be saved, to those who may read it; 404 to everybody else."""
    found = actions.readable(visitor(), {"id": id})
    return attachment(files.open_file(found), found.name, found.media_type)


@documents.route("/documento/<id>/editar", methods=["GET", "POST"])
def edit(id: str) -> Answer:
    """Show what is said of a document, or change it.

    Of what somebody else has changed meanwhile (409) it shows both, and what was typed stays in the form.
    """
    if not tk.current_user.is_authenticated:
        return refused(actions.CHANGE) or ""
    form = _known(id)
    if tk.request.method == "GET":
        return _page(form, template="edit")
    form.data = {**form.data, "version": "", **_sent(CHANGED), "visibility": visibility()}
    try:
        tk.get_action(actions.CHANGE)(visitor(), {**form.data, "id": id})
    except tk.ValidationError as error:
        return _again(form, error.error_dict, "edit")
    return _to_list(form.entity, form.row, tk._("The document is changed"))


@documents.route("/documento/<id>/borrar", methods=["GET", "POST"])
def delete(id: str) -> Answer:
    """Ask whether to remove a document, and remove it."""
    if not tk.current_user.is_authenticated:
        return refused(actions.CHANGE) or ""
    form = _known(id)
    if tk.request.method == "GET":
        return _page(form, template="delete")
    form.data = {**form.data, **_sent(REMOVED)}
    call = {"id": id, **_sent(REMOVED)}
    try:
        tk.get_action("gobiernoabierto_document_delete")(visitor(), call)
    except tk.ValidationError as error:
        return _again(form, error.error_dict, "delete")
    return _to_list(form.entity, form.row, tk._("The document is removed"))


for _entity in registry.ENTITY_TYPES:
    if _entity.documents:
        entity_pages.add_url_rule(
            f"/{_entity.path}/<code>/documentos",
            f"{_entity.name}_documents",
            view_of(of_entity, _entity),
            methods=["GET", "POST"],
        )
