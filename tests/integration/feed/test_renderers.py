"""Where much waits it is rendered by processes side by side: the same bytes, of one moment, whatever dies."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.common import config
from ckanext.gobiernoabierto.feed import check, flush, renderers
from ckanext.gobiernoabierto.feed.model import Entry, LeftOut

pytestmark = pytest.mark.long

BEGUN = """
import json, multiprocessing, os, signal, time
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.feed import check, flush, render, renderers

renderers.MUCH, renderers.AT_ONCE = 1, 2
seen = set()
whole, answer = renderers.Renderers._asked, renderers._answer


def asked(self, *given):
    seen.update(process.pid for process in multiprocessing.active_children())
    yield from whole(self, *given)


def committed(statement):
    with model.meta.engine.begin() as other:
        other.execute(sa.text(statement))


def told(**more):
    print(json.dumps({"pids": sorted(seen), "left": len(multiprocessing.active_children()), **more}))


renderers.Renderers._asked = asked
"""
FLUSH = """
with app._wsgi_app.test_request_context():
    done = flush.flush()
told(rendered=done.rendered, events=done.events)
"""
CHECK = """
with app._wsgi_app.test_request_context():
    found = check.Checked()
    list(check.steps(found))
told(fragments=found.fragments, differences=[each.what for each in found.differences])
"""
CANARY = "CANARIO"


@pytest.fixture
def beside(dying) -> Callable[..., dict[str, Any]]:
    """Run a program where whatever waits is much, in a process without threads; return what it told."""

    def run(program: str, *arguments: str) -> dict[str, Any]:
        done = dying(BEGUN + program, *arguments)
        return {**json.loads(done.stdout.splitlines()[-1]), "errors": done.stderr}

    return run


def is_whole() -> bool:
    """Tell whether the log is what is published, and nothing waits."""
    found = check.Checked()
    for _page in check.steps(found):
        pass
    return found.differences == [] and flush.waiting() == 0


def changed(title: str) -> None:
    """Give all datasets a title, past everything."""
    model.Session.execute(sa.text("UPDATE package SET title = :title"), {"title": title})
    model.Session.commit()


def test_processes_render_the_same_as_one(dataset, others, log, beside):
    """All of it, byte for byte: nothing is new."""
    events = log()
    flush.mark_all()
    told = beside(FLUSH)
    assert len(told["pids"]) == 2
    assert (told["rendered"], told["events"], told["left"]) == (len(events), {}, 0)
    assert is_whole()


@pytest.mark.parametrize(("configured", "processes"), [(1, 0), (3, 3)])
def test_there_are_as_many_processes_as_are_configured(dataset, log, beside, configured, processes):
    """With one, it is the process itself."""
    log()
    flush.mark_all()
    setting = f"tk.config['ckanext.gobiernoabierto.feed.processes'] = {configured}\n"
    told = beside(setting + FLUSH)
    assert (len(told["pids"]), told["left"]) == (processes, 0)
    assert is_whole()


def test_what_went_private_or_wrong_is_told_as_by_one(call, dataset, others, log, beside):
    """What is published no more needs no rendering; what is left out of another is told with its field."""
    log()
    call("package_patch", id=others[0]["id"], private=True)
    model.Session.execute(
        sa.text("UPDATE resource SET url = 'http://a.gt/100%' WHERE package_id = :id"), {"id": dataset["id"]}
    )
    model.Session.commit()
    told = beside(FLUSH)
    assert told["pids"]
    assert (told["events"]["delete"], log("dataset", others[0]["id"])[-1].op) == (1, "delete")
    assert model.Session.execute(sa.select(LeftOut.subject, LeftOut.reason)).all() == [
        (dataset["id"], "address")
    ]
    assert is_whole()


WRONG = """
rendered = render._dataset
def wrong(profile, package_id):
    if package_id == arguments[0]:
        raise ValueError("no")
    return rendered(profile, package_id)
render._dataset = wrong
"""


def test_what_cannot_be_rendered_costs_nothing_else(dataset, others, log, beside):
    """It stays as it was, and what went wrong is told."""
    log()
    changed("Otro")
    told = beside(WRONG + FLUSH, dataset["id"])
    assert (told["events"], len(told["pids"])) == ({"update": len(others)}, 2)
    found = model.Session.execute(sa.select(LeftOut.subject, LeftOut.value)).all()
    assert found == [(dataset["id"], "ValueError: no")]


MEANWHILE = """
def meanwhile(self, *given):
    committed(arguments[0])
    yield from asked(self, *given)

renderers.Renderers._asked = meanwhile
with app._wsgi_app.test_request_context():
    next(flush.steps(flush.Flushed()))
told(waiting=flush.waiting())
"""


@pytest.mark.parametrize("private", ["false", "true"])
def test_they_see_the_moment_that_the_batch_sees(dataset, others, log, beside, private):
    """What is committed before they look is told by the next batch, and what goes private never."""
    log()
    changed("uno")
    canary = f"UPDATE package SET title = '{CANARY}', private = {private}"
    told = beside(MEANWHILE, f"{canary} WHERE id = '{dataset['id']}'")
    assert (len(told["pids"]), told["waiting"]) == (2, 1)
    bodies = list(model.Session.execute(sa.select(Entry.body).where(Entry.kind == "dataset")).scalars())
    assert sum(b'"uno"@es' in (body or b"") for body in bodies) == len(others) + 1
    assert not [body for body in bodies if CANARY.encode() in (body or b"")]
    model.Session.rollback()
    assert log("dataset", dataset["id"])[-1].op == ("delete" if private == "true" else "update")
    assert is_whole()


DIES = """
def dies(connection):
    if seen:
        renderers._answer = answer
        os.kill(min(seen), signal.SIGKILL)
    return answer(connection)

renderers._answer = dies
"""


@pytest.mark.parametrize("at_once", [1, 100])
def test_one_that_is_killed_costs_time_only(dataset, others, log, beside, at_once):
    """Whoever asked renders what is left, of the same moment; so does the check."""
    log()
    changed("uno")
    at_once = f"renderers.AT_ONCE = {at_once}\n"
    told = beside(at_once + DIES + FLUSH)
    assert "A process that rendered is gone" in told["errors"]
    assert (told["events"], told["left"]) == ({"update": len(others) + 1}, 0)
    told = beside(at_once + DIES + CHECK)
    assert "A process that rendered is gone" in told["errors"]
    assert (told["differences"], told["left"]) == ([], 0)
    assert is_whole()


CUT = """
def cut(connection):
    if seen:
        renderers._answer = answer
        raise RuntimeError("time is over")
    return answer(connection)

renderers._answer = cut
flush.SUBJECTS = 2
"""


def test_no_answer_is_taken_for_one_of_a_later_moment(dataset, others, log, beside):
    """What was on its way when something cut in goes with the process: the next ones begin anew."""
    log()
    changed("uno")
    told = beside(CUT + FLUSH)
    assert "time is over" in told["errors"]
    assert len(told["pids"]) > 2
    assert (told["events"], told["left"]) == ({"update": len(others) + 1}, 0)
    assert is_whole()


FAILS = """
def failed():
    with app._wsgi_app.test_request_context():
        try:
            flush.flush()
        except sa.exc.OperationalError as error:
            return [type(error).__name__, type(error.orig).__name__]
"""
LOCKED = """
renderers.LOCK_SECONDS = 1
with model.meta.engine.begin() as other:
    other.execute(sa.text("LOCK TABLE tag IN ACCESS EXCLUSIVE MODE"))
    found = failed()
told(failed=found)
"""
OUTAGE = """
def away(connection):
    if not seen:
        return answer(connection)
    renderers._answer = answer
    committed("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE pid <> pg_backend_pid()"
              " AND pid IN (SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction'"
              " AND application_name = current_setting('application_name'))")
    return answer(connection)

renderers._answer = away
told(failed=failed())
"""


@pytest.mark.parametrize(("what", "error"), [(LOCKED, "LockNotAvailable"), (OUTAGE, "OperationalError")])
def test_an_outage_is_no_fault_of_the_datasets(dataset, others, log, beside, what, error):
    """Nor is whoever alters a table, and may be waiting for the batch: the next flush has them all."""
    log()
    changed("uno")
    told = beside(FAILS + what)
    assert error in told["failed"]
    assert told["left"] == 0
    assert flush.waiting() == len(others) + 1
    assert "update" in flush.flush().events
    assert model.Session.execute(sa.select(LeftOut.id)).all() == []
    assert is_whole()


NO_FORK = """
class Full:
    Pipe = staticmethod(multiprocessing.Pipe)

    class Process:
        def __init__(self, **given):
            pass

        def start(self):
            raise OSError("no room")

renderers.FORK = Full
"""
NO_CONNECTION = """
serve = renderers._serve


def without(*given):
    def refused(**_options):
        raise sa.exc.OperationalError("", {}, Exception("no room"))

    renderers.Session.connection = refused
    serve(*given)


renderers._serve = without
"""


@pytest.mark.parametrize("lacking", [NO_FORK, NO_CONNECTION])
def test_without_room_for_processes_one_renders(dataset, others, log, beside, lacking):
    """As if none were configured: the system has no more of them, or PostgreSQL has no more connections."""
    log()
    changed("uno")
    told = beside(lacking + FLUSH)
    assert (told["events"], told["pids"], told["left"]) == ({"update": len(others) + 1}, [], 0)
    assert "no room" in told["errors"]
    assert is_whole()


ENOUGH = """
flush.SECONDS, flush.WAIT = float(arguments[0]), 30.0
done, batches, rendered = flush.Flushed(), [], render._dataset


def slow(*given):
    time.sleep(0.3)
    return rendered(*given)


render._dataset = slow
with app._wsgi_app.test_request_context():
    for _batch in flush.steps(done):
        batches.append(sum(done.events.values()))
told(batches=batches)
"""


@pytest.mark.parametrize(("seconds", "most"), [("0.0", 2), ("0.4", 4)])
def test_a_batch_that_has_taken_long_enough_leaves_the_rest_to_the_next(
    dataset, others, log, beside, seconds, most
):
    """Each process ends with the subject that it has: nothing was rendered for nobody."""
    log()
    changed("uno")
    told = beside("renderers.AT_ONCE = 100\n" * (seconds == "0.4") + ENOUGH, seconds)
    assert (len(told["pids"]), told["left"]) == (2, 0)
    assert told["batches"][-1] == len(others) + 1
    assert all(0 < later - before <= most for before, later in pairwise([0, *told["batches"]]))
    assert is_whole()


@pytest.mark.parametrize("stale", [[], ["stale"]])
def test_the_check_is_rendered_side_by_side_too(dataset, log, beside, stale):
    """It finds what it finds alone."""
    events = log()
    if stale:
        changed("uno")
        model.Session.execute(sa.text("DELETE FROM gobiernoabierto_feed_mark"))
        model.Session.commit()
    told = beside(CHECK)
    assert (len(told["pids"]), told["left"], told["differences"]) == (2, 0, stale)
    assert told["fragments"] == len({event.subject for event in events})


def test_a_process_with_threads_renders_by_itself(clean_site):
    """A web server's, for one: what its other threads have locked stays locked in a fork."""
    assert int(config["ckanext.gobiernoabierto.feed.processes"]) == 2
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    try:
        beside = renderers.Renderers()
        beside.start()
        assert multiprocessing.active_children() == []
        assert list(beside.each([("dataset", "none")])) == [(("dataset", "none"), None)]
    finally:
        over.set()
        other.join()
