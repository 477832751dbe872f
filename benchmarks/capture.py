"""A workshop of 300 lines: 20 facilitators save them at once, and the web server is killed twice meanwhile.

Bounds: no line lost, none doubled. Each facilitator sends as the page's script does: one line after the
other, the same key again until there is an answer. Of every fifth line the first answer is lost: the
facilitator's connection ends as soon as it is sent, and the site saves it all the same. The server is
killed with all its workers (kill -9) after a third and after two thirds of the lines, whatever it is
doing, and started again. There is no stock peer. Without the keys, 41 of 300 lines were doubled.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import requests

from entity_page import client

CHECKOUT = Path(__file__).resolve().parents[1]
WORKSHOP, MUNICIPALITY = "ideaton-villa-nueva-2017", "0115"
FACILITATORS, LINES = 20, 15
KILLED_AFTER = (100, 200)
"""Answers after which the server is killed."""
PAUSE, PATIENCE = 0.2, 120
"""Seconds between two attempts, and until a facilitator gives up."""
ANSWER_WITHIN, CUT_AFTER = 20, 0.001
"""Seconds that a facilitator waits for an answer, and those after which a connection is cut."""
CUT_EACH = 5


@dataclass
class Sitting:
    """What is counted while all of them type."""

    url: str
    answered: int = 0
    resent: int = 0
    lock: Lock = field(default_factory=Lock)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The web server, in a group of processes of its own."""

    def __init__(self, ini: str) -> None:
        """Start it."""
        self.port = free_port()
        self.ini = ini
        self.start()

    def start(self) -> None:
        """Start it on its port, and wait until it answers."""
        command = [str(Path(sys.executable).parent / "gunicorn"), "--chdir", str(CHECKOUT / "docker")]
        command += ["--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--threads", "4"]
        self.process = subprocess.Popen(
            [*command, "wsgi:application"],
            env={**os.environ, "CKAN_INI": self.ini},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(600):
            try:
                requests.get(f"http://127.0.0.1:{self.port}/api/3/action/status_show", timeout=5)
                return
            except requests.RequestException:
                time.sleep(0.1)
        raise SystemExit("the server does not answer")

    def kill(self) -> None:
        """End it and its workers at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running(ini: str) -> Any:
    """Yield a server that ends with the block."""
    server = Server(ini)
    try:
        yield server
    finally:
        server.kill()


def prepare(ini: str) -> tuple[Any, list[str]]:
    """Fill the site; return its application and a token of each facilitator."""
    app = client(ini).application._wsgi_app
    with app.test_request_context():
        import ckan.plugins.toolkit as tk
        from ckan import model
        from ckanext.gobiernoabierto.logic.reference import SHIPPED, load

        load(SHIPPED)
        site = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]

        def call(action: str, **data: Any) -> Any:
            return tk.get_action(action)({"user": site, "ignore_auth": True}, data)

        names = [f"facilita-{number}" for number in range(FACILITATORS)]
        for name in names:
            call("user_create", name=name, email=f"{name}@example.org", password=str(uuid.uuid4()))
        members = [{"name": name, "capacity": "editor"} for name in names]
        office = call("organization_create", name="oficina-de-los-talleres", users=members)
        call("gobiernoabierto_organization_role_update", id=office["id"], municipality=MUNICIPALITY)
        asked = {"name": "tablet", "expires_in": 1, "unit": 86_400}
        tokens = [call("api_token_create", user=name, **asked)["token"] for name in names]
        model.Session.remove()
    return app, tokens


def send(sitting: Sitting, browser: requests.Session, line: dict[str, str], *, cut: bool) -> str:
    """Send a line until the site answers that it is saved, and return its code; ``cut``: twice at least."""
    deadline = time.monotonic() + PATIENCE
    for attempt in range(10_000):
        try:
            wait = CUT_AFTER if cut and not attempt else ANSWER_WITHIN
            answer = browser.post(f"{sitting.url}/taller/{WORKSHOP}/captura", line, timeout=(5, wait))
            if answer.status_code == 200:
                return str(answer.json()["line"]["code"])
            assert answer.status_code >= 500, answer.text
        except requests.RequestException:
            pass
        with sitting.lock:
            sitting.resent += 1
        assert time.monotonic() < deadline, f"no answer after {attempt} attempts"
        time.sleep(PAUSE)
    raise AssertionError


def facilitate(sitting: Sitting, number: int, token: str) -> list[str]:
    """Type the lines of one facilitator, two ideas after each problem; return what was typed."""
    browser = requests.Session()
    browser.headers.update({"Authorization": token, "Accept": "application/json"})
    typed, what = [], "problem"
    for each in range(LINES):
        what = "problem" if each % 3 == 0 else what
        text = f"Línea {each} de la mesa {number}"
        line = {"key": str(uuid.uuid4()), "what": what, "municipality": MUNICIPALITY, "text": text}
        code = send(sitting, browser, line, cut=each % CUT_EACH == 0)
        typed.append(text)
        with sitting.lock:
            sitting.answered += 1
        what = f"idea:{code}" if what == "problem" else what
    return typed


def sit(ini: str, tokens: list[str]) -> tuple[Sitting, list[str], float]:
    """Let all of them type while the server is killed; return what was counted and typed, and the seconds."""
    with running(ini) as server, ThreadPoolExecutor(FACILITATORS) as pool:
        sitting = Sitting(f"http://127.0.0.1:{server.port}")
        began = time.monotonic()
        working = [pool.submit(facilitate, sitting, n, token) for n, token in enumerate(tokens)]
        for answers in KILLED_AFTER:
            while sitting.answered < answers and not all(each.done() for each in working):
                time.sleep(0.005)
            server.kill()
            server.start()
        typed = [text for each in working for text in each.result()]
        return sitting, typed, time.monotonic() - began


def stored(app: Any) -> tuple[list[str], int, int]:
    """Return the texts of all that is saved of the sitting, its rows of history, and its keys."""
    with app.test_request_context():
        import sqlalchemy as sa
        from ckan import model
        from ckanext.gobiernoabierto.entities import registry
        from ckanext.gobiernoabierto.entities.captured import KINDS, CapturedLine
        from ckanext.gobiernoabierto.entities.history import History

        texts: list[str] = []
        for name in KINDS:
            table = registry.entity_type(name).table
            mine = sa.select(table.c.title).where(table.c.title.like("Línea % de la mesa %"))
            texts += model.Session.execute(mine).scalars()
        persons = sa.select(sa.func.count()).where(History.user_id.isnot(None), History.subject.in_(KINDS))
        keys = sa.select(sa.func.count(CapturedLine.key))
        counted = texts, model.Session.scalar(persons), model.Session.scalar(keys)
        model.Session.remove()
        return counted


def main(ini: str) -> int:
    """Print what was lost and doubled; 1 unless it is nothing."""
    app, tokens = prepare(ini)
    sitting, typed, seconds = sit(ini, tokens)
    texts, history, keys = stored(app)
    lost, doubled = len(set(typed) - set(texts)), len(texts) - len(set(texts))
    figures = {
        "lines": len(typed),
        "facilitators": len(tokens),
        "server_killed": len(KILLED_AFTER),
        "sent_again": sitting.resent,
        "lost": lost,
        "doubled": doubled,
        "history_rows": history,
        "keys": keys,
        "seconds": round(seconds, 1),
    }
    print(json.dumps(figures))
    whole = len(typed) == len(texts) == history == keys == FACILITATORS * LINES
    return int(bool(lost or doubled) or not whole)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
