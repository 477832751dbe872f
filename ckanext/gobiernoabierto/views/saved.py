"""What is said once a form has saved a dataset, a file or an organization: what happened, and what is next.

CKAN's own forms only lead on to a page that looks as it did before.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.logic.dataset import ACTIVE, DELETED
from flask import Blueprint, request

saved_forms = Blueprint("gobiernoabierto_saved", __name__)

FORMS = ("dataset.edit", "dataset_resource.edit")
"""CKAN's forms of what is there already."""
CREATED, CHANGED = "organization.new", "organization.edit"
"""CKAN's forms of organizations."""


def published() -> str:
    """Return what is said of a dataset that has become public."""
    return tk._(
        "Published: this is what everybody sees. Catalogues that copy from here get it when they next ask."
    )


def _changed(package: Any) -> str:
    if package.state == DELETED:
        return tk._(
            "Saved. It is still deleted: only those who may edit it see it, until it is published again"
        )
    if package.state != ACTIVE:
        return tk._("Saved in the draft: only those who may edit it see it. When it is complete, publish it")
    if package.private:
        return tk._("Saved. Only the organization sees it: in its form you may show it to everybody")
    return tk._("Saved and published: this is what everybody sees now")


def tell(package: Any) -> None:
    """Say on the next page that a dataset, or a file of it, was saved, and who sees it now."""
    tk.h.flash_success(_changed(package))


@saved_forms.after_app_request
def tell_of_form(response: Response) -> Response:
    """Say what one of CKAN's forms has saved: it leads on then, and comes back with what is wrong else."""
    if request.endpoint not in FORMS or request.method != "POST" or response.status_code != HTTPStatus.FOUND:
        return response
    package = _package(response) if tk.current_user.is_authenticated else None
    if package is not None:
        tell(package)
    return response


@saved_forms.after_app_request
def tell_of_organization(response: Response) -> Response:
    """Say that a form has made or changed an organization, and who adds people to it."""
    sent = request.endpoint in (CREATED, CHANGED) and request.method == "POST"
    if not sent or response.status_code != HTTPStatus.FOUND or not tk.current_user.is_authenticated:
        return response
    if request.endpoint == CREATED:
        tk.h.flash_success(
            tk._("The organization is created. Under Manage, Members, you say who belongs to it")
        )
    else:
        tk.h.flash_success(tk._("Saved: this is what everybody reads of the organization now"))
    return response


def _package(response: Response) -> Any:
    """Return the dataset of a form, which may just have been given another name."""
    id = (request.view_args or {})["id"]
    return model.Package.get(id) or model.Package.get((response.location or "").rpartition("/")[2])
