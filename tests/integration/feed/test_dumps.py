"""Dumps: the whole catalogue in one file, of one moment, which can be gone on with and tells nothing late."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import os
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyoxigraph
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.feed import compact, dumps, flush, packing, snapshot
from ckanext.gobiernoabierto.feed.model import PackedFragment

SYNTAXES = {
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "rdf": pyoxigraph.RdfFormat.RDF_XML,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
}
DCAT_DATASET = "<http://www.w3.org/ns/dcat#dataset>"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder for the dumps of a test."""
    monkeypatch.setattr(config, "dumps_path", lambda: tmp_path / "dumps")
    return tmp_path / "dumps"


@pytest.fixture
def get(app: Any) -> Callable[..., Any]:
    """Ask for a dump: ``get("nt", Range="bytes=5-")``; its address may be given too."""

    def get(ending: str = "nt", method: str = "GET", **headers: str) -> Any:
        path = ending if ending.startswith("/") else f"/catalog.{ending}.gz"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return app.test_client().open(path, method=method, headers=named)

    return get


def triples(packed: bytes, ending: str = "nt") -> set[str]:
    """Return the triples of a dump, read strictly, of one gzip member."""
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    body = reader.decompress(packed)
    assert (reader.eof, reader.unused_data) == (True, b"")
    return {str(each.triple) for each in pyoxigraph.parse(body, SYNTAXES[ending])}


def published() -> set[str]:
    """Return what all fragments of the snapshot say."""
    model.Session.rollback()
    rows = snapshot.rows(snapshot.head().position, limit=1000)
    read = (pyoxigraph.parse(row.body, pyoxigraph.RdfFormat.N_TRIPLES) for row in rows)
    return {str(each.triple) for one in read for each in one}


def files(folder: Path) -> list[str]:
    """Return what lies in the folder, but for the lock."""
    return sorted(path.name for path in folder.glob("[!.]*"))


def test_every_syntax_says_all_that_is_published(get: Any, call: Any, dataset: dict[str, Any]):
    """Each fragment of the snapshot, and of which catalogue the datasets are; of no file more than that."""
    call("package_patch", id=dataset["id"], notes='Con "comillas", <ángulos> & señas\r\ny otra línea]]>')
    found = {ending: triples(get(ending).data, ending) for ending in SYNTAXES}
    own = {each for each in found["nt"] if DCAT_DATASET in each or "dc/terms/modified" in each}
    assert len([each for each in own if DCAT_DATASET in each]) == 1
    assert found["nt"] | published() == published() | own
    assert found["nt"] >= published()
    assert found["ttl"] == found["nt"]
    assert found["rdf"] == found["nt"]
    assert found["jsonld"] == found["nt"]


def test_carriage_returns_reach_every_reader_of_xml(get: Any, app: Any, call: Any, dataset: dict[str, Any]):
    """What a form sends has them; a reader of XML would take plain ones for line feeds."""
    call("package_patch", id=dataset["id"], notes="uno\r\ndos")
    for body in (gzip.decompress(get("rdf").data), app.get("/catalog.rdf").data):
        assert b"uno&#13;\ndos" in body


def test_a_thing_has_one_name_in_a_dump_whatever_is_being_flushed(
    get: Any, change: Any, dataset: dict[str, Any], log: Any, monkeypatch: pytest.MonkeyPatch
):
    """Its own fragment's, while the datasets that name it are still rendered as before."""
    log()
    change("municipality", "0115")(name="Villa Renombrada")
    monkeypatch.setattr(flush, "SUBJECTS", 1)
    flush.flush(seconds=0)
    model.Session.rollback()
    monkeypatch.setattr("ckanext.gobiernoabierto.feed.wake.head_for_a_reader", snapshot.head)
    named = [each for each in triples(get().data) if "prefLabel" in each and "/municipio/0115>" in each]
    assert len(named) == 1
    assert "Villa Renombrada" in named[0]
    assert any("Villa Nueva" in each for each in published())


def test_an_answer_tells_position_count_and_checksum(get: Any, three: None, app: Any):
    """In its headers, and in the list of all dumps; the list makes none."""
    before = app.get("/catalog/dumps.json").json
    assert [entry["kept"] for entry in before["dumps"]] == [[], [], [], []]
    answer = get()
    sha256 = hashlib.sha256(answer.data)
    position = answer.headers["Catalog-Position"]
    assert answer.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(sha256.digest()).decode()}:"
    assert answer.headers["Catalog-Datasets"] == "3"
    assert answer.headers["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert f'filename="catalog-{position}.nt.gz"' in answer.headers["Content-Disposition"]
    told = app.get("/catalog/dumps.json").json
    assert (told["position"], told["datasets"]) == (int(position), 3)
    (kept,) = told["dumps"][0]["kept"]
    assert (kept["sha256"], kept["size"], kept["datasets"]) == (sha256.hexdigest(), len(answer.data), 3)
    assert kept["address"] == answer.headers["Content-Location"]
    assert app.get("/es/catalog/dumps.json").json == told
    assert get(kept["address"].partition("test.ckan.net")[2]).data == answer.data


def test_who_has_it_gets_304_and_head_makes_nothing(get: Any, call: Any, three: None, folder: Path):
    """Strong tags and times; a change gives other ones."""
    head = get(method="HEAD")
    assert (head.status_code, head.data, files(folder)) == (200, b"", [])
    answer = get()
    tag = answer.headers["ETag"]
    assert head.headers["ETag"] == tag
    assert not tag.startswith("W/")
    assert answer.headers["Last-Modified"]
    known = get(method="HEAD")
    assert (known.data, known.headers["Content-Length"]) == (b"", str(len(answer.data)))
    assert known.headers["Accept-Ranges"] == "bytes"
    pinned = urlsplit(answer.headers["Content-Location"])
    for path in ("nt", f"{pinned.path}?{pinned.query}"):
        again = get(path, If_None_Match=tag, Range="bytes=5-9")
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    call("package_patch", id="d0", title="Otro")
    assert get(If_None_Match=tag).status_code == 200


def test_parts_of_it_are_the_bytes_of_the_whole(get: Any, three: None):
    """One range at a time; what is no range, or several, is as if nobody had asked."""
    whole = get().data
    size = len(whole)
    for asked, part in (
        ("bytes=0-0", whole[:1]),
        ("bytes=10-19", whole[10:20]),
        (f"bytes={size - 5}-", whole[-5:]),
        ("bytes=-7", whole[-7:]),
        (f"bytes=5-{size * 2}", whole[5:]),
    ):
        answer = get(Range=asked)
        assert (answer.status_code, answer.data) == (206, part)
        assert answer.headers["Content-Range"].endswith(f"/{size}")
        assert answer.headers["Content-Length"] == str(len(part))
    for asked in (
        "bytes=0-1,4-5",
        "bytes=x",
        "bytes=9-5",
        "lines=1-2",
        "bytes=--5",
        "bytes=" + "9" * 99 + "-",
    ):
        answer = get(Range=asked)
        assert (answer.status_code, answer.data) == (200, whole)
    assert get(Range="bytes=-0").status_code == 416
    refused = get(Range=f"bytes={size}-")
    assert (refused.status_code, str(size) in refused.json["error"]) == (416, True)
    assert "Repr-Digest" not in refused.headers
    assert refused.headers["Content-Range"] == f"bytes */{size}"
    head = get(method="HEAD", Range="bytes=0-0")
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(size))


def test_a_download_goes_on_while_officers_edit(get: Any, call: Any, three: None):
    """At the address that pins it; at the plain one If-Range gets the new one whole, and no mixture."""
    first = get()
    half = len(first.data) // 2
    call("package_patch", id="d0", notes="Otra cosa, y más larga que la de antes")
    rest = {"Range": f"bytes={half}-", "If_Range": first.headers["ETag"]}
    pinned = urlsplit(first.headers["Content-Location"])
    gone_on = get(f"{pinned.path}?{pinned.query}", **rest)
    assert (gone_on.status_code, gone_on.headers["ETag"]) == (206, first.headers["ETag"])
    assert first.data[:half] + gone_on.data == first.data
    anew = get(**rest)
    assert (anew.status_code, anew.data != first.data) == (200, True)
    assert get(**{**rest, "If_Range": first.headers["Last-Modified"]}).status_code == 200
    assert any("más larga" in each for each in triples(anew.data))


@pytest.mark.long
@pytest.mark.parametrize("hidden", [{"private": True}, {"state": "draft"}, {"state": "deleted"}])
def test_what_was_taken_back_is_in_no_file(get: Any, call: Any, three: None, folder: Path, hidden: Any):
    """From the flush on: not at the pinned address, not on the disk, not in the pieces."""
    call("package_patch", id="d0", title="Canario")
    before = [get(ending) for ending in SYNTAXES]
    assert "Canario" in gzip.decompress(before[0].data).decode()
    call("package_patch", id="d0", **hidden)
    flush.flush()
    assert files(folder) == []
    for answer in before:
        pinned = urlsplit(answer.headers["Content-Location"])
        gone = get(f"{pinned.path}?{pinned.query}", Range="bytes=100-")
        assert gone.status_code == 410
        assert gone.json["first"] == f"http://test.ckan.net{pinned.path}"
    for ending in SYNTAXES:
        answer = get(ending, If_Range=before[0].headers["ETag"], Range="bytes=100-")
        assert (answer.status_code, answer.headers["Catalog-Datasets"]) == (200, "2")
        assert "Canario" not in gzip.decompress(answer.data).decode()
    assert pieces_that_say("Canario") == 0


def pieces_that_say(word: str) -> int:
    """Count the pieces in the database that have a word in them."""
    rows = model.Session.execute(sa.select(PackedFragment.packed)).scalars()
    return sum(word in zlib.decompressobj(-15).decompress(bytes(row)).decode() for row in rows)


def test_a_file_that_could_not_be_removed_is_not_served(
    get: Any, call: Any, three: None, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """The log is asked, not the folder; the next one who comes by removes it."""
    answer = get()
    monkeypatch.setattr(dumps, "sweep", lambda shown_from: None)
    call("package_patch", id="d0", private=True)
    flush.flush()
    assert len(files(folder)) == 1
    pinned = urlsplit(answer.headers["Content-Location"])
    assert get(f"{pinned.path}?{pinned.query}").status_code == 410
    assert get("/catalog/dumps.json").json["dumps"][0]["kept"] == []
    monkeypatch.undo()
    monkeypatch.setattr(config, "dumps_path", lambda: folder)
    get()
    assert len(files(folder)) == 1


def test_what_is_taken_back_while_a_dump_is_made_is_not_in_it(
    get: Any, call: Any, three: None, folder: Path, in_another_thread: Any, monkeypatch: pytest.MonkeyPatch
):
    """A builder that began before reads the log once more before anybody gets its file."""
    written, canary = dumps._write, {"left": True}

    def write(*given: Any) -> Any:
        done = written(*given)
        if canary.pop("left", None):
            in_another_thread(lambda: (call("package_patch", id="d0", private=True), flush.flush()))
        return done

    monkeypatch.setattr(dumps, "_write", write)
    answer = get()
    assert (answer.status_code, answer.headers["Catalog-Datasets"]) == (200, "2")
    assert len(files(folder)) == 1


def test_what_was_compacted_away_is_not_kept_in_dumps(get: Any, call: Any, three: None, folder: Path):
    """``compact --days 0`` takes away what somebody wrote by mistake: from here too."""
    call("package_patch", id="d0", notes="Canario")
    answer = get()
    call("package_patch", id="d0", notes="Corregido")
    flush.flush()
    compact.compact(dt.timedelta(seconds=-1))
    pinned = urlsplit(answer.headers["Content-Location"])
    assert get(f"{pinned.path}?{pinned.query}").status_code == 410
    assert files(folder) == []


def test_a_position_is_made_once_whoever_asks(
    app: Any, three: None, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """Several at once: one works, the others wait and get the same bytes."""
    built, times = dumps._built, []
    monkeypatch.setattr(dumps, "_built", lambda *given: (times.append(1), built(*given))[1])
    app.get("/catalog/dumps.json")
    got: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: got.append(app.test_client().get("/catalog.rdf.gz").data))
        for _number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(got), len(set(got)), len(times)) == (4, 1, 1)
    assert len(files(folder)) == 1


def test_who_waits_too_long_is_told_to_come_again(get: Any, three: None, monkeypatch: pytest.MonkeyPatch):
    """503 with a time, as data; what is kept is served meanwhile."""
    monkeypatch.setattr(dumps, "WAIT", 0.1)
    get("nt")
    with dumps._alone(config.dumps_path(), 0):
        assert get("nt").status_code == 200
        busy = get("rdf")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "30")
    assert busy.json["error"]
    assert get("rdf").status_code == 200


def test_a_disk_that_is_full_leaves_nothing(
    get: Any, three: None, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """503, not even the bytes that were written."""
    full = OSError(28, "No space left on device")

    def fail(_descriptor: int) -> None:
        raise full

    monkeypatch.setattr(dumps.os, "fsync", fail)
    answer = get()
    assert (answer.status_code, answer.headers["Retry-After"], files(folder)) == (503, "30", [])


@pytest.mark.long
def test_some_earlier_ones_stay_and_old_ones_go(
    get: Any, call: Any, three: None, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """As many as ``KEPT`` of a syntax, and more for an hour; the last one however old it is."""
    monkeypatch.setattr(dumps, "KEPT", 2)
    monkeypatch.setattr(dumps, "KEPT_FOR_AN_HOUR", 4)
    got = []
    for number in range(5):
        call("package_patch", id="d0", title=f"Número {number}")
        got.append(get())
    assert len(files(folder)) == 4  # nobody fills the disk
    pinned = [urlsplit(each.headers["Content-Location"]) for each in got]
    again = [get(f"{each.path}?{each.query}").status_code for each in pinned]
    assert again == [410, 200, 200, 200, 200]
    for path in folder.glob("*.gz"):
        os.utime(path, (time.time() - dumps.HOUR - 1,) * 2)
    dumps.sweep(0)
    assert len(files(folder)) == 2
    for path in folder.glob("*.gz"):
        os.utime(path, (0, 0))
    dumps.sweep(0)
    (left,) = files(folder)
    assert left.startswith(f"{got[-1].headers['Catalog-Position']}.")


def test_what_was_not_packed_by_this_program_is_packed_on_the_way(get: Any, three: None, folder: Path):
    """The same bytes; the hourly job packs it for good."""
    whole = get("jsonld").data
    for path in folder.glob("*.gz"):
        path.unlink()
    model.Session.execute("UPDATE gobiernoabierto_feed_packed SET fingerprint = 'another'")
    model.Session.commit()
    assert get("jsonld").data == whole
    total = model.Session.query(PackedFragment).count()
    assert packing.fill(10.0) == total / len(packing.SYNTAXES)
    assert model.Session.query(PackedFragment).count() == total
    assert packing.fill(10.0) == 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("asked", "status"),
    [("snapshot=1e3", 400), ("snapshot=-1", 400), ("snapshot=99999", 400), ("snapshot=0", 410), ("x=1", 400)],
)
def test_what_cannot_be_understood_is_told(get: Any, three: None, asked: str, status: int):
    """As with the pages of the catalogue."""
    get()
    assert get(f"/catalog.nt.gz?{asked}").status_code == status
    assert get("/catalog.xml.gz").status_code == 404


def test_an_empty_catalogue_is_a_dump(get: Any, clean_site: None):
    """Its header, or nothing but that there is one."""
    for ending in SYNTAXES:
        answer = get(ending)
        assert (answer.status_code, answer.headers["Catalog-Datasets"]) == (200, "0")
        assert triples(answer.data, ending)
