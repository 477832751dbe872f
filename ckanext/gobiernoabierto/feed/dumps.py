"""Dumps: the whole catalogue in one gzip file, of one position; made when somebody asks, kept for a while.

A file's name says all that is to be known of it, and it has that name only when all its bytes are on the
disk: a builder that is killed, or that finds the disk full, leaves nothing that anybody gets. What has been
taken back is in no file that is served: whoever opens one asks the log, whoever takes something back removes
the files from before.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from ckan.model import meta
from ckanext.dcat.utils import catalog_uri
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.lib import deflate, ntriples
from rdflib import URIRef
from rdflib.namespace import DCAT, RDF

from . import packing, pages, snapshot
from .fingerprint import fingerprint
from .model import DATASET, Entry, published_now
from .packing import Shared
from .syntax import BY_ENDING, SYNTAXES, Syntax

log = logging.getLogger(__name__)
ENDINGS = ("nt", "ttl", "rdf", "jsonld")
PART, LOCK, ENDING = ".part", ".lock", ".gz"
NAME = re.compile(r"(\d+)\.(\d+)\.([0-9a-f]{32})\.(\d+)\.([0-9a-f]{64})\.")
"""Position and its moment, fingerprint, datasets, SHA-256."""
WAIT = 20.0
"""Seconds for which a reader waits while another one's dump is made."""
PAUSE = 0.05
TRIES = 3
KEPT = 5
"""Dumps of a syntax that stay for a day, the newest one included, for those who go on with one."""
KEPT_FOR_AN_HOUR = 24
"""Those that are younger stay too, however fast officers edit; not more, so that nobody fills the disk."""
HOUR, DAY = 3_600, 86_400
A_MICROSECOND = dt.timedelta(microseconds=1)
ROWS = 200
"""Held in memory at once."""
SORTED = "SET LOCAL work_mem = '64MB'"
"""PostgreSQL puts ten thousand pieces in order by way of a file if it is left its usual 4 MB."""
BUFFER = 1 << 20


class UnavailableError(Exception):
    """There is no dump now, and none can be made: a full disk, or too many who ask at once."""


@dataclass(frozen=True)
class Dump:
    """A dump that is kept, by what its name says."""

    path: Path
    position: int
    moment: dt.datetime | None
    """When that was published: after a restored backup positions come again."""
    fingerprint: str
    datasets: int
    size: int
    """Bytes of the file."""
    sha256: str
    """Of the file."""
    syntax: str
    made: float
    """When, in seconds since 1970."""


def opened(ending: str, head: snapshot.Head) -> tuple[Dump, IO[bytes]]:
    """Return the dump of where the log stands, or stood a moment later, and its bytes.

    Made if it is not there. UnavailableError if that cannot be.
    """
    syntax = BY_ENDING[ending].name
    for _try in range(TRIES):  # something may be taken back while it is made
        dump = _newest(syntax, head.position) or _made(syntax)
        file, head = _open(dump), snapshot.head()
        if file is not None and dump.position >= head.shown_from:
            return dump, file
    raise UnavailableError


def reopened(ending: str, position: int, head: snapshot.Head) -> tuple[Dump, IO[bytes]]:
    """Return the dump of a position, and its bytes, if it is still kept; else raise ExpiredError."""
    dump = known(ending, position)
    file = None if dump is None or position < head.shown_from else _open(dump)
    if dump is None or file is None:
        raise snapshot.ExpiredError(position)
    return dump, file


def known(ending: str, position: int) -> Dump | None:
    """Return the dump of a position if there is one; one of this program before one of another."""
    found = [each for each in _dumps(BY_ENDING[ending].name) if each.position == position]
    mine = [each for each in found if each.fingerprint == fingerprint()]
    return next(iter(mine or found), None)


def kept(ending: str, head: snapshot.Head) -> list[Dump]:
    """Return the dumps that may be had without making any, the newest first."""
    return [each for each in _dumps(BY_ENDING[ending].name) if each.position >= head.shown_from]


def sweep(shown_from: int) -> None:
    """Remove dumps from before a position, what is old, and what a killed builder has left.

    A folder that cannot be written is told to the log: what is too old is not served from it either.
    """
    folder = config.dumps_path()
    try:
        for syntax in SYNTAXES:
            _remove_old(syntax, shown_from)
        for part in folder.glob(f"*{PART}"):
            with _alone(folder, 0):
                part.unlink(missing_ok=True)
    except UnavailableError:
        log.debug("somebody makes a dump; what was left there is removed by them")
    except OSError:
        log.exception("Dumps of the catalogue cannot be removed from %s", folder)


def _remove_old(syntax: str, shown_from: int) -> None:
    there, kept = list(_files(syntax)), set()
    for number, dump in enumerate(_dumps(syntax)):
        if dump.position >= shown_from and (number == 0 or not _is_late(number, time.time() - dump.made)):
            kept.add(dump.path)
    for path in there:
        if path not in kept:
            path.unlink(missing_ok=True)


def _is_late(newer: int, age: float) -> bool:
    """Tell whether nobody goes on any more with a dump of this age in seconds, after so many newer ones."""
    return age > DAY or newer >= (KEPT_FOR_AN_HOUR if age < HOUR else KEPT)


def _dumps(syntax: str) -> list[Dump]:
    """Return the dumps of a syntax that are in the folder and of what the log tells, the newest first."""
    named = [(path, name) for path in _files(syntax) if (name := NAME.match(path.name))]
    moments = snapshot.moments(int(name[1]) for _path, name in named)
    found = []
    for path, name in named:
        position, moment = int(name[1]), moments.get(int(name[1]))
        with suppress(FileNotFoundError):
            stat = path.stat()
            if _in_microseconds(moment) == int(name[2]):
                about = (position, moment, name[3], int(name[4]), stat.st_size, name[5])
                found.append(Dump(path, *about, syntax, stat.st_mtime))
    return sorted(found, key=lambda dump: (dump.position, dump.made), reverse=True)


def _files(syntax: str) -> Iterator[Path]:
    return config.dumps_path().glob(f"*.{syntax}{ENDING}")


def _in_microseconds(moment: dt.datetime | None) -> int:
    """Return a moment in microseconds since 1970; 0 for none, as before the first event."""
    return 0 if moment is None else (moment - dt.datetime.fromtimestamp(0, dt.UTC)) // A_MICROSECOND


def _newest(syntax: str, position: int) -> Dump | None:
    """Return the dump of this position or of a later one, made by this program."""
    mine = (each for each in _dumps(syntax) if each.fingerprint == fingerprint())
    return next((each for each in mine if each.position >= position), None)


def _open(dump: Dump) -> IO[bytes] | None:
    try:
        return dump.path.open("rb")
    except FileNotFoundError:
        return None


# -- Making one ---------------------------------------------------------------------------------------


def _made(syntax: str) -> Dump:
    """Make the dump of where the log stands now, unless somebody else just did."""
    folder = config.dumps_path()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder, WAIT):
            head = snapshot.head()
            dump = _newest(syntax, head.position) or _built(folder, SYNTAXES[syntax])
        # after it has its name: what is taken back from now on is removed by whoever takes it back
        sweep(snapshot.head().shown_from)
    except OSError as error:
        log.exception("No dump of the catalogue can be made in %s", folder)
        raise UnavailableError from error
    return dump


@contextmanager
def _alone(folder: Path, wait: float) -> Iterator[None]:
    """Keep all others from making dumps; UnavailableError if somebody else does for longer than that.

    The lock is the system's: it ends with the process that holds it, however that ends.
    """
    deadline = time.monotonic() + wait
    with (folder / LOCK).open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise UnavailableError from None
                time.sleep(PAUSE)
        yield


def _built(folder: Path, syntax: Syntax) -> Dump:
    for left in folder.glob(f"*{PART}"):  # by somebody who was killed
        left.unlink(missing_ok=True)
    part = folder / f"{os.getpid()}{PART}"
    try:
        with part.open("wb", buffering=BUFFER) as target:
            head, datasets, sha256 = _write(target, syntax)
            target.flush()
            os.fsync(target.fileno())
        place = f"{head.position}.{_in_microseconds(head.changed)}"
        name = f"{place}.{fingerprint()}.{datasets}.{sha256}.{syntax.name}{ENDING}"
        part.rename(folder / name)
    finally:
        part.unlink(missing_ok=True)
    return next(each for each in _dumps(syntax.name) if each.path.name == name)


def _write(target: IO[bytes], syntax: Syntax) -> tuple[snapshot.Head, int, str]:
    """Write a dump, piece by piece; return where the log stood, how many datasets it has and its SHA-256."""
    digest = hashlib.sha256()

    def write(some: bytes) -> None:
        digest.update(some)
        target.write(some)

    datasets = 0
    with meta.engine.connect() as connection:
        moment = connection.execution_options(isolation_level="REPEATABLE READ")
        head = snapshot.head(moment)
        moment.exec_driver_sql(SORTED)
        member = deflate.Member(write)
        member.add(deflate.pack(syntax.first(_about_itself(head))))
        made_now: set[Shared] = set()
        streamed = moment.execution_options(stream_results=True, max_row_buffer=ROWS)
        for row in streamed.execute(_rows(syntax), {"made_with": fingerprint()}):
            datasets += row.kind == DATASET
            there = row.packed is not None
            member.add(_of_table(row) if there else _packed_now(moment, syntax, row, made_now))
        for block in _vocabulary(moment, syntax, made_now):
            member.add(block)
        member.add(deflate.pack(syntax.after))
        member.close()
    return head, datasets, digest.hexdigest()


def _about_itself(head: snapshot.Head) -> bytes:
    """Return the lines that say that there is a catalogue, and of when."""
    said = f"{ntriples.line(URIRef(catalog_uri()), RDF.type, DCAT.Catalog)}\n"
    return said.encode() + pages.modified(head.changed)


def _rows(syntax: Syntax) -> Any:
    """Return the select of the pieces of what is published now."""
    now = sa.select(Entry.__table__).where(*published_now()).subquery()
    return packing.with_pieces(now, syntax, packing.FOR_DUMPS)


def _of_table(row: Any) -> deflate.Block:
    return deflate.Block(bytes(row.packed), row.size, row.crc)


def _packed_now(moment: Any, syntax: Syntax, row: Any, made_now: set[Shared]) -> deflate.Block:
    """Return the piece of a row that this program has not packed yet; what it shares is kept in mind."""
    body = packing.bodies([row.seq], moment)[row.seq]
    own, shared = packing.divided(row.kind, row.subject, row.address, body)
    made_now.update(each for each in shared if not each.told)
    return packing.block(syntax, own)


def _vocabulary(moment: Any, syntax: Syntax, made_now: set[Shared]) -> Iterator[deflate.Block]:
    """Yield what is described in fragments and has none of its own, each thing once."""
    known = set()
    for row in moment.execute(packing.vocabulary(syntax)):
        known.add(row.about)
        yield _of_table(row)
    for each in sorted(made_now, key=lambda each: (each.about, each.lines)):
        if each.about not in known:
            known.add(each.about)
            yield packing.block(syntax, each.lines)
