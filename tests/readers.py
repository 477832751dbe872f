"""Sites that read each other: one that is harvested, and those that harvest it, each a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ckan.common import config

PROGRAM = """
import json, sys
from ckan.cli import load_config
from ckan.config.middleware import make_app
app = make_app(load_config(sys.argv[1]))
import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa

def call(name, data):
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    return tk.get_action(name)({"user": user, "model": model, "session": model.Session}, data)

def drain(consumer, callback):
    while True:
        method, header, body = consumer.basic_get(queue="")
        if body is None:
            return
        callback(consumer, method, header, body)

def harvest(source):
    # as the commands do: a job, the gather consumer, the fetch consumer, the run that ends the job
    from ckanext.harvest import queue
    from ckanext.harvest.model import HarvestJob
    job = call("harvest_job_create", {"source_id": source, "run": True})["id"]
    drain(queue.get_gather_consumer(), queue.gather_callback)
    drain(queue.get_fetch_consumer(), queue.fetch_callback)
    call("harvest_jobs_run", {})
    found = HarvestJob.get(job)
    return {
        "status": found.status,
        "gather_errors": [each.message for each in found.gather_errors],
        "objects": [
            [o.guid, o.report_status, o.package_id, [e.message for e in o.errors]]
            for o in found.objects
        ],
    }

def rows(statement):
    with model.meta.engine.connect() as connection:
        return [list(map(str, row)) for row in connection.execute(sa.text(statement))]

said, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    name, given = json.loads(line)
    with app._wsgi_app.test_request_context():
        try:
            result = {"call": call, "harvest": harvest, "rows": rows}[name](*given)
            answer = {"result": result}
        except Exception as error:
            model.Session.rollback()
            answer = {"error": f"{type(error).__name__}: {error}"}
        model.Session.remove()
    said.write(json.dumps(answer, default=str) + "\\n")
    said.flush()
"""


class Site:
    """A site whose actions and commands run in a process that stays."""

    def __init__(self, ini: Path, url: str) -> None:
        self.ini, self.url = ini, url
        self._sources: dict[str, str] = {}
        log = (ini.parent / "log" / f"{ini.stem}.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(ini)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )

    def _ask(self, name: str, *given: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, given]) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def call(self, action: str, /, **data: Any) -> Any:
        """Call an action as the site."""
        return self._ask("call", action, data)

    def rows(self, statement: str) -> list[list[str]]:
        """Return the rows of a SELECT, as texts."""
        return self._ask("rows", statement)

    def harvest(self, source: str) -> Harvest:
        """Harvest a source by the queues of ckanext-harvest, and return what came of it."""
        return Harvest(**self._ask("harvest", self._sources[source]))

    def source(self, name: str, url: str, kind: str, organization: str | None = None) -> None:
        """Create a source."""
        asked = {"name": name, "title": name, "url": url, "source_type": kind, "owner_org": organization}
        made = self.call("harvest_source_create", **asked, frequency="MANUAL", config="")
        self._sources[name] = made["id"]

    def datasets(self) -> dict[str, dict[str, Any]]:
        """Return the active datasets by their titles, as ``package_show`` has them."""
        found = self.rows("SELECT id FROM package WHERE state = 'active' AND type = 'dataset'")
        shown = [self.call("package_show", id=each, use_default_schema=False) for (each,) in found]
        return {each["title"]: each for each in shown}

    def end(self) -> None:
        """End the process."""
        self._process.communicate(timeout=30)


ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("department", {"code": "01", "name": "Guatemala", "iso_3166_2": "GT-01"}),
    ("municipality", {"code": "0115", "name": "Villa Nueva", "department": "01"}),
    ("municipality", {"code": "0108", "name": "Mixco", "department": "01"}),
    ("institution", {"code": "infom", "name": "Instituto de Fomento Municipal"}),
    ("plan", {"code": "3", "title": "Tercer Plan", "start": "2016-07-01"}),
    ("axis", {"code": "3-3", "plan": "3", "number": 3, "name": "Participación Ciudadana"}),
    ("commitment", {"code": "3-1", "plan": "3", "number": 1, "predecessor": "3-11"}),
    (
        "commitment",
        {
            "code": "3-11",
            "plan": "3",
            "number": 11,
            "axis": "3-3",
            "title": "Maratones de ideas",
            "participations": [{"role": "lead", "institution": "infom"}],
            "sdgs": [11, 16],
        },
    ),
    (
        "workshop",
        {
            "code": "ideaton-villa-nueva-2017",
            "title": "Ideatón de Villa Nueva",
            "kind": "idea_marathon",
            "state": "held",
            "start_date": "2017-05-27",
            "start_time": "08:30",
            "municipalities": ["0115"],
            "organizers": ["infom"],
            "attendance": [{"group": "women", "number": 7}, {"group": "men", "number": 30}],
        },
    ),
    ("problem", {"title": "Seguridad", "municipality": "0115", "workshop": "ideaton-villa-nueva-2017"}),
    (
        "idea",
        {
            "title": "Un mapa",
            "municipality": "0115",
            "problem": "0115-P1",
            "state": "declined",
            "state_reason": "Ya hay uno",
            "answers": [{"date": "2017-06-01", "office": "Alcaldía", "text": "Gracias"}],
        },
    ),
    ("idea", {"title": "Cámaras", "municipality": "0115"}),
    ("data_request", {"title": "Lámparas", "municipality": "0115", "problem": "0115-P1"}),
    ("milestone", {"title": "Ocho talleres", "commitment": "3-11", "state": "limited"}),
    ("invitation", {"code": "ger-1", "number": "GER-1", "municipality": "0115", "phone": "24245500"}),
)
"""Commitment 3-1 names 3-11, which a list by code has after it."""


class Origin(Site):
    """A site that is harvested: one of everything, and two datasets."""

    DATASET: ClassVar[dict[str, Any]] = {
        "title": "Incidentes de seguridad",
        "notes": "Los que se denunciaron",
        "coverage": "municipal",
        "municipality": ["0115"],
        "workshop_origin": "workshop",
        "workshop": ["ideaton-villa-nueva-2017"],
        "commitment": ["3-11"],
        "problem": ["0115-P1"],
        "idea": ["0115-I2"],
        "data_request": ["0115-D1"],
        "license_id": "CC0-1.0",
        "frequency": "http://publications.europa.eu/resource/authority/frequency/ANNUAL",
        "temporal_end": "2017-12-31",
        "tags": [{"name": "seguridad"}, {"name": "denuncias"}],
        "resources": [
            {"url": "https://example.org/b.csv", "name": "B", "format": "CSV", "size": 0},
            {"url": "https://example.org/a.mdb", "name": "A", "format": "MDB", "hash": "ab" * 32},
        ],
    }
    NATIONAL: ClassVar[dict[str, Any]] = {
        "title": "Presupuesto nacional",
        "notes": "De todo el país",
        "coverage": "national",
        "workshop_origin": "none",
        "axis": ["3-3"],
        "license_id": "notspecified",
        "resources": [{"url": "https://example.org/p.csv", "name": "P", "format": "CSV"}],
    }

    def furnish(self) -> None:
        """Publish what every test finds."""
        for entity, values in sorted(ROWS, key=lambda each: each[1].get("code") == "3-1"):
            self.add(entity, **values)
        self.call("organization_create", name="municipalidad", title="Municipalidad de Villa Nueva")
        for fields in (self.DATASET, self.NATIONAL):
            self.add_dataset(**fields)

    def edit(self, entity: str, code: str, **values: Any) -> None:
        """Change an entity."""
        shown = self.call(f"gobiernoabierto_{entity}_show", code=code)
        self.call(f"gobiernoabierto_{entity}_update", code=code, version=shown["version"], **values)

    def delete(self, entity: str, code: str, **values: Any) -> None:
        """Delete an entity."""
        shown = self.call(f"gobiernoabierto_{entity}_show", code=code)
        self.call(f"gobiernoabierto_{entity}_delete", code=code, version=shown["version"], **values)

    def add(self, entity: str, **values: Any) -> str:
        """Publish an entity and return its code."""
        asked = {"visibility": "published", **values}
        return self.call(f"gobiernoabierto_{entity}_create", **asked)["code"]

    def add_dataset(self, **fields: Any) -> dict[str, Any]:
        """Publish a dataset."""
        return self.call("package_create", owner_org="municipalidad", **fields)


class Harvest:
    """What came of one harvest."""

    def __init__(self, status: str, gather_errors: list[str], objects: list[list[Any]]) -> None:
        self.status = status
        self.gather_errors = gather_errors
        self.errors = {guid: errors for guid, _status, _package, errors in objects if errors}
        self.counts: dict[str, int] = {}
        for _guid, said, _package, _errors in objects:
            self.counts[said] = self.counts.get(said, 0) + 1

    @property
    def changed(self) -> int:
        """How many objects were written."""
        return sum(number for said, number in self.counts.items() if said != "not modified")

    @property
    def problems(self) -> list[str]:
        """All that went wrong."""
        return [*self.gather_errors, *(f"{guid}: {errors}" for guid, errors in self.errors.items())]


def _own(name: str, **settings: str) -> Path:
    """Return the configuration of one of the tests' sites with further settings."""
    base = Path(config["__file__"]).with_name(f"{name}.ini")
    lines = "".join(f"{key} = {value}\n" for key, value in settings.items())
    path = base.with_name(f"{name}-own.ini")
    path.write_text(base.read_text().replace("[app:main]\n", f"[app:main]\n{lines}", 1))
    return path


@pytest.fixture(scope="session")
def origin(serving: Callable[[Path], AbstractContextManager[Any]]) -> Iterator[Origin]:
    """The site that is harvested: gunicorn, on a database of its own. Its catalogue has several pages."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    ini = _own("origin", **{"ckan.site_url": url, "ckanext.dcat.datasets_per_page": "3"})
    site = Origin(ini, url)
    with serving(ini):
        site.furnish()
        yield site
    site.end()


class Stranger(ThreadingHTTPServer):
    """A site that says whatever a test wants it to say."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str, str]] = {}
        """{path: (status, media type or, of a redirect, its address, what it says)}"""
        self.asked: list[str] = []
        stranger = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stranger.asked.append(self.path)
                status, told, body = stranger.answers.get(self.path, (404, "text/plain", ""))
                self.send_response(status)
                self.send_header("Location" if status in (301, 302) else "Content-Type", told)
                self.end_headers()
                self.wfile.write(body.encode())

            def do_HEAD(self) -> None:
                self.do_GET()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def says(self, path: str, value: Any) -> None:
        """Answer a path with a value as JSON."""
        self.answers[path] = (200, "application/json", json.dumps(value))


@pytest.fixture(scope="session")
def stranger() -> Iterator[Stranger]:
    """A site that is harvested and cannot be trusted."""
    with Stranger() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="session")
def reading(origin: Origin, stranger: Stranger) -> Iterator[Callable[[str], Site]]:
    """Start a site that may harvest the first one: ``reader``, of ours, or ``stock``."""
    started: list[Site] = []

    def start(name: str) -> Site:
        url = f"http://{name}.example.org"
        ini = _own(
            name,
            **{"ckan.site_url": url, "ckanext.gobiernoabierto.harvest.sites": f"{origin.url} {stranger.url}"},
        )
        command = [str(Path(sys.executable).parent / "ckan"), "-c", str(ini), "db", "upgrade"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        started.append(Site(ini, url))
        return started[-1]

    yield start
    for each in started:
        each.end()


@pytest.fixture(scope="session")
def reader(reading: Callable[[str], Site]) -> Site:
    """A second site of ours."""
    return reading("reader")


@pytest.fixture(scope="session")
def stock(reading: Callable[[str], Site]) -> Site:
    """A CKAN that knows nothing of us."""
    return reading("stock")
