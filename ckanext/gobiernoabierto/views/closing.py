"""The page of a plan as it was when its term ended (``/plan/3/cierre``), the same for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.entities import forms, registry
from ckanext.gobiernoabierto.entities.base import EntityType, Values
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.links import closing
from ckanext.gobiernoabierto.links.closing import PlanClosing
from ckanext.gobiernoabierto.logic.action.read import refuse_unknown
from ckanext.gobiernoabierto.views.entities import answer_refusals, asked_parameters, readable
from ckanext.gobiernoabierto.views.exports import content_type
from ckanext.gobiernoabierto.web import caching
from flask import Blueprint, current_app

closing_pages = Blueprint("gobiernoabierto_closing", __name__)
answer_refusals(closing_pages)

PLAN, AXIS, COMMITMENT, MILESTONE = (registry.entity_type(name) for name in closing.PARTS)
MIMETYPES = {"json": "application/json", "csv": "text/csv"}


@dataclass(frozen=True)
class Kept:
    """One of what was kept, with its title and where that is from."""

    values: Values
    title: str | None
    kind: str | None
    milestones: list[Values]


def _found(code: str) -> tuple[Any, PlanClosing]:
    """Return a plan that the visitor may see and what was kept of it; ObjectNotFound for one that is open."""
    row = readable(PLAN, code)
    kept = closing.find(row.code)
    if kept is None:
        raise tk.ObjectNotFound(tk._("This plan is not closed"))
    return row, kept


def _kept(entity: EntityType, values: Values, milestones: list[Values] | None = None) -> Kept:
    title, kind = entity.title_of(values)
    return Kept(values, title, kind, milestones or [])


def _names(kept: Values) -> Mapping[tuple[str, str], Named]:
    """Return what everything that was kept was called then."""
    named = {
        (entity.name, each["code"]): Named(entity, each["code"], *entity.title_of(each))
        for entity in (PLAN, AXIS, COMMITMENT)
        for each in kept[entity.name]
    }
    institution = registry.entity_type("institution")
    institutions = {
        (institution.name, code): Named(institution, code, title, None)
        for code, title in kept["names"].items()
    }
    return {**named, **institutions}


@closing_pages.route("/plan/<code>/cierre", methods=["GET"])
def read(code: str) -> str:
    """Return the kept page, with what changed since."""
    row, found = _found(code)
    kept = found.kept
    steps: dict[str, list[Values]] = {}
    for each in kept[MILESTONE.name]:
        steps.setdefault(each["commitment"], []).append(each)
    commitments = [_kept(COMMITMENT, each, steps.get(each["code"])) for each in kept[COMMITMENT.name]]
    extra = {
        "closing": found,
        "plan": _kept(PLAN, kept[PLAN.name][0]),
        "axes": [_kept(AXIS, each) for each in kept[AXIS.name]],
        "commitments": commitments,
        "names": _names(kept),
        "schemas": {each.name: forms.form_schema(each) for each in (PLAN, AXIS, COMMITMENT, MILESTONE)},
        "citation": closing.citation(found),
        "later": closing.later(found, row),
        "plan_kind": PLAN,
        "current": row.code,
    }
    return tk.render("gobiernoabierto/closing.html", extra)


@closing_pages.route("/plan/<code>/cierre.<ending>", methods=["GET"])
def export(code: str, ending: str) -> Response:
    """Return the kept bytes: the whole as JSON, or its report of the commitments as CSV."""
    _, found = _found(code)
    if ending not in MIMETYPES:
        raise tk.ObjectNotFound()
    refuse_unknown(asked_parameters())
    body = found.snapshot if ending == "json" else found.report

    def make() -> Response:
        answer = current_app.response_class(body, content_type=content_type(MIMETYPES[ending]))
        if ending == "csv":
            name = f"plan-{found.plan}-cierre.csv"
            answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    return caching.by_content(caching.digest([found.sha256, ending]), make)
