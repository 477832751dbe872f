"""What tests begin with is the same from memory as it was when it was made."""

from __future__ import annotations

import os
from typing import Any

import ckan.tests.factories as factories
import pytest
from ckan import model
from ckan.common import config
from ckan.lib.redis import connect_to_redis
from ckan.tests.helpers import call_action
from tests.remembered import MEMORY, Memory


@pytest.fixture
def memory(clean_site: None, reset_db: Any, reset_index: Any) -> Any:
    """A memory of its own, and a way to empty the site again."""
    own = Memory()

    def again() -> None:
        reset_db()
        reset_index()
        connect_to_redis().flushdb()
        own.begin(MEMORY.connection)

    own.again = again
    again()
    return own


def made() -> dict[str, Any]:
    """A dataset of an organization."""
    organization = factories.Organization(title="Municipalidad")
    fields = {"coverage": "national", "workshop_origin": "none", "title": "Agua", "state": "draft"}
    return factories.Dataset(owner_org=organization["id"], tags=[{"name": "pozos"}], **fields)


def found() -> dict[str, Any]:
    """What there is, by all ways: {place: what stands there}."""
    model.Session.rollback()
    asked = {"include_drafts": True, "include_private": True, "fl": "id,title,tags,metadata_modified"}
    names = model.Session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars()
    tables = {
        name: sorted(map(str, model.Session.execute(f'SELECT * FROM "{name}"'))) for name in names.all()
    }
    redis = connect_to_redis()
    read = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"set": redis.smembers,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
    }
    keys = {key: read[redis.type(key)](key) for key in redis.scan_iter()}
    index = call_action("package_search", {"ignore_auth": True}, **asked)["results"]
    sequences = model.Session.execute("SELECT * FROM pg_sequences ORDER BY sequencename").all()
    model.Session.rollback()
    return {"tables": tables, "keys": keys, "index": index, "sequences": list(map(str, sequences))}


def test_it_is_put_back_as_it_was(memory: Any):
    """Rows with all that triggers did, sequences, jobs and the index; and nothing is made twice."""
    times = []
    first = memory.run("dataset", lambda: times.append(1) or made())
    there = found()
    assert len(there["index"]) == 1
    assert there["tables"]["gobiernoabierto_feed_mark"]
    assert any(b"rq:job" in key for key in there["keys"])
    memory.again()
    assert found()["tables"]["package"] == []
    second = memory.run("dataset", lambda: times.append(1) or made())
    assert (second, found(), len(times)) == (first, there, 1)


def test_what_was_changed_and_deleted_is_so_again(memory: Any):
    """A step after another one: only what it changed is put, and what it deleted is gone."""

    def change() -> str:
        call_action("package_patch", id=dataset["id"], title="Otra")
        call_action("organization_patch", id=dataset["owner_org"], title="Otra Municipalidad")
        return call_action("tag_list", {"ignore_auth": True})

    dataset = memory.run("dataset", made)
    memory.run("change", change)
    there = found()
    memory.again()
    memory.run("dataset", made)
    memory.run("change", lambda: pytest.fail("it is made again"))
    assert found() == there


def test_where_somebody_has_written_it_is_made(memory: Any):
    """Not put beside rows that it was not made beside; and nothing of it is kept."""
    before = memory.run("dataset", made)
    memory.again()
    user = factories.User()
    made_now = memory.run("dataset", made)
    assert model.User.get(user["name"]) is not None
    assert [step.value["id"] for step in memory.steps.values()] == [before["id"]] != [made_now["id"]]


def test_nobody_gets_what_another_test_has_changed(memory: Any):
    """Each gets values of its own."""
    first = memory.run("dataset", made)
    first["tags"].clear()
    memory.again()
    assert memory.run("dataset", made)["tags"]


def test_what_was_made_with_other_settings_is_made_again(memory: Any, monkeypatch: pytest.MonkeyPatch):
    """What is stored may depend on them."""
    before = memory.run("dataset", made)
    memory.again()
    monkeypatch.setitem(config, "ckan.root_path", "/datos/{{LANG}}")
    assert memory.run("dataset", made)["id"] != before["id"]


def test_what_another_process_may_have_written_is_not_kept(memory: Any):
    """A worker's work horse writes through connections of its own."""
    memory.run("dataset", made)
    os.waitpid(_child(), 0)
    memory.run("token", lambda: "x")
    assert len(memory.steps) == 1


def _child() -> int:
    if pid := os.fork():
        return pid
    os._exit(0)
