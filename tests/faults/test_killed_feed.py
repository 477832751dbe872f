"""kill -9 of the flusher at every step: the next one has all that is left, and nothing twice."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.gobiernoabierto.entities import registry, store
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.history import Actor
from ckanext.gobiernoabierto.feed import check, compact, flush, packing, validation
from ckanext.gobiernoabierto.feed.model import Entry, State, Validated, Violation

FLUSH = """
from ckanext.gobiernoabierto.feed import flush
flush.SUBJECTS = 2
with app._wsgi_app.test_request_context():
    flush.flush()
"""
FEED = "ckanext.gobiernoabierto.feed"
STEPS = [
    (f"{FEED}.writing:_lock", "before"),
    (f"{FEED}.writing:_lock", "after"),
    (f"{FEED}.flush:_next_turns", "after"),
    (f"{FEED}.flush:_in_time", "after"),
    (f"{FEED}.log:_supersede", "after"),
    (f"{FEED}.packing:write", "after"),
    (f"{FEED}.log:_erase", "before"),
    (f"{FEED}.log:append", "after"),
    (f"{FEED}.overdue:mark_what_names", "before"),
    (f"{FEED}.overdue:mark_what_names", "after"),
    (f"{FEED}.reach:mark_those_who_name", "after"),
    (f"{FEED}.flush:_delete_marks", "after"),
    ("ckan.model:Session.commit", "before"),
    ("ckan.model:Session.commit", "after"),
]


@pytest.fixture
def dataset(publishable):
    """A published dataset among a plan, its axis, an organization and the header; all of it in the log."""
    made = factories.Dataset(**publishable, notes="Luminarias")
    assert flush.flush().events == {"create": 5}
    return made


def events():
    """Return [(position, kind, what happened)], after a look at whether the log is whole."""
    model.Session.rollback()
    rows = model.Session.execute(sa.select(Entry.__table__).order_by(Entry.seq)).all()
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert model.Session.scalar(sa.select(State.position)) == len(rows)
    last = Counter((row.kind, row.subject) for row in rows if row.superseded_by is None)
    assert set(last.values()) == {1}
    model.Session.rollback()
    return [(row.seq, row.kind, row.op) for row in rows]


def agrees():
    """Tell whether the log is what is published."""
    found = check.Checked()
    for _page in check.steps(found):
        pass
    return found.differences == []


@pytest.mark.parametrize("batches", [0, 1])
@pytest.mark.parametrize(("step", "when"), STEPS)
def test_a_killed_flush_is_finished_by_the_next_one(dataset, dying, step, when, batches):
    """In its first batch, what has to go, or when that is done: one event for each that changed."""
    before = events()
    axis, plan = (registry.entity_type(name) for name in ("axis", "plan"))
    store.change(axis, store.locked(axis, "1-1"), {"name": "Otro"}, PUBLISHED, Actor())
    store.change(plan, store.locked(plan, "1"), {"title": "Otro"}, PUBLISHED, Actor())
    model.Session.execute(sa.text("UPDATE \"group\" SET title = 'Otra'"))
    model.Session.execute(sa.text("UPDATE package SET private = true"))
    model.Session.commit()
    size, flush.SUBJECTS = flush.SUBJECTS, 2
    try:
        if batches:
            flush.flush(seconds=0)
        done = events()
        dying(FLUSH, step=step, when=when)
        after = events()
        committed = when == "after" and step.endswith("commit")
        assert len(after) - len(done) == ((2 if batches else 1) if committed else 0)
        assert flush.waiting() > 0 or (batches and committed)
        flush.flush()
    finally:
        flush.SUBJECTS = size
    told = Counter((kind, op) for _seq, kind, op in events()[len(before) :])
    assert told == Counter(
        {
            ("axis", "update"): 1,
            ("plan", "update"): 1,
            ("organization", "update"): 1,
            ("catalog", "update"): 1,
            ("dataset", "delete"): 1,
        }
    )
    bodies = sa.select(Entry.seq).where(Entry.kind == "dataset", Entry.body.isnot(None))
    assert model.Session.execute(bodies).all() == []
    assert agrees()


BESIDE = "from ckanext.gobiernoabierto.feed import renderers\nrenderers.MUCH = 1\n" + FLUSH


@pytest.mark.parametrize(
    ("step", "when"),
    [
        (f"{FEED}.renderers:_answer", "before"),
        (f"{FEED}.renderers:_answer", "after"),
        *STEPS[3:5],
        *STEPS[-2:],
    ],
)
def test_a_killed_flush_takes_its_processes_with_it(dataset, dying, step, when):
    """None goes on with a connection to the database; the next flush has what is left, and nothing twice."""
    before = events()
    model.Session.execute(sa.text("UPDATE package SET title = 'Otro'"))
    model.Session.commit()
    dying(BESIDE, step=step, when=when)
    committed = when == "after" and step.endswith("commit")
    assert len(events()) - len(before) == (1 if committed else 0)
    flush.flush()
    assert [told[1:] for told in events()[len(before) :]] == [("dataset", "update")]
    assert agrees()


COMPACT = """
import datetime as dt
from ckanext.gobiernoabierto.feed import compact
compact.ROWS = 1
compact.compact(dt.timedelta(0))
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_compaction_is_finished_by_the_next_one(dataset, dying, when):
    """What it had said that can be read no more stays said."""
    for title in ("uno", "dos", "tres"):
        model.Session.execute(sa.text("UPDATE package SET title = :title"), {"title": title})
        model.Session.commit()
        flush.flush()
    dying(COMPACT, step="ckan.model:Session.commit", when=when)
    removed = compact.compact(compact.dt.timedelta(0))
    assert removed == 3
    assert agrees()


FILL = """
from ckanext.gobiernoabierto.feed import packing
packing.AT_ONCE = 2
packing.anew(10.0)
"""


@pytest.mark.parametrize(("step", "when"), [(f"{FEED}.packing:write", "after"), *STEPS[-2:]])
def test_killed_packing_leaves_nothing_that_is_wrong(dataset, app, dying, step, when):
    """What is not packed is packed on the way; the next one packs what is left."""
    whole = app.get("/catalog.ttl").data
    dying(FILL, step=step, when=when)
    model.Session.rollback()
    assert app.get("/catalog.ttl").data == whole
    packing.fill(10.0)
    assert packing.fill(10.0) == 0
    assert agrees()
    assert app.get("/catalog.ttl").data == whole


VALIDATE = """
from ckanext.gobiernoabierto.feed import validation
validation.BATCH = 1
with app._wsgi_app.test_request_context():
    validation.validate()
"""


def validated():
    """Return what was asked, and what was found, all but when."""
    model.Session.rollback()
    found = []
    for table in (Validated.__table__, Violation.__table__):
        columns = [each for each in table.c if each.name not in ("id", "noticed", "validated")]
        found += sorted(map(tuple, model.Session.execute(sa.select(*columns))), key=str)
    model.Session.rollback()
    return found


@pytest.mark.parametrize(
    ("step", "when"),
    [(f"{FEED}.shapes:against", "after"), (f"{FEED}.validation:_write", "after"), *STEPS[-2:]],
)
def test_a_killed_validation_is_finished_by_the_next_one(dataset, dying, step, when):
    """It finds what one that nobody kills finds, each of it once."""
    model.Session.execute(sa.text("UPDATE package SET notes = ''"))
    model.Session.commit()
    flush.flush()
    validation.validate()
    whole = validated()
    assert len(whole) > len({row[:2] for row in whole}) > 1
    for table in (Validated, Violation):
        model.Session.execute(sa.delete(table.__table__))
    model.Session.commit()
    dying(VALIDATE, step=step, when=when)
    assert len(validated()) < len(whole)
    validation.validate()
    assert validated() == whole
