"""Pieces: what pages and dumps are put together from is what the fragments say, each thing once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.feed import check, compact, flush, packing, snapshot
from ckanext.gobiernoabierto.feed.model import PackedFragment, SharedPiece
from ckanext.gobiernoabierto.feed.syntax import SYNTAXES

PLACE = "<http://test.ckan.net/municipio/0115> "
FILE = "<https://example.org/a.csv> "
WAIT = 10.0


def lines(app: Any, path: str = "/catalog.nt") -> list[str]:
    """Return the lines of a page."""
    return app.get(path).body.splitlines()


def count(table: Any) -> int:
    """Return how many rows a table has."""
    model.Session.rollback()
    return int(model.Session.query(table).count())


def differences() -> set[tuple[str, str]]:
    """Return what ``check`` finds."""
    found = check.Checked()
    assert all(check.steps(found))
    return {(each.what, each.subject) for each in found.differences}


def test_a_page_says_everything_once(app: Any, three: None, log: Any):
    """What three datasets say of one place, and of a vocabulary's words, is there, and there once."""
    said = {line for event in log("dataset") for line in event.body.decode().splitlines()}
    page = lines(app)
    twice = {line for number, line in enumerate(page) if line in page[:number]}
    assert all(line.startswith(FILE) for line in twice)  # each dataset says it of its own file
    assert said <= set(page)
    assert [line for line in page if line.startswith(PLACE) and "prefLabel" in line]


def test_more_datasets_of_the_same_place_share_what_is_there(call: Any, three: None, fields: Any, log: Any):
    """The table grows with what there is to say, and not with the datasets."""
    log()
    before = count(SharedPiece)
    call("package_create", **{**fields, "name": "d3"})
    assert len(log("dataset")) == 4
    assert (count(SharedPiece), before % len(SYNTAXES)) == (before, 0)


@pytest.mark.long
@pytest.mark.parametrize("ending", SYNTAXES)
def test_what_this_program_has_not_packed_is_the_same_page(app: Any, three: None, ending: str):
    """After an update pages are slower, and no byte is another."""
    whole = app.get(f"/catalog.{ending}").data
    model.Session.execute(sa.update(PackedFragment).values(fingerprint="another"))
    model.Session.execute(sa.delete(SharedPiece))
    model.Session.commit()
    assert app.get(f"/catalog.{ending}").data == whole
    packing.fill(WAIT)
    assert app.get(f"/catalog.{ending}").data == whole


def test_what_a_process_remembers_has_an_end(app: Any, three: None, monkeypatch: pytest.MonkeyPatch):
    """What it has forgotten it asks for again: the same page."""
    whole = app.get("/catalog.rdf").data
    monkeypatch.setattr(packing, "REMEMBERED", 1)
    monkeypatch.setattr(
        packing, "_REMEMBERED", {name: {"another": packing.Packed("", b"")} for name in SYNTAXES}
    )
    assert app.get("/catalog.rdf").data == whole
    assert "another" not in packing._REMEMBERED["rdf"]


def test_a_place_has_one_name_on_a_page_whatever_is_being_flushed(
    app: Any, change: Any, three: None, log: Any, monkeypatch: pytest.MonkeyPatch
):
    """The one that was rendered last, while other datasets still have the former one."""
    log()
    change("municipality", "0115")(name="Villa Renombrada")
    monkeypatch.setattr(flush, "SUBJECTS", 2)
    flush.flush(seconds=0)
    model.Session.rollback()
    monkeypatch.setattr("ckanext.gobiernoabierto.feed.wake.head_for_a_reader", snapshot.head)
    flush.flush(seconds=0)
    assert any("Villa Nueva" in event.body.decode() for event in unflushed("dataset"))
    (named,) = [line for line in lines(app) if line.startswith(PLACE) and "prefLabel" in line]
    assert "Villa Renombrada" in named


def unflushed(kind: str) -> list[Any]:
    """Return what is published of a kind, as far as it has been flushed."""
    return [row for row in snapshot.rows(snapshot.head().position, limit=1000) if row.kind == kind]


def test_a_pinned_page_has_its_pieces_until_it_expires(
    app: Any, call: Any, three: None, monkeypatch: pytest.MonkeyPatch
):
    """What was superseded is put together as what is published; compaction takes both away."""
    lines(app)
    position = snapshot.head().position
    call("package_patch", id="d0", title="Otro título")
    flush.flush()
    asked: list[int] = []
    read = packing.bodies
    monkeypatch.setattr(packing, "bodies", lambda which: read(asked.append(each) or each for each in which))
    now, then = "\n".join(lines(app)), "\n".join(lines(app, f"/catalog.nt?snapshot={position}"))
    assert ("Otro título" in now, "Otro título" in then, asked) == (True, False, [])
    before = count(PackedFragment)
    compact.compact(dt.timedelta(seconds=-1))
    assert count(PackedFragment) == before - len(SYNTAXES)


def test_what_nobody_says_any_more_is_swept(call: Any, change: Any, dataset: dict[str, Any], log: Any):
    """Compaction forgets what was shared by what it erased, and nothing that is still said."""
    log()
    said = "SELECT count(*) FROM gobiernoabierto_feed_shared WHERE about LIKE '%/municipio/0115'"
    before = model.Session.scalar(sa.text(said))
    change("municipality", "0115")(name="Villa Renombrada")
    log()
    assert model.Session.scalar(sa.text(said)) == 2 * before
    compact.compact(dt.timedelta(seconds=-1))
    assert model.Session.scalar(sa.text(said)) == before
    assert differences() == set()


TORN = {
    "bytes": "UPDATE gobiernoabierto_feed_packed SET packed = '\\x00' WHERE syntax = 'rdf' AND seq = :seq",
    "count": "UPDATE gobiernoabierto_feed_packed SET crc = crc + 1 WHERE syntax = 'nt' AND seq = :seq",
    "other": "UPDATE gobiernoabierto_feed_packed SET shared = '{}' WHERE syntax = 'ttl' AND seq = :seq",
    "shared": "DELETE FROM gobiernoabierto_feed_shared WHERE syntax = 'nt' AND about LIKE '%/municipio/0115'",
}


@pytest.mark.long
@pytest.mark.parametrize("torn", TORN)
def test_a_piece_that_is_not_what_the_fragment_says_is_found_and_mended(
    dataset: dict[str, Any], log: Any, torn: str
):
    """By ``check``, in each syntax; ``rebuild`` packs all once more."""
    (event,) = log("dataset")
    assert differences() == set()
    model.Session.execute(sa.text(TORN[torn]), {"seq": event.seq})
    model.Session.commit()
    assert (check.DAMAGED, dataset["id"]) in differences()
    packing.anew(WAIT)
    assert differences() == set()
