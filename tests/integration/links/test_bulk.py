"""A bulk update does what it answers: to all the datasets it names, or to none."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.lib.search import SolrSettings
from ckan.tests import factories
from ckanext.gobiernoabierto.search import check
from sqlalchemy import event
from tests.remembered import remembered
from werkzeug.exceptions import ServiceUnavailable

NOBODY = "http://127.0.0.1:9/solr/ckan"

BULK = {
    "bulk_update_private": lambda package: package.private,
    "bulk_update_public": lambda package: not package.private,
    "bulk_update_delete": lambda package: package.state == "deleted",
}


@pytest.fixture
@remembered
def three(call: Any, fields: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a public dataset, a private one and a draft of the organization."""
    others = (
        {"name": "publico"},
        {"name": "privado", "private": True},
        {"name": "a-medias", "state": "draft"},
    )
    return [call("package_create", {**fields, **each}) for each in others]


def stored() -> dict[str, tuple[bool, str]]:
    """Return of each dataset whether it is private, and its state."""
    model.Session.expire_all()
    return {each.name: (each.private, each.state) for each in model.Session.query(model.Package)}


@pytest.mark.long
@pytest.mark.parametrize("action", BULK)
@pytest.mark.parametrize("by", ["id", "name"])
def test_organization_and_datasets_are_named_either_way(call, three, organization, action, by):
    """Stock CKAN compares with the id alone, changes nothing and answers that all is well."""
    call(action, {"datasets": [each[by] for each in three], "org_id": organization[by]})
    model.Session.expire_all()
    assert [each["name"] for each in three if not BULK[action](model.Package.get(each["id"]))] == []
    assert check.differences() == []


def found_by_visitors(call: Any) -> set[str]:
    """Return the names that everybody's search finds; one who asks for private ones gets no more."""
    anybody = {"ignore_auth": False, "user": "", "auth_user_obj": None}
    asked: dict[str, Any] = {"rows": 1000, "fl": ["name"], "include_private": True}
    results = tk.get_action("package_search")(anybody, asked)["results"]
    return {each["name"] for each in results}


@pytest.mark.long
@pytest.mark.parametrize("number", [3, 60])
def test_visitors_find_what_the_bulk_updates_left_public_and_nothing_else(call, fields, organization, number):
    """Who may find it stands in the index too; CKAN asks Solr for fifty at a time."""
    names = [f"agua-{each}" for each in range(number)]
    made = [call("package_create", {**fields, "name": name}) for name in names]
    many = {"datasets": [each["id"] for each in made], "org_id": organization["id"]}
    for action, left in (("private", []), ("public", names), ("private", []), ("public", names)):
        call(f"bulk_update_{action}", many)
        assert found_by_visitors(call) == set(left), action
        assert check.differences() == []
    call("bulk_update_delete", many)
    assert found_by_visitors(call) == set()
    assert check.differences() == []


@pytest.mark.long
@pytest.mark.parametrize("action", ["bulk_update_public", "bulk_update_private"])
def test_the_index_follows_the_database_and_not_what_solr_had(call, three, organization, action):
    """CKAN copies from Solr what it indexes anew, mistakes and all."""
    model.Session.execute("UPDATE package SET title = 'Otro' WHERE name = 'publico'")
    model.Session.commit()
    call(action, {"datasets": [each["id"] for each in three], "org_id": organization["id"]})
    titles = call("package_search", {"fq": "name:publico", "include_private": True})["results"]
    assert [each["title"] for each in titles] == ["Otro"]


@pytest.mark.long
@pytest.mark.parametrize("action", BULK)
def test_organization_that_is_not_there_is_refused(call, three, action):
    """A group is none either; who gives none is told what is missing."""
    many = {"datasets": [three[0]["id"]]}
    before = stored()
    for org_id in ("no-existe", factories.Group()["id"]):
        with pytest.raises(tk.ObjectNotFound):
            call(action, many, org_id=org_id)
    for given, name in ((many, "org_id"), ({"org_id": three[0]["owner_org"]}, "datasets")):
        with pytest.raises(tk.ValidationError) as refused:
            call(action, given)
        assert refused.value.error_dict.keys() == {name}
    assert stored() == before


@pytest.mark.long
@pytest.mark.parametrize("action", BULK)
def test_dataset_that_the_organization_has_not_is_told_and_nothing_changes(
    call, three, fields, organization, action
):
    """One that is nowhere and one of somebody else's alike; the others stay as they were too."""
    other = call("package_create", {**fields, "name": "ajeno", "owner_org": factories.Organization()["id"]})
    before = stored()
    asked = [each["id"] for each in three]
    for wrong in ("no-existe", other["id"]):
        with pytest.raises(tk.ValidationError) as refused:
            call(action, {"datasets": [*asked, wrong], "org_id": organization["name"]})
        (said,) = refused.value.error_dict["datasets"]
        assert wrong in said
        assert asked[0] not in said
        assert stored() == before


@pytest.mark.long
@pytest.mark.parametrize("action", ["bulk_update_private", "bulk_update_delete"])
def test_what_solr_did_not_hear_of_is_told_and_mended_by_asking_again(call, three, organization, action):
    """CKAN has committed by then: the change stands, and who asks again tells the index."""
    many = {"datasets": [each["id"] for each in three], "org_id": organization["id"]}
    before = tk.config["solr_url"]
    event.listen(model.Session, "after_commit", lambda _session: SolrSettings.init(NOBODY), once=True)
    try:
        with pytest.raises(ServiceUnavailable):
            call(action, many)
    finally:
        SolrSettings.init(before)
    model.Session.expire_all()
    assert [each["name"] for each in three if not BULK[action](model.Package.get(each["id"]))] == []
    assert check.differences() != []
    call(action, many)
    assert check.differences() == []


def test_who_may_not_change_the_organization_is_not_told_what_it_has(call, three, organization):
    """The permission is asked first."""
    stranger = factories.User()["name"]
    for org_id in (organization["name"], "no-existe"):
        with pytest.raises(tk.NotAuthorized):
            call("bulk_update_private", {"datasets": ["no-existe"], "org_id": org_id}, user=stranger)
