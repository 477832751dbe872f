"""The form in which a sysadmin says which municipality or institution an organization is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities.organization_role import roles_of
from ckanext.gobiernoabierto.logic.action import special
from ckanext.gobiernoabierto.views import refused_fields
from ckanext.gobiernoabierto.views.editing import UNPROCESSABLE, Answer, refused
from ckanext.gobiernoabierto.views.entities import answer_refusals, visitor
from flask import Blueprint

organization_role = Blueprint("gobiernoabierto_organization_role", __name__)
answer_refusals(organization_role)

UPDATE = "gobiernoabierto_organization_role_update"
SENT = ("municipality", "institution", "coordinator", "reason")


@dataclass(frozen=True)
class RoleForm:
    """What the form holds, as it is stored or was typed, and what is wrong with it."""

    organization: model.Group
    data: Mapping[str, Any]
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Return the fields that hold a code, as scheming's form snippets take them."""
        help_texts = {
            "municipality": tk._(
                "Its editors write the workshops of this municipality, capture in them what people say, "
                "publish and answer its problems and ideas, and confirm its invitations."
            ),
            "institution": tk._(
                "Its editors report on the commitments that this institution leads, write their milestones, "
                "and close the requests for data that it is asked for."
            ),
        }
        return [
            {
                "field_name": name,
                "label": label,
                "entity": name,
                "form_snippet": "gobiernoabierto_code.html",
                "help_text": help_texts[name],
                "drafts": True,
            }
            for name, label in self.labels.items()
            if name in help_texts
        ]

    @property
    def labels(self) -> dict[str, str]:
        """Return what the fields are called, in the order of the page."""
        return {
            "municipality": tk._("It is the municipality"),
            "institution": tk._("It is the institution"),
            "coordinator": tk._("It coordinates Open Government"),
            "reason": tk._("Why (for the history)"),
        }

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """Return (id of the field, its label, what to do) of each error."""
        return refused_fields.summary(self.labels, self.errors)


def _page(form: RoleForm, status: int = HTTPStatus.OK) -> tuple[str, int]:
    return tk.render("organization/role.html", {"form": form}), status


@organization_role.route("/organization/<name>/funcion", methods=["GET", "POST"])
def edit(name: str) -> Answer:
    """Show who an organization is, or write what the form sent; with an error it comes back as typed."""
    refusal = refused(UPDATE)
    if refusal is not None:
        return refusal
    organization = special.organization(name)
    if tk.request.method == "GET":
        role = next(iter(roles_of([organization.id])), None)
        return _page(RoleForm(organization, {each: getattr(role, each, None) for each in SENT}))
    data = {each: tk.request.form.get(each, "").strip() for each in SENT}
    try:
        tk.get_action(UPDATE)(visitor(), {**data, "id": organization.id})
    except tk.ValidationError as error:
        return _page(RoleForm(organization, data, error.error_dict), UNPROCESSABLE)
    tk.h.flash_success(tk._("Saved: this is what its editors may do from now on"))
    return tk.redirect_to("organization.read", id=organization.name)
