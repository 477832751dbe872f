"""What was published at a position: the same at every reading, but for what had to be taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.entities.base import DRAFT
from ckanext.gobiernoabierto.feed import log as logging_events
from ckanext.gobiernoabierto.feed import snapshot
from ckanext.gobiernoabierto.feed.compact import compact

WORKSHOP = "ideaton-villa-nueva-2017"
NOW = dt.timedelta(0)


@pytest.fixture
def past():
    """Read all of a snapshot, some rows at a time: {(kind, subject): body}."""

    def read(position: int) -> dict[tuple[str, str], bytes]:
        found, after = {}, snapshot.FIRST
        while page := snapshot.rows(position, after, limit=3):
            after = (page[-1].kind, page[-1].subject)
            assert not found.keys() & {(row.kind, row.subject) for row in page}
            found |= {(row.kind, row.subject): row.body for row in page}
        model.Session.rollback()
        return found

    return read


def test_a_snapshot_stays_as_it_was(call, dataset, organization, change, log, past):
    """Whatever is written later: changed, renamed, new."""
    log()
    position = snapshot.head().position
    before = past(position)
    assert len(before) == position
    call("package_patch", id=dataset["id"], title="Otro")
    change("municipality", "0115")(name="Ciudad")
    call("package_create", **{**dataset, "id": None, "name": "otro", "resources": []})
    log()
    assert past(position) == before
    assert past(snapshot.head().position) != before
    assert past(0) == {}


def test_what_is_taken_back_is_in_no_snapshot(call, dataset, log, past):
    """Privacy comes before what was pinned."""
    log()
    position = snapshot.head().position
    before = past(position)
    call("package_patch", id=dataset["id"], private=True)
    log()
    del before["dataset", dataset["id"]]
    assert past(position) == before


def test_of_what_is_erased_for_anothers_sake_the_present_text_is_there(dataset, change, log, past):
    """The dataset is still published: a crawl that is under way does not lose it."""
    log()
    position = snapshot.head().position
    change("workshop", WORKSHOP)(visibility=DRAFT)
    body = log("dataset", dataset["id"])[-1].body
    assert past(position)["dataset", dataset["id"]] == body
    assert b"/taller/" not in body


def test_compaction_leaves_what_can_still_be_asked_for(call, dataset, log, past):
    """And every event: only texts go. An older snapshot is refused, not read by half."""
    log()
    first = snapshot.head().position
    call("package_patch", id=dataset["id"], title="Otro")
    log()
    assert compact(dt.timedelta(days=1)) == 0
    assert past(first)
    second = snapshot.head().position
    before = past(second)
    assert compact(NOW) == 1
    assert past(second) == before
    with pytest.raises(snapshot.ExpiredError):
        past(first)
    call("dataset_purge", id=dataset["id"])
    log()
    call("package_create", **{**dataset, "resources": []})
    compacted = log()
    compact(NOW)
    events = log()
    assert [each[:7] for each in events] == [each[:7] for each in compacted]
    of_it = log("dataset", dataset["id"])
    assert [event.op for event in of_it] == ["create", "update", "delete", "create"]
    assert [(event.body, event.sha256, event.refs) for event in of_it[:3]] == [(None, None, [])] * 3
    assert snapshot.head().readable_from == snapshot.head().position
    assert compact(NOW) == 0


def test_moments_are_in_the_order_of_positions_whatever_the_clock_says(call, dataset, log, monkeypatch):
    """It was set back by a year: no two moments are equal, none comes before the one of its predecessor."""
    log()
    real = logging_events.clock
    for title, years in (("uno", 1), ("dos", 0), ("tres", 0)):
        ahead = dt.timedelta(days=366 * years)
        monkeypatch.setattr(logging_events, "clock", lambda ahead=ahead: real() + ahead)
        call("package_patch", id=dataset["id"], title=title)
        log()
    moments = [event.published for event in log()]
    assert moments == sorted(set(moments))
    assert {moment.microsecond % 1000 for moment in moments} == {0}
    assert moments[-1] - moments[-3] == 2 * logging_events.MILLISECOND


def test_a_page_does_not_read_more_than_itself(clean_site):
    """However long the log is: the index goes to the first subject after the last one that was shown."""
    row = "'dataset', lpad(n::text, 6, '0'), '', '', 'create', now(), 'x', '', 1, 1, ''"
    columns = "seq, kind, subject, name, address, op, published, body, sha256, size, triples, fingerprint"
    fill = f"INSERT INTO gobiernoabierto_feed_log ({columns}) SELECT n, {row}"
    model.Session.execute(sa.text(f"{fill} FROM generate_series(1, 20000) AS n"))
    model.Session.execute(sa.text("ANALYZE gobiernoabierto_feed_log"))
    values = {"at": 20000, "kind": "dataset", "subject": "010000", "most": 100}
    asked = snapshot._of_all().compile(model.meta.engine)
    cursor = model.Session.connection().connection.cursor()
    cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked}", {**asked.params, **values})
    ((((plan,),),)) = cursor.fetchall()

    def read(node: dict[str, Any]) -> Iterator[int]:
        yield node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
        for each in node.get("Plans", ()):
            yield from read(each)

    assert max(read(plan["Plan"])) == 100
    model.Session.rollback()
