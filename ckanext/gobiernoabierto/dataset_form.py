"""What the forms of a dataset show beside its fields: which of them belong together, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.feed import notices
from ckanext.gobiernoabierto.feed.notices import Notice

__all__ = ["gobiernoabierto_form_parts", "gobiernoabierto_notices"]

DATASET = "dataset"
UPLOAD = {"url": "upload"}
"""Where the field of a file's address stands in its form."""


def gobiernoabierto_form_parts(fields: list[dict[str, Any]]) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Return the fields of a dataset's form in their order: those that answer one question together.

    Each part is (the question of ``schemas/dataset.yaml``, or None; its fields).
    """
    asked = tk.h.scheming_get_dataset_schema("dataset")["either"]
    question_of = {name: question for question in asked for name in question["fields"]}
    parts: list[tuple[Any, list[dict[str, Any]]]] = []
    for field in fields:
        question = question_of.get(field["field_name"])
        if not parts or parts[-1][0] is not question:
            parts.append((question, []))
        parts[-1][1].append(field)
    return parts


@dataclass(frozen=True)
class Shown:
    """A notice as a page shows it."""

    notice: Notice
    label: str
    """What the form calls the field; of a file's, which file."""
    address: str | None
    """Where it can be mended, if anybody can."""

    @property
    def suggested(self) -> bool:
        """Tell whether the dataset is right without it."""
        return self.notice.suggested

    @property
    def message(self) -> str:
        """Return what to do."""
        return self.notice.message


def shown(name: str, found: list[Notice]) -> list[Shown]:
    """Return the notices of a dataset of this name with labels and addresses."""
    return [Shown(each, _label(each), _address(name, each)) for each in found]


def _label(notice: Notice) -> str:
    if notice.field is None:
        return ""
    schema = tk.h.scheming_get_dataset_schema(DATASET)
    fields = schema["resource_fields" if notice.resource else "dataset_fields"]
    labels = {each["field_name"]: each["label"] for each in fields}
    label = labels.get(notice.field, notice.field)
    if not notice.file:
        return label
    file = tk._("File “{name}”").format(name=notice.file)
    return file if notice.field in UPLOAD else f"{file}, {label}"


def _address(name: str, notice: Notice) -> str | None:
    if notice.field is None:
        return None
    anchor = f"field-{UPLOAD.get(notice.field, notice.field) if notice.resource else notice.field}"
    if notice.resource:
        file = {"id": name, "resource_id": notice.resource}
        return tk.url_for("dataset_resource.edit", **file, _anchor=anchor)
    return tk.url_for("dataset.edit", id=name, _anchor=anchor)


def gobiernoabierto_notices(dataset: Mapping[str, Any] | str) -> list[Shown]:
    """Return the notices of a public dataset to who may edit it, as ``package_show`` gives it or by its name.

    To nobody else, and of no other dataset.
    """
    package = tk.get_action("package_show")({}, {"id": dataset}) if isinstance(dataset, str) else dataset
    if package.get("state") != "active" or package.get("private") is not False:
        return []
    if not tk.h.check_access("package_update", {"id": package["id"]}):
        return []
    return shown(package["name"], notices.of_dataset(package))
