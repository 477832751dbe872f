"""Every public dataset that a search finds, in batches: for what is downloaded or harvested."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import ckan.plugins.toolkit as tk

MOST = 10_000
"""Whoever wants more takes the catalogue's RDF."""
BATCH = 200
IDS = 1000
"""As many as CKAN lets anybody ask for at once."""
BEST_FIRST = "score desc, metadata_modified desc"
FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def filter_query(fields: Iterable[tuple[str, str]]) -> str:
    """Return Solr's filter for (field, value) pairs, the values as phrases whatever they hold.

    Raises ValidationError for what can be no field's name.
    """
    parts = []
    for name, value in fields:
        if not FIELD.fullmatch(name):
            raise tk.ValidationError({"fq": [tk._("There is no filter of this name")]})
        phrase = value.replace("\\", "\\\\").replace('"', '\\"')
        parts.append(f'+{name}:"{phrase}"')
    return " ".join(parts)


class TooManyError(Exception):
    """A question finds more than ``MOST`` datasets."""


def ids_found_by_anybody(q: str, fq: str) -> list[str]:
    """Return the ids of the datasets that a visitor's search finds, sorted.

    Raises TooManyError, SearchQueryError or ServiceUnavailable.
    """
    asked: dict[str, Any] = {"q": q or "*:*", "fq": fq, "fq_list": ["+dataset_type:dataset"], "fl": ["id"]}
    asked |= {"sort": "id asc", "rows": IDS, "facet": "false"}
    found: list[str] = []
    while True:
        page = _search(asked, len(found))
        found += [each["id"] for each in page["results"]]
        if page["count"] > MOST:
            raise TooManyError
        if not page["results"] or len(found) >= page["count"]:
            return sorted(set(found))


def found_by_anybody(q: str, fields: Iterable[tuple[str, str]], sort: str) -> Iterator[dict[str, Any]]:
    """Yield the datasets that a visitor's search finds, as ``package_search`` shows them, at most ``MOST``.

    The first batch is read before this returns. Raises SearchQueryError or ServiceUnavailable.
    """
    asked = {
        "q": q,
        "fq": f"+dataset_type:dataset {filter_query(fields)}",
        # in one order, so that the batches neither repeat nor lose one
        "sort": f"{sort or BEST_FIRST}, id asc",
        "rows": BATCH,
    }
    return _batches(asked, _search(asked, 0)["results"])


def _batches(asked: dict[str, Any], batch: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    start = 0
    while batch:
        yield from batch
        start += BATCH
        batch = _search(asked, start)["results"] if len(batch) == BATCH and start < MOST else []


def _search(asked: dict[str, Any], start: int) -> dict[str, Any]:
    # a visitor's rights, whoever asks: the list is of what is published
    context: Any = {"user": "", "auth_user_obj": None, "ignore_auth": False}
    return tk.get_action("package_search")(context, {**asked, "start": start})
