"""The feed at 10,000 datasets, against ckanext-dcat's own catalogue of the same datasets.

Bounds: a page of 100 and a crawl of all pages in a hundredth of the time, the dump in a hundred-and-fiftieth
of the crawl's and within 20 MB of memory, 304 in a fifth of that of ``/about``, a flush in 20 ms a dataset
and in no more than one process takes to render alone; with 100,000 datasets a page takes at most 1.2 times as
long.

The peer runs with its own profile and schema on the same database and the same Solr. Both answer in turn, in
processes of their own, whole answers of the WSGI application; what PostgreSQL and Solr take counts. The
datasets are copies of twenty that were published by the action, in the database and in the index.
"""

from __future__ import annotations

import hashlib
import json
import resource
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from entity_page import SECTION, Worker, client
from package_create import COMMON, FIELDS, OURS, STOCK, STOCK_SETTINGS

DATASETS, MANY, PER_PAGE = 10_000, 100_000, 100
MODELS = 20
WARM_UP, ROUNDS = 2, 25
DUMPS = 3
"""Dumps that are made, each anew: one alone would have the luck of a moment."""
BATCH = 500
RENDERED = 1_000
"""Datasets that are rendered and not appended, to compare."""
MEGABYTE = 1024
"""Of ``ru_maxrss``, which is in kilobytes."""
BOUNDS = {
    "page_of_100": 0.01,
    "crawl": 0.01,
    "dump": 1 / 150,
    "dump_megabytes": 20,
    "answer_304": 0.2,
    "flush_ms": 20,
    "flush_per_rendering": 1,
    "page_of_100_of_100000": 1.2,
}
FIRST, STOCK_PAGE, DUMP, ABOUT = "/catalog.ttl", "/catalog.ttl?page={}", "/catalog.nt.gz", "/about"
STOCK_FEED = f"{STOCK_SETTINGS}ckanext.dcat.enable_rdf_endpoints = true\n"
LANGUAGE = "http://publications.europa.eu/resource/authority/language/SPA"
PARTS = ("Luminarias", "Reparaciones", "Gasto")
COPIES = """
CREATE TEMPORARY TABLE models AS SELECT id, name FROM package WHERE type = 'dataset' AND name LIKE 'modelo-%';
CREATE TEMPORARY TABLE copies AS
SELECT id, name, n, md5(id || n)::uuid::text AS copy FROM models, generate_series(1, {copies}) n;
"""
LOG = "gobiernoabierto_feed_log"
COPIED = {
    "package": "id",
    "package_extra": "package_id",
    "resource": "package_id",
    "package_tag": "package_id",
}


# -- The sites ----------------------------------------------------------------------------------------


def work(ini: str) -> None:
    """Get each address that comes in; answer how long it took, what it weighed, where the next page is."""
    browser = client(ini)
    for line in sys.stdin:
        path, _, tag = line.rstrip("\n").partition("\t")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        answer = browser.get(path, headers={"If-None-Match": tag} if tag else {}, buffered=False)
        weight = sum(map(len, answer.response))
        answer.close()
        seconds = time.perf_counter() - started
        assert answer.status_code == (304 if tag else 200), (line, answer.status)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / MEGABYTE
        told = {"seconds": seconds, "bytes": weight, "megabytes": grown, **_links(answer)}
        print(f"told {json.dumps(told)}", flush=True)


def _links(answer: Any) -> dict[str, Any]:
    link = answer.headers.get("Link", "")
    following = link.partition("<")[2].partition(">")[0] if 'rel="next"' in link.partition(",")[0] else ""
    path = following.partition("://")[2].partition("/")[2]
    return {"next": f"/{path}" if path else None, "tag": answer.headers.get("ETag")}


class Site(Worker):
    """One of the two sites, in a process of its own."""

    program = __file__

    def measured(self, path: str, tag: str = "") -> dict[str, Any]:
        """Return an answer's ``seconds``, ``bytes``, ``megabytes``, ``next`` address and ``tag``."""
        return dict(json.loads(self.ask(path, tag, "told")))

    def end(self) -> None:
        """End the process."""
        self.process.communicate()


# -- The datasets -------------------------------------------------------------------------------------


def prepare(ini: str, number: int) -> tuple[float, float, Path]:
    """Publish the datasets; return the milliseconds of the flush of each, of rendering, where dumps go."""
    browser = client(ini)
    with browser.application._wsgi_app.test_request_context():
        from ckan import model
        from ckanext.gobiernoabierto import config
        from ckanext.gobiernoabierto.feed import flush

        _publish_models()
        flush.flush()
        _copy(number // MODELS - 1)
        model.Session.remove()
        waiting = flush.waiting()
        started = time.perf_counter()
        flush.flush()
        taken = time.perf_counter() - started
        rendering = _rendering()
        _settle()
        return taken / waiting * 1000, rendering * 1000, config.dumps_path()


def _rendering() -> float:
    """Return how many seconds it takes one process to render a dataset."""
    from ckan import model
    from ckanext.gobiernoabierto.feed import flush, render

    chosen = model.Session.query(model.Package.id).filter_by(type="dataset").limit(RENDERED)
    keys = [("dataset", id) for (id,) in chosen]
    started = time.perf_counter()
    for first in range(0, len(keys), flush.SUBJECTS):
        dict(render.each(keys[first : first + flush.SUBJECTS]))
        model.Session.remove()
    return (time.perf_counter() - started) / len(keys)


def _settle() -> None:
    """Do what PostgreSQL does by itself within a minute: nobody's pages are measured before."""
    from ckan import model

    with model.meta.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")


def _publish_models() -> None:
    import ckan.plugins.toolkit as tk
    from ckan import model
    from ckanext.gobiernoabierto.logic.reference import SHIPPED, load

    site = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]

    def call(action: str, **data: Any) -> Any:
        return tk.get_action(action)({"user": site, "ignore_auth": True}, data)

    load(SHIPPED)
    organization = call("organization_create", name="villa-nueva", title="Villa Nueva")["id"]
    parts = [
        {"url": f"https://example.org/{part}.csv", "name": part, "format": "CSV", "mimetype": "text/csv"}
        | {"description": f"{part} por colonia y mes.", "size": 120_000, "language": LANGUAGE}
        for part in PARTS
    ]
    for n in range(MODELS):
        fields = {**COMMON, **FIELDS[OURS], "resources": parts, "owner_org": organization}
        call("package_create", **{**fields, "name": f"modelo-{n}", "title": f"Alumbrado público, {n}"})
        model.Session.remove()


def _copy(copies: int) -> None:
    """Copy what was published, in the database and in the index."""
    import sqlalchemy as sa
    from ckan import model

    session = model.Session
    session.execute(sa.text(COPIES.format(copies=copies)))
    for table, owner in COPIED.items():
        _copy_table(session, table, owner)
    session.execute(
        sa.text(
            "INSERT INTO gobiernoabierto_link (package_id, entity, code)"
            " SELECT copy, entity, code FROM gobiernoabierto_link JOIN copies ON package_id = id"
        )
    )
    rows = session.execute(sa.text("SELECT id, name, n, copy FROM copies")).all()
    resources = session.execute(
        sa.text("SELECT id FROM resource WHERE package_id IN (SELECT id FROM models)")
    )
    ids = list(resources.scalars())
    session.commit()
    _copy_index(rows, ids)


def _copy_table(session: Any, table: str, owner: str) -> None:
    import sqlalchemy as sa

    columns = [each["name"] for each in sa.inspect(session.get_bind()).get_columns(table)]
    values = {name: f"t.{name}" for name in columns}
    values["id"] = "md5(t.id || c.n)::uuid::text"
    values[owner] = "c.copy"
    if table == "package":
        values["name"] = "t.name || '-' || c.n"
    names = ", ".join(f'"{name}"' for name in columns)
    chosen = ", ".join(values[name] for name in columns)
    session.execute(
        sa.text(
            f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {table} t JOIN copies c ON t.{owner} = c.id"
        )
    )


def _copy_index(rows: list[Any], resources: list[str]) -> None:
    from ckan.lib.search.common import make_connection

    index = make_connection(decode_dates=False)
    found = index.search("*:*", fq="entity_type:package", rows=MODELS)
    models = {each["id"]: json.dumps({k: v for k, v in each.items() if k != "_version_"}) for each in found}
    batch: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 1):
        text = models[row.id].replace(row.id, row.copy)
        for each in resources:
            text = text.replace(each, str(uuid.UUID(hashlib.md5(f"{each}{row.n}".encode()).hexdigest())))
        document = json.loads(text)
        name = f"{row.name}-{row.n}"
        document["name"] = name
        for field in ("data_dict", "validated_data_dict"):
            document[field] = json.dumps({**json.loads(document[field]), "name": name, **FIELDS[STOCK]})
        document["permission_labels"] = ["public"]  # it is not stored
        batch.append({**document, "index_id": hashlib.md5(name.encode()).hexdigest()})
        if len(batch) == BATCH or number == len(rows):
            index.add(batch, commit=False)
            batch = []
    index.commit()


def _grow(ini: str, number: int) -> None:
    """Copy the log's datasets until there are so many: fragments, and pieces as the flush makes them."""
    browser = client(ini)
    with browser.application._wsgi_app.test_request_context():
        import sqlalchemy as sa
        from ckan import model
        from ckanext.gobiernoabierto.feed import flush, packing

        columns = [each["name"] for each in sa.inspect(model.Session.get_bind()).get_columns(LOG)]
        position, datasets = model.Session.execute(
            sa.text("SELECT position, datasets FROM gobiernoabierto_feed_state")
        ).one()
        values = {name: f"t.{name}" for name in columns}
        place = f"({position} + row_number() OVER ())"
        copy = "md5(t.subject || ' ' || c)::uuid::text"
        values |= {"seq": place, "subject": copy, "datasets": f"{datasets}"}
        text = f"replace(convert_from(t.body, 'UTF8'), t.subject, {copy})"
        values |= {"name": "t.name || '-' || c", "address": f"replace(t.address, t.subject, {copy})"}
        values["body"] = f"convert_to({text}, 'UTF8')"
        copies = number // datasets - 1
        chosen, names = ", ".join(values[name] for name in columns), ", ".join(columns)
        model.Session.execute(
            sa.text(
                f"INSERT INTO {LOG} ({names}) SELECT {chosen} FROM {LOG} t, generate_series(1, {copies}) c"
                " WHERE kind = 'dataset' AND superseded_by IS NULL"
            )
        )
        added = copies * datasets
        model.Session.execute(
            sa.text(
                "UPDATE gobiernoabierto_feed_state"
                f" SET position = position + {added}, datasets = datasets + {added}"
            )
        )
        model.Session.execute(
            sa.text(f"UPDATE {LOG} SET datasets = {datasets + added} WHERE seq = {position + added}")
        )
        model.Session.commit()
        packing.fill(flush.WAIT)
        _settle()


# -- What is measured ---------------------------------------------------------------------------------


def _medians(asked: dict[str, tuple[Site, str, str]]) -> dict[str, float]:
    """Ask in turn, and return the median of each one's seconds."""
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(WARM_UP + ROUNDS):
        for name, (site, path, tag) in asked.items():
            told = site.measured(path, tag)
            if turn >= WARM_UP:
                taken[name].append(told["seconds"])
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def _crawl(site: Site) -> Iterator[float]:
    following: str | None = FIRST
    while following:
        told = site.measured(following)
        yield told["seconds"]
        following = told["next"]


def _page_in_abouts(site: Site, number: int) -> float:
    """Return how long a page takes, in times of ``/about``: the machine may be another one minutes later."""
    medians = _medians({"page": (site, _middle(site, number), ""), "about": (site, ABOUT, "")})
    return medians["page"] / medians["about"]


def measure(ours: Site, stock: Site, number: int, folder: Path) -> dict[str, float]:
    """Return the ratios of a catalogue of so many datasets; ``folder`` has our dumps."""
    tag = ours.measured(FIRST)["tag"]
    medians = _medians(
        {
            "page": (ours, _middle(ours, number), ""),
            "304": (ours, FIRST, tag),
            "stock page": (stock, STOCK_PAGE.format(number // PER_PAGE // 2), ""),
            "about": (stock, ABOUT, ""),
        }
    )
    crawl = list(_crawl(ours))
    assert len(crawl) == number // PER_PAGE, len(crawl)
    stock_crawl = sum(
        stock.measured(STOCK_PAGE.format(page + 1))["seconds"] for page in range(number // PER_PAGE)
    )
    dumps = [_cold_dump(ours, folder) for _ in range(DUMPS)]
    dump = statistics.median_low(each["seconds"] for each in dumps)
    told = {**medians, "crawl": sum(crawl), "stock crawl": stock_crawl, "dump": dump}
    for name, seconds in told.items():
        print(f"{name}: {seconds * 1000:.2f} ms")
    print(f"dump: {dumps[0]['bytes']} bytes")
    return {
        "page_of_100": medians["page"] / medians["stock page"],
        "crawl": sum(crawl) / stock_crawl,
        "dump": dump / stock_crawl,
        "dump_megabytes": max(each["megabytes"] for each in dumps),
        "answer_304": medians["304"] / medians["about"],
    }


def _cold_dump(site: Site, folder: Path) -> dict[str, Any]:
    """Return how long a dump takes, and what it weighs, that nobody has asked for before."""
    for made in folder.glob("*.gz"):
        made.unlink()
    return site.measured(DUMP)


def _middle(site: Site, number: int) -> str:
    """Return the address of a page in the middle of the catalogue."""
    following = FIRST
    for _ in range(min(number // PER_PAGE // 2, 50)):
        following = site.measured(following)["next"]
    return following


def main(ini: str, number: int) -> int:
    """Print the figures; 1 if one is over its bound."""
    flush, rendering, dumps = prepare(ini, number)
    print(f"flush: {flush:.2f} ms a dataset, rendering alone in one process: {rendering:.2f} ms")
    found = {"flush_ms": flush, "flush_per_rendering": flush / rendering}
    with tempfile.TemporaryDirectory() as folder:
        stock_ini = Path(folder, "stock.ini")
        stock_ini.write_text(Path(ini).read_text().replace(SECTION, SECTION + STOCK_FEED))
        ours, stock = Site(ini), Site(str(stock_ini))
        found |= measure(ours, stock, number, dumps)
        few = _page_in_abouts(ours, number)
        _grow(ini, number * MANY // DATASETS)
        found["page_of_100_of_100000"] = _page_in_abouts(ours, number) / few
        for site in (ours, stock):
            site.end()
    for name, bound in BOUNDS.items():
        print(json.dumps({name: round(found[name], 4), "bound": round(bound, 4)}))
    return int(any(found[name] > bound for name, bound in BOUNDS.items()))


if __name__ == "__main__":
    if sys.argv[2:] == ["work"]:
        work(sys.argv[1])
    else:
        sys.exit(main(sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else DATASETS))
