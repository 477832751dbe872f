"""What a form of a dataset was filled in from: who saves it must not undo what was saved meanwhile."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

FIELD = "based_on"
"""What a form, or a call, says the dataset was like when it was read."""
NOT_COMPARED = ("metadata_modified",)
"""Changes with the files too, which no form of a dataset sends back."""


def gobiernoabierto_based_on(id: str) -> str:
    """Return what tells the fields of a dataset from others, files left out: 16 hexadecimal digits.

    ``id`` may be its name: CKAN's form that comes back has that in its place.
    """
    return _mark(_own(id))


def refuse_if_stale(context: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """Return what a caller wants to store of a dataset without what it is based on.

    The dataset is locked until the commit. ValidationError under ``based_on`` if that is not what there is.
    """
    if FIELD not in data:
        return data
    tk.check_access("package_update", context, data)
    if data[FIELD] != _mark(_own(data.get("id") or data.get("name")).with_for_update()):
        model.Session.rollback()
        message = tk._(
            "The dataset was saved while you were editing it. Look at what is stored now: "
            "if you save again, what this form says takes its place"
        )
        raise tk.ValidationError({FIELD: [message]})
    return {name: value for name, value in data.items() if name != FIELD}


def _own(id: Any) -> Any:
    return sa.select(model.Package.__table__).where(model.Package.id == model.Package.get(id).id)


def _mark(own: Any) -> str:
    row = model.Session.execute(own).mappings().one()
    extra, tag, tagging = model.PackageExtra, model.Tag, model.PackageTag
    extras = sa.select(extra.key, extra.value).where(extra.package_id == row["id"], extra.state == "active")
    tags = sa.select(tag.name).join(tagging, tagging.tag_id == tag.id)
    tags = tags.where(tagging.package_id == row["id"], tagging.state == "active")
    fields = {name: value for name, value in row.items() if name not in NOT_COMPARED}
    told = [fields, *(sorted(map(tuple, model.Session.execute(each))) for each in (extras, tags))]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:16]
