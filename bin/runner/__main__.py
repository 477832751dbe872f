"""What bin/serve and bin/test do once bin/env.sh has brought the programs. Needs Debian's Python only."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

import backends
import background
import ckan_site as site
import own
from place import CHECKOUT, Place, ProblemError, is_free
from processes import Group, end_recorded, recorded

LINTERS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
)
TESTS = ("tests/browser", "tests/unit", "tests/integration")
USUAL = (*TESTS, "-m", "not long")
"""What pytest runs that is told nothing."""
WHOLE = {"--faults": (*TESTS, "tests/faults"), "--all": TESTS}
"""What it runs instead."""
MOST_PROCESSES = 8
"""Of pytest: each has a database of Redis, which has sixteen."""


def main() -> int:
    """Run the command and return its exit code; a problem is told in one line."""
    arguments = _parser().parse_args()
    home = Path(arguments.home)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    called = "bin/test" if arguments.command == "test" else "bin/serve"
    try:
        return int(arguments.run(Place(home, "test" if arguments.command == "test" else "serve"), arguments))
    except ProblemError as problem:
        log = f". Log: {problem.log}" if problem.log else ""
        print(f"{called}: {problem}{log}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print(f"\n{called}: stopped", file=sys.stderr, flush=True)
        return 130


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", required=True)
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve")
    serving.add_argument("--port", type=int, required=True)
    serving.add_argument("--demo", type=int, default=0)
    serving.add_argument("--reset", action="store_true")
    serving.add_argument("--background", action="store_true")
    serving.add_argument("--supervise", action="store_true")
    serving.set_defaults(run=serve)
    commands.add_parser("stop").set_defaults(run=stop)
    testing = commands.add_parser("test")
    testing.add_argument("arguments", nargs=argparse.REMAINDER)
    testing.set_defaults(run=test)
    return parser


def say(text: str) -> None:
    """Print a line of progress."""
    print(text, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show a step and how long it took."""
    print(f"{what} ...", end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f" {time.monotonic() - began:.0f} s", flush=True)


@contextmanager
def _only_one(place: Place, problem: str) -> Iterator[None]:
    """Hold the place; its second user is told the problem."""
    with (place.root / "run" / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ProblemError(problem) from error
        yield


@contextmanager
def _ending(group: Group) -> Iterator[None]:
    """End the group's services however this ends; a second Ctrl-C does not leave them running."""
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        group.stop()


# -- bin/serve ---------------------------------------------------------------------------------------


def serve(place: Place, arguments: argparse.Namespace) -> int:
    """Serve the site until Ctrl-C, or in the background."""
    if arguments.background and not arguments.supervise:
        return background.start()
    running = recorded(place)
    if "bin/serve" in running and not arguments.reset:
        return _already_running(place, arguments)
    if not running or _address(place) != f"http://127.0.0.1:{arguments.port}":
        _need_free(arguments.port)  # before anything is stopped
    if running:  # to be reset, or left behind by a supervisor that was killed
        if arguments.reset:
            say("Stopping the running site")
        end_recorded(place)
        _need_free(arguments.port)
    place.create()
    with _only_one(place, f"another bin/serve is starting or running in {place.home}"):
        if arguments.reset:
            place.empty()
        group = Group(place)
        with _ending(group):
            _bring_up(place, group, arguments.port, arguments.demo)
            _announce(place, arguments)
            group.watch()
    return 0


def _need_free(port: int) -> None:
    if not is_free(port):
        raise ProblemError(f"port {port} is taken by another program: choose one with --port N")


def _address(place: Place) -> str:
    """Return where the site of the last start answers; empty if there was none."""
    kept = place.root / "run" / "address"
    return kept.read_text() if kept.exists() else ""


def _already_running(place: Place, arguments: argparse.Namespace) -> int:
    address = _address(place)
    if address != f"http://127.0.0.1:{arguments.port}" and not arguments.demo:
        raise ProblemError(f"already running at {address}: bin/serve --stop ends it")
    if arguments.demo:
        _add_demo(place, arguments.demo)
    say(f"Already running at {address}")
    return 0


def _add_demo(place: Place, number: int) -> None:
    with step(f"Adding {number} synthetic datasets"):
        site.ckan(place, "adding synthetic datasets", "gobiernoabierto", "demo", "synthetic", str(number))


def _start_backends(place: Place, group: Group, *, afresh: bool, in_memory: bool = False) -> dict[str, int]:
    """Start what the site stands on, with a database, and return the ports."""
    ports = place.ports()
    with step("Starting PostgreSQL, Redis and Solr"):
        backends.write_solr_home(place)
        group.start(
            backends.postgres(place, ports["postgres"]),
            backends.redis(place, ports["redis"]),
            backends.solr(place, ports["solr"], in_memory=in_memory),
        )
        backends.create_database(place, ports["postgres"], "ckan", afresh=afresh)
    return ports


def _bring_up(place: Place, group: Group, port: int, demo: int) -> None:
    settings = own.settings(place)
    ports = _start_backends(place, group, afresh=False)
    address = f"http://127.0.0.1:{port}"
    place.write(place.root / "run" / "address", address, 0o644)
    profile = CHECKOUT / "ckanext" / "gobiernoabierto" / "profile.ini"
    site.write_ini(place, place.ini, profile, ports, settings={"ckan.site_url": address, **settings})
    own.check(place, settings)
    _set_up(place)
    with step("Starting the site and its worker"):
        group.start(site.web(place, port), site.worker(place))
    if demo:
        _add_demo(place, demo)


def _set_up(place: Place) -> None:
    """Bring database, translations and index to the state of this checkout; nothing if they have it."""
    mark, key = place.root / "run" / "set-up", site.set_up_key()
    if not mark.exists() or mark.read_text() != key:
        with step("Bringing the database up to date"):
            site.ckan(place, "bringing the database up to date", "db", "upgrade")
        with step("Preparing the translations"):
            site.ckan(place, "preparing the translations", "translation", "js")
        if not mark.exists():  # later, who administers the site is its people's decision
            with step("Creating the administrator"):
                site.create_administrator(place)
        for what, command in site.CONTENT:
            with step(what):
                site.ckan(place, what.lower(), *command)
        place.write(mark, key)
    if not backends.is_indexed(place):
        with step("Building the search index"):
            site.ckan(place, "building the search index", "search-index", "rebuild")
        backends.mark_indexed(place)


def _announce(place: Place, arguments: argparse.Namespace) -> None:
    say(f"\nThe site answers at http://127.0.0.1:{arguments.port}")
    say(f"Administrator: name and password are in {place.root / 'administrator.txt'}")
    say(f"Logs: {place.root / 'log'}")
    if not arguments.background:
        say("Ctrl-C stops it.")
        return
    say("bin/serve --stop stops it.")
    background.let_go(place)


def stop(place: Place, _arguments: argparse.Namespace) -> int:
    """End what bin/serve has started here."""
    say("Stopped." if end_recorded(place) else "Nothing is running.")
    return 0


# -- bin/test ----------------------------------------------------------------------------------------


def test(place: Place, arguments: argparse.Namespace) -> int:
    """Run the checks against services of their own and return the exit code of the first that fails.

    With arguments only pytest runs. Its last line is the last line of all.
    """
    given = set(arguments.arguments)
    benchmarks = "--benchmarks" in given
    wanted = [each for each in arguments.arguments if each not in ("--", "--benchmarks", *WHOLE)]
    environment = {**os.environ, "PATH": f"{place.venv}:{os.environ['PATH']}"}
    if not wanted and not benchmarks:
        for linter in LINTERS:
            say(f"$ {' '.join(linter)}")
            code = subprocess.run(linter, cwd=CHECKOUT, env=environment, check=False).returncode
            if code:
                return code
    place.create()
    with _only_one(place, f"another bin/test is running in {place.home}"):
        group = Group(place)
        with _ending(group):
            processes, wanted = _processes(wanted) if not benchmarks else (0, wanted)
            ports = _bring_up_for_tests(place, group, processes, in_memory=not benchmarks)
            if benchmarks:
                return _benchmarks(place, wanted, environment, ports["postgres"])
            if processes:
                divided = [f"--numprocesses={processes}", "--dist=loadgroup", "--no-loadscope-reorder"]
                wanted = [*divided, *wanted]
            if not _names_tests(wanted):
                wanted += next((tests for name, tests in WHOLE.items() if name in given), USUAL)
            return _pytest(place, wanted, environment)


def _names_tests(wanted: list[str]) -> bool:
    """Tell whether some of pytest's arguments say which tests to run: a path, -k or -m."""
    return any(
        each.startswith(("-k", "-m")) or (CHECKOUT / each.partition("::")[0]).exists() for each in wanted
    )


def _processes(wanted: list[str]) -> tuple[int, list[str]]:
    """Return how many processes pytest shall have, and the other arguments; 0 for its own one.

    Everything at once takes as many as there are cores; a few tests start faster in one.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    most = min(MOST_PROCESSES, os.cpu_count() or 1)
    parser.add_argument("-n", "--numprocesses", type=int, default=0 if wanted else most)
    given, others = parser.parse_known_args(wanted)
    return min(given.numprocesses, MOST_PROCESSES), others


def _bring_up_for_tests(place: Place, group: Group, processes: int, *, in_memory: bool) -> dict[str, int]:
    ports = _start_backends(place, group, afresh=True, in_memory=in_memory)
    # Tests empty their tables row by row, without a look at what refers to what.
    backends.sql(place, ports["postgres"], "GRANT SET ON PARAMETER session_replication_role TO ckan")
    shutil.rmtree(place.storage)
    place.create()
    site.write_ini(place, place.ini, CHECKOUT / "test.ini", ports)
    with step("Migrating the databases"):
        site.ckan(place, "migrating the database", "db", "upgrade")
    # The site that the browser tests visit is a process of its own. It offers to follow by mail (without
    # a worker it sends none) and takes proposals.
    own = {
        "ckan.site_url": f"http://127.0.0.1:{ports['browser']}",
        "smtp.mail_from": "catalogo@example.org",
        "ckanext.gobiernoabierto.proposals.open": "true",
    }
    _write_test_site(place, ports, "browser", 1, settings=own)
    # One site that is harvested, and two that harvest it: of ours, and of stock CKAN, which migrates its own.
    _write_test_site(place, ports, "origin", 10)
    _write_test_site(place, ports, "reader", 11, base=CHECKOUT / "tests" / "reader.ini")
    stock = CHECKOUT / "tests" / "stock.ini"
    _write_test_site(place, ports, "stock", 12, base=stock, template="template1")
    for number in range(processes):  # pytest-xdist's names; tests/conftest.py takes them up
        _write_test_site(place, ports, f"gw{number}", 2 + number)
    return ports


def _write_test_site(
    place: Place,
    ports: dict[str, int],
    name: str,
    redis_database: int,
    *,
    base: Path = CHECKOUT / "test.ini",
    template: str = "ckan",
    settings: dict[str, str] | None = None,
) -> None:
    """Make a further site for tests, which shares the services and nothing that is in them."""
    database = f"ckan_{name}"
    backends.create_database(place, ports["postgres"], database, afresh=True, template=template)
    site.write_ini(
        place,
        place.root / f"{name}.ini",
        base,
        ports,
        database=database,
        redis_database=redis_database,
        settings={
            "ckan.site_id": name,
            "ckan.storage_path": str(place.storage / name),
            **(settings or {}),
        },
    )


def _pytest(place: Place, wanted: list[str], environment: dict[str, str]) -> int:
    command = [str(place.venv / "python"), "-m", "pytest", f"--ckan-ini={place.ini}", *wanted]
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment) as tests:
        try:
            return tests.wait()
        except KeyboardInterrupt:
            # A terminal's Ctrl-C has reached pytest too: it has its last line to say.
            for number in (signal.SIGINT, signal.SIGKILL):
                with suppress(subprocess.TimeoutExpired):
                    return tests.wait(20) or 130
                tests.send_signal(number)
            raise


def _benchmarks(place: Place, wanted: list[str], environment: dict[str, str], postgres: int) -> int:
    """Run the named programs of ``benchmarks/``, or all, each with the configuration of an empty site."""
    names = wanted or sorted(path.stem for path in (CHECKOUT / "benchmarks").glob("*.py"))
    for name in names:
        say(f"\n== {name}")
        # The site of the browser tests is migrated and empty: each benchmark begins with a copy of it.
        backends.create_database(place, postgres, "ckan", afresh=True, template="ckan_browser")
        program = CHECKOUT / "benchmarks" / f"{name}.py"
        command = [str(place.venv / "python"), str(program), str(place.ini)]
        code = subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
