"""What has to go at once goes before all else, and nobody reads anything while it waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.entities.base import DRAFT
from ckanext.gobiernoabierto.feed import flush, overdue, render, wake
from ckanext.gobiernoabierto.feed.model import LeftOut, Mark
from ckanext.gobiernoabierto.feed.writing import writing

WORKSHOP = "ideaton-villa-nueva-2017"
TITLE = "Ideatón de Villa Nueva"


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is one subject, and a reader has no time for more than one."""
    monkeypatch.setattr(flush, "SUBJECTS", 1)
    monkeypatch.setattr(wake, "READER_SECONDS", 0.0)


@pytest.fixture
def another_writes(one_by_one: None) -> Iterator[Callable[[], None]]:
    """Another process begins to write the feed when this is called, and goes on."""
    written, begun = threading.Event(), threading.Event()

    def write() -> None:
        with writing(10):
            begun.set()
            written.wait(30)

    writer = threading.Thread(target=write)

    def begin() -> None:
        writer.start()
        assert begun.wait(10)

    yield begin
    written.set()
    if writer.ident:
        writer.join()


@pytest.mark.long
def test_nobody_reads_what_has_to_go_while_another_writes(
    app: Any, call: Any, others: Any, another_writes: Any
):
    """503 and when, which is soon, until the other has let go."""
    flush.flush()
    call("package_patch", id=others[0]["id"], private=True)
    another_writes()
    for address in ("/catalog.nt", "/catalog.nt.gz", "/catalog/changes.jsonl", "/oai?verb=ListRecords"):
        answer = app.get(f"{address}&metadataPrefix=dcat" if "oai" in address else address, status=503)
        assert answer.headers["Retry-After"] == "5"
        assert others[0]["title"] not in answer.text


@pytest.mark.long
def test_an_edit_hinders_nobody_while_another_writes(app: Any, call: Any, others: Any, another_writes: Any):
    """What is told is public, and the newer text comes soon."""
    flush.flush()
    call("package_patch", id=others[0]["id"], notes="Otras notas")
    another_writes()
    assert others[0]["title"] in app.get("/catalog.nt", status=200).text


@pytest.mark.long
def test_what_has_to_go_does_not_wait_behind_edits(call: Any, others: Any, one_by_one: None):
    """However many were made before it."""
    flush.flush()
    for each in others:
        call("package_patch", id=each["id"], notes="Otras notas")
    call("package_patch", id=others[2]["id"], private=True)
    done = flush.Flushed()
    next(flush.steps(done))
    assert (dict(done.events), overdue.anything(), flush.waiting()) == ({"delete": 1}, False, 2)


@pytest.mark.long
def test_what_names_what_was_taken_back_goes_before_all_else(
    app: Any, call: Any, change: Any, others: Any, one_by_one: None
):
    """And until the last of it is gone readers are told to come back."""
    flush.flush()
    for each in others[:2]:
        call("package_patch", id=each["id"], workshop=[], workshop_origin="none")
    flush.flush()
    for each in others[:2]:
        call("package_patch", id=each["id"], notes="Otras notas")
    change("workshop", WORKSHOP)(visibility=DRAFT)
    pages = [app.get("/catalog.nt") for _ in range(4)]
    assert pages[0].status_code == 503
    answered = [page.text for page in pages if page.status_code == 200]
    assert answered
    assert not any(TITLE in page for page in answered)
    assert "Otras notas" not in answered[0]


@pytest.mark.long
def test_what_let_go_of_it_just_before_goes_with_it(
    app: Any, call: Any, change: Any, dataset: Any, others: Any, one_by_one: None
):
    """What the log still tells counts, not who is linked by now: that is how officers do it."""
    flush.flush()
    for each in (*others, dataset):
        call("package_patch", id=each["id"], notes="Otras notas", workshop=[], workshop_origin="none")
    change("workshop", WORKSHOP)(visibility=DRAFT)
    pages = [app.get("/catalog.nt") for _ in range(8)]
    assert {page.status_code for page in pages} == {200, 503}
    assert not any(TITLE in page.text for page in pages)


@pytest.mark.long
def test_another_code_hides_nothing(app: Any, call: Any, dataset: Any, one_by_one: None):
    """Readers go on while the datasets get it."""
    flush.flush()
    version = call("gobiernoabierto_workshop_show", code=WORKSHOP)["version"]
    values = {"entity": "workshop", "code": WORKSHOP, "new_code": "ideaton-vn", "version": version}
    call("gobiernoabierto_code_replace", **values)
    assert TITLE in app.get("/catalog.nt", status=200).text
    flush.flush()
    page = app.get("/catalog.nt", status=200).text
    assert (f"/taller/{WORKSHOP}>" in page, "/taller/ideaton-vn>" in page) == (False, True)


@pytest.mark.long
def test_what_cannot_be_rendered_goes_if_it_names_what_was_taken_back(
    app: Any, change: Any, dataset: Any, log: Any, monkeypatch: pytest.MonkeyPatch
):
    """It comes back once it can be rendered; what names nothing of the kind stays as it was."""
    log()

    def broken(*_given: Any) -> None:
        raise ValueError("no")

    with monkeypatch.context() as patched:
        patched.setattr(render, "_dataset", broken)
        change("problem", "0115-P1")(title="Otro título")
        model.Session.execute(sa.text("UPDATE package SET title = 'Otro'"))
        assert log("dataset", dataset["id"])[-1].op == "create"
        change("workshop", WORKSHOP)(visibility=DRAFT)
        assert log("dataset", dataset["id"])[-1].op == "delete"
        assert TITLE not in app.get("/catalog.nt", status=200).text
        for form in (".ttl", "/schemaorg.jsonld", "/croissant.jsonld"):
            assert app.get(f"/dataset/{dataset['id']}{form}").status_code == 503
        assert model.Session.scalar(sa.select(LeftOut.reason)) == "failed"
    flush.mark_failed()
    assert log("dataset", dataset["id"])[-1].op == "create"
    assert TITLE not in app.get(f"/dataset/{dataset['id']}.nt", status=200).text


def test_what_is_changed_while_it_fails_keeps_its_turn(
    call: Any, dataset: Any, log: Any, monkeypatch: pytest.MonkeyPatch
):
    """The mark of the correction is not taken for one of what failed."""
    log()
    whole, tried = flush.prepared.keep, []

    def fail(now_is: Any) -> None:
        tried.append(len(tried))
        if tried[-1] < 2:
            if tried[-1] == 1:
                with model.meta.engine.begin() as connection:
                    connection.execute(sa.text("UPDATE package SET notes = 'Corregidas'"))
            raise ValueError("no")
        whole(now_is)

    monkeypatch.setattr(flush.prepared, "keep", fail)
    call("package_patch", id=dataset["id"], notes="Malas")
    assert "Corregidas" in log("dataset", dataset["id"])[-1].body.decode()
    assert model.Session.query(Mark).count() == 0


def test_what_is_another_without_it_and_never_named_it_is_told_anew(change: Any, dataset: Any, log: Any):
    """The catalogue's header names the scheme of a plan's axes as long as there are any."""
    assert b"/plan/3/ejes" in log("catalog")[-1].body
    change("axis", "3-3")(visibility=DRAFT)
    assert b"/plan/3/ejes" not in log("catalog")[-1].body
