"""The wheel: what a site installs, loaded from outside the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

# What runs in the folder where the wheel was unpacked, and nowhere near the checkout.
PROBE = """
import gettext, json, sys
from importlib import resources
from pathlib import Path

import yaml
from alembic.config import Config
from alembic.script import ScriptDirectory
import ckanext.gobiernoabierto as package
from ckanext.gobiernoabierto import i18n, schemas

folder = Path(package.__file__).parent
schema = yaml.safe_load(resources.files(schemas).joinpath("municipality.yaml").read_text(encoding="utf-8"))
with open(Path(i18n.__file__).parent / "es/LC_MESSAGES/ckanext-gobiernoabierto.mo", "rb") as catalogue:
    messages = gettext.GNUTranslations(catalogue)
migration = Config()
migration.set_main_option("script_location", str(folder / "migration/gobiernoabierto"))
templates = sorted(str(each.relative_to(folder)) for each in (folder / "templates").rglob("*.html"))
for each in templates:
    assert (folder / each).read_text(encoding="utf-8").strip(), each
print(json.dumps({
    "package": str(folder),
    "schema": schema["singular"],
    "spanish": messages.gettext("Log in"),
    "revisions": len(list(ScriptDirectory.from_config(migration).walk_revisions())),
    "templates": templates,
    "municipalities": len((folder / "data/municipios.csv").read_text(encoding="utf-8").splitlines()) - 1,
    "profile": (folder / "profile.ini").exists(),
}))
"""
# Files of the package that a wheel must carry, by folder of the checkout.
FOLDERS = {"ckanext/gobiernoabierto": "ckanext/gobiernoabierto", "schemas": "ckanext/gobiernoabierto/schemas"}


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of what is committed or about to be."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (checkout / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((checkout / name).read_bytes())
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def loaded(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the installed package says of itself, beside this environment's CKAN."""
    target = tmp_path_factory.mktemp("site")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-index",
        "--target",
        str(target),
        str(wheel),
    ]
    subprocess.run(pip, check=True, capture_output=True)
    done = subprocess.run(
        # -P and -I would hide the target; the editable checkout stands behind it in the search path.
        [sys.executable, "-c", PROBE],
        cwd=target,
        env={**os.environ, "PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["package"].startswith(str(target))
    return answer


def test_everything_of_the_package_is_in_the_wheel(wheel: Path, checkout: Path) -> None:
    """A file that the checkout has and the wheel lacks is found at a site, too late."""
    packed = set(zipfile.ZipFile(wheel).namelist())
    for folder, target in FOLDERS.items():
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder],
            cwd=checkout,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        expected = {target + name.removeprefix(folder) for name in listed if (checkout / name).is_file()}
        assert expected
        assert not expected - packed


def test_licence_is_packed(wheel: Path) -> None:
    """The AGPL goes along."""
    assert any(name.endswith("licenses/LICENSE") for name in zipfile.ZipFile(wheel).namelist())


def test_schema_loads(loaded: dict[str, Any]) -> None:
    """What people fill in."""
    assert loaded["schema"] == "Municipio"


def test_translation_loads(loaded: dict[str, Any]) -> None:
    """The compiled Spanish, which is in no commit."""
    assert loaded["spanish"] == "Iniciar sesión"


def test_templates_load(loaded: dict[str, Any], checkout: Path) -> None:
    """The pages, all of them."""
    package = checkout / "ckanext/gobiernoabierto"
    assert loaded["templates"]
    assert loaded["templates"] == sorted(
        str(each.relative_to(package)) for each in (package / "templates").rglob("*.html")
    )


def test_migration_loads(loaded: dict[str, Any]) -> None:
    """The revisions, which setuptools' find_packages would lose."""
    assert loaded["revisions"] > 0


def test_reference_rows_load(loaded: dict[str, Any]) -> None:
    """All 340 municipalities."""
    assert loaded["municipalities"] == 340
