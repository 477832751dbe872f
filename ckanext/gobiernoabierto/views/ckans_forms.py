"""CKAN's own forms of a dataset and its files: where they lead, and what they say once something is saved."""

from __future__ import annotations

from http import HTTPStatus

import ckan.model as model
import ckan.plugins.toolkit as tk
import ckan.views.resource as resource_views
from ckan.types import Response
from ckanext.gobiernoabierto.logic.dataset import DRAFT
from ckanext.gobiernoabierto.views import saved as saved_forms
from flask import Blueprint, request

files = Blueprint("gobiernoabierto_resource", __name__)

DATASET = "dataset"
FORMS = ("dataset.new", "dataset.edit")


class FileForm(resource_views.CreateView):
    """CKAN's form of a further file, or of one of a draft. Its button that publishes needs a complete one."""

    def post(self, package_type: str, id: str) -> Response | str:
        """Save the file and say so; where the dataset lacks something, go where that is filled in."""
        before = _files_of(id)
        try:
            answer = super().post(package_type, id)
        except tk.ValidationError:
            tk.h.flash_notice(tk._("The file is saved. To publish, complete what is missing here"))
            return tk.redirect_to("gobiernoabierto_publishing.publish", id=id)
        leads_on = getattr(answer, "status_code", None) == HTTPStatus.FOUND
        if leads_on and (request.form.get("id") or _files_of(id) != before):
            saved_forms.tell(model.Package.get(id))
        return answer


def _files_of(id: str) -> set[str]:
    package = model.Package.get(id) if "\0" not in id else None
    return {each.id for each in package.resources} if package is not None else set()


@files.before_app_request
def refuse_without_button() -> None:
    """Refuse CKAN's forms of a dataset without the button that sent them: its views fail on them."""
    form = request.form if request.method == "POST" else {}
    if request.endpoint in FORMS and "_ckan_phase" in form and "save" not in form:
        tk.abort(400, tk._("The form came without its button: send it again"))


@files.before_app_request
def lead_to_publishing() -> Response | None:
    """Lead CKAN's form of a new dataset, and that of a draft, to the page on which officers publish."""
    if request.method != "GET":
        return None
    if request.endpoint == "dataset.new":
        return tk.redirect_to("gobiernoabierto_publishing.publish", organization=request.args.get("group"))
    if request.endpoint == "dataset.edit":
        package = model.Package.get((request.view_args or {}).get("id"))
        is_draft = package is not None and package.state == DRAFT
        if is_draft and tk.h.check_access("package_update", {"id": package.id}):
            return tk.redirect_to("gobiernoabierto_publishing.publish", id=package.name)
    return None


files.add_url_rule(
    "/dataset/<id>/resource/new", view_func=FileForm.as_view("new"), defaults={"package_type": DATASET}
)
