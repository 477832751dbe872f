"""A page of a linked entity: its SQL queries, and its CPU against a dataset page of stock CKAN.

Bounds: 8 queries on every page, whatever it shows, and a quarter of the CPU. The peer is CKAN without any
plugin, on the same database and the same Solr, in a process of its own; both answer in turn, and the ratio
is that of the medians of the CPU (user and system) that each process used.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

MOST_QUERIES, BOUND = 8, 0.25
WARM_UP, ROUNDS = 5, 40
CROWD = 60
OURS, STOCK = "ours", "stock"
SECTION, NO_PLUGINS = "[app:main]\n", "ckan.plugins =\n"
PAGES = (
    "/departamento/01",
    "/municipio/0115",
    "/institucion/infom",
    "/plan/3",
    "/eje/3-3",
    "/compromiso/3-11",
    "/taller/ideaton-villa-nueva-2017",
)
DATASET = "/dataset/alumbrado"


def client(ini: str) -> Any:
    """Return a browser of the whole WSGI application."""
    from ckan.cli import load_config
    from ckan.config.middleware import make_app
    from werkzeug.test import Client

    return Client(make_app(load_config(ini)))


def work(ini: str) -> None:
    """Get each address that comes in, and answer how much CPU it took, in seconds.

    What stands behind a tab is the tag of what the reader has: the answer has to be 304 then.
    """
    browser = client(ini)
    for line in sys.stdin:
        path, _, tag = line.rstrip("\n").partition("\t")
        headers = {"If-None-Match": tag} if tag else {}
        started = time.process_time()
        answer = browser.get(path, headers=headers)
        body = answer.get_data()
        used = time.process_time() - started
        assert answer.status_code == (304 if tag else 200), (line, answer.status, body[:300])
        print(f"seconds {used}", flush=True)


class Worker:
    """One of the two sites, in a process of its own."""

    program = __file__

    def __init__(self, ini: str) -> None:
        """Start the process."""
        self.process = subprocess.Popen(
            [sys.executable, self.program, ini, "work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, path: str, tag: str, word: str) -> str:
        """Return what the process says of an address after this word."""
        print(path, tag, sep="\t", file=self.process.stdin, flush=True)
        for line in self.process.stdout or ():
            if line.startswith(f"{word} "):
                return line.removeprefix(f"{word} ")
        raise SystemExit(f"the site ended at {path}: run {self.program} INI work by hand")

    def get(self, path: str, tag: str = "") -> float:
        """Return the CPU of one page, in seconds, or of saying that the reader has it."""
        return float(self.ask(path, tag, "seconds"))


def prepare(ini: str) -> Any:
    """Fill the site with the reference rows and a crowd around one chain; return the application."""
    browser = client(ini)
    app = browser.application._wsgi_app
    with app.test_request_context():
        import ckan.plugins.toolkit as tk
        from ckan import model
        from ckanext.gobiernoabierto.logic.reference import SHIPPED, load

        site = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]

        def call(action: str, **data: Any) -> Any:
            return tk.get_action(action)({"user": site, "ignore_auth": True}, data)

        load(SHIPPED)
        organization = call("organization_create", name="villa-nueva", title="Municipalidad de Villa Nueva")
        _crowd(call, organization["id"])
        model.Session.remove()
    return browser


def _crowd(call: Callable[..., Any], organization: str) -> None:
    links = {"municipality": ["0115"], "workshop": ["ideaton-villa-nueva-2017"], "commitment": ["3-11"]}
    for number in range(CROWD):
        call(
            "gobiernoabierto_workshop_create",
            code=f"taller-{number}",
            title=f"Taller {number}",
            kind="co_creation",
            municipalities=["0115"],
            commitment="3-11",
            organizers=["infom"],
            state="planned",
            visibility="published",
        )
    for number in range(CROWD // 2):
        call(
            "package_create",
            name="alumbrado" if not number else f"alumbrado-{number}",
            title=f"Alumbrado público de Villa Nueva, {number}",
            notes="Luminarias por colonia, con su estado. " * 5,
            owner_org=organization,
            tags=[{"name": name} for name in ("alumbrado", "luminarias", "villa nueva")],
            resources=[
                {"url": f"https://example.org/{part}.csv", "name": f"Parte {part}", "format": "CSV"}
                for part in range(3)
            ],
            license_id="CC-BY-4.0",
            **links,
        )


def most_queries(browser: Any, pages: Iterable[str]) -> int:
    """Return the largest number of SQL queries that a page asks, and print that of each."""
    import sqlalchemy as sa
    from ckan import model

    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    sa.event.listen(model.meta.engine, "before_cursor_execute", note)
    counted = {}
    for path in pages:
        browser.get(path)
        asked.clear()
        assert browser.get(path).status_code == 200, path
        counted[path] = len(asked)
        print(f"{path}: {len(asked)} queries")
    sa.event.remove(model.meta.engine, "before_cursor_execute", note)
    return max(counted.values())


def compare(ini: str, pages: Iterable[str]) -> float:
    """Return the largest ratio of CPU, a page of ours to the stock dataset page."""
    with tempfile.TemporaryDirectory() as folder:
        stock_ini = Path(folder, "stock.ini")
        stock_ini.write_text(Path(ini).read_text().replace(SECTION, SECTION + NO_PLUGINS))
        ours, stock = Worker(ini), Worker(str(stock_ini))
        used: dict[str, list[float]] = {path: [] for path in (*pages, DATASET)}
        for number in range(WARM_UP + ROUNDS):
            for path, seconds in used.items():
                taken = (stock if path == DATASET else ours).get(path)
                if number >= WARM_UP:
                    seconds.append(taken)
        for worker in (ours, stock):
            worker.process.communicate()
    peer = statistics.median(used.pop(DATASET))
    print(f"stock {DATASET}: {peer * 1000:.1f} ms of CPU")
    ratios = {path: statistics.median(seconds) / peer for path, seconds in used.items()}
    for path, ratio in ratios.items():
        print(f"{path}: {ratio * peer * 1000:.1f} ms of CPU, ratio {ratio:.2f}")
    return max(ratios.values())


def main(
    ini: str,
    pages: Iterable[str] = PAGES,
    most: int = MOST_QUERIES,
    bound: float = BOUND,
    more: Callable[[Any], None] | None = None,
) -> int:
    """Print both measures, with ``more`` rows if there are any to add; 1 if one is over its bound."""
    browser = prepare(ini)
    if more:
        more(browser.application._wsgi_app)
    queries = most_queries(browser, pages)
    ratio = compare(ini, pages)
    print(json.dumps({"queries": queries, "bound": most}))
    print(json.dumps({"cpu_ratio": round(ratio, 3), "bound": bound}))
    return int(queries > most or ratio > bound)


if __name__ == "__main__":
    if sys.argv[2:] == ["work"]:
        work(sys.argv[1])
        sys.exit(0)
    sys.exit(main(sys.argv[1]))
