"""A site in the background: who starts it hears of it until it answers, and goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from place import Place

READY = b"\0"


def start() -> int:
    """Start a supervisor of its own session and return when it says that the site answers."""
    command = [sys.executable, str(Path(__file__).parent), *sys.argv[1:], "--supervise"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
    ) as supervisor:
        assert supervisor.stdout is not None
        try:
            return _relay(supervisor)
        except KeyboardInterrupt:
            supervisor.terminate()
            supervisor.wait()
            raise


def _relay(supervisor: subprocess.Popen[bytes]) -> int:
    """Pass on what the supervisor prints until it is ready, or has failed."""
    assert supervisor.stdout is not None
    while piece := os.read(supervisor.stdout.fileno(), 4096):
        before, ready, _after = piece.partition(READY)
        sys.stdout.buffer.write(before)
        sys.stdout.flush()
        if ready:
            os._exit(0)  # without waiting for the supervisor, which goes on
    return supervisor.wait()


def let_go(place: Place) -> None:
    """Say to who started it that the site answers, and from now on write to the log."""
    sys.stdout.buffer.write(READY)
    sys.stdout.flush()
    with place.open_log("serve") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
