"""What is wrong in the data of one's own organizations, and what would make them better: one list."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.dataset_form import shown
from ckanext.gobiernoabierto.feed import notices
from ckanext.gobiernoabierto.views.entities import answer_refusals, asked_parameters, page_number, visitor
from flask import Blueprint, request

notice_list = Blueprint("gobiernoabierto_notices", __name__)
answer_refusals(notice_list)

DATASETS = 20
"""On a page."""


@notice_list.route("/avisos", methods=["GET"])
def index() -> Any:
    """Return the list to who may edit datasets; a visitor is asked to sign in."""
    if not tk.current_user.is_authenticated:
        return tk.redirect_to("user.login", came_from=request.full_path.rstrip("?"))
    mine = tk.get_action("organization_list_for_user")(visitor(), {"permission": "update_dataset"})
    number = page_number(asked_parameters())
    ids = [each["id"] for each in mine]
    total, found = notices.of_organizations(ids, (number - 1) * DATASETS, DATASETS)
    last = max(1, -(-total // DATASETS))
    if number > last:
        raise tk.ObjectNotFound(tk._("The list has no page {number}").format(number=number))
    extra = {
        "count": total,
        "datasets": [(each, shown(each.name, each.notices)) for each in found],
        "number": number,
        "last": last,
        "several": len(mine) > 1,
    }
    return tk.render("gobiernoabierto/notices/list.html", extra)
