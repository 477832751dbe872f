"""Open proposals: a form for whoever sends a problem or an idea from home, its receipt, and what waits.

While the site takes none, none of these addresses leads anywhere.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from http import HTTPStatus
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import (
    captured,
    codes,
    forms,
    listing,
    proposals,
    references,
    registry,
)
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.lib import spanish_order
from ckanext.gobiernoabierto.lib.receipts import read_code
from ckanext.gobiernoabierto.links import choices
from ckanext.gobiernoabierto.logic.action.capture import KEY
from ckanext.gobiernoabierto.logic.action.proposals import ASKED, MAX_DESCRIPTION, TRAP
from ckanext.gobiernoabierto.views import refused_fields
from ckanext.gobiernoabierto.views.editing import CONFLICT, UNPROCESSABLE, Answer, refused
from ckanext.gobiernoabierto.views.entities import answer_refusals, asked_parameters, page_number, visitor
from ckanext.gobiernoabierto.views.following import private
from ckanext.gobiernoabierto.views.printed import Slip, receipt_address
from ckanext.gobiernoabierto.views.receipts import kind_of
from ckanext.gobiernoabierto.web.limits import asked_too_often, by_code, may_send
from flask import Blueprint, redirect, request
from markupsafe import Markup, escape

open_proposals = Blueprint("gobiernoabierto_proposals", __name__)
answer_refusals(open_proposals)

MUNICIPALITY, PROBLEM = registry.entity_type("municipality"), registry.entity_type("problem")
CODE_AT_END = re.compile(r"\(?([0-9]{4})\)?", re.A)
MOST_CALLED_SO = 10

Data = dict[str, Any]


@open_proposals.before_request
def answer_only_while_open() -> None:
    """Let there be nothing at these addresses while the site takes no proposals."""
    if not config.proposals_open():
        raise tk.ObjectNotFound()


def kind_labels() -> dict[str, str]:
    """Return {kind of proposal: what it is called}."""
    return {name: forms.form_schema(registry.entity_type(name))["singular"] for name in ASKED}


# -- Send ---------------------------------------------------------------------------------------------


@dataclass
class ProposalForm:
    """What the form holds, as it was typed, and what is wrong with it."""

    data: Mapping[str, str]
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    called_so: list[Named] = field(default_factory=list)
    """The municipalities that may be meant, where several are."""
    municipality: str | None = None
    """Code of the municipality, once it is known."""
    above: str = ""
    """What is wrong with all of it, and with no field that people see."""

    trap = TRAP
    most = MAX_DESCRIPTION

    @cached_property
    def key(self) -> str:
        """Return what the form is known by when it is sent twice."""
        sent = self.data.get("key", "")
        return sent if KEY.fullmatch(sent) else str(uuid.uuid4())

    @property
    def kinds(self) -> dict[str, str]:
        """Return what each kind of proposal is called."""
        return kind_labels()

    @cached_property
    def municipalities(self) -> list[str]:
        """Return every municipality as somebody chooses it while they type: name, department and code."""
        return [
            f"{choice.title}, {choice.group} ({choice.code})"
            for group in choices.groups(MUNICIPALITY.name, [])
            for choice in group.choices
        ]

    @cached_property
    def problems(self) -> list[choices.Choice]:
        """Return the published problems of the municipality, once it is known."""
        near = [self.municipality] if self.municipality else []
        return [each for group in choices.groups(PROBLEM.name, [], near) for each in group.choices]

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """Return (id of the field, its label, what to do) of each error, in the order of the form."""
        labels = {
            "entity": tk._("What is it?"),
            "municipality": tk._("Municipality"),
            "problem": tk._("For which problem?"),
            "title": tk._("In one sentence"),
            "description": tk._("Tell more about it"),
        }
        return refused_fields.summary(labels, self.errors)


def _page(form: ProposalForm, status: int = HTTPStatus.OK) -> tuple[str, int]:
    return tk.render("gobiernoabierto/proposal/form.html", {"form": form}), status


def _public(entity: Any, code: str | None) -> Any:
    """Return the row under a code if everybody sees it; else None."""
    row = codes.resolve(entity, code).row if code else None
    return row if row is not None and row.visibility == PUBLISHED else None


def called(typed: str) -> list[Named]:
    """Return the municipalities that somebody may mean: the one with that code or name, or several."""
    at_end = CODE_AT_END.fullmatch(typed.split()[-1]) if typed else None
    row = _public(MUNICIPALITY, at_end[1]) if at_end else None
    if row is not None:
        return list(references.titles([(MUNICIPALITY.name, row.code)]).values())
    name = typed.partition(",")[0].strip()
    found = listing.suggestions(MUNICIPALITY, name, MOST_CALLED_SO) if name else []
    exactly = [each for each in found if spanish_order.key(each.title or "") == spanish_order.key(name)]
    return exactly or found


def _first() -> ProposalForm:
    """Return the form as a link of a municipality or of a problem opens it."""
    problem = _public(PROBLEM, read_code(request.args.get("problema", "")[:100]))
    asked = problem.municipality if problem else request.args.get("municipio", "")[:100]
    found = called(asked.replace("\0", "").strip())
    one = found[0] if len(found) == 1 else None
    data = {"municipality": f"{one.title} ({one.code})" if one else ""}
    if problem:
        data |= {"entity": "idea", "problem": problem.code}
    return ProposalForm(data, municipality=one.code if one else None)


def _sent() -> tuple[ProposalForm, Data]:
    """Return the form as it was sent, and what the action takes of it; unknown fields are left to it."""
    typed = {name: request.form[name] for name in request.form if name != tk.g.csrf_field_name}
    chosen = _public(MUNICIPALITY, typed.get("choice"))
    found = [] if chosen else called(typed.get("municipality", "").strip()[:200])
    code = chosen.code if chosen else found[0].code if len(found) == 1 else None
    form = ProposalForm(typed, called_so=found if code is None else [], municipality=code)
    data: Data = {name: value for name, value in typed.items() if name not in ("choice", "key")}
    data["municipality"] = code
    if KEY.fullmatch(typed.get("key", "")):
        # who goes back and writes something else has something else to say
        data["key"] = captured.digest(typed)
    wanted = data.pop("problem", "").strip()
    if wanted:
        data["problem"] = read_code(wanted) or wanted
    return form, data


def _corrected(form: ProposalForm, found: Mapping[str, list[str]]) -> ProposalForm:
    """Return the form with the errors of the action in its own words."""
    errors = dict(found)
    above = [text for name in (TRAP, "key") for text in errors.pop(name, [])]
    if "entity" in errors:
        errors["entity"] = [tk._("Choose whether it is a problem or an idea")]
    if form.municipality is None and form.data.get("municipality", "").strip():
        several, none = (
            tk._("Several are called so: choose one of these"),
            tk._("There is no municipality of this name: write it as it is on the map"),
        )
        errors["municipality"] = [several if form.called_so else none]
    if form.data.get("entity") == "problem" and "problem" in errors:
        errors["problem"] = [tk._("Only an idea is for a problem: leave this empty, or choose Idea")]
    return replace(form, errors=errors, above=" ".join(above))


def _receipt_of(code: str) -> Answer:
    return redirect(tk.url_for("gobiernoabierto_proposals.receipt", code=code), HTTPStatus.SEE_OTHER)


@open_proposals.route("/proponer", methods=["GET", "POST"])
@private
def propose() -> Any:
    """Show the form, or take what it sent and lead to its receipt; nothing that was typed is lost."""
    if request.method == "GET":
        return _page(_first())
    form, data = _sent()
    before = captured.proposed(data["key"]) if "key" in data else None
    if before:
        return _receipt_of(before[1])
    if not may_send("proposal"):
        return _page(replace(form, above=asked_too_often()), HTTPStatus.TOO_MANY_REQUESTS)
    try:
        made = tk.get_action("gobiernoabierto_proposal_create")(visitor(), data)
    except tk.ValidationError as error:
        return _page(_corrected(form, error.error_dict), UNPROCESSABLE)
    return _receipt_of(made["code"])


@open_proposals.route("/proponer/recibo/<code>", methods=["GET"])
@private
@by_code()
def receipt(code: str) -> Any:
    """Return the receipt of what was sent and waits; once it is decided about, ``/recibo`` tells more."""
    known = read_code(code)
    if known is None:
        raise tk.ObjectNotFound(tk._("There is nothing at this address"))
    entity = kind_of(known)
    row = codes.resolve(entity, known).row
    if row is None or row.origin != proposals.HOME:
        raise tk.ObjectNotFound(tk._("There is nothing at this address"))
    if not proposals.is_waiting(entity, row):
        address = tk.url_for("gobiernoabierto_receipt.receipt", codigo=row.code)
        return redirect(address, HTTPStatus.SEE_OTHER)
    shown = {"slip": Slip(row.code, "", entity.name), "address": receipt_address()}
    return tk.render("gobiernoabierto/proposal/receipt.html", shown)


# -- Decide -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Decision:
    """What an editor sent about a proposal, and what is wrong with it."""

    code: str
    reason: str
    error: str


def _waiting_page(decision: Decision | None = None, status: int = HTTPStatus.OK) -> tuple[str, int]:
    """Return the page of what waits; with it, what somebody decided and why it was not done."""
    number, size = page_number(asked_parameters()), config.page_size()
    asked = {"limit": size, "offset": (number - 1) * size}
    found = tk.get_action("gobiernoabierto_proposal_list")(visitor(), asked)
    named = {("municipality", row["municipality"]) for row in found["results"]}
    named |= {("problem", row["problem"]) for row in found["results"] if row.get("problem")}
    extra = {
        "rows": found["results"],
        "count": found["count"],
        "names": references.titles(named),
        "number": number,
        "last": max(1, -(-found["count"] // size)),
        "decision": decision,
        "kinds": {name: registry.entity_type(name) for name in ASKED},
        "labels": kind_labels(),
    }
    return tk.render("gobiernoabierto/proposal/waiting.html", extra), status


@open_proposals.route("/propuestas", methods=["GET", "POST"])
def waiting() -> Any:
    """Show those who may publish them what waits, or do what they decided about one."""
    refusal = refused("gobiernoabierto_proposal_list")
    if refusal is not None:
        return refusal
    return _decide() if request.method == "POST" else _waiting_page()


def _decide() -> Answer:
    """Publish a proposal or not; with an error the page comes back with the reason that was typed."""
    name, code = request.form.get("entity", ""), request.form.get("code", "")
    reason, do = request.form.get("reason", "").strip(), request.form.get("do", "")
    if name not in ASKED or do not in ("publish", "reject"):
        raise tk.ValidationError({"do": [tk._("Choose one of: {choices}").format(choices="publish, reject")]})
    entity = registry.entity_type(name)
    row = codes.resolve(entity, code).row
    if row is None or not proposals.is_waiting(entity, row):
        gone = tk._("{code} does not wait any more: somebody has decided about it").format(code=code)
        return _waiting_page(Decision(code, reason, gone), CONFLICT)
    if do == "reject" and not reason:
        message = tk._("Write why it is not published: whoever writes the code can read it")
        return _waiting_page(Decision(code, reason, message), UNPROCESSABLE)
    changed: Data = {"visibility": PUBLISHED}
    if do == "reject":
        changed = {"state": proposals.REFUSED[name], "state_reason": reason}
    asked = {"code": code, "version": request.form.get("version", ""), **changed}
    try:
        tk.get_action(entity.action("update"))(visitor(), asked)
    except tk.ValidationError as error:
        status = CONFLICT if "version" in error.error_dict else UNPROCESSABLE
        return _waiting_page(Decision(code, reason, refused_fields.words(error)), status)
    _tell_what_was_done(entity, code, do)
    return redirect(tk.url_for("gobiernoabierto_proposals.waiting"), HTTPStatus.SEE_OTHER)


def _tell_what_was_done(entity: EntityType, code: str, do: str) -> None:
    """Say it on the next page, with a link to where it can be undone."""
    refused = tk._("{code} is not published: its receipt says why. On its page you can change that")
    told = escape(tk._("{code} is published") if do == "publish" else refused)
    page = tk.url_for(f"gobiernoabierto.{entity.name}_read", code=code)
    link = Markup('<a href="{}">{}</a>').format(page, code)
    tk.h.flash_success(told.format(code=link), allow_html=True)
