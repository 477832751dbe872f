"""The page on which a dataset is taken back from the public: why, and what takes its place.

It stands at CKAN's address of the question before a dataset is deleted, and needs no script.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import forms
from ckanext.gobiernoabierto.feed import withdrawal
from ckanext.gobiernoabierto.links import mirror
from ckanext.gobiernoabierto.logic.action import withdraw
from ckanext.gobiernoabierto.logic.dataset import DELETED, DRAFT
from ckanext.gobiernoabierto.views import refused_fields
from ckanext.gobiernoabierto.views.editing import UNPROCESSABLE, Answer, refused
from ckanext.gobiernoabierto.views.entities import answer_refusals, visitor
from flask import Blueprint, request

withdrawing = Blueprint("gobiernoabierto_withdrawing", __name__)
answer_refusals(withdrawing)

ACTION = "gobiernoabierto_dataset_withdraw"


@dataclass(frozen=True)
class WithdrawForm:
    """What the page asks of one dataset, and what was typed."""

    package: Any
    data: Mapping[str, Any]
    errors: Mapping[str, Any] = field(default_factory=dict)

    @property
    def public(self) -> bool:
        """Return whether everybody may read it now."""
        return withdraw.is_public(self.package)

    @property
    def deleted(self) -> bool:
        """Return whether it is deleted already: then only what is told can change."""
        return bool(self.package.state == DELETED)

    @property
    def title(self) -> str:
        """Return what it is called."""
        return self.package.title or self.package.name

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Return what is asked, with what can become of it: deleted, or a draft, or what it is already."""
        schema = forms.schema_of(withdrawal.SCHEMA)
        if self.deleted:
            return [each for each in schema["fields"] if each["field_name"] != "state"]
        now = DRAFT if self.public or self.package.state == DRAFT else withdraw.PRIVATE
        state = schema["by_name"]["state"]
        kept = [each for each in state["choices"] if each["value"] in (DELETED, now)]
        asked = {**state, "choices": kept}
        return [asked if each["field_name"] == "state" else each for each in schema["fields"]]

    @property
    def suggested(self) -> list[str]:
        """Return what the field of the successor suggests to write: for each dataset of its publisher."""
        others = withdraw.Others(self.package.id)
        found = mirror.published_by(self.package.owner_org)
        return [others.word_for(each) for each in found if each.package_id != self.package.id]

    @property
    def leading_here(self) -> withdraw.LeadingHere:
        """Return those that were taken back before and lead their readers to it."""
        return withdraw.leading_here(visitor(), self.package.id)

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """Return (id of the field, its label, what to do) of each error."""
        labels = {each["field_name"]: each["label"] for each in self.fields}
        return refused_fields.summary(labels, self.errors)


def _page(form: WithdrawForm, status: int = 200) -> tuple[str, int]:
    return tk.render("gobiernoabierto/withdraw.html", {"form": form}), status


@withdrawing.route("/dataset/delete/<id>", methods=["GET", "POST"])
def delete(id: str) -> Answer:
    """Ask, or take it back; with an error the page comes back as it was typed.

    Of what never was public nobody is told anything: it is only deleted.
    """
    refusal = refused(ACTION, id=id)
    if refusal is not None:
        return refusal
    package = model.Package.get(id)
    if package is None:
        raise tk.ObjectNotFound()
    if "cancel" in request.form:
        return tk.redirect_to("dataset.edit", id=package.name)
    if not withdraw.was_public(package):
        return _never_public(package)
    if request.method == "GET":
        return _page(WithdrawForm(package, _said(package)))
    names = [each["field_name"] for each in forms.schema_of(withdrawal.SCHEMA)["fields"]]
    data = {name: request.form[name].strip() for name in names if name in request.form}
    was_public = withdraw.is_public(package)
    try:
        told = tk.get_action(ACTION)(visitor(), {**data, "id": package.id})
    except tk.ValidationError as error:
        return _page(WithdrawForm(package, data, error.error_dict), UNPROCESSABLE)
    tk.h.flash_success(_done(was_public, told))
    _warn_of_those_that_lead_here(package.id)
    return tk.redirect_to("dataset.read", id=package.name)


def _done(was_public: bool, told: Mapping[str, Any]) -> str:
    """Return what happened, in words."""
    if not was_public:
        return tk._("What is told of this dataset was saved.")
    if any(told[name] for name in withdrawal.FIELDS):
        return tk._("It is not public any more: its address says so, and what you wrote here")
    return tk._("It is not public any more: its address says so")


def _warn_of_those_that_lead_here(package_id: str) -> None:
    """Say how many of those that were taken back lead nowhere since this one leads nowhere."""
    number = withdraw.leading_here(visitor(), package_id).number
    if number and withdrawal.told_of([package_id]).get(package_id, withdrawal.NOTHING).successor is None:
        message = tk.ungettext(
            "{n} dataset that was taken back led its readers here, and leads them nowhere now",
            "{n} datasets that were taken back led their readers here, and lead them nowhere now",
            number,
        )
        tk.h.flash_notice(message.format(n=number))


def _said(package: Any) -> dict[str, Any]:
    """Return what is told already, the successor by its name."""
    said = withdrawal.said_of(package.id)
    heir = mirror.public_dataset(said["successor"]) if said["successor"] else None
    held = (
        {}
        if withdraw.is_public(package)
        else {"state": DRAFT if package.state == DRAFT else withdraw.PRIVATE}
    )
    return {**held, **said, "successor": heir.name if heir else ""}


def _never_public(package: Any) -> Answer:
    if request.method == "GET":
        shown = tk.get_action("package_show")(visitor(), {"id": package.id})
        return tk.render("package/confirm_delete.html", {"pkg_dict": shown})
    tk.get_action("package_delete")(visitor(), {"id": package.id})
    tk.h.flash_success(tk._("It was deleted. It never was public; here you may take it up again"))
    return tk.redirect_to("dataset.read", id=package.name)
