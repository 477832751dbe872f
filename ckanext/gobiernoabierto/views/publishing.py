"""The way of an officer: a draft first, files into it, and publishing as a step of its own."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import ckan.views.dataset as dataset_views
import ckan.views.resource as resource_views
from ckan.lib.navl.dictization_functions import DataError, unflatten
from ckan.logic import clean_dict, parse_params, tuplize_dict
from ckan.types import Response
from ckanext.gobiernoabierto.logic.dataset import DRAFT
from flask import Blueprint, request

datasets = Blueprint("gobiernoabierto_dataset", __name__)
files = Blueprint("gobiernoabierto_resource", __name__)

DATASET = "dataset"
FORM_FIELDS = ("_ckan_phase", "save", "pkg_name")
"""What the form holds beside the fields of a dataset."""

Data = dict[str, Any]


def _context() -> Any:
    return {"user": tk.current_user.name, "auth_user_obj": tk.current_user}


def _posted() -> Data:
    """Return the dataset that the form holds; 400 for field names that fit no form."""
    try:
        data = clean_dict(unflatten(tuplize_dict(parse_params(request.form))))
    except DataError:
        tk.abort(400, tk._("The form was changed on its way: open it again"))
    if data.get("pkg_name"):
        data["id"] = data["pkg_name"]
    for name in FORM_FIELDS:
        data.pop(name, None)
    return {**data, "type": DATASET, "state": DRAFT}


def _save_draft(data: Data) -> Data:
    """Create or change a draft, and return it; its files stay as they are.

    A dataset that somebody has published since stays published.
    """
    if "id" not in data:
        return tk.get_action("package_create")(_context(), dict(data))
    kept = tk.get_action("package_show")(_context(), {"id": data["id"]})
    changed = {**data, "state": kept["state"]}
    return tk.get_action("package_update")({**_context(), "allow_partial_update": True}, changed)


class DraftForm(dataset_views.CreateView):
    """The form of a dataset that is not published yet; CKAN's own shows it."""

    def post(self, package_type: str) -> Response | str:
        """Save what was typed as a draft; then stay, go on to its files, or publish it."""
        data = _posted()
        try:
            saved = _save_draft(data)
            data["id"] = saved["id"]
            if request.form.get("save") == "publish":
                tk.get_action("gobiernoabierto_dataset_publish")(_context(), {"id": saved["id"]})
        except tk.NotAuthorized:
            return tk.abort(403, tk._("You may not change this dataset"))
        except tk.ObjectNotFound:
            return tk.abort(404, tk._("Not found"))
        except tk.ValidationError as error:
            return self.get(package_type, data, error.error_dict, error.error_summary)
        return _after_saving(saved)


def _after_saving(saved: Data) -> Response:
    chosen = request.form.get("save")
    if chosen == "publish":
        tk.h.flash_success(tk._("Published: this is what everybody sees"))
    elif chosen == "draft":
        tk.h.flash_success(tk._("Draft saved: only those who may edit it see it"))
    else:
        return tk.redirect_to("dataset_resource.new", id=saved["name"])
    return tk.redirect_to("dataset.read", id=saved["name"])


class FileForm(resource_views.CreateView):
    """The form of a new file; CKAN's own saves it."""

    def post(self, package_type: str, id: str) -> Response | str:
        """Save the file; where the dataset lacks something to be published, show what, beside its field."""
        try:
            return super().post(package_type, id)
        except tk.ValidationError as error:
            tk.h.flash_notice(tk._("The file is saved. To publish, complete what follows"))
            form = dataset_views.EditView()
            return form.get(package_type, id, errors=error.error_dict, error_summary=error.error_summary)


of_datasets = {"package_type": DATASET}
datasets.add_url_rule("/dataset/new", view_func=DraftForm.as_view("new"), defaults=of_datasets)
files.add_url_rule("/dataset/<id>/resource/new", view_func=FileForm.as_view("new"), defaults=of_datasets)
