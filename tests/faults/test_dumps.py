"""Dumps among other people's programs, killed builders and full disks."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys

import pyoxigraph
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.feed import dumps, flush, snapshot

CURL = ("curl", "--silent", "--show-error", "--fail")
IN_PYTHON = {
    "requests": "import sys, requests; body = requests.get(sys.argv[1]).content",
    "httpx": "import sys, httpx; body = httpx.get(sys.argv[1]).content",
    "aiohttp": """
import asyncio, sys, aiohttp
async def get():
    async with aiohttp.ClientSession() as session, session.get(sys.argv[1]) as answer:
        return await answer.read()
body = asyncio.run(get())
""",
}
IN_NODE = """
fetch(process.argv[1]).then(async answer => {
  const body = Buffer.from(await answer.arrayBuffer());
  process.stdout.write(process.argv[1].endsWith('.gz') ? require('zlib').gunzipSync(body) : body);
});
"""
READERS = {
    "curl": [*CURL],
    "curl --compressed": [*CURL, "--compressed"],
    **{
        name: [sys.executable, "-c", f"{program}\nsys.stdout.buffer.write(body)"]
        for name, program in IN_PYTHON.items()
    },
    "node": ["node", "-e", IN_NODE],
}
NOTES = 'Uno "dos" <tres> & cuatro\r\n\tcinco\\seis ]]> ñandú 😀 \u2028 fin '
PAGES = ("ttl", "nt", "rdf", "xml", "jsonld")


@pytest.fixture(scope="module")
def whole(live_site, reference_rows):
    """Return the N-Triples of the running site's catalogue."""
    made = live_site.call("organization_create", name="volcado", title="Volcado")["id"]
    about = {"coverage": "national", "workshop_origin": "none", "axis": ["3-3"], "notes": NOTES}
    for n in range(3):
        live_site.call("package_create", name=f"volcado-{n}", title=f"N {n}", owner_org=made, **about)
    live_site.ckan("gobiernoabierto", "feed", "flush")
    packed = subprocess.run([*CURL, f"{live_site.url}/catalog.nt.gz"], capture_output=True, check=True).stdout
    return gzip.decompress(packed)


@pytest.fixture
def read(live_site, node):
    """Return what a program reads at a path of the running site."""

    def read(reader, path, *options):
        program, *arguments = READERS[reader]
        command = [node if program == "node" else program, *arguments, *options, f"{live_site.url}{path}"]
        return subprocess.run(command, capture_output=True, check=True).stdout

    return read


@pytest.mark.parametrize("reader", READERS)
def test_every_program_reads_all_of_it(live_site, whole, read, reader):
    """Packed as a file, and packed on its way: the same bytes as everybody's."""
    dump = read(reader, "/catalog.nt.gz")
    assert (dump if reader == "node" else gzip.decompress(dump)) == whole
    assert read(reader, "/catalog.nt") == read("curl", "/catalog.nt")


def test_curl_goes_on_with_half_a_dump_while_it_is_edited(live_site, whole, read, tmp_path):
    """At the address that pins it: ``curl --continue-at -``, as anybody types it."""
    all_of_it = read("curl", "/catalog.rdf.gz")
    told = json.loads(read("curl", "/catalog/dumps.json"))["dumps"]
    (kept,) = next(each["kept"] for each in told if each["address"].endswith("/catalog.rdf.gz"))
    assert kept["sha256"] == hashlib.sha256(all_of_it).hexdigest()
    part = tmp_path / "part"
    part.write_bytes(all_of_it[: len(all_of_it) // 2])
    live_site.call("package_patch", id="volcado-0", title="Otro")
    live_site.ckan("gobiernoabierto", "feed", "flush")
    assert read("curl", "/catalog.rdf.gz") != all_of_it
    pinned = kept["address"].removeprefix(live_site.url)
    read("curl", pinned, "--continue-at", "-", "--output", str(part))
    assert part.read_bytes() == all_of_it


# -- Another parser -----------------------------------------------------------------------------------


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An empty folder for the dumps of a test."""
    monkeypatch.setattr(config, "dumps_path", lambda: tmp_path / "dumps")
    return tmp_path / "dumps"


@pytest.fixture
def dataset(publishable, folder):
    """A published dataset with difficult characters; all of it in the log."""
    made = factories.Dataset(**{**publishable, "notes": NOTES, "title": "«Luminarias» & <b>"})
    flush.flush()
    return made


def test_jena_reads_every_syntax_and_the_same_in_all(app, dataset, jena, tmp_path):
    """Strictly, pages and dumps; it compares the graphs itself."""
    for ending in PAGES:
        name = "page.xml.rdf" if ending == "xml" else f"page.{ending}"
        (tmp_path / name).write_bytes(app.get(f"/catalog.{ending}").data)
    for ending in dumps.ENDINGS:
        (tmp_path / f"dump.{ending}").write_bytes(gzip.decompress(app.get(f"/catalog.{ending}.gz").data))
    files = sorted(str(path) for path in tmp_path.glob("*.*"))
    assert len(files) == len(PAGES) + len(dumps.ENDINGS)
    done = jena("riotcmd.riot", "--strict", "--validate", *files)
    said = [line for line in done.stderr.splitlines() if "SLF4J" not in line]
    assert (done.returncode, done.stdout, said) == (0, "", [])
    for ending in ("rdf", "jsonld", "ttl"):
        same = jena("jena.rdfcompare", str(tmp_path / "dump.nt"), str(tmp_path / f"dump.{ending}"))
        assert "are equal" in same.stdout, (ending, same.stdout, same.stderr)


def test_jena_finds_what_is_wrong(jena, tmp_path):
    """The check above can fail."""
    (tmp_path / "bad.nt").write_text("<http://a> <http://b> <http://c d> .\n")
    assert jena("riotcmd.riot", "--strict", "--validate", str(tmp_path / "bad.nt")).returncode


# -- Killed, and without a disk -----------------------------------------------------------------------

DUMP = """
import pathlib
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.feed import dumps, snapshot
config.dumps_path = lambda: pathlib.Path(arguments[0])
with app._wsgi_app.test_request_context():
    dumps.opened("rdf", snapshot.head())
"""
FEED = "ckanext.gobiernoabierto.feed"
STEPS = [
    (f"{FEED}.dumps:_built", "before"),
    (f"{FEED}.dumps:_of_table", "after"),
    (f"{FEED}.dumps:_write", "after"),
    ("os:fsync", "after"),
    ("pathlib:Path.rename", "before"),
    ("pathlib:Path.rename", "after"),
]


@pytest.mark.parametrize(("step", "when"), STEPS)
def test_a_killed_builder_leaves_nothing_that_is_served(app, dataset, folder, dying, step, when):
    """At every step; the next one who asks gets a whole dump, and what was left is gone."""
    dying(DUMP, str(folder), step=step, when=when)
    left = dumps.kept("rdf", snapshot.head())
    assert len(left) == (1 if (step, when) == ("pathlib:Path.rename", "after") else 0)
    for dump in left:
        assert hashlib.sha256(dump.path.read_bytes()).hexdigest() == dump.sha256
    answer = app.get("/catalog.rdf.gz")
    assert answer.status_code == 200
    assert list(pyoxigraph.parse(gzip.decompress(answer.data), pyoxigraph.RdfFormat.RDF_XML))
    assert len(list(folder.glob("[!.]*"))) == 1


FLUSH = """
import pathlib
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.feed import flush
config.dumps_path = lambda: pathlib.Path(arguments[0])
with app._wsgi_app.test_request_context():
    flush.flush()
"""


def test_a_flush_that_was_killed_before_it_removed_the_dumps_has_taken_back_all_the_same(
    app, dataset, folder, dying
):
    """Nobody gets the file; whoever comes next removes it."""
    before = app.get("/catalog.rdf.gz")
    model.Session.execute(sa.text("UPDATE package SET private = true"))
    model.Session.commit()
    dying(FLUSH, str(folder), step=f"{FEED}.dumps:sweep")
    assert len(list(folder.glob("*.gz"))) == 1
    pinned = before.headers["Content-Location"].partition("test.ckan.net")[2]
    assert app.get(pinned).status_code == 410
    assert app.get("/catalog.rdf.gz").headers["Catalog-Datasets"] == "0"
    assert len(list(folder.glob("*.gz"))) == 1


def test_a_full_disk_is_told_and_leaves_nothing(root, app, dataset, folder):
    """503 on a disk of its own that is full; 200 once there is room."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=True)
    try:
        filler = folder / "filler"
        filler.write_bytes(b"x" * 64 * 1024)
        answer = app.get("/catalog.nt.gz")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert [path.name for path in folder.glob("[!.]*")] == ["filler"]
        filler.unlink()
        assert app.get("/catalog.nt.gz").status_code == 200
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        shutil.rmtree(folder)
