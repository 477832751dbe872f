"""A CKAN that knows nothing of us, and ckanext-harvest's own commands: ids stay, and what ends is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def catalogue(origin: Any, stock: Any) -> Any:
    """The source of a stock CKAN, harvested once: eight datasets, in pages of three."""
    for number in range(6):
        origin.add_dataset(**{**origin.NATIONAL, "title": f"Tercero {number}"})
    stock.call("organization_create", name="cosechada", title="Cosechada")
    stock.source("catalogo", f"{origin.url}/catalog.ttl", "dcat_rdf", "cosechada")
    assert stock.harvest("catalogo").problems == []
    return stock


def ids(site: Any) -> dict[str, str]:
    """Return {title: id} of what a site has."""
    return {title: dataset["id"] for title, dataset in site.datasets().items()}


def test_a_stock_ckan_keeps_ids_and_hears_of_deletions(origin: Any, catalogue: Any):
    """After edits, deletions, what went private and what is new; and again, where nothing happened."""
    before = ids(catalogue)
    there = ids(origin)
    assert set(before) == set(there)
    files = {t: [r["id"] for r in d["resources"]] for t, d in catalogue.datasets().items()}
    origin.call("package_patch", id=there["Tercero 0"], title="Tercero cero", notes="Otras notas")
    origin.call("package_delete", id=there["Tercero 1"])
    origin.call("dataset_purge", id=there["Tercero 2"])
    origin.call("package_patch", id=there["Tercero 3"], private=True)
    origin.add_dataset(**{**origin.NATIONAL, "title": "Tercero nuevo"})
    assert catalogue.harvest("catalogo").problems == []
    after = ids(catalogue)
    gone = {"Tercero 1", "Tercero 2", "Tercero 3"}
    assert set(after) == set(before) - gone - {"Tercero 0"} | {"Tercero cero", "Tercero nuevo"}
    assert after["Tercero cero"] == before["Tercero 0"]
    assert catalogue.datasets()["Tercero cero"]["notes"] == "Otras notas"
    assert {t: i for t, i in after.items() if t in before} == {t: i for t, i in before.items() if t in after}
    kept = {t: [r["id"] for r in d["resources"]] for t, d in catalogue.datasets().items()}
    assert {t: kept[t] for t in set(files) & set(kept)} == {t: files[t] for t in set(files) & set(kept)}
    assert catalogue.harvest("catalogo").counts == {"updated": len(after)}
    assert ids(catalogue) == after


def test_an_outage_of_the_origin_deletes_nothing(origin: Any, catalogue: Any, stranger: Any):
    """A page that cannot be had ends the harvest: what was not seen is not what was deleted."""
    hydra = "http://www.w3.org/ns/hydra/core#"
    one, two = (
        f'<{stranger.url}/dataset/{n}> a <http://www.w3.org/ns/dcat#Dataset> ; dct:title "{n}" .'
        for n in ("Uno", "Dos")
    )
    prefix = "@prefix dct: <http://purl.org/dc/terms/> ."
    page = f"<{stranger.url}/catalog.ttl> a <{hydra}PagedCollection> ;"
    page += f" <{hydra}nextPage> <{stranger.url}/pagina-2.ttl> ."
    stranger.answers["/catalog.ttl"] = (200, "text/turtle", f"{prefix} {page} {one}")
    stranger.answers["/pagina-2.ttl"] = (200, "text/turtle", f"{prefix} {two}")
    catalogue.source("paginas", f"{stranger.url}/catalog.ttl", "dcat_rdf", "cosechada")
    assert catalogue.harvest("paginas").problems == []
    before = ids(catalogue)
    assert {"Uno", "Dos"} <= set(before)
    stranger.answers["/pagina-2.ttl"] = (410, "text/plain", "")  # as an expired snapshot answers
    assert len(catalogue.harvest("paginas").gather_errors) == 1
    assert ids(catalogue) == before


def test_the_commands_of_an_operator(origin: Any, reader: Any):
    """As docs/reading.md has them: a source of each kind, and a run of each."""
    command = [str(Path(sys.executable).parent / "ckan"), "-c", str(reader.ini), "harvester"]

    def run(*arguments: str) -> str:
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    reader.call("organization_create", name="otra", title="Otra")
    kinds = (
        ("entidades-2", origin.url, "gobiernoabierto_entities"),
        ("datos-2", f"{origin.url}/catalog.nt", "dcat_rdf"),
    )
    for name, url, kind in kinds:
        run("source", "create", name, url, kind, name, "true", "otra", "MANUAL")
        run("run-test", name)
    found = reader.datasets()["Incidentes de seguridad"]
    assert found["workshop"] == ["ideaton-villa-nueva-2017"]
