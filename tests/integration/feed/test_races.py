"""Many at once: who reads on by position misses nothing, and no fragment is half of before, half of after."""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.feed import flush, render, snapshot
from ckanext.gobiernoabierto.feed.model import Entry

WRITERS, COMMITS = 8, 25
CANARY = "CANARIO"


def committed(statement: str, **values: Any) -> None:
    """Write in a transaction of its own."""
    with model.meta.engine.begin() as connection:
        connection.execute(sa.text(statement), values)


@pytest.fixture
def meanwhile(monkeypatch) -> Callable[[Callable[[], None]], None]:
    """Do something once when a batch has read its marks and has rendered nothing yet."""

    def arrange(action: Callable[[], None]) -> None:
        whole, actions = render.each, [action]

        def wrapped(*asked: Any) -> Any:
            while actions:
                actions.pop()()
            return whole(*asked)

        monkeypatch.setattr(render, "each", wrapped)

    return arrange


def test_what_is_committed_while_a_batch_renders_is_in_the_next_one(dataset, log, meanwhile):
    """Its mark is not deleted with those that the batch has seen, and its text is not told with theirs."""
    log()
    committed("UPDATE package SET title = 'uno'")
    meanwhile(lambda: committed("UPDATE package SET title = 'dos'"))
    flush.flush(seconds=0)
    assert flush.waiting() == 1
    assert b'"dos"@es' not in model.Session.scalar(sa.select(Entry.body).order_by(Entry.seq.desc()).limit(1))
    model.Session.rollback()
    titles = [event.body.decode().count('"dos"@es') for event in log("dataset", dataset["id"])]
    assert titles == [0, 0, 1]


def test_what_goes_private_while_it_is_rendered_is_never_told(dataset, log, meanwhile):
    """Not even the half of it that had not been read."""
    log()
    committed("UPDATE package SET title = 'uno'")
    meanwhile(lambda: committed(f"UPDATE package SET private = true, title = '{CANARY}', notes = '{CANARY}'"))
    flush.flush(seconds=0)
    bodies = model.Session.execute(sa.select(Entry.body)).scalars().all()
    assert not any(CANARY.encode() in (body or b"") for body in bodies)
    assert [event.op for event in log("dataset", dataset["id"])] == ["create", "update", "delete"]


def test_what_is_not_committed_yet_waits_for_its_commit(dataset, log):
    """An older change that commits late is not passed over, though newer ones were flushed."""
    log()
    with model.meta.engine.connect() as slow:
        transaction = slow.begin()
        slow.execute(sa.text("UPDATE package SET title = 'lento'"))
        committed("UPDATE \"group\" SET title = 'rápido'")
        assert [event.op for event in log("organization")] == ["create", "update"]
        transaction.commit()
    assert b'"lento"@es' in log("dataset", dataset["id"])[-1].body


class Reader:
    """Reads the log by position, and takes snapshots of it, while others write."""

    def __init__(self) -> None:
        self.events: list[int] = []
        self.told: list[int] = []
        self.following = "/catalog/changes.jsonl?limit=50"
        self.crawls: dict[int, dict[tuple[str, str], int]] = {}

    def poll(self) -> None:
        """Ask for what comes after the last position that was seen."""
        after = self.events[-1] if self.events else 0
        asked = sa.select(Entry.seq).where(Entry.seq > after).order_by(Entry.seq)
        with model.meta.engine.connect() as connection:
            self.events += connection.execute(asked).scalars()

    def follow(self, client: Any) -> None:
        """Do the same by HTTP, as its answers say where to go on."""
        answer = client.get(self.following)
        assert answer.status_code == 200
        self.told += [json.loads(line)["position"] for line in answer.get_data(as_text=True).splitlines()]
        self.following = answer.headers["Link"].partition(">")[0].strip("<")

    def crawl(self) -> None:
        """Read a pinned snapshot, slowly."""
        position, after = snapshot.head().position, snapshot.FIRST
        found: dict[tuple[str, str], int] = {}
        while page := snapshot.rows(position, after, limit=4):
            model.Session.rollback()
            found |= {(row.kind, row.subject): row.seq for row in page}
            after = (page[-1].kind, page[-1].subject)
            time.sleep(0.02)
        model.Session.rollback()
        self.crawls[position] = found


@contextmanager
def running(app: Any, *tasks: Callable[[], None]) -> Iterator[list[BaseException]]:
    """Run each task again and again in a thread of its own until the block ends, and once more after it."""
    over, failed = threading.Event(), []

    def repeat(task: Callable[[], None]) -> None:
        try:
            with app.flask_app.test_request_context():
                last = False
                while not last:
                    last = over.is_set()
                    task()
        except BaseException as error:
            failed.append(error)
        finally:
            model.Session.remove()

    threads = [threading.Thread(target=repeat, args=[task]) for task in tasks]
    for thread in threads:
        thread.start()
    yield failed
    over.set()
    for thread in threads:
        thread.join()


@pytest.mark.long
def test_nothing_is_missed_and_nothing_repeated_among_eight_writers(app, call, fields, log):
    """Two flushers take turns; readers poll by position, one by HTTP, another one crawls snapshots."""
    ids = [call("package_create", **{**fields, "name": f"d{n}"})["id"] for n in range(WRITERS)]
    log()
    reader = Reader()
    client = app.test_client()

    def write(package_id: str) -> None:
        for number in range(COMMITS):
            committed("UPDATE package SET title = :t WHERE id = :id", t=f"título {number}", id=package_id)
            time.sleep(0.05)

    following = functools.partial(reader.follow, client)
    with running(app, flush.flush, flush.flush, reader.poll, reader.crawl, following) as failed:
        writers = [threading.Thread(target=write, args=[each]) for each in ids]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    assert failed == []
    events = log()
    reader.poll()
    while reader.told[-1] < reader.events[-1]:
        following()
    assert reader.told == reader.events
    assert reader.events == [event.seq for event in events] == list(range(1, len(events) + 1))
    assert len(events) > 11 + 2 * WRITERS
    last = {event.subject: event for event in events if event.kind == "dataset"}
    assert all(f'"título {COMMITS - 1}"@es'.encode() in last[each].body for each in ids)
    assert len(reader.crawls) > 3
    for position, found in reader.crawls.items():
        then = {(event.kind, event.subject): event.seq for event in events if event.seq <= position}
        assert found == then
