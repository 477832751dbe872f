"""A page of the catalogue's RDF and an answer 304, against ckanext-dcat and CKAN's own page *about*.

Bounds: a page of 100 datasets in a hundredth of the CPU of ckanext-dcat, with its own profile and schema, on
the same database and the same Solr; 304 in a fifth of that of ``/about``. Ours tells links that its peer
knows nothing of. Both answer in turn, in processes of their own; the ratio is that of the medians.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from entity_page import SECTION, Worker, client
from package_create import COMMON, FIELDS, OURS, STOCK_SETTINGS

DATASETS, PER_PAGE = 300, 100
WARM_UP, ROUNDS = 2, 9
PAGE, STOCK_PAGE, ABOUT = "/catalog.ttl", "/catalog.ttl?page=2", "/about"
BOUND, BOUND_OF_304 = 0.01, 0.2
STOCK_FEED = f"{STOCK_SETTINGS}ckanext.dcat.enable_rdf_endpoints = true\n"


def prepare(ini: str) -> tuple[str, str]:
    """Publish the datasets and flush them; return the address of our second page, and its tag."""
    browser = client(ini)
    with browser.application._wsgi_app.test_request_context():
        import ckan.plugins.toolkit as tk
        from ckan import model
        from ckanext.gobiernoabierto.feed import flush
        from ckanext.gobiernoabierto.logic.reference import SHIPPED, load

        site = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]

        def call(action: str, **data: Any) -> Any:
            return tk.get_action(action)({"user": site, "ignore_auth": True}, data)

        load(SHIPPED)
        organization = call("organization_create", name="villa-nueva", title="Villa Nueva")["id"]
        for number in range(DATASETS):
            fields = {**COMMON, **FIELDS[OURS], "name": f"alumbrado-{number}", "owner_org": organization}
            call("package_create", **fields)
            model.Session.remove()
        flush.flush()
    link = browser.get(PAGE).headers["Link"]
    following = link.partition("<")[2].partition(">")[0].partition("://")[2].partition("/")[2]
    return f"/{following}", browser.get(f"/{following}").headers["ETag"]


def main(ini: str) -> int:
    """Print both ratios; 1 if one is over its bound."""
    page, tag = prepare(ini)
    asked = {
        "page": (OURS, page, ""),
        "304": (OURS, page, tag),
        "stock page": ("stock", STOCK_PAGE, ""),
        "about": ("stock", ABOUT, ""),
    }
    used: dict[str, list[float]] = {name: [] for name in asked}
    with tempfile.TemporaryDirectory() as folder:
        stock_ini = Path(folder, "stock.ini")
        stock_ini.write_text(Path(ini).read_text().replace(SECTION, SECTION + STOCK_FEED))
        sites = {OURS: Worker(ini), "stock": Worker(str(stock_ini))}
        for number in range(WARM_UP + ROUNDS):
            for name, (site, path, known) in asked.items():
                taken = sites[site].get(path, known)
                if number >= WARM_UP:
                    used[name].append(taken)
        for worker in sites.values():
            worker.process.communicate()
    medians = {name: statistics.median(seconds) for name, seconds in used.items()}
    for name, seconds in medians.items():
        print(f"{name}: {seconds * 1000:.2f} ms of CPU")
    ratios = (medians["page"] / medians["stock page"], medians["304"] / medians["about"])
    print(json.dumps({"page_of_100": round(ratios[0], 4), "bound": BOUND}))
    print(json.dumps({"answer_304": round(ratios[1], 3), "bound": BOUND_OF_304}))
    return int(ratios[0] > BOUND or ratios[1] > BOUND_OF_304)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
