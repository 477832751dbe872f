"""PostgreSQL, Redis and Solr, each of our own: on the loopback address, on ports of our own."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from place import CHECKOUT, Place, ProblemError
from processes import Service

SOLR_RECIPE = CHECKOUT / "docker" / "solr"
# Losing a test database in a power cut costs nothing; waiting for the disk does.
QUICK_POSTGRES = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
# Java's second compiler pays for hours of service; a run of tests ends before it has earned its cost.
QUICK_JAVA = ("-XX:TieredStopAtLevel=1",)
MEMORY, ROOM = Path("/dev/shm"), 1 << 30  # noqa: S108 # the folder made there is its owner's alone
"""Where Linux keeps files in memory, and how many bytes have to be free there."""


def run(place: Place, what: str, command: list[str], log: str, typed: str = "", **environment: str) -> str:
    """Run a command as the services' user and return what it printed; all of it goes to a log too.

    ``typed`` is what it reads: the place for a password, which everybody may read in a command.
    :raises ProblemError: when it fails, as "WHAT: failed".
    """
    path = place.log(log)
    # Where there is a terminal Python's getpass asks that, and not what it is given to read.
    done = subprocess.run(
        place.as_service(command),
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=place.root,
        env={**os.environ, **environment},
        start_new_session=bool(typed),
        check=False,
    )
    try:
        with place.open_log(log) as file:
            file.write(f"== {' '.join(command)}\n{done.stdout}".encode())
    except OSError as error:
        raise ProblemError(f"cannot write {path}: {error.strerror}") from error
    if done.returncode:
        full = f" (the disk is full: {place.free_megabytes()} MB free)" if place.free_megabytes() < 50 else ""
        raise ProblemError(f"{what}: failed with exit code {done.returncode}{full}", path, done.stdout)
    return done.stdout


def _postgres_programs() -> Path:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    if not versions:
        raise ProblemError("PostgreSQL is missing in /usr/lib/postgresql")
    return versions[-1].parent


def postgres(place: Place, port: int) -> Service:
    """Return the database server; its cluster is made at the first start."""
    programs, data = _postgres_programs(), place.root / "postgres"
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)
        password = place.root / "run" / "postgres-password"
        place.write(password, place.secret("postgres"))
        command = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
        # Names are sorted as in Spanish: Á beside A, Ñ after N.
        command += ["--locale-provider=icu", "--icu-locale=es"]
        try:
            run(place, "making the database cluster", command, "postgres")
        except ProblemError:
            shutil.rmtree(data, ignore_errors=True)
            raise
        finally:
            password.unlink()
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != programs.parts[-2]:
        raise ProblemError(f"{data} is of PostgreSQL {made_by}, and {programs.parts[-2]} is installed")
    command = [str(programs / "postgres"), "-D", str(data), "-p", str(port)]
    options = ("listen_addresses=127.0.0.1", "unix_socket_directories=")
    for option in (*options, *(QUICK_POSTGRES if place.name == "test" else ())):
        command += ["-c", option]
    ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    return Service(
        "postgres",
        command,
        lambda: subprocess.run(ready, check=False).returncode == 0,
        farewell=signal.SIGINT,  # PostgreSQL's "fast": does not wait for those who are connected
    )


def sql(place: Place, port: int, statement: str) -> str:
    """Run one statement as the cluster's owner and return its unaligned output."""
    command = [str(_postgres_programs() / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    command += ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-d", "postgres"]
    password = place.secret("postgres")
    return run(place, "setting up the database", command, "database", statement, PGPASSWORD=password).strip()


def create_database(place: Place, port: int, name: str, *, afresh: bool, template: str = "template1") -> None:
    """Make a database that belongs to the role ``ckan``, unless it is there; ``afresh`` makes it anew."""
    if not sql(place, port, "SELECT 1 FROM pg_roles WHERE rolname = 'ckan'"):
        sql(place, port, f"CREATE ROLE ckan LOGIN PASSWORD '{place.secret('database')}'")
    if afresh:
        sql(place, port, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    if name not in sql(place, port, "SELECT datname FROM pg_database").splitlines():
        sql(place, port, f"CREATE DATABASE {name} OWNER ckan TEMPLATE {template}")


def redis(place: Place, port: int) -> Service:
    """Return the queue and cache. It has a password: whoever can write jobs can run code."""
    data = place.root / "redis"  # to Redis, which is started in the place's folder, a name without spaces
    data.mkdir(exist_ok=True)
    place.give_away(data)
    password, config = place.secret("redis"), place.root / "run" / "redis.conf"
    keep = 'save ""' if place.name == "test" else "appendonly yes"
    place.write(
        config,
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {data.name}\n{keep}\ndaemonize no\n",
    )

    def answers() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.sendall(f"AUTH {password}\r\nQUIT\r\n".encode())
                with connection.makefile("rb") as replies:
                    return replies.readline() == b"+OK\r\n"
        except OSError:
            return False

    return Service("redis", ["redis-server", str(config)], answers)


def write_solr_home(place: Place) -> None:
    """Write Solr's configuration from the recipe; an index that was built with another one is dropped."""
    home, core = place.root / "solr", place.root / "solr" / "ckan"
    conf = core / "conf"
    for folder in (home, core, conf):
        folder.mkdir(exist_ok=True)
        place.give_away(folder)
    place.write(home / "solr.xml", (SOLR_RECIPE / "solr.xml").read_text(), 0o644)
    place.write(core / "core.properties", "name=ckan\n", 0o644)
    for source in (SOLR_RECIPE / "conf").iterdir():
        place.write(conf / source.name, source.read_text(), 0o644)
    installed = next((place.home / "venv").glob("lib/python3*/site-packages/ckan/config/solr/schema.xml"))
    derived = subprocess.run(
        [sys.executable, str(SOLR_RECIPE / "schema.py"), str(installed), "/dev/stdout"],
        capture_output=True,
        text=True,
        check=False,
    )
    if derived.returncode:
        raise ProblemError(f"deriving Solr's schema: {derived.stderr.strip().splitlines()[-1]}")
    place.write(conf / "schema.xml", derived.stdout, 0o644)
    if place.name == "test" or not is_indexed(place):
        shutil.rmtree(core / "data", ignore_errors=True)


def _index_key(place: Place) -> str:
    """Return a digest of what an index depends on."""
    conf = place.root / "solr" / "ckan" / "conf"
    sources = ("schema.xml", "stopwords.txt", "synonyms.txt")
    return hashlib.sha256(b"".join((conf / name).read_bytes() for name in sources)).hexdigest()


def is_indexed(place: Place) -> bool:
    """Tell whether the index was built, to its end, with today's configuration."""
    mark = place.root / "solr" / "indexed-with"
    return mark.exists() and mark.read_text() == _index_key(place)


def mark_indexed(place: Place) -> None:
    """Note that the index has been built with today's configuration."""
    place.write(place.root / "solr" / "indexed-with", _index_key(place), 0o644)


def solr(place: Place, port: int, *, in_memory: bool = False) -> Service:
    """Return the search engine; its home must have been written.

    ``in_memory`` keeps the index there, if there is room: CKAN commits each dataset, and Solr then waits
    until all of its files are on the disk.
    """
    programs = place.home / "solr"
    home = place.root / "solr"
    command = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"]
    passing = _folder_in_memory(place) if in_memory else None
    command += QUICK_JAVA if place.name == "test" else ()
    command += [f"-Dsolr.data.dir={passing}"] if passing else []
    command += [f"-Dsolr.log.dir={place.root / 'log'}"]
    command += ["-cp", f"{programs}/classes:{programs}/lib/*", "SolrServer", str(home), str(port)]
    address = f"http://127.0.0.1:{port}/solr/ckan/select?q=*:*&rows=0"
    return Service(
        "solr",
        command,
        lambda: answers_ok(address),
        patience=120,
        environment={"LC_ALL": "C.UTF-8"},  # in the POSIX locale Java finds no path with an accent
        passing=passing,
    )


def _folder_in_memory(place: Place) -> Path | None:
    """Return an empty folder for what nobody will miss, or None where there is no room for it."""
    folder = MEMORY / f"gobiernoabierto-{hashlib.sha256(bytes(place.root)).hexdigest()[:12]}"
    try:
        if folder.exists():  # of a run that was killed
            shutil.rmtree(folder)
        if shutil.disk_usage(MEMORY).free < ROOM:
            return None
        folder.mkdir(mode=0o700)
        place.give_away(folder)
    except OSError:
        return None
    return folder


def answers_ok(address: str) -> bool:
    """Tell whether an address of this machine answers 200."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
