"""Whoever changes what the feed tells, by whichever way, leaves a mark in the same transaction."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.entities import document, registry, store
from ckanext.gobiernoabierto.entities.history import Actor
from ckanext.gobiernoabierto.rdf.entity import MAPPINGS

WAYS_OF_DATASETS = {
    "an update": lambda call, d: call("package_patch", id=d["id"], title="Otro"),
    "an update that changes nothing else": lambda call, d: call("package_patch", id=d["id"]),
    "a private one": lambda call, d: call("package_patch", id=d["id"], private=True),
    "the bin": lambda call, d: call("package_delete", id=d["id"]),
    "a purge": lambda call, d: call("dataset_purge", id=d["id"]),
    "another organization": lambda call, d: call(
        "package_owner_org_update", id=d["id"], organization_id=factories.Organization()["id"]
    ),
    "a bulk update": lambda call, d: call("bulk_update_private", datasets=[d["id"]], org_id=d["owner_org"]),
    "a bulk delete": lambda call, d: call("bulk_update_delete", datasets=[d["id"]], org_id=d["owner_org"]),
    "a new file": lambda call, d: call("resource_create", package_id=d["id"], url="https://example.org/b"),
    "a changed file": lambda call, d: call("resource_patch", id=d["resources"][0]["id"], name="Otra"),
    "a deleted file": lambda call, d: call("resource_delete", id=d["resources"][0]["id"]),
}
WAYS_OF_SQL = {
    "a title": "UPDATE package SET title = 'Otro' WHERE id = :id",
    "an extra": "UPDATE package_extra SET value = 'x' WHERE package_id = :id AND key = 'workshop_origin'",
    "no extras": "DELETE FROM package_extra WHERE package_id = :id",
    "a resource": "UPDATE resource SET url = 'https://example.org/c' WHERE package_id = :id",
    "a tag that goes": "DELETE FROM package_tag WHERE package_id = :id",
    "a tag's name": "UPDATE tag SET name = 'luces' WHERE name = 'alumbrado' AND :id <> ''",
    "a link": "DELETE FROM gobiernoabierto_link WHERE package_id = :id AND entity = 'workshop'",
}


@pytest.mark.parametrize("way", WAYS_OF_DATASETS)
def test_a_dataset_is_marked_by_whatever_ckan_offers(call, dataset, marks, way):
    """Hooks are not asked: CKAN calls none for some of these."""
    marks()
    WAYS_OF_DATASETS[way](call, dataset)
    assert ("dataset", dataset["id"]) in marks()


@pytest.mark.parametrize("way", WAYS_OF_SQL)
def test_a_dataset_is_marked_by_plain_sql(dataset, marks, way):
    """Through CKAN's session, without its actions."""
    marks()
    assert model.Session.execute(sa.text(WAYS_OF_SQL[way]), {"id": dataset["id"]}).rowcount
    model.Session.commit()
    assert marks() == {("dataset", dataset["id"])}


def test_a_new_dataset_is_marked(call, fields, marks):
    """A draft as well: whoever flushes decides what is published."""
    marks()
    made = call("package_create", **fields, state="draft")
    assert ("dataset", made["id"]) in marks()


def test_a_write_that_changes_nothing_marks_nothing(dataset, marks):
    """The row is the same to the byte."""
    marks()
    model.Session.execute(sa.text("UPDATE package SET title = title"))
    model.Session.execute(sa.text("UPDATE gobiernoabierto_municipality SET name = name"))
    model.Session.commit()
    assert marks() == set()


def test_a_rolled_back_change_leaves_no_mark(dataset, marks):
    """The mark is of the change's own transaction."""
    marks()
    model.Session.execute(sa.text("UPDATE package SET title = 'Otro'"))
    model.Session.rollback()
    assert marks() == set()


@pytest.mark.parametrize("values", [{"title": "Otro"}, {"state": "deleted"}, {"image_url": "x.png"}])
def test_an_organization_is_marked(call, organization, marks, values):
    """Its name and picture; its state, when it is deleted."""
    marks()
    call("organization_patch", id=organization["id"], **values)
    assert ("organization", organization["id"]) in marks()


def test_an_organization_that_stands_for_another_is_marked(entities, call, organization, marks):
    """A municipality is a local authority in the RDF, and who coordinates publishes the catalogue."""
    marks()
    call("gobiernoabierto_organization_role_update", id=organization["id"], municipality="0115")
    assert marks() == {("organization", organization["id"]), ("catalog", "catalog")}


def test_the_rows_of_an_entity_mark_it(entities, change, marks):
    """Municipalities and organizers of a workshop are tables of their own."""
    marks()
    change("workshop", "ideaton-villa-nueva-2017")(municipalities=["0108"])
    assert marks() == {("workshop", "ideaton-villa-nueva-2017")}


def test_a_replaced_code_marks_both_and_whoever_named_it(call, dataset, marks):
    """The database carries the new code into the rows that name it."""
    marks()
    call("gobiernoabierto_code_replace", entity="municipality", code="0115", new_code="0198", version=1)
    assert marks() == {
        ("municipality", "0115"),
        ("municipality", "0198"),
        ("workshop", "ideaton-villa-nueva-2017"),
        ("problem", "0115-P1"),
        ("dataset", dataset["id"]),
    }


def test_a_document_marks_its_entity(entities, marks):
    """Its title is told as soon as it is public."""
    marks()
    row = model.Session.get(registry.entity_type("workshop").model, "ideaton-villa-nueva-2017")
    paper = document.Document(
        id="1",
        entity="workshop",
        code=row.code,
        title="Acta",
        kind="minutes",
        file="1",
        name="acta.pdf",
        media_type="application/pdf",
        size=1,
        sha256="",
    )
    document.add(row, paper, Actor())
    model.Session.commit()
    assert marks() == {("workshop", row.code)}
    document.remove(row, model.Session.get(document.Document, "1"), Actor())
    model.Session.commit()
    assert marks() == {("workshop", row.code)}


def test_a_deleted_entity_is_marked(entities, marks):
    """By the row that goes."""
    marks()
    entity = registry.entity_type("problem")
    store.delete(entity, store.locked(entity, "0115-P1"), Actor())
    model.Session.commit()
    assert marks() == {("problem", "0115-P1")}


def test_every_table_that_the_rdf_is_made_of_has_the_trigger(clean_site):
    """A new kind of entity with RDF, or a new table of rows of one, is not forgotten."""
    asked = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'gobiernoabierto_feed_marks'"
    watched = set(model.Session.execute(sa.text(asked)).scalars())
    models = [registry.entity_type(kind).model for kind in MAPPINGS]
    tables = {each.__tablename__ for each in models}
    tables |= {row.__tablename__ for each in models for row in each.row_fields().values()}
    assert tables - watched == set()


def test_marks_of_one_dataset_by_many_do_not_wait_for_each_other(dataset, marks):
    """Two transactions mark the same organization's dataset while neither has committed."""
    marks()
    with model.meta.engine.connect() as one, model.meta.engine.connect() as other:
        for connection, table in ((one, "resource"), (other, "package_extra")):
            connection.execute(sa.text("SET lock_timeout = '2s'"))
            connection.execute(sa.text("BEGIN"))
            connection.execute(sa.text(f"DELETE FROM {table} WHERE package_id = :id"), {"id": dataset["id"]})
        for connection in (one, other):
            connection.execute(sa.text("COMMIT"))
    assert marks() == {("dataset", dataset["id"])}


def test_a_refused_action_marks_nothing(dataset, marks):
    """What was not saved was not changed."""
    marks()
    with pytest.raises(tk.ValidationError):
        tk.get_action("package_patch")({"ignore_auth": True, "user": ""}, {"id": dataset["id"], "title": ""})
    model.Session.commit()
    assert marks() == set()
