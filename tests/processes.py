"""Processes of their own: a running site, and programs that are killed on their way."""

from __future__ import annotations

import configparser
import functools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ckan.model as model
import pytest
import sqlalchemy as sa
from ckan.common import config
from tests.remembered import forget

ADMINISTRATOR = "administradora"
BEGINNING = """
import os, signal, sys
from importlib import import_module
from ckan.cli import load_config
from ckan.config.middleware import make_app
ini, step, when, *arguments = sys.argv[1:]
app = make_app(load_config(ini))
import ckan.plugins.toolkit as tk

if step:
    module, _, name = step.rpartition(":")
    *owners, last = name.split(".")
    target = import_module(module)
    for owner in owners:
        target = getattr(target, owner)
    whole = getattr(target, last)

    def die(*given, **named):
        if when == "after":
            whole(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(target, last, die)
"""


def _wait_until_gone(application: str) -> None:
    """Wait until PostgreSQL knows that the process is dead: until then its locks are held."""
    asked = sa.text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")
    deadline = time.monotonic() + 30
    while True:
        with model.meta.engine.connect() as connection:
            left = connection.scalar(asked, {"name": application})
        if not left:
            return
        assert time.monotonic() < deadline, f"{left} sessions of a dead process"
        time.sleep(0.02)


@pytest.fixture
def dying() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program on the site in a process of its own, killed when it gets to a step.

    The program finds the site as ``app``, CKAN's toolkit as ``tk`` and what it is given as ``arguments``. A
    step is ``module:function``, killed ``before`` it or ``after``; without one the process goes to its end.
    """

    def run(
        program: str, *arguments: str, step: str = "", when: str = "before", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", BEGINNING + program, config["__file__"], step, when, *arguments]
        mine = {**os.environ, "PGAPPNAME": f"dying-{uuid.uuid4()}", **environment}
        done = subprocess.run(command, env=mine, capture_output=True, text=True, check=False)
        forget()
        assert done.returncode == (-signal.SIGKILL if step else 0), done.stderr
        _wait_until_gone(mine["PGAPPNAME"])
        model.Session.expire_all()
        model.Session.rollback()
        return done

    return run


@dataclass
class LiveSite:
    """A running site on a database, an index name and a storage folder of its own."""

    url: str
    ini: Path
    log: Path

    def ckan(self, *arguments: str, typed: str = "") -> str:
        """Run one of CKAN's commands against this site and return what it printed."""
        command = [str(Path(sys.executable).parent / "ckan"), "-c", str(self.ini), *arguments]
        done = subprocess.run(command, input=typed, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(arguments)}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def call(self, action: str, /, **data: Any) -> Any:
        """Call an action over HTTP as the administrator and return its result."""
        request = urllib.request.Request(
            f"{self.url}/api/3/action/{action}",
            json.dumps(data).encode(),
            {"Authorization": self.token, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["result"]

    @functools.cached_property
    def token(self) -> str:
        """Return the API token of an administrator, who is made for it."""
        identity = (ADMINISTRATOR, f"email={ADMINISTRATOR}@example.org", f"password={ADMINISTRATOR}-2017")
        self.ckan("sysadmin", "add", *identity, typed="y\n")
        asked = ("expires_in=1", "unit=86400", "-q")
        return self.ckan("user", "token", "add", ADMINISTRATOR, "test", *asked).strip()

    def add_user(self, name: str, password: str) -> None:
        """Create a user who can sign in, unless there is one of that name."""
        if name not in self.call("user_list", all_fields=False):
            self.call("user_create", name=name, email=f"{name}@example.org", password=password)

    def token_of(self, name: str) -> str:
        """Return a new API token of a user, which lives for a day."""
        return self.call("api_token_create", user=name, name="test", expires_in=1, unit=86_400)["token"]


@contextmanager
def served(ini: Path, checkout: Path) -> Iterator[LiveSite]:
    """Serve the site of a configuration with gunicorn, at the address that it names."""
    settings = configparser.RawConfigParser()
    settings.read(ini)
    site = LiveSite(settings["app:main"]["ckan.site_url"], ini, ini.parent / "log" / f"{ini.stem}.log")
    # It ends with pytest, even if pytest is killed.
    command = ["setpriv", "--pdeathsig=TERM", "--", str(Path(sys.executable).parent / "gunicorn")]
    command += ["--chdir", str(checkout / "docker"), "--bind", site.url.removeprefix("http://")]
    command += ["--workers", "1", "--threads", "4", "wsgi:application"]
    with site.log.open("ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "CKAN_INI": str(ini)})
    try:
        _wait_until_it_answers(site, server)
        yield site
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="session")
def serving(checkout: Path) -> Callable[[Path], AbstractContextManager[LiveSite]]:
    """Serve the site of a configuration while a context lasts."""
    return functools.partial(served, checkout=checkout)


@pytest.fixture(scope="session")
def live_site(serving: Callable[[Path], AbstractContextManager[LiveSite]]) -> Iterator[LiveSite]:
    """The site as visitors get it: gunicorn, on a port of its own."""
    with serving(Path(config["__file__"]).with_name("browser.ini")) as site:
        yield site


def _wait_until_it_answers(site: LiveSite, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the site ended: {site.log}"
        try:
            with urllib.request.urlopen(f"{site.url}/api/3/action/status_show", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the site does not answer: {site.log}")


@pytest.fixture(scope="session")
def reference_rows(live_site: LiveSite) -> None:
    """The shipped rows of reference, on the running site."""
    live_site.ckan("gobiernoabierto", "reference", "load")
