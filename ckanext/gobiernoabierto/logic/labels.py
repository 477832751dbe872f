"""Who may read a dataset: what is not finished is for those who may edit it, not for every member."""

from __future__ import annotations

from typing import Any

import ckan.model as model
from ckan.lib.plugins import DefaultPermissionLabels
from ckanext.gobiernoabierto.logic.auth import editor_organizations

from .dataset import DRAFT

PREFIX = "gobiernoabierto-editor-"


class DatasetLabels(DefaultPermissionLabels):
    """The ``IPermissionLabels`` of the site: CKAN's own, with a label of its own for drafts."""

    def get_dataset_labels(self, dataset_obj: model.Package) -> list[str]:
        """Return CKAN's labels; of a draft with an organization, the label of its editors."""
        if dataset_obj.owner_org and str(dataset_obj.state).startswith(DRAFT):
            return [f"{PREFIX}{dataset_obj.owner_org}"]
        return super().get_dataset_labels(dataset_obj)

    def get_user_dataset_labels(self, user_obj: Any) -> list[str]:
        """Return CKAN's labels, and one for each organization in which the user may edit datasets."""
        labels = super().get_user_dataset_labels(user_obj)
        if not isinstance(user_obj, model.User):
            return labels
        return [*labels, *[f"{PREFIX}{each}" for each in editor_organizations(user_obj.id)]]
