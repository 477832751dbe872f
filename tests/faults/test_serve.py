"""bin/serve when things go wrong: one clear line, an exit code, nothing left running.

Each fault is made for real, in a home folder of the test's own.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

SERVICES = ("postgres", "redis", "solr", "web", "worker")


# -- What is missing before it starts ------------------------------------------------------------------


def test_taken_port_is_named_and_nothing_starts(home, one_line):
    """Another program has the site's port."""
    with socket.create_server(("127.0.0.1", home.port)):
        line = one_line(home.serve())

    assert f"port {home.port} is taken" in line
    assert home.living() == []


@pytest.mark.parametrize("tool", ["java", "redis-server", "setpriv"])
def test_missing_tool_is_named(home, tmp_path, one_line, tool):
    """A program is not in PATH, whatever Debian says."""
    for folder in ("/usr/sbin", "/usr/bin"):
        for program in Path(folder).iterdir():
            if program.name != tool and not (tmp_path / program.name).exists():
                (tmp_path / program.name).symlink_to(program)

    line = one_line(home.serve(PATH=str(tmp_path)))

    assert f"{tool} is missing" in line
    assert str(home.folder / "setup.log") in line
    assert home.living() == []


@pytest.mark.usefixtures("root")
def test_missing_packages_without_root_give_the_one_line_to_run(home, one_line):
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


def test_unknown_option_and_bad_number_are_refused(home, one_line):
    """Nothing is set up for a typing mistake."""
    assert "unknown option --prot" in one_line(home.serve("--prot"))
    assert "--demo needs a number" in one_line(home.serve("--demo", "many"))
    assert home.living() == []


# -- A disk that is full -------------------------------------------------------------------------------


def fill(folder: Path) -> None:
    """Write until the disk is full."""
    with suppress(OSError), (folder / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(b"\0" * 4096 * 16)


def test_full_disk_is_said_before_anything_starts(small_disk, one_line):
    """There is no room from the first."""
    fill(small_disk.folder)

    line = one_line(small_disk.serve())

    assert "is full" in line
    assert str(small_disk.folder) in line
    assert small_disk.living() == []


def test_disk_that_fills_during_set_up_is_said(small_disk, one_line):
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
def test_killed_service_ends_all_with_one_line(site, one_line, service):
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


def test_killed_service_in_the_background_is_told_in_the_log(site):
    """Nobody is looking: the log keeps it, and nothing is left."""
    assert site.serve("--background").returncode == 0
    os.kill(site.pids()["redis"], signal.SIGKILL)

    assert site.dies_out(), site.living()
    assert "redis was killed by SIGKILL" in (site.folder / "serve/log/serve.log").read_text()
    assert "Nothing is running" in site.serve("--stop").stdout


def test_killed_supervisor_takes_its_services_along(site):
    """kill -9 of bin/serve itself leaves nothing, and the next start works."""
    assert site.serve("--background").returncode == 0
    os.kill(site.pids()["bin/serve"], signal.SIGKILL)

    assert site.dies_out(), site.living()
    assert site.serve("--background").returncode == 0
    assert site.answers()
    assert site.serve("--stop").returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["Starting PostgreSQL", "Ctrl-C"])
def test_an_interrupt_stops_everything(site, number, moment):
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
