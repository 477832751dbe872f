"""Every way in which something changes or vanishes gives its event, and nothing else does."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import ckan.tests.factories as factories
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.entities import registry, store
from ckanext.gobiernoabierto.entities.base import DRAFT, PUBLISHED
from ckanext.gobiernoabierto.entities.history import Actor
from ckanext.gobiernoabierto.feed import flush
from ckanext.gobiernoabierto.feed.model import Entry

WORKSHOP = "ideaton-villa-nueva-2017"
CANARY = "CANARIO"
WAYS_TO_VANISH = {
    "private": lambda call, d: call("package_patch", id=d["id"], private=True, title=CANARY),
    "deleted": lambda call, d: call("package_delete", id=d["id"]),
    "purged": lambda call, d: call("dataset_purge", id=d["id"]),
    "private in bulk": lambda call, d: call("bulk_update_private", datasets=[d["id"]], org_id=d["owner_org"]),
    "deleted in bulk": lambda call, d: call("bulk_update_delete", datasets=[d["id"]], org_id=d["owner_org"]),
    "private by SQL": lambda call, d: sql("UPDATE package SET private = true, title = 'CANARIO'"),
    "a draft again": lambda call, d: sql("UPDATE package SET state = 'draft', title = 'CANARIO'"),
    "of another type": lambda call, d: sql("UPDATE package SET type = 'showcase', title = 'CANARIO'"),
    "of no organization": lambda call, d: sql("UPDATE package SET owner_org = NULL"),
    "of a deleted organization": lambda call, d: sql("UPDATE \"group\" SET state = 'deleted'"),
}
WAYS_TO_CHANGE = {
    "title": lambda call, d: call("package_patch", id=d["id"], title="Otro"),
    "name": lambda call, d: call("package_patch", id=d["id"], name="otro-nombre"),
    "a file": lambda call, d: call("resource_create", package_id=d["id"], url="https://example.org/b.csv"),
    "no file": lambda call, d: call("resource_delete", id=d["resources"][0]["id"]),
    "links": lambda call, d: call("package_patch", id=d["id"], commitment=[], axis=["3-3"]),
    "a tag's name": lambda call, d: sql("UPDATE tag SET name = 'luces'"),
    "an extra by SQL": lambda call, d: sql("UPDATE package_extra SET value = '[]' WHERE key = 'workshop'"),
    "its organization's name": lambda call, d: sql("UPDATE \"group\" SET title = 'Otra'"),
    "what its organization stands for": lambda call, d: call(
        "gobiernoabierto_organization_role_update", id=d["owner_org"], municipality="0115"
    ),
}


def sql(statement: str) -> None:
    """Write past CKAN's actions."""
    model.Session.execute(sa.text(statement))
    model.Session.commit()


def ops(events):
    """Return what happened, in order."""
    return [event.op for event in events]


class TestDatasets:
    def test_what_is_published_is_told_once(self, dataset, log):
        """Datasets, organizations and entities; what is flushed again adds nothing."""
        events = log()
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert Counter(event.kind for event in events)["dataset"] == 1
        assert set(ops(events)) == {"create"}
        sql("UPDATE package SET metadata_created = metadata_created, private = false")
        flush.mark_all()
        assert log() == events

    @pytest.mark.long
    @pytest.mark.parametrize("way", WAYS_TO_VANISH)
    def test_what_vanishes_is_told_and_erased(self, call, dataset, log, way):
        """By the same flush: no body of it is left, and its tombstone says what everybody knew."""
        call("package_patch", id=dataset["id"], notes="Antes")
        log()
        call("package_patch", id=dataset["id"], notes="Después")
        log()
        WAYS_TO_VANISH[way](call, dataset)
        events = log("dataset", dataset["id"])
        assert ops(events) == ["create", "update", "delete"]
        assert [event.body for event in events] == [None] * 3
        assert (events[-1].name, events[-1].address) == (events[0].name, events[0].address)
        assert [event.superseded_by for event in events] == [events[1].seq, events[2].seq, None]
        assert not any(CANARY.encode() in (event.body or b"") for event in log())

    @pytest.mark.long
    @pytest.mark.parametrize("way", WAYS_TO_CHANGE)
    def test_what_changes_is_told(self, call, dataset, log, way):
        """One event, with another body or another name; the body before stays for who reads the past."""
        log()
        WAYS_TO_CHANGE[way](call, dataset)
        events = log("dataset", dataset["id"])
        assert ops(events) == ["create", "update"]
        assert all(event.body for event in events)
        assert (events[0].name, events[0].sha256) != (events[1].name, events[1].sha256)

    def test_what_comes_back_is_new(self, call, dataset, log):
        """Who was told of the deletion has to be told that it is there."""
        log()
        call("package_patch", id=dataset["id"], private=True)
        log()
        call("package_patch", id=dataset["id"], private=False)
        assert ops(log("dataset", dataset["id"])) == ["create", "delete", "create"]

    def test_a_name_that_was_given_in_private_is_not_told(self, call, dataset, log):
        """The tombstone has the last public one."""
        log()
        call("package_patch", id=dataset["id"], private=True, name="canario-secreto")
        assert log("dataset", dataset["id"])[-1].name == dataset["name"]

    @pytest.mark.parametrize("hidden", [{"private": True}, {"state": "draft"}])
    def test_what_was_never_public_was_never_there(self, call, fields, log, hidden):
        """Neither made nor deleted."""
        made = call("package_create", **{**fields, "title": CANARY, **hidden})
        assert log("dataset", made["id"]) == []
        call("dataset_purge", id=made["id"])
        assert log("dataset", made["id"]) == []

    def test_many_changes_are_one_event(self, call, dataset, log):
        """The log tells what is published, not how it came about."""
        log()
        for title in ("uno", "dos", "tres"):
            call("package_patch", id=dataset["id"], title=title)
        assert ops(log("dataset", dataset["id"])) == ["create", "update"]


@pytest.mark.long
def test_a_batch_ends_when_it_has_taken_long_enough(call, dataset, others, log, monkeypatch):
    """What takes long keeps nobody waiting for what stands behind it; what has to go needs no rendering."""
    log()
    for each in (dataset, *others):
        call("package_patch", id=each["id"], title="Otro título")
    call("package_delete", id=dataset["id"])
    monkeypatch.setattr(flush, "SECONDS", 0.0)
    done = flush.Flushed()
    batches = [sum(each.events.values()) for each in flush.steps(done)]
    assert batches[0] == 1
    assert {later - before for before, later in pairwise(batches)} <= {0, 1}
    assert (done.events["delete"], done.events["create"]) == (1, 0)
    assert [ops(log("dataset", each["id"]))[-1] for each in others] == ["update"] * len(others)
    assert flush.waiting() == 0


@pytest.mark.long
def test_what_was_marked_first_is_told_first(call, others, log, monkeypatch):
    """Whoever edits without end, and whatever its id is, waits behind those who wait already."""
    log()
    names = sorted(others, key=lambda each: each["id"], reverse=True)
    for each in names:
        call("package_patch", id=each["id"], title="Otro título")
    call("package_patch", id=names[-1]["id"], title="Otro más")
    monkeypatch.setattr(flush, "SECONDS", 0.0)
    told = []
    for _batch in flush.steps(flush.Flushed()):
        told.append(model.Session.scalar(sa.select(Entry.subject).order_by(Entry.seq.desc()).limit(1)))
    assert list(dict.fromkeys(told))[:3] == [each["id"] for each in names]


class TestEntities:
    @pytest.mark.long
    @pytest.mark.parametrize(
        ("kind", "code", "values", "reached"),
        [
            ("municipality", "0115", {"name": "Ciudad"}, {"workshop", "problem", "dataset"}),
            ("department", "01", {"name": "Depto"}, {"municipality", "dataset"}),
            ("plan", "3", {"title": "Plan"}, {"axis", "commitment", "dataset", "catalog"}),
            ("axis", "3-3", {"name": "Eje"}, {"commitment", "dataset"}),
            ("commitment", "3-11", {"title": "Otro"}, {"dataset"}),
            ("workshop", WORKSHOP, {"title": "Otro"}, {"dataset"}),
            ("institution", "infom", {"name": "Otro"}, {"commitment", "workshop"}),
        ],
    )
    def test_a_new_name_reaches_all_who_tell_it(self, dataset, change, log, kind, code, values, reached):
        """Those that name it, and the datasets that describe these; nobody else."""
        before = len(log())
        change(kind, code)(**values)
        events = log()[before:]
        assert {event.kind for event in events} == {kind, *reached}
        assert set(ops(events)) == {"update"}
        named = next(iter(values.values())).encode()
        assert all(named in event.body for event in events)

    def test_what_nobody_reads_of_an_entity_reaches_nobody(self, dataset, change, log):
        """Its version is another one, its RDF is not."""
        before = log()
        change("commitment", "3-11")(self_report="limited")
        assert log() == before

    def test_a_replaced_code_is_a_deletion_and_a_new_one(self, call, dataset, log):
        """And the dataset follows."""
        before = len(log())
        call("gobiernoabierto_code_replace", entity="municipality", code="0115", new_code="0198", version=1)
        events = {(event.kind, event.subject): event for event in log()[before:]}
        assert events["municipality", "0115"].op == "delete"
        assert events["municipality", "0198"].op == "create"
        assert "municipality:0198" in events["dataset", dataset["id"]].refs
        assert b"/municipio/0115>" not in events["dataset", dataset["id"]].body

    def test_a_draft_is_neither_told_nor_named(self, dataset, log):
        """Not even by what names it."""
        values = {"title": CANARY, "municipality": "0115", "state": "reported"}
        store.create(registry.entity_type("problem"), "0115-P2", values, DRAFT, Actor())
        sql("UPDATE gobiernoabierto_workshop SET visibility = 'draft', title = 'CANARIO'")
        events = log()
        assert ("problem", "0115-P2") not in {(event.kind, event.subject) for event in events}
        assert not any(CANARY.encode() in event.body for event in events)

    def test_what_is_withdrawn_is_erased_from_the_past_of_others(self, call, fields, dataset, change, log):
        """A dataset named the workshop once, and another still does: neither tells of it any more."""
        other = call("package_create", **fields, name="otro")
        log()
        call("package_patch", id=dataset["id"], workshop=[], workshop_origin="none")
        first = log("dataset", dataset["id"])
        assert b"/taller/" in first[0].body
        change("workshop", WORKSHOP)(visibility=DRAFT)
        events = log()
        assert not any(b"/taller/" in (event.body or b"") for event in events)
        assert ops(log("dataset", other["id"])) == ["create", "update"]
        assert log("workshop", WORKSHOP)[-1].op == "delete"

    def test_a_published_draft_reaches_the_datasets_that_named_it(self, dataset, change, log):
        """They held its code all the time."""
        sql("UPDATE gobiernoabierto_workshop SET visibility = 'draft'")
        log()
        change("workshop", WORKSHOP)(visibility=PUBLISHED)
        assert b"/taller/" in log("dataset", dataset["id"])[-1].body


class TestOrganizations:
    def test_an_organization_is_told(self, call, organization, log):
        """What it is called, until it is deleted."""
        call("organization_patch", id=organization["id"], title="Otra")
        (event,) = log("organization", organization["id"])
        assert '"Otra"@es' in event.body.decode()
        call("organization_delete", id=organization["id"])
        assert ops(log("organization", organization["id"])) == ["create", "delete"]

    def test_a_group_is_not(self, clean_site, log):
        """Groups of CKAN publish nothing."""
        factories.Group()
        assert log() == []


def test_what_a_text_is_about_may_change_without_its_text(dataset, log):
    """An earlier version of the program may have taken more, or less, for what it is about."""
    log()
    sql("UPDATE gobiernoabierto_feed_log SET refs = ARRAY['idea:0115-I1'] WHERE kind = 'dataset'")
    flush.mark_all()
    event = log("dataset", dataset["id"])[-1]
    assert (event.op, "municipality:0115" in event.refs, "idea:0115-I1" in event.refs) == (
        "update",
        True,
        False,
    )
