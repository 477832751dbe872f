"""Actions of datasets: a draft stays a draft, and one verb publishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckanext.gobiernoabierto.links import hooks, reindex
from ckanext.gobiernoabierto.logic.dataset import DELETED, DRAFT
from ckanext.gobiernoabierto.logic.requested_data import close_requests
from ckanext.gobiernoabierto.logic.stock.search import indexed_after_the_commit, indexed_by_solr
from ckanext.gobiernoabierto.logic.stock.writing import type_of_new

Context = dict[str, Any]
Data = dict[str, Any]
Action = Callable[[Context, Data], Any]

BULK: dict[str, Data] = {
    "bulk_update_private": {"private": True},
    "bulk_update_public": {"private": False},
    "bulk_update_delete": {"state": DELETED},
}


@tk.chained_action
@indexed_by_solr()
def package_create(next_action: Action, context: Context, data_dict: Data) -> Any:
    """Create a dataset; ``state: draft`` is heeded from everybody who may create one.

    CKAN drops the state for all but sysadmins, so that a draft made by API would be public at once. Raises
    ValidationError for a type that has no pages, and for what Solr refuses.
    """
    if data_dict.get("state") == DRAFT:
        context = {**context, "allow_state_change": True}
    return next_action(context, {**data_dict, "type": type_of_new(context, data_dict)})


def _recorded_bulk(name: str) -> Action:
    """Return a chained action that adds what CKAN leaves out: our hook, as it calls none, and the index."""

    def action(next_action: Action, context: Context, data_dict: Data) -> Any:
        tk.check_access(name, context, data_dict)
        organization_id = _organization_id(data_dict)
        packages = _packages(organization_id, data_dict)
        asked = {**data_dict, "org_id": organization_id, "datasets": [each.id for each in packages]}
        with indexed_after_the_commit():
            for package in packages:
                values = {**hooks.tracked(package), **BULK[name]}
                close_requests(
                    context, package.id, values, hooks.record(context, package.id, "update", values)
                )
            answer = next_action(context, asked)
            # CKAN changes the rows behind the session's back, copies from Solr what it indexes anew (which
            # tells it of no draft), and says who may find it by the rows as they were read before
            model.Session.expire_all()
            reindex.index_datasets(asked["datasets"])
        return answer

    action.__name__ = name
    action.__doc__ = f"""Do CKAN's {name} to all the datasets or to none, and tell it in their history.

    Organization and datasets may be given by name too. Raises NotFound for an organization that is not
    there, ValidationError for datasets that it has not, and as ``indexed_after_the_commit`` does.
    """
    return tk.chained_action(action)


def _organization_id(data_dict: Data) -> str:
    """Return the id of the organization that is meant: by a name CKAN changes nothing."""
    organization = model.Group.get(tk.get_or_bust(data_dict, "org_id"))
    if organization is None or not organization.is_organization:
        raise tk.ObjectNotFound(tk._("There is no such organization"))
    return str(organization.id)


def _packages(organization_id: str, data_dict: Data) -> list[model.Package]:
    """Return the datasets that a bulk update will change. Raises ValidationError for another one."""
    given = tk.get_or_bust(data_dict, "datasets")
    found = list(
        model.Session.query(model.Package).filter(
            model.Package.owner_org == organization_id,
            sa.or_(model.Package.id.in_(given), model.Package.name.in_(given)),
        )
    )
    known = {each.name: each for each in found} | {each.id: each for each in found}
    missing = ", ".join(dict.fromkeys(each for each in given if each not in known))
    if missing:
        message = tk._("The organization has no such datasets, and nothing was changed: {names}")
        raise tk.ValidationError({"datasets": [message.format(names=missing)]})
    return list({known[each].id: known[each] for each in given}.values())


ACTIONS: dict[str, Callable[..., Any]] = {
    "package_create": package_create,
    **{name: _recorded_bulk(name) for name in BULK},
}
