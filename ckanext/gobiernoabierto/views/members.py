"""The form that makes somebody a member of an organization: what is wrong is told at its field.

CKAN's own says it at the top of an empty form, and says nothing when it has worked.
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.views import refused_fields
from ckanext.gobiernoabierto.views.editing import UNPROCESSABLE, Answer, refused
from ckanext.gobiernoabierto.views.entities import answer_refusals, visitor
from flask import Blueprint

members = Blueprint("gobiernoabierto_members", __name__)
answer_refusals(members)

ADD = "organization_member_create"
SENT = ("username", "email", "role")


@members.route("/organization/member_new/<id>", methods=["POST"])
def add(id: str) -> Answer:
    """Add who has an account, or invite who has none; with an error the form comes back as typed."""
    refusal = refused(ADD, id=id)
    if refusal is not None:
        return refusal
    typed = {name: tk.request.form.get(name, "").strip() for name in SENT}
    try:
        done = _invite(id, typed) if typed["email"] else _add(id, typed)
    except tk.ValidationError as error:
        return _form(id, typed, error.error_dict), UNPROCESSABLE
    tk.h.flash_success(done)
    return tk.redirect_to("organization.manage_members", id=id)


def _invite(id: str, typed: dict[str, str]) -> str:
    """Invite somebody and return what is said of it."""
    asked = {"email": typed["email"], "role": typed["role"], "group_id": id}
    name = tk.get_action("user_invite")(visitor(), asked)["name"]
    told = tk._("An invitation was sent to {address}. The account {name} belongs to this organization now")
    return told.format(address=typed["email"], name=name)


def _add(id: str, typed: dict[str, str]) -> str:
    """Give somebody a role and return what is said of it."""
    if not typed["username"]:
        missing = tk._("Choose who has an account, or write the address of who has none")
        raise tk.ValidationError({"username": [missing]})
    tk.get_action(ADD)(visitor(), {"id": id, "username": typed["username"], "role": typed["role"]})
    told = tk._("{name} belongs to this organization now, with the role: {role}")
    return told.format(name=typed["username"], role=tk.h.roles_translated()[typed["role"]])


def _form(id: str, typed: dict[str, str], errors: dict[str, list[Any]]) -> str:
    labels = {"username": tk._("Existing User"), "email": tk._("New User"), "role": tk._("Role")}
    shown = {
        "group_dict": tk.get_action("organization_show")(visitor(), {"id": id, "include_datasets": False}),
        "roles": tk.get_action("member_roles_list")(visitor(), {"group_type": "organization"}),
        "user_role": typed["role"],
        "group_type": "organization",
        "data": typed,
        "errors": errors,
        "summary": refused_fields.summary(labels, errors),
    }
    return tk.render("organization/member_new.html", shown)
