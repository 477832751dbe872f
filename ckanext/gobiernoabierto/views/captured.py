"""``/taller/<code>/borradores``: what was captured at a workshop and waits for an editor, and one button."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import captured, forms, references, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.captured import Line
from ckanext.gobiernoabierto.logic import auth
from ckanext.gobiernoabierto.views import refused_fields
from ckanext.gobiernoabierto.views.editing import Answer, refused
from ckanext.gobiernoabierto.views.entities import answer_refusals, readable, visitor
from ckanext.gobiernoabierto.views.following import private
from flask import Blueprint, redirect, request

captured_drafts = Blueprint("gobiernoabierto_captured", __name__)
answer_refusals(captured_drafts)

WORKSHOP = registry.entity_type("workshop")


@captured_drafts.app_template_global("captured_drafts")
def drafts_here(workshop: str) -> list[Line]:
    """Return the drafts captured at a workshop that the visitor may publish; of nobody, none."""
    user = auth.roles(visitor())
    every = user.sysadmin or user.coordinator
    return captured.drafts_of(workshop, None if every else user.owned or {})


@captured_drafts.route("/taller/<code>/borradores", methods=["GET", "POST"])
@private
def drafts(code: str) -> Any:
    """Show an editor what waits, or publish what was shown, each by itself."""
    workshop = readable(WORKSHOP, code)
    refusal = refused(WORKSHOP.action("update"), code=workshop.code)
    if refusal is not None:
        return refusal
    return _publish(workshop) if request.method == "POST" else _page(workshop)


def _page(
    workshop: Any, errors: dict[str, str] | None = None, status: int = HTTPStatus.OK
) -> tuple[str, int]:
    lines = drafts_here(workshop.code)
    extra = {
        "workshop": workshop,
        "lines": lines,
        "errors": errors or {},
        "kinds": {name: forms.form_schema(registry.entity_type(name))["singular"] for name in captured.KINDS},
        "names": references.titles({("municipality", line.municipality) for line in lines}),
    }
    return tk.render("gobiernoabierto/workshop/drafts.html", extra), status


def _publish(workshop: Any) -> Answer:
    """Publish each draft as it was seen: what came or was changed since then stays a draft."""
    seen = dict(each.split(":", 1) for each in request.form.getlist("seen") if ":" in each)
    asked = [line for line in drafts_here(workshop.code) if line.code in seen]
    errors: dict[str, str] = {}
    for line in asked:
        update = {"code": line.code, "version": seen[line.code], "visibility": PUBLISHED}
        try:
            tk.get_action(registry.entity_type(line.entity).action("update"))(visitor(), update)
        except (tk.ValidationError, tk.NotAuthorized) as error:
            errors[line.code] = refused_fields.why(error)
    done = len(asked) - len(errors)
    if done:
        told = tk.ungettext("{n} draft published", "{n} drafts published", done)
        tk.h.flash_success(told.format(n=done))
    if errors:
        return _page(workshop, errors, HTTPStatus.CONFLICT)
    return redirect(tk.url_for("gobiernoabierto.workshop_read", code=workshop.code), HTTPStatus.SEE_OTHER)
