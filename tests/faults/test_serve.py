"""bin/serve when things go wrong: one clear line, an exit code, nothing left running.

Each fault is made for real, in a home folder of the test's own that borrows only the installed programs.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from ckan.common import config

SERVICES = ("postgres", "redis", "solr", "web", "worker")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk or change user")


@dataclass(frozen=True)
class Home:
    """A home folder with a site in it, or not yet."""

    folder: Path
    checkout: Path
    port: int

    @property
    def url(self) -> str:
        """Where its site answers."""
        return f"http://127.0.0.1:{self.port}"

    def command(self, *options: str) -> list[str]:
        """Return the words of bin/serve for this home."""
        command = [str(self.checkout / "bin/serve"), *options]
        return command if "--stop" in options else [*command, "--port", str(self.port)]

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment that names this home."""
        return {**os.environ, "GOBIERNOABIERTO_HOME": str(self.folder), **more}

    def serve(self, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run bin/serve to its end."""
        return subprocess.run(
            self.command(*options),
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def living(self) -> list[str]:
        """Return the commands of all processes that work in this home."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if str(self.folder) in command or (process / "cwd").readlink().is_relative_to(self.folder):
                    found.append(f"{process.name} {command}")
        return found

    def dies_out(self, seconds: float = 60) -> bool:
        """Wait until nothing of this home is left running."""
        deadline = time.monotonic() + seconds
        while self.living() and time.monotonic() < deadline:
            time.sleep(0.1)
        return not self.living()

    def pids(self) -> dict[str, int]:
        """Return the process ids of the running services, by name."""
        marks = json.loads((self.folder / "serve/run/processes.json").read_text())
        return {name: pid for name, (pid, _mark) in marks.items()}

    def answers(self) -> bool:
        """Tell whether its site answers."""
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/api/3/action/status_show", timeout=30):
            return True
        return False


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that a failed bin/serve says."""
    assert done.returncode not in (0, None), done.stdout
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("bin/serve: ")
    return lines[0]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def furnish(folder: Path) -> None:
    """Put the programs that bin/test has installed into a home."""
    programs = Path(config["__file__"]).parents[1]
    for name in ("venv", "solr"):
        (folder / name).symlink_to(programs / name)
    for mark in programs.glob(".done-*"):
        shutil.copy(mark, folder)


@pytest.fixture
def home(checkout: Path) -> Iterator[Home]:
    """A home without a site."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        furnish(Path(folder))
        one = Home(Path(folder), checkout, free_port())
        yield one
        one.serve("--stop")
        assert one.dies_out(), one.living()


@pytest.fixture(scope="module")
def site(checkout: Path) -> Iterator[Home]:
    """A home whose site has been set up, and stopped."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        furnish(Path(folder))
        one = Home(Path(folder), checkout, free_port())
        done = one.serve("--background")
        assert done.returncode == 0, done.stdout + done.stderr
        one.serve("--stop")
        assert one.dies_out(), one.living()
        yield one
        one.serve("--stop")


# -- What is missing before it starts ------------------------------------------------------------------


def test_taken_port_is_named_and_nothing_starts(home: Home) -> None:
    """Another program has the site's port."""
    with socket.create_server(("127.0.0.1", home.port)):
        line = one_line(home.serve())

    assert f"port {home.port} is taken" in line
    assert home.living() == []


@pytest.mark.parametrize("tool", ["java", "redis-server", "setpriv"])
def test_missing_tool_is_named(home: Home, tool: str, tmp_path: Path) -> None:
    """A program is not in PATH, whatever Debian says."""
    for folder in ("/usr/sbin", "/usr/bin"):
        for program in Path(folder).iterdir():
            if program.name != tool and not (tmp_path / program.name).exists():
                (tmp_path / program.name).symlink_to(program)

    line = one_line(home.serve(PATH=str(tmp_path)))

    assert f"{tool} is missing" in line
    assert str(home.folder / "setup.log") in line
    assert home.living() == []


@needs_root
def test_missing_packages_without_root_give_the_one_line_to_run(home: Home) -> None:
    """Who may not install is told what to ask for."""
    stubs, nobodys = home.folder / "stubs", home.folder / "nobodys"
    for folder in (stubs, nobodys):
        folder.mkdir()
    os.chown(nobodys, 65534, 65534)
    for name in ("dpkg-query", "sudo"):
        (stubs / name).write_text("#!/bin/sh\nexit 1\n")
        (stubs / name).chmod(0o755)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *home.command()],
        env=home.environment(PATH=f"{stubs}:{os.environ['PATH']}", GOBIERNOABIERTO_HOME=str(nobodys)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "apt-get install --no-install-recommends " in one_line(done)
    assert "postgresql" in done.stderr


def test_unknown_option_and_bad_number_are_refused(home: Home) -> None:
    """Nothing is set up for a typing mistake."""
    assert "unknown option --prot" in one_line(home.serve("--prot"))
    assert "--demo needs a number" in one_line(home.serve("--demo", "many"))
    assert home.living() == []


# -- A disk that is full -------------------------------------------------------------------------------


@pytest.fixture
def small_disk(checkout: Path) -> Iterator[Home]:
    """A home on a disk of 260 MB."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=260m,mode=755", "tmpfs", folder], check=True)
        try:
            furnish(Path(folder))
            one = Home(Path(folder), checkout, free_port())
            yield one
            one.serve("--stop")
            assert one.dies_out(), one.living()
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> None:
    """Write until the disk is full."""
    with suppress(OSError), (folder / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(b"\0" * 4096 * 16)


@needs_root
def test_full_disk_is_said_before_anything_starts(small_disk: Home) -> None:
    """There is no room from the first."""
    fill(small_disk.folder)

    line = one_line(small_disk.serve())

    assert "is full" in line
    assert str(small_disk.folder) in line
    assert small_disk.living() == []


@needs_root
def test_disk_that_fills_during_set_up_is_said(small_disk: Home) -> None:
    """The room ends while the database is being made; the next start begins where there is room again."""

    def fill_soon() -> None:
        while not (small_disk.folder / "serve/run").exists():
            time.sleep(0.005)
        fill(small_disk.folder)

    filler = threading.Thread(target=fill_soon)
    filler.start()
    line = one_line(small_disk.serve("--background"))
    filler.join()

    assert "full" in line or "No space left" in line
    assert str(small_disk.folder) in line
    assert small_disk.dies_out(5), small_disk.living()

    (small_disk.folder / "ballast").unlink()
    done = small_disk.serve("--background")
    assert done.returncode == 0, done.stderr


# -- A service that dies -------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_killed_service_ends_all_with_one_line(site: Home, service: str) -> None:
    """In the foreground: it says who died and where to read more."""
    with subprocess.Popen(
        site.command(),
        env=site.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as serving:
        assert serving.stdout is not None
        while "Ctrl-C" not in (line := serving.stdout.readline()):
            assert line, "it ended before the site answered"
        os.kill(site.pids()[service], signal.SIGKILL)
        out, error = serving.communicate(timeout=60)

    line = one_line(subprocess.CompletedProcess((), serving.returncode, out, error))
    assert f"{service} was killed by SIGKILL" in line
    assert str(site.folder / f"serve/log/{service}.log") in line
    assert site.dies_out(5), site.living()


def test_killed_service_in_the_background_is_told_in_the_log(site: Home) -> None:
    """Nobody is looking: the log keeps it, and nothing is left."""
    assert site.serve("--background").returncode == 0
    os.kill(site.pids()["redis"], signal.SIGKILL)

    assert site.dies_out(), site.living()
    assert "redis was killed by SIGKILL" in (site.folder / "serve/log/serve.log").read_text()
    assert "Nothing is running" in site.serve("--stop").stdout


def test_killed_supervisor_takes_its_services_along(site: Home) -> None:
    """kill -9 of bin/serve itself leaves nothing, and the next start works."""
    assert site.serve("--background").returncode == 0
    os.kill(site.pids()["bin/serve"], signal.SIGKILL)

    assert site.dies_out(), site.living()
    assert site.serve("--background").returncode == 0
    assert site.answers()
    assert site.serve("--stop").returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["Starting PostgreSQL", "Ctrl-C"])
def test_an_interrupt_stops_everything(site: Home, number: signal.Signals, moment: str) -> None:
    """While it starts as well as afterwards."""
    with subprocess.Popen(
        site.command(),
        env=site.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    ) as serving:
        assert serving.stdout is not None
        shown = b""
        while moment.encode() not in shown:
            shown += (piece := serving.stdout.read(1))
            assert piece, "it ended too soon"
        serving.send_signal(number)
        serving.communicate(timeout=60)

    assert serving.returncode == 130
    assert site.dies_out(5), site.living()


# -- Starting again, and stopping ----------------------------------------------------------------------


def dump(site: Home) -> str:
    """Return all rows of the running site's database, as text."""
    secrets = json.loads((site.folder / "serve/run/secrets.json").read_text())
    port = json.loads((site.folder / "serve/run/ports.json").read_text())["postgres"]
    done = subprocess.run(
        ["pg_dump", "-h", "127.0.0.1", "-p", str(port), "-U", "ckan", "ckan"],
        env={**os.environ, "PGPASSWORD": secrets["database"]},
        capture_output=True,
        text=True,
        check=True,
    )
    # pg_dump guards its output with a new random word each time.
    return "".join(
        line for line in done.stdout.splitlines(True) if not line.startswith(("\\restrict", "\\unrestrict"))
    )


def test_second_start_is_quick_and_changes_nothing(site: Home) -> None:
    """Under 20 s; the same passwords, the same rows."""
    assert site.serve("--background").returncode == 0
    before = dump(site), (site.folder / "serve/administrator.txt").read_text()
    site.serve("--stop")

    # On a machine whose cores are shared the clock runs on while others work.
    shared_by = max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))
    began = time.monotonic()
    done = site.serve("--background")
    took = time.monotonic() - began

    assert done.returncode == 0, done.stderr
    assert took < 20 * shared_by
    assert (dump(site), (site.folder / "serve/administrator.txt").read_text()) == before
    site.serve("--stop")


def test_starting_twice_says_where_it_runs(site: Home) -> None:
    """The second start leaves the first alone, and another port is refused."""
    assert site.serve("--background").returncode == 0
    running = site.pids()

    assert f"Already running at {site.url}" in site.serve("--background").stdout
    other = Home(site.folder, site.checkout, free_port())
    assert f"already running at {site.url}" in one_line(other.serve())
    assert site.pids() == running
    assert site.answers()
    site.serve("--stop")


def test_stop_ends_only_what_this_home_started(site: Home, home: Home) -> None:
    """Another home's site goes on, and so does a process that has got a recorded id since."""
    assert site.serve("--background").returncode == 0
    with subprocess.Popen(["sleep", "600"]) as stranger:
        record = home.folder / "serve/run/processes.json"
        record.parent.mkdir(parents=True)
        record.write_text(
            json.dumps({"bin/serve": [stranger.pid, "another-boot:1"], "web": [stranger.pid, None]})
        )

        assert "Nothing is running" in home.serve("--stop").stdout

        assert stranger.poll() is None
        assert site.answers()
        stranger.kill()
    assert "Stopped" in site.serve("--stop").stdout
    assert site.dies_out(5), site.living()


def test_reset_begins_afresh(site: Home) -> None:
    """New passwords, and what was uploaded is gone."""
    (site.folder / "serve/storage/upload").write_text("x")
    before = (site.folder / "serve/administrator.txt").read_text()

    done = site.serve("--reset", "--background")

    assert done.returncode == 0, done.stderr
    assert (site.folder / "serve/administrator.txt").read_text() != before
    assert not (site.folder / "serve/storage/upload").exists()
    site.serve("--stop")


@needs_root
def test_home_in_a_folder_that_is_closed_to_others(checkout: Path, tmp_path: Path) -> None:
    """As a clone in /root is: the services' user gets in to read, and everything works."""
    folder = tmp_path / "home"
    folder.mkdir()
    tmp_path.chmod(0o700)
    furnish(folder)
    closed = Home(folder, checkout, free_port())

    done = closed.serve("--background")

    assert done.returncode == 0, done.stderr
    assert closed.answers()
    closed.serve("--stop")
    assert closed.dies_out(5), closed.living()


# -- What others on the machine can see ----------------------------------------------------------------


def test_secrets_are_for_their_owner_only(site: Home) -> None:
    """In no log, in no command line, in no file that others may read."""
    assert site.serve("--background").returncode == 0
    secrets = json.loads((site.folder / "serve/run/secrets.json").read_text()).values()

    commands = "\n".join(site.living())
    for secret in secrets:
        assert secret not in commands
        for file in (site.folder / "serve").rglob("*"):
            if file.is_file() and secret.encode() in file.read_bytes():
                assert file.stat().st_mode & 0o077 == 0, file
                assert file.suffix != ".log", file
    site.serve("--stop")


def test_everything_listens_on_the_loopback_address_only(site: Home) -> None:
    """No service can be reached from another machine."""
    assert site.serve("--background").returncode == 0
    loopback = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")
    listening, open_to_all = set(), set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(table).read_text().splitlines()[1:]:
            local, state, inode = row.split()[1], row.split()[3], row.split()[9]
            if state == "0A":
                (listening if local.split(":")[0] in loopback else open_to_all).add(f"socket:[{inode}]")

    ours = set()
    for line in site.living():
        for descriptor in Path(f"/proc/{line.split()[0]}/fd").iterdir():
            with suppress(OSError):
                ours.add(str(descriptor.readlink()))

    assert len(ours & listening) >= 4  # PostgreSQL, Redis, Solr, the site
    assert not ours & open_to_all
    site.serve("--stop")
