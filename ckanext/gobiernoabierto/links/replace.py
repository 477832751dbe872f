"""Let the datasets follow a code that was replaced: their fields, the mirror and their history."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import ckan.model as model

from . import hooks, mirror
from .model import stored_codes


def replace_code(context: dict[str, Any], entity: str, old: str, new: str) -> None:
    """Put the new code of an entity into every dataset that names it, in the caller's transaction.

    CKAN indexes them when the caller commits.
    """
    for package_id in mirror.package_ids(entity, [old]):
        package = model.Package.get(package_id)
        codes = [new if code == old else code for code in stored_codes(package.extras.get(entity))]
        package.extras[entity] = json.dumps(codes, ensure_ascii=False)
        package.metadata_modified = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        hooks.record(context, package_id, "update", hooks.tracked(package))
    mirror.replace_code(entity, old, new)
