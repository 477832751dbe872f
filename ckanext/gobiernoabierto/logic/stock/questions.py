"""What a search may ask of Solr: what it counts and computes knows nothing of the caller's permissions."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from typing import Any

import ckan.plugins as plugins
import ckan.plugins.toolkit as tk
from ckan.lib.search import SearchQueryError
from ckan.types import Context, DataDict
from ckanext.gobiernoabierto.links.model import LINKED
from ckanext.gobiernoabierto.logic.stock import visible

__all__ = ["permitted", "refuse_magic"]

# fmt: off
FACETS = frozenset({
    *LINKED, "author", "capacity", "dataset_type", "groups", "language", "license_id", "maintainer",
    "organization", "owner_org", "res_format", "res_type", "state", "tags", "theme", "type",
})
# fmt: on
"""Fields that anybody may count by, beside those of pages."""
OF_EXTENSIONS = re.compile(r"(extras|res_extras|vocab)_[A-Za-z0-9_-]+")
"""How CKAN names further fields in the index."""
SHOWN = re.compile(r"\*|[A-Za-z][A-Za-z0-9_-]*\*?")
"""A field, fields that begin alike, or all; a colon or a bracket makes Solr compute something."""
SCORE = "score"
ORDER = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\s+(asc|desc)", re.IGNORECASE)
BY_RANK = "rank"
"""CKAN's word for its own order."""
PARSERS = ("dismax", "edismax", "lucene")
FUNCTIONS = ("bf", "boost")
"""Parameters of CKAN's that hold functions and nothing else."""
ASKED = ("q", "fq", "fq_list")
ESCAPED = re.compile(r"\\u+([0-9a-fA-F]{4})")
MAGIC = re.compile(r"_(val|query)_\s*:", re.IGNORECASE)


def permitted(context: Context, data: DataDict) -> DataDict:
    """Return the question, without terms that only hidden datasets have.

    A function (``docfreq``), a score and a facet of 0 tell what stands in all datasets. Raises
    ValidationError beside the parameter, or SearchQueryError for what pages pass on.
    """
    if visible.sees_everything(context):
        return data
    for name in ASKED:
        refuse_magic(data.get(name))
    _check_order(data.get("sort"))
    wrong = {**_wrong_parameters(data), **_wrong_fields(data), **_wrong_facets(data)}
    if wrong:
        raise tk.ValidationError({name: [message] for name, message in wrong.items()})
    return _counted(data)


def refuse_magic(asked: Any) -> None:
    r"""Raise SearchQueryError for a field that is a function; CKAN overlooks one written ``\u005fval_``."""
    for text in asked if isinstance(asked, list) else [asked]:
        if isinstance(text, str) and MAGIC.search(_unescaped(text)):
            raise SearchQueryError(
                tk._("The search has a mistake: use plain words, or quotes around a phrase")
            )


def _unescaped(text: str) -> str:
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).replace("\\", "")


def _check_order(sort: Any) -> None:
    if sort in (None, "", BY_RANK):
        return
    if not (isinstance(sort, str) and all(ORDER.fullmatch(part.strip()) for part in sort.split(","))):
        raise SearchQueryError(tk._("{name} must be a field and a direction").format(name="sort"))


def _wrong_parameters(data: DataDict) -> dict[str, str]:
    wrong = {name: tk._("This parameter does not exist") for name in FUNCTIONS if data.get(name)}
    for name, choices in (("defType", PARSERS), ("wt", ("json",))):
        if data.get(name) not in (None, "", *choices):
            wrong[name] = tk._("Choose one of: {choices}").format(choices=", ".join(choices))
    return wrong


def _wrong_fields(data: DataDict) -> dict[str, str]:
    given = data.get("fl") or []
    texts = given if isinstance(given, list) else [given]
    names = [name for text in texts for name in re.split(r"[\s,]+", str(text).strip())]
    if all(SHOWN.fullmatch(name) and name != SCORE for name in names):
        return {}
    return {"fl": tk._("Give names of fields")}


def _wrong_facets(data: DataDict) -> dict[str, str]:
    given = data.get("facet.field") or []
    try:
        names = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return {}  # CKAN says so
    further = {str(name) for name in names or ()} - FACETS
    further = {name for name in further if not OF_EXTENSIONS.fullmatch(name)}
    if not further or further <= _of_pages():
        return {}
    return {"facet.field": tk._("There is no filter of this name")}


def _of_pages() -> set[str]:
    """Return the fields that pages count by, whichever plugin gives them."""
    found = set(tk.config["search.facets"] or ())
    for plugin in plugins.PluginImplementations(plugins.IFacets):
        found |= plugin.dataset_facets(OrderedDict(), "dataset").keys()
        found |= plugin.organization_facets(OrderedDict(), "organization", "dataset").keys()
        found |= plugin.group_facets(OrderedDict(), "group", "dataset").keys()
    return found


def _counted(data: DataDict) -> DataDict:
    try:
        least = tk.get_validator("natural_number_validator")(data.get("facet.mincount") or 1, {})
    except tk.Invalid:
        return data  # CKAN says so
    return {**data, "facet.mincount": max(1, least)}
