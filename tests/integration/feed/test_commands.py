"""``ckan gobiernoabierto feed``: what operators run and read."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests.helpers import CKANCliRunner
from ckanext.gobiernoabierto.cli import gobiernoabierto
from ckanext.gobiernoabierto.entities.base import DRAFT
from ckanext.gobiernoabierto.feed import compact, flush
from ckanext.gobiernoabierto.feed.writing import writing


@pytest.fixture
def feed(app):
    """Run ``ckan gobiernoabierto feed`` with these words; the exit code that is due, and what it printed."""

    def run(*words: str, code: int = 0) -> str:
        done = CKANCliRunner().invoke(gobiernoabierto, ["feed", *words])
        assert done.exit_code == code, done.output
        return done.output

    return run


def sql(statement):
    """Write past everything."""
    model.Session.execute(sa.text(statement))
    model.Session.commit()


def test_flush_status_and_check_agree(call, dataset, organization, feed):
    """From a full backlog to none."""
    before = json.loads(feed("status", "--json"))
    assert (before["position"], before["events"], before["flushed"]) == (0, {}, None)
    assert before["waiting"] == 11  # the header of the catalogue comes with what it names
    assert before["waiting_since"]
    assert before["configuration_changed"]
    assert "create 12" in feed("flush")
    after = json.loads(feed("status", "--json"))
    assert (after["position"], after["waiting"], after["waiting_since"]) == (12, 0, None)
    assert after["published"]["dataset"] == 1
    assert after["events"] == {"create": 12}
    assert after["flushed"]
    assert not after["configuration_changed"]
    assert "12 fragmentos" in feed("check")
    assert "position: 12" in feed("status")


def test_status_tells_what_was_left_out(dataset, feed):
    """With the field, for whoever mends it."""
    sql("UPDATE resource SET url = 'http://a.gt/100%'")
    feed("flush")
    assert "resources.0.url address: 'http://a.gt/100%'" in feed("status")
    assert json.loads(feed("status", "--json"))["left_out"] == {"address": 1}


BREAKS = {
    "missing": "DELETE FROM gobiernoabierto_feed_log WHERE kind = 'dataset'",
    "phantom": "UPDATE package SET private = true",
    "stale": "UPDATE package SET title = 'Otro'",
    "damaged": "UPDATE gobiernoabierto_feed_log SET body = 'x' WHERE kind = 'dataset'",
}


@pytest.mark.long
@pytest.mark.parametrize("what", BREAKS)
def test_check_finds_what_is_broken_and_rebuild_mends_it(dataset, feed, what):
    """A lost mark, a lost event, a damaged disk."""
    feed("flush")
    sql(BREAKS[what])
    sql("DELETE FROM gobiernoabierto_feed_mark")
    assert f"{what}: dataset {dataset['id']}" in feed("check", code=1)
    feed("rebuild")
    feed("check")


@pytest.mark.long
@pytest.mark.parametrize("command", ["rebuild", "compact"])
@pytest.mark.parametrize("of", ["taken back", "naming"])
def test_a_body_that_ought_to_be_erased_is_found_and_erased(call, dataset, feed, change, of, command):
    """Of something that is published no more; and of what is, one that names such a thing."""
    feed("flush")
    call("package_patch", id=dataset["id"], title="Otro")
    feed("flush")
    change("workshop", "ideaton-villa-nueva-2017")(visibility=DRAFT)
    feed("flush")
    if of == "taken back":
        call("package_patch", id=dataset["id"], private=True)
        feed("flush")
    leave = "UPDATE gobiernoabierto_feed_log SET body = 'x', named = '{workshop:ideaton-villa-nueva-2017}'"
    sql(f"{leave} WHERE kind = 'dataset' AND op = 'create'")
    assert f"left: dataset {dataset['id']}" in feed("check", code=1)
    feed(command)
    feed("check")


def test_check_says_what_waits(call, dataset, feed):
    """A backlog is no damage, and explains differences."""
    feed("flush")
    call("package_patch", id=dataset["id"], title="Otro")
    assert "1 esperan" in feed("check", code=1)


@pytest.mark.long
def test_compact_erases_what_is_old(call, dataset, feed, ckan_config, monkeypatch):
    """Nothing of the configured days, unless one asks for it; and each day by itself."""
    feed("flush")
    for title in ("Otro", "Un tercero"):
        call("package_patch", id=dataset["id"], title=title)
        feed("flush")
    assert feed("compact").startswith("0 ")
    assert feed("compact", "--days", "0").startswith("2 ")
    call("package_patch", id=dataset["id"], title="Un cuarto")
    feed("flush")
    sql("UPDATE gobiernoabierto_feed_log SET published = published - interval '2 days'")
    compact.each_day()
    assert feed("compact", "--days", "0").startswith("1 ")
    call("package_patch", id=dataset["id"], title="Un quinto")
    feed("flush")
    sql("UPDATE gobiernoabierto_feed_log SET published = published - interval '2 days'")
    monkeypatch.setitem(ckan_config, "ckanext.gobiernoabierto.feed.days", 1)
    compact.each_day()
    assert feed("compact", "--days", "0").startswith("0 ")
    feed("check")


def test_somebody_else_is_waited_for_and_not_for_ever(dataset, feed, monkeypatch):
    """Nothing is written twice, and nothing is lost."""
    monkeypatch.setattr(flush.steps, "__defaults__", (0.2,))
    feed("flush")
    sql("UPDATE package SET title = 'Otro'")
    with model.meta.engine.begin() as other:
        other.execute(sa.text("LOCK TABLE gobiernoabierto_feed_state IN EXCLUSIVE MODE"))
        assert "Alguien más" in feed("flush", code=1)
    assert "update 1" in feed("flush")


def test_the_writer_sees_what_the_one_before_it_committed(dataset, feed):
    """Though it had begun to wait before: two of one position would be two events at one place."""
    import threading

    feed("flush")
    sql("UPDATE package SET title = 'Otro'")
    seen = []

    def other():
        with writing(10) as state:
            seen.append(state.position)

    with writing(1) as state:
        waits = threading.Thread(target=other)
        waits.start()
        asked = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not model.meta.engine.connect().scalar(asked):
            pass
        state.position += 1
        now_is = state.position
    waits.join()
    assert seen == [now_is]


@pytest.mark.long
def test_check_looks_at_what_is_prepared_beside_the_fragments(dataset, feed):
    """Another form than the one of now is stale; one of what is not published has been left."""
    feed("flush")
    sql("UPDATE gobiernoabierto_feed_prepared SET croissant = NULL")
    assert f"stale: dataset {dataset['id']}" in feed("check", code=1)
    feed("rebuild")
    feed("check")
    sql("INSERT INTO gobiernoabierto_feed_prepared (subject, schemaorg) VALUES ('nada', '{}')")
    assert "left: dataset nada" in feed("check", code=1)
