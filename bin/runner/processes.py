"""Processes that are started once, watched, and ended together: ours and no others."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from place import Place, ProblemError


@dataclass(frozen=True)
class Service:
    """How to run one service, how to know that it answers, and how it likes to be ended."""

    name: str
    command: list[str]
    answers: Callable[[], bool]
    farewell: signal.Signals = signal.SIGTERM
    patience: int = 60
    environment: dict[str, str] = field(default_factory=dict)
    passing: Path | None = None
    """A folder that goes with it."""


def born(pid: int) -> str | None:
    """Return when a process began, as a mark that no later process with its id has; None if it is gone."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        if fields[0] not in "ZX":
            return Path("/proc/sys/kernel/random/boot_id").read_text().strip() + ":" + fields[19]
    return None


class Group:
    """The services of one place, in the order in which they were started."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.running: list[tuple[Service, subprocess.Popen[bytes]]] = []
        self.record = place.root / "run" / "processes.json"

    def start(self, *services: Service) -> None:
        """Start services together and wait until each answers.

        :raises ProblemError: when one ends or does not answer in time.
        """
        for service in services:
            with self.place.open_log(service.name) as log:
                process = subprocess.Popen(
                    self.place.as_service(service.command, service.farewell),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self.place.root,
                    env={**os.environ, **service.environment},
                    start_new_session=True,
                )
            self.running.append((service, process))
            self._write_record()
        for service in services:
            self._wait_for(service)

    def _wait_for(self, service: Service) -> None:
        deadline = time.monotonic() + service.patience
        while not service.answers():
            self.check()
            if time.monotonic() > deadline:
                problem = f"{service.name} does not answer after {service.patience} s"
                raise ProblemError(problem, self.place.log(service.name))
            time.sleep(0.1)
        self.check()

    def check(self) -> None:
        """Raise a ProblemError if a service has ended."""
        for service, process in self.running:
            code = process.poll()
            if code is not None:
                how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
                problem = f"{service.name} {how}{self.disk()}; everything was stopped"
                raise ProblemError(problem, self.place.log(service.name))

    def disk(self) -> str:
        """Return a remark if the disk is full."""
        free = self.place.free_megabytes()
        return f" (the disk of {self.place.home} is full: {free} MB free)" if free < 50 else ""

    def watch(self) -> None:
        """Stay until a service ends.

        :raises ProblemError: always, naming the service.
        """
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        """End all services, the last one first; what does not end in 20 s is killed."""
        for service, process in reversed(self.running):
            if process.poll() is None:
                process.send_signal(service.farewell)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            # Its children too: a job's work horse outlives its worker.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if service.passing:
                shutil.rmtree(service.passing, ignore_errors=True)
        self.running.clear()
        self.record.unlink(missing_ok=True)

    def _write_record(self) -> None:
        marks = {service.name: (process.pid, born(process.pid)) for service, process in self.running}
        marks["bin/serve"] = (os.getpid(), born(os.getpid()))
        self.place.write(self.record, json.dumps(marks))


def recorded(place: Place) -> dict[str, int]:
    """Return the processes that a start has left on record and that still run, by name."""
    path = place.root / "run" / "processes.json"
    try:
        marks = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {name: pid for name, (pid, mark) in marks.items() if mark is not None and born(pid) == mark}


def end_recorded(place: Place, patience: float = 90) -> bool:
    """End what a start has left running: its supervisor, which ends the rest, then whatever is left.

    Process ids that belong to somebody else by now are left alone. Tells whether there was anything.
    """
    found = recorded(place)
    supervisor = found.get("bin/serve")
    targets = [supervisor] if supervisor else list(found.values())
    for pid in targets:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while recorded(place) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in recorded(place).values():
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    (place.root / "run" / "processes.json").unlink(missing_ok=True)
    return bool(found)
