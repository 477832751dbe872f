"""The first datasets, made of the reference rows that are shipped, and synthetic ones for trying out."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import ckan.lib.search as search
import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
import yaml
from ckan.common import config
from ckanext.gobiernoabierto import config as options
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.logic.reference import SHIPPED
from werkzeug.datastructures import FileStorage

Data = dict[str, Any]

SYNTHETIC_ORGANIZATION = {
    "name": "demostracion",
    "title": "Demostración (organización sintética)",
    "description": "Publica conjuntos de datos sintéticos, para probar. Nada de lo que dice es real.",
}
DEMO_TAG = "demostracion"
FIRST = SHIPPED / "first_datasets.yaml"
DEFAULTS = {
    "license_id": "CC-BY-4.0",
    "frequency": "http://publications.europa.eu/resource/authority/frequency/IRREG",
}


def _context() -> Data:
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    return {"user": user["name"], "ignore_auth": True}


def _organization(fields: Data) -> str:
    found = model.Group.by_name(fields["name"])
    return found.id if found else tk.get_action("organization_create")(_context(), dict(fields))["id"]


def _publish(fields: Data, files: Mapping[str, str], organization: str) -> None:
    with ExitStack() as streams:
        resources = []
        for name, title in files.items():
            stream = streams.enter_context((SHIPPED / name).open("rb"))
            resources.append({"name": title, "url": name, "upload": FileStorage(stream, filename=name)})
        dataset = {**DEFAULTS, **fields, "owner_org": organization, "resources": resources}
        tk.get_action("gobiernoabierto_dataset_publish")(_context(), dataset)


def create_first() -> int:
    """Publish the datasets of ``first_datasets.yaml`` that are not there yet; return how many."""
    first = yaml.safe_load(FIRST.read_text("utf-8"))
    organization = _organization(first["organization"])
    created = 0
    for dataset in first["datasets"]:
        there = model.Package.by_name(dataset["name"])
        if there is not None and there.state == "draft":  # an earlier call was ended half-way
            tk.get_action("dataset_purge")(_context(), {"id": there.id})
            there = None
        if there is None:
            files = dataset.pop("files")
            _publish(dataset, files, organization)
            created += 1
    return created


def _published_codes(entity: str, *columns: str) -> list[Any]:
    table = registry.entity_type(entity).table
    wanted = sa.select(table.c.code, *[table.c[name] for name in columns])
    return list(model.Session.execute(wanted.where(table.c.visibility == PUBLISHED).order_by(table.c.code)))


def _synthetic(number: int, organization: str, municipalities: list[Any], commitments: list[Any]) -> Data:
    """Return synthetic dataset ``number``: the same fields each time that it is made."""
    chance = random.Random(number)  # noqa: S311 (not a secret: it has to be repeatable)
    place = chance.choice(municipalities)
    subject = chance.choice(
        ("Presupuesto", "Agua y saneamiento", "Seguridad", "Inversión", "Caminos", "Escuelas")
    )
    return {
        "name": f"demostracion-{number:06d}",
        "title": f"[Demostración] {subject} de {place.name} ({number})",
        "notes": f"Conjunto de datos sintético número {number}, para probar. Nada de lo que dice es real.",
        "owner_org": organization,
        "tags": [{"name": DEMO_TAG}],
        "municipality": [place.code],
        "workshop_origin": "none",
        "commitment": [chance.choice(commitments).code],
        "license_id": "CC-BY-4.0",
        "resources": [
            {
                "name": "Datos del municipio",
                "url": f"{options.site_url()}/municipio/{place.code}.csv",
                "format": "CSV",
            }
        ],
    }


def create_synthetic(count: int) -> Iterator[int]:
    """Add ``count`` synthetic datasets after the last one that is there; yield how many are done.

    The index is committed once, at the end: one commit for each dataset would be most of the time.
    """
    organization = _organization(SYNTHETIC_ORGANIZATION)
    municipalities = _published_codes("municipality", "name")
    commitments = _published_codes("commitment")
    last = model.Session.query(sa.func.max(model.Package.name)).filter(
        model.Package.name.like("demostracion-______")
    )
    start = int((last.scalar() or "-0").rsplit("-", 1)[1]) + 1
    commits = config["ckan.search.solr_commit"]
    config["ckan.search.solr_commit"] = False
    try:
        for done in range(count):
            fields = _synthetic(start + done, organization, municipalities, commitments)
            tk.get_action("package_create")({**_context(), "return_id_only": True}, fields)
            model.Session.expunge_all()
            yield done + 1
    finally:
        config["ckan.search.solr_commit"] = commits
        search.commit()
