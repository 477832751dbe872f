"""``package_create`` with links, against the same dataset in stock CKAN. Bound: 1.15 times.

The peer is CKAN with ckanext-scheming, ckanext-dcat and its own schema ``dcat_ap_recommended``, on the same
database and the same Solr, in a process of its own. Both create in turn, so that what else the machine does
slows both; the ratio is the median of the pairs' ratios. Most of the time is Solr's, for its hard commits;
the processor time of the Python process is printed beside it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BOUND = 1.15
WARM_UP, ROUNDS = 5, 100
OURS, STOCK = "ours", "stock"
SECTION = "[app:main]\n"
STOCK_SETTINGS = """\
ckan.plugins = scheming_datasets dcat structured_data image_view expire_api_token
scheming.dataset_schemas = ckanext.dcat.schemas:dcat_ap_recommended.yaml
scheming.organization_schemas =
scheming.presets = ckanext.scheming:presets.json ckanext.dcat.schemas:presets.yaml
ckanext.dcat.rdf.profiles = euro_dcat_ap_3
"""
THEME = "http://publications.europa.eu/resource/authority/data-theme/GOVE"
COMMON = {
    "title": "Alumbrado público de Villa Nueva",
    "notes": "Luminarias por colonia, con su estado. " * 5,
    "tags": [{"name": name} for name in ("alumbrado", "luminarias", "villa nueva")],
    "theme": [THEME],
    "resources": [{"url": "https://example.org/luminarias.csv", "name": "Luminarias", "format": "CSV"}],
}
FIELDS: dict[str, dict[str, Any]] = {
    OURS: {
        "municipality": ["0115"],
        "workshop": ["ideaton-villa-nueva-2017"],
        "commitment": ["3-11"],
        "contact_name": "Oficina de datos",
        "contact_email": "datos@example.org",
        "temporal_start": "2017-01-01",
        "temporal_end": "2017-12-31",
    },
    STOCK: {
        "spatial_coverage": [{"uri": "https://example.org/municipio/0115", "text": "Villa Nueva"}],
        "contact": [{"name": "Oficina de datos", "email": "datos@example.org"}],
        "temporal_coverage": [{"start": "2017-01-01", "end": "2017-12-31"}],
    },
}


def work(kind: str, ini: str) -> None:
    """Create one dataset for each line that comes in, and answer how long it took, in seconds."""
    from ckan.cli import load_config
    from ckan.config.middleware import make_app

    app = make_app(load_config(ini))
    with app._wsgi_app.test_request_context():
        import ckan.plugins.toolkit as tk
        from ckan import model

        for line in sys.stdin:
            task = json.loads(line)
            user = model.User.get(task["user"])
            fields = {**COMMON, **FIELDS[kind], "name": task["name"], "owner_org": task["organization"]}
            started, processor = time.perf_counter(), time.process_time()
            tk.get_action("package_create")({"user": user.name, "auth_user_obj": user}, fields)
            print(f"seconds {time.perf_counter() - started} {time.process_time() - processor}", flush=True)
            model.Session.remove()


class Worker:
    """One of the two sites, in a process of its own."""

    def __init__(self, kind: str, ini: str) -> None:
        """Start the process."""
        self.kind = kind
        self.seconds: list[float] = []
        self.processor: list[float] = []
        self.process = subprocess.Popen(
            [sys.executable, __file__, ini, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def create(self, number: int, task: dict[str, Any]) -> None:
        """Create a dataset and keep how long it took."""
        print(json.dumps({**task, "name": f"{self.kind}-{number}"}), file=self.process.stdin, flush=True)
        for line in self.process.stdout or ():
            if line.startswith("seconds "):
                seconds, processor = map(float, line.split()[1:])
                self.seconds.append(seconds)
                self.processor.append(processor)
                return
        raise SystemExit(f"the {self.kind} site ended: run {__file__} INI {self.kind} by hand")


def prepare(ini: str) -> dict[str, str]:
    """Fill the site with the reference rows, an editor and an organization."""
    from ckan.cli import load_config
    from ckan.config.middleware import make_app

    app = make_app(load_config(ini))
    with app._wsgi_app.test_request_context():
        import ckan.plugins.toolkit as tk
        from ckan import model
        from ckanext.gobiernoabierto.logic.reference import SHIPPED, load

        load(SHIPPED)
        system = {"ignore_auth": True, "user": ""}
        user = {"name": "officer", "email": "officer@example.org", "password": "correct horse battery"}
        tk.get_action("user_create")(dict(system), user)
        members = [{"name": "officer", "capacity": "editor"}]
        organization = {"name": "villa-nueva", "title": "Villa Nueva", "users": members}
        made = tk.get_action("organization_create")({**system, "user": "officer"}, organization)
        model.Session.remove()
        return {"user": "officer", "organization": made["id"]}


def main() -> int:
    """Create in turn, print medians and ratio; 1 if the ratio is over the bound."""
    ini = sys.argv[1]
    task = prepare(ini)
    with tempfile.TemporaryDirectory() as folder:
        stock_ini = Path(folder, "stock.ini")
        stock_ini.write_text(Path(ini).read_text().replace(SECTION, SECTION + STOCK_SETTINGS))
        workers = [Worker(OURS, ini), Worker(STOCK, str(stock_ini))]
        for number in range(WARM_UP + ROUNDS):
            for worker in workers if number % 2 else reversed(workers):
                worker.create(number, task)
        for worker in workers:
            worker.process.communicate()
    ours, stock = workers
    pairs = zip(ours.seconds[WARM_UP:], stock.seconds[WARM_UP:], strict=True)
    ratio = statistics.median(one / other for one, other in pairs)
    for worker in workers:
        wall, processor = (statistics.median(each[WARM_UP:]) for each in (worker.seconds, worker.processor))
        print(f"{worker.kind}: {wall * 1000:.0f} ms, of which Python {processor * 1000:.0f} ms")
    print(f"package_create with links, ratio to stock: {ratio:.2f} (bound {BOUND})")
    return int(ratio > BOUND)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        work(sys.argv[2], sys.argv[1])
    else:
        sys.exit(main())
