"""``/buscar``: one box over the entities and the datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib.search import SearchQueryError
from ckanext.gobiernoabierto.entities import forms
from ckanext.gobiernoabierto.entities.find import find, municipalities_like, with_code
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.lib.receipts import code_written_out
from ckanext.gobiernoabierto.views.pages import known_by_code
from flask import Blueprint, request
from werkzeug.exceptions import ServiceUnavailable

finding = Blueprint("gobiernoabierto_find", __name__)

MAX_QUESTION = 1000
DATASETS = 5


@dataclass(frozen=True)
class Group:
    """What was found of one kind."""

    label: str
    coded: bool
    found: list[Named]


def _groups(hits: list[Named]) -> list[Group]:
    """Return the hits kind by kind, the kind of the nearest hit first."""
    by_kind: dict[Any, list[Named]] = {}
    for hit in hits:
        by_kind.setdefault(hit.entity, []).append(hit)
    return [
        Group(forms.form_schema(kind)["plural"], known_by_code(kind), found)
        for kind, found in by_kind.items()
    ]


def _datasets(q: str) -> Mapping[str, Any] | None:
    """Return the nearest datasets and how many there are; None while the search does not answer."""
    try:
        return tk.get_action("package_search")({"user": tk.current_user.name}, {"q": q, "rows": DATASETS})
    except (ServiceUnavailable, SearchQueryError):
        return None


@finding.route("/buscar", methods=["GET"])
def search() -> str:
    """Find municipalities, commitments, ideas and all else by what they are called, and datasets."""
    q = request.args.get("q", "").strip()[:MAX_QUESTION]
    receipt = code_written_out(q)
    coded = with_code(receipt) if receipt else with_code(q, q.upper(), q.lower()) if q else []
    hits = [hit for hit in find(q) if hit not in coded]
    extra = {
        "q": q,
        "receipt": receipt,
        "coded": coded,
        "groups": _groups(hits),
        "near": [] if coded or hits or receipt else municipalities_like(q),
        # no data is called by the code of a receipt: what the search has is like some part of it
        "searched": bool(q) and not receipt,
        "datasets": _datasets(q) if q and not receipt else None,
    }
    return tk.render("gobiernoabierto/find.html", extra)
