"""What else a fragment is made of than what people write: the program and its settings."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

import ckan.plugins.toolkit as tk

PACKAGES = ("ckan", "ckanext-dcat", "ckanext-scheming", "isal", "rdflib")
SETTINGS = (
    *("ckan.site_url", "ckan.root_path", "ckan.site_title", "ckan.site_description", "ckan.locale_default"),
    *("licenses_group_url", "ckanext.gobiernoabierto.catalogue.licence"),
)
PREFIX = "ckanext.dcat."
PROGRAM = "ckanext.gobiernoabierto"
FOLDERS = ("data", "entities", "feed", "lib", "links", "logic", "rdf", "schemas")
"""With all that is in them. ``logic`` has what a dataset passes through before it is rendered: package_show
and the validators that ``schemas/`` names."""
FILES = ("config.py", "config_declaration.yaml")
ENDINGS = (".py", ".yaml", ".json", ".topojson")


def fingerprint() -> str:
    """Return the digest of all that may give the same rows other bytes."""
    names = sorted({*SETTINGS, *(name for name in tk.config if name.startswith(PREFIX))})
    # not get(), which looks up what is declared: a default changes with the program
    settings = {name: str(tk.config[name]) for name in names if name in tk.config}
    return hashlib.sha256(json.dumps([_program(), settings]).encode()).hexdigest()[:32]


@functools.cache
def _program() -> str:
    """Return the digest of the modules and schemas that write RDF, and of what they stand on."""
    digest = hashlib.sha256()
    for name in PACKAGES:
        digest.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    for name, file in sorted(files().items()):
        digest.update(f"{name}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def files() -> dict[str, Traversable]:
    """Return {path within the program: file} of what is digested."""
    found = {name: resources.files(PROGRAM) / name for name in FILES}
    for folder in FOLDERS:  # one by one: schemas/ stands somewhere else in a checkout
        found |= _below(resources.files(f"{PROGRAM}.{folder}"), folder)
    return found


def _below(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for file in folder.iterdir():
        where = f"{path}/{file.name}"
        if file.is_dir():
            yield from _below(file, where)
        elif file.name.endswith(ENDINGS):
            yield where, file
