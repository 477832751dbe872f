"""The feed follows by itself: a job after each commit that may have marked something, and one each hour."""

from __future__ import annotations

from types import SimpleNamespace

import ckan.lib.jobs as jobs
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib.redis import connect_to_redis
from ckanext.gobiernoabierto import hourly
from ckanext.gobiernoabierto.feed import compact, flush, wake
from ckanext.gobiernoabierto.feed.model import Entry, State
from redis.exceptions import RedisError


@pytest.fixture
def queued(app, dataset):
    """Empty the queue; then tell how many flushes were put into it since, and empty it again."""

    def take() -> int:
        found = [job for job in jobs.get_queue().jobs if job.func_name.endswith("feed.wake.flush_marked")]
        jobs.get_queue().empty()
        connect_to_redis().delete(wake._waiting())
        return len(found)

    take()
    return take


@pytest.mark.parametrize("action", ["package_patch", "dataset_purge", "bulk_update_private", "tag_delete"])
def test_a_commit_brings_a_flush(call, dataset, organization, queued, action):
    """Also where CKAN calls no hook."""
    many = {"datasets": [dataset["id"]], "org_id": organization["id"]}
    tag = {"id": "alumbrado"}
    call(action, **{"bulk_update_private": many, "tag_delete": tag}.get(action, {"id": dataset["id"]}))
    assert queued() == 1


def test_many_commits_bring_one_flush_while_it_waits(call, dataset, organization, queued):
    """However many there are."""
    for title in ("uno", "dos"):
        call("package_patch", id=dataset["id"], title=title)
        call("organization_patch", id=organization["id"], title=title)
    assert queued() == 1


def test_what_the_feed_does_not_tell_brings_none(call, queued):
    """A new account, a read, a rolled back change."""
    call("user_create", name="ana", email="ana@example.org", password="correct horse battery")
    model.Session.execute(sa.update(model.Package).values(title="Otro"))
    model.Session.rollback()
    model.Session.commit()
    assert queued() == 0


@pytest.mark.long
def test_the_worker_flushes(call, dataset, queued):
    """The job has what was committed before it began, and lets the next change bring another one."""
    call("package_patch", id=dataset["id"], title="Otro")
    jobs.Worker().work(burst=True)
    newest = sa.select(Entry.body).where(Entry.subject == dataset["id"]).order_by(Entry.seq.desc())
    assert b'"Otro"@es' in model.Session.scalar(newest)
    model.Session.rollback()
    call("package_patch", id=dataset["id"], title="Uno")
    assert queued() == 1


def test_without_a_queue_the_change_stands(call, dataset, queued, monkeypatch):
    """The hour has it."""

    def down():
        raise RedisError("no")

    monkeypatch.setattr(wake, "connect_to_redis", down)
    call("package_patch", id=dataset["id"], title="Otro")
    assert flush.waiting() > 0
    wake.each_hour()
    assert flush.waiting() == 0


@pytest.mark.long
def test_another_configuration_renders_everything_anew(dataset, organization, queued, monkeypatch):
    """Once, in the hour after it."""
    wake.each_hour()
    before = model.Session.query(Entry).count()
    wake.each_hour()
    monkeypatch.setattr("ckanext.gobiernoabierto.feed.fingerprint._program", lambda: "another")
    wake.each_hour()
    assert model.Session.query(Entry).count() == before
    state = model.Session.get(State, 1)
    assert state.fingerprint == wake.fingerprint()
    monkeypatch.setitem(wake.tk.config, "ckan.site_url", "http://otro.example.org")
    wake.each_hour()
    address = sa.select(Entry.address).where(Entry.subject == dataset["id"], Entry.superseded_by.is_(None))
    assert model.Session.scalar(address) == f"http://otro.example.org/dataset/{dataset['id']}"


@pytest.mark.long
def test_it_is_compacted_once_a_day(app, queued, monkeypatch):
    """In whichever hour the first visitor of the day comes."""
    due = []
    for hours in (0, 5, 23, 24, 30):
        monkeypatch.setattr(
            hourly, "time", SimpleNamespace(time=lambda h=hours: 9_000 * hourly.DAY + h * hourly.HOUR)
        )
        hourly.each_hour(compact.JOB)()
        due.append(len(jobs.get_queue().jobs))
    assert due == [1, 1, 1, 2, 2]
    jobs.Worker().work(burst=True)
    assert jobs.get_queue().jobs == []
