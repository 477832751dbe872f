"""What one's own organizations took back from the public: one list, and what everybody reads of each."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.feed import taken_back
from ckanext.gobiernoabierto.links import mirror
from ckanext.gobiernoabierto.views import dataset_rdf, fragments
from ckanext.gobiernoabierto.views.entities import answer_refusals, asked_parameters, page_number, visitor
from flask import Blueprint, request

taken_back_list = Blueprint("gobiernoabierto_taken_back", __name__)
answer_refusals(taken_back_list)

DATASETS = 20
"""On a page."""
ORGANIZATION = "organization"


@taken_back_list.before_request
def ask_to_sign_in() -> Any:
    """Lead visitors to where they sign in."""
    if not tk.current_user.is_authenticated:
        return tk.redirect_to("user.login", came_from=request.full_path.rstrip("?"))
    return None


@taken_back_list.route("/retirados", methods=["GET"])
def index() -> str:
    """Return the list to who may edit datasets: of all their organizations, or of the one that is asked."""
    mine = tk.get_action("organization_list_for_user")(visitor(), {"permission": "update_dataset"})
    asked = asked_parameters()
    name = asked.pop(ORGANIZATION, "")
    chosen = [each for each in mine if not name or each["name"] == name]
    if name and not chosen:
        raise tk.ObjectNotFound()
    number = page_number(asked)
    total, found = taken_back.of_organizations(
        [each["id"] for each in chosen], (number - 1) * DATASETS, DATASETS
    )
    last = max(1, -(-total // DATASETS))
    if number > last:
        raise tk.ObjectNotFound(tk._("The list has no page {number}").format(number=number))
    extra = {
        "count": total,
        "datasets": found,
        "titles": _titles(found),
        "number": number,
        "last": last,
        "several": len(chosen) > 1,
        "only": chosen[0] if name else None,
    }
    return tk.render("gobiernoabierto/taken_back.html", extra)


def _titles(found: list[taken_back.TakenBack]) -> dict[str, str]:
    """Return {id: title} of what takes their places."""
    heirs = [each.told.successor.subject for each in found if each.told.successor is not None]
    return {id: each.title for id, each in mirror.public_datasets(heirs).items()}


@taken_back_list.route("/retirados/<id>", methods=["GET"])
def as_everybody_reads_it(id: str) -> Any:
    """Return what stands at the address of a dataset for everybody else, to who may edit it."""
    if "\0" in id:
        raise tk.ObjectNotFound()
    found = fragments.find(dataset_rdf.KIND, id)
    if found.row is None or found.last is None or fragments.is_public(found.row):
        raise tk.ObjectNotFound()
    try:
        tk.check_access("package_update", visitor(), {"id": found.row.id})
    except tk.NotAuthorized:  # in the same words as for none at all
        raise tk.ObjectNotFound() from None
    answer = dataset_rdf.gone(found.last)
    answer.status_code = HTTPStatus.OK
    return answer
