"""What else a fragment is made of than what people write: the program and its settings."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
from importlib import resources

import ckan.plugins.toolkit as tk

PACKAGES = ("ckan", "ckanext-dcat", "ckanext-scheming", "isal", "rdflib")
SETTINGS = (
    *("ckan.site_url", "ckan.root_path", "ckan.site_title", "ckan.site_description", "ckan.locale_default"),
    *("licenses_group_url", "ckanext.gobiernoabierto.catalogue.licence"),
)
PREFIX = "ckanext.dcat."
FOLDERS = [f"ckanext.gobiernoabierto.{name}" for name in ("data", "feed", "lib", "rdf", "schemas")]
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
    files = [file for folder in FOLDERS for file in resources.files(folder).iterdir()]
    for file in sorted(files, key=lambda file: file.name):
        if file.name.endswith(ENDINGS):
            digest.update(f"{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()
