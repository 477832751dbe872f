"""The mirror equals the datasets, whatever is done to them and by whichever way."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pytest
from ckan import model
from ckanext.gobiernoabierto.entities import history
from ckanext.gobiernoabierto.links import mirror
from ckanext.gobiernoabierto.links.model import LINKED

LINKS = [
    ("axis", "3-3"),
    ("commitment", "3-11"),
    ("municipality", "0115"),
    ("workshop", "ideaton-villa-nueva-2017"),
]


def mirrored():
    """Return all rows of the mirror as {package id: [(entity, code)]}."""
    rows = model.Session.execute("SELECT package_id, entity, code FROM gobiernoabierto_link ORDER BY 2, 3")
    found = {}
    for row in rows:
        found.setdefault(row.package_id, []).append((row.entity, row.code))
    return found


def verbs(dataset_id):
    """Return (verb, visibility) of the rows of history about a dataset."""
    rows = model.Session.execute(history.rows_about("dataset", [dataset_id])).scalars()
    return [(row.verb, row.visibility) for row in rows]


class TestMirror:
    def test_create_patch_and_revise_are_followed(self, call, dataset):
        """Rows come and go with the fields."""
        assert mirrored() == {dataset["id"]: LINKS}
        call("package_patch", {"id": dataset["id"], "municipality": ["0115", "0108"]})
        assert ("municipality", "0108") in mirrored()[dataset["id"]]
        match = {"id": dataset["id"]}
        call("package_revise", {"match": match, "filter": ["-commitment"], "update": {"axis": ["3-1"]}})
        assert ("axis", "3-1") in mirrored()[dataset["id"]]
        assert ("commitment", "3-11") not in mirrored()[dataset["id"]]

    def test_refused_write_leaves_the_mirror_alone(self, call, dataset):
        """What is not saved is not mirrored."""
        with pytest.raises(tk.ValidationError):
            call("package_patch", {"id": dataset["id"], "municipality": ["9999"]})
        assert mirrored() == {dataset["id"]: LINKS}

    def test_rolled_back_create_leaves_nothing(self, call, sysadmin, fields):
        """The rows are of CKAN's own transaction: nothing is committed in a hook."""
        context = {"user": sysadmin, "defer_commit": True}
        tk.get_action("package_create")(context, fields)
        model.Session.rollback()
        assert mirrored() == {}
        assert model.Session.query(history.History).filter_by(subject="dataset").count() == 0

    def test_deleted_dataset_keeps_its_rows_and_counts_nowhere(self, call, dataset):
        """The state is CKAN's: pages and counts ask for it."""
        call("package_delete", {"id": dataset["name"]})
        assert mirrored() == {dataset["id"]: LINKS}
        assert mirror.counts("municipality") == {}
        assert mirror.uses_of("municipality", "0115") == []
        call("package_patch", {"id": dataset["id"], "state": "active"})
        assert mirror.counts("municipality") == {"0115": 1}

    def test_purged_dataset_takes_its_rows_along(self, call, dataset):
        """CKAN calls no hook; a trigger does it."""
        call("dataset_purge", {"id": dataset["id"]})
        assert mirrored() == {}
        assert verbs(dataset["id"])[-1][0] == "purge"

    def test_bulk_updates_are_followed(self, call, dataset, organization):
        """A Core UPDATE of CKAN's, with its own commit and no hook."""
        many = {"datasets": [dataset["id"]], "org_id": organization["id"]}
        for action, count in (("private", {}), ("public", {"0115": 1}), ("delete", {})):
            call(f"bulk_update_{action}", many)
            model.Session.expire_all()
            assert mirror.counts("municipality") == count, action
            assert mirrored() == {dataset["id"]: LINKS}
        told = [("create", "published"), ("update", "draft"), ("update", "published"), ("update", "draft")]
        assert verbs(dataset["id"]) == told

    def test_bulk_update_by_a_stranger_tells_nothing(self, call, dataset, organization):
        """A refused call leaves no row of history behind."""
        many = {"datasets": [dataset["id"]], "org_id": organization["id"]}
        with pytest.raises(tk.NotAuthorized):
            call("bulk_update_private", many, user=factories.User()["name"])
        model.Session.commit()
        assert verbs(dataset["id"]) == [("create", "published")]

    def test_private_and_draft_datasets_count_nowhere(self, call, dataset, fields):
        """Only what everybody may see is counted and listed."""
        call("package_create", {**fields, "state": "draft"})
        assert mirror.counts("workshop") == {"ideaton-villa-nueva-2017": 1}
        call("package_patch", {"id": dataset["id"], "private": True})
        assert mirror.counts("workshop") == {}
        assert mirror.datasets_of("workshop", "ideaton-villa-nueva-2017") == []

    def test_organization_that_goes_takes_the_datasets_out_of_no_list(self, call, dataset, organization):
        """An organization cannot go before its datasets; when it has, the list has no name for it."""
        with pytest.raises(tk.ValidationError):
            call("organization_delete", {"id": organization["id"]})
        call("package_delete", {"id": dataset["id"]})
        call("organization_delete", {"id": organization["id"]})
        call("organization_purge", {"id": organization["id"]})
        assert mirrored() == {dataset["id"]: LINKS}
        assert mirror.datasets_of("municipality", "0115") == []

    def test_draft_that_is_published_counts(self, call, fields):
        """By the state of the package, without a write to the mirror."""
        draft = call("package_create", {**fields, "state": "draft"})
        assert mirror.counts("axis") == {}
        call("gobiernoabierto_dataset_publish", {"id": draft["id"]})
        assert mirror.counts("axis") == {"3-3": 1}
        assert verbs(draft["id"]) == [("create", "draft"), ("update", "published")]

    def test_history_tells_what_changed_and_who_changed_it(self, call, dataset, organization):
        """Links and state, before and after; other fields are no matter of this history."""
        editor = organization["editor"]
        call("package_patch", {"id": dataset["id"], "title": "Otro"}, user=editor)
        call("package_patch", {"id": dataset["id"], "municipality": ["0108", "0115"]}, user=editor)
        rows = list(model.Session.execute(history.rows_about("dataset", [dataset["id"]])).scalars())
        assert len(rows) == 2
        assert rows[1].changes == {"municipality": [["0115"], ["0108", "0115"]]}
        assert rows[1].user_id == model.User.get(editor).id


class TestList:
    def test_list_has_what_a_page_shows(self, call, dataset, organization):
        """One query, from PostgreSQL alone."""
        (listed,) = mirror.datasets_of("commitment", "3-11")
        assert (listed.name, listed.title) == (dataset["name"], "Alumbrado público")
        assert listed.notes == "Luminarias por colonia."
        assert listed.organization == organization["title"]

    def test_entities_of_a_dataset_are_named(self, dataset):
        """Kind by kind, with their titles."""
        named = mirror.named(mirror.mirror_of(dataset["id"]))
        assert [(each.entity.name, each.title) for each in named] == [
            ("municipality", "Villa Nueva"),
            ("workshop", "Ideatón de Villa Nueva"),
            ("commitment", "Maratones de ideas"),
            ("axis", "Participación Ciudadana"),
        ]


class TestIntegrity:
    def test_linked_entity_is_not_deleted(self, call, dataset, fields):
        """Refused with the list: public datasets by name, the others by number."""
        call("package_create", {**fields, "name": "secreto", "private": True})
        call("package_create", {**fields, "name": "a-medias", "state": "draft"})
        row = call("gobiernoabierto_axis_show", code="3-3")
        call("gobiernoabierto_commitment_update", {"code": "3-11", "version": 1, "axis": None})
        with pytest.raises(tk.ValidationError) as raised:
            call("gobiernoabierto_axis_delete", {"code": "3-3", "version": row["version"]})
        (message,) = raised.value.error_dict["code"]
        assert "(3)" in message
        assert dataset["name"] in message
        assert "secreto" not in message
        assert "a-medias" not in message

    def test_entity_of_a_public_dataset_is_not_unpublished(self, call, dataset):
        """Its page would go, and the dataset would point nowhere; of a private one nobody would know."""
        change = {"code": "ideaton-villa-nueva-2017", "version": 1, "visibility": "draft"}
        with pytest.raises(tk.ValidationError):
            call("gobiernoabierto_workshop_update", change)
        call("package_patch", {"id": dataset["id"], "private": True})
        assert call("gobiernoabierto_workshop_update", change)["visibility"] == "draft"
        named = mirror.named(mirror.mirror_of(dataset["id"]))
        assert "workshop" not in [each.entity.name for each in named]

    @pytest.mark.parametrize("name", LINKED)
    def test_entity_of_any_kind_is_kept_while_a_public_dataset_names_it(self, call, linked, name):
        """Neither unpublished nor deleted, with the dataset's name in the answer."""
        dataset = call("package_create", linked)
        (code,) = dataset[name]
        now = call(f"gobiernoabierto_{name}_show", code=code)["version"]
        for verb, more in (("update", {"visibility": "draft"}), ("delete", {})):
            with pytest.raises(tk.ValidationError) as raised:
                call(f"gobiernoabierto_{name}_{verb}", {"code": code, "version": now, **more})
            assert f"dataset {dataset['name']}" in raised.value.error_dict["code"][0]

    @pytest.mark.parametrize("name", LINKED)
    def test_replaced_code_of_any_kind_is_followed(self, call, linked, name):
        """In the field and in the mirror; the old one is understood when it is given again."""
        dataset = call("package_create", linked)
        (code,) = dataset[name]
        new = {"municipality": "0116", "commitment": "3-9", "axis": "3-5"}.get(name, "otro-9")
        now = call(f"gobiernoabierto_{name}_show", code=code)["version"]
        change = {"entity": name, "code": code, "new_code": new, "version": now}
        call("gobiernoabierto_code_replace", change)
        assert call("package_show", {"id": dataset["id"]})[name] == [new]
        assert mirror.counts(name) == {new: 1}
        assert call("package_search", {"fq": f'{name}:"{new}"'})["count"] == 1
        assert call("package_patch", {"id": dataset["id"], name: [code]})[name] == [new]

    def test_entity_of_a_deleted_dataset_may_go(self, call, dataset):
        """What lies in the bin holds nothing back, and stays valid when it comes out again."""
        call("package_delete", {"id": dataset["id"]})
        call("gobiernoabierto_workshop_delete", {"code": "ideaton-villa-nueva-2017", "version": 1})
        back = call("package_patch", {"id": dataset["id"], "state": "active"})
        assert back["workshop"] == ["ideaton-villa-nueva-2017"]

    def test_replaced_code_is_followed_by_datasets_and_mirror(self, call, dataset):
        """Field, mirror, history and search have the new code."""
        change = {"entity": "municipality", "code": "0115", "new_code": "0116", "version": 1}
        call("gobiernoabierto_code_replace", change)
        assert call("package_show", {"id": dataset["id"]})["municipality"] == ["0116"]
        assert mirror.counts("municipality") == {"0116": 1}
        assert call("package_search", {"fq": 'municipality:"0116"'})["count"] == 1
        rows = list(model.Session.execute(history.rows_about("dataset", [dataset["id"]])).scalars())
        assert rows[-1].changes == {"municipality": [["0115"], ["0116"]]}
