"""Where one set of services lives, under which user it runs, and what it keeps secret."""

from __future__ import annotations

import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

SERVICE_USER = "gobiernoabierto"
SECRET_NAMES = ("postgres", "database", "redis", "site", "csrf", "administrator")
CHECKOUT = Path(__file__).resolve().parents[2]


class ProblemError(Exception):
    """Something the person at the keyboard has to know, in one line, with the log to read if there is one."""

    def __init__(self, message: str, log: Path | None = None, output: str = "") -> None:
        super().__init__(message)
        self.log = log
        self.output = output


@dataclass(frozen=True)
class Place:
    """The folder of one set of services: ``serve`` or ``test`` under the home folder.

    Both may run at the same time: they share programs (``venv``, ``solr``), and nothing that changes.
    """

    home: Path
    name: str

    @property
    def root(self) -> Path:
        """The folder that holds everything of this set; deleting it is starting afresh."""
        return self.home / self.name

    @property
    def venv(self) -> Path:
        """The programs of the virtual environment."""
        return self.home / "venv" / "bin"

    @property
    def storage(self) -> Path:
        """CKAN's storage folder."""
        return self.root / "storage"

    @property
    def ini(self) -> Path:
        """CKAN's configuration file, written at each start."""
        return self.root / "site.ini"

    @property
    def own(self) -> Path:
        """The settings of the site's own, which people write."""
        return self.root / "own.ini"

    def log(self, service: str) -> Path:
        """Return the log file of one service."""
        return self.root / "log" / f"{service}.log"

    def open_log(self, service: str) -> BinaryIO:
        """Open the log of one service to append to it; none but its owner reads it, also where all could.

        :raises OSError: when it cannot be written.
        """
        descriptor = os.open(self.log(service), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.fchmod(descriptor, 0o600)
        return os.fdopen(descriptor, "ab")

    def create(self) -> None:
        """Make the folders; they belong to the user that the services run as.

        :raises ProblemError: when the disk is full or the folder cannot be written.
        """
        try:
            for folder in (self.root, self.root / "log", self.root / "run", self.storage):
                folder.mkdir(mode=0o755, parents=True, exist_ok=True)
                self.give_away(folder)
        except OSError as error:
            raise ProblemError(f"cannot write in {self.root}: {error.strerror}") from error

    def empty(self) -> None:
        """Delete what is in the folder, but for the site's own settings and the lock, which is held."""
        run = self.root / "run"
        for path in {*self.root.iterdir(), *run.iterdir()} - {run, run / "lock", self.own}:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        self.create()

    def write(self, path: Path, text: str, mode: int = 0o600) -> None:
        """Write a file whole or not at all, owned by the services' user.

        :raises ProblemError: when the disk is full or the folder cannot be written.
        """
        part = path.with_name(f"{path.name}.part")
        try:
            part.unlink(missing_ok=True)
            part.touch(mode, exist_ok=False)
            part.write_text(text, encoding="utf-8")
            self.give_away(part)
            part.replace(path)
        except OSError as error:
            raise ProblemError(f"cannot write {path}: {error.strerror}") from error

    def give_away(self, path: Path) -> None:
        """Hand a path to the services' user, where that is another one than the caller."""
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    @cached_property
    def account(self) -> pwd.struct_passwd | None:
        """The unprivileged account of the services when root calls; created when there is none."""
        if os.geteuid() != 0:
            return None
        try:
            return pwd.getpwnam(SERVICE_USER)
        except KeyError:
            command = ["useradd", "--system", "--user-group", "--no-create-home"]
            command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", SERVICE_USER]
            made = subprocess.run(command, capture_output=True, text=True, check=False)
            if made.returncode:
                problem = f"cannot create the user {SERVICE_USER}: {made.stderr.strip()}"
                raise ProblemError(problem) from None
            return pwd.getpwnam(SERVICE_USER)

    @cached_property
    def _identity(self) -> tuple[str, ...]:
        """The options of setpriv that turn root into the services' user."""
        if self.account is None:
            return ()
        user = (f"--reuid={self.account.pw_uid}", f"--regid={self.account.pw_gid}", "--clear-groups")
        # A clone in /root is closed to everyone else: there the services may look, but not write.
        look = (
            "--inh-caps=-all,+dac_read_search",
            "--ambient-caps=-all,+dac_read_search",
            # Without this bit access(2), which Java asks, leaves the right out of account.
            "--securebits=+no_setuid_fixup",
        )
        probe = [
            "tail",
            "-c1",
            str(self.venv / "ckan"),
            str(CHECKOUT / "test.ini"),
            str(self.root / ".probe"),
        ]
        (self.root / ".probe").touch()
        for options in ((*user, "--inh-caps=-all"), (*user, *look)):
            if not subprocess.run(["setpriv", *options, *probe], capture_output=True, check=False).returncode:
                return options
        raise ProblemError(
            f"the user {SERVICE_USER} cannot read {CHECKOUT} or {self.home}: "
            "put both into a folder that every user may enter"
        )

    def as_service(self, command: list[str], farewell: signal.Signals = signal.SIGTERM) -> list[str]:
        """Return the command as the services' user runs it; it gets ``farewell`` when its parent dies."""
        name = farewell.name.removeprefix("SIG")
        return ["setpriv", *self._identity, f"--pdeathsig={name}", "--", *command]

    def secret(self, name: str) -> str:
        """Return a generated secret, the same one at each start."""
        path = self.root / "run" / "secrets.json"
        kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        if set(SECRET_NAMES) - set(kept):
            kept = {each: kept.get(each) or secrets.token_hex(20) for each in SECRET_NAMES}
            self.write(path, json.dumps(kept, indent=1))
        return kept[name]

    def ports(self) -> dict[str, int]:
        """Return a free port for each backing service: those of the last start where they are free."""
        path = self.root / "run" / "ports.json"
        last: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        chosen: dict[str, int] = {}
        for service in ("postgres", "redis", "solr", "browser"):
            port = last.get(service, 0)
            chosen[service] = port if port and is_free(port) else _free_port(set(chosen.values()))
        if chosen != last:
            self.write(path, json.dumps(chosen), 0o644)
        return chosen

    def free_megabytes(self) -> int:
        """Return the space left on the disk of this place."""
        return shutil.disk_usage(self.home).free // 2**20


def is_free(port: int) -> bool:
    """Tell whether nobody listens on a port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port(taken: set[int]) -> int:
    """Return a free port below those that the system gives to outgoing connections."""
    candidates = range(20_000, 32_000)
    for port in random.sample(candidates, len(candidates)):
        if port not in taken and is_free(port):
            return port
    raise ProblemError("no free port between 20000 and 32000")
