"""The fingerprint changes with whatever may give the same rows other bytes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import ckanext.gobiernoabierto
import pytest
from ckanext.gobiernoabierto.feed import fingerprint
from ckanext.gobiernoabierto.logic.action import get_actions
from ckanext.gobiernoabierto.logic.dataset import get_validators

PROGRAM = Path(ckanext.gobiernoabierto.__file__).parent
NAME = ckanext.gobiernoabierto.__name__
RENDERING = ("feed/render.py", "feed/packing.py", "feed/dumps.py")
"""What makes fragments, and what packs them."""


def file_of(module: str) -> str | None:
    """Return the path of a module of ours, else None."""
    path = module.removeprefix(NAME).lstrip(".").replace(".", "/")
    ours = [each for each in (f"{path}.py", f"{path}/__init__.py") if (PROGRAM / each).is_file()]
    return ours[0] if ours and module.startswith(f"{NAME}.") else None


def imported(path: str) -> Iterator[str]:
    """Yield what a module imports, wherever in it, by full names."""
    folder = [*NAME.split("."), *path.split("/")[:-1]]
    for node in ast.walk(ast.parse((PROGRAM / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = folder[: len(folder) + 1 - node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (base, *(f"{base}.{each.name}" for each in node.names))


def read_by(paths: tuple[str, ...]) -> set[str]:
    """Return the modules of ours that these import, and those that they do, and so on."""
    found, left = set(), list(paths)
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += filter(None, map(file_of, imported(path)))
    return found


def test_every_module_that_rendering_reads_is_in_it():
    """By its imports: one that is left out would let what is published stay as the former program made it."""
    read = read_by(RENDERING)
    assert {"links/model.py", "entities/attendance.py", "rdf/dataset.py"} < read
    lacking = sorted(read - fingerprint.files().keys())
    assert not lacking, f"feed/fingerprint.py: add {', '.join(lacking)} to FOLDERS or FILES"


def test_what_ckan_calls_by_name_while_it_shows_a_dataset_is_in_it():
    """No import tells of these."""
    named = [get_actions()["package_show"], *get_validators().values()]
    modules = {file_of(each.__module__) for each in named}
    assert not modules - fingerprint.files().keys() - {None}


def test_it_has_the_files_of_folders_within_folders():
    """And the rows of no form."""
    files = fingerprint.files()
    assert {"logic/stock/action.py", "schemas/dataset.yaml", "config_declaration.yaml"} < files.keys()
    assert {Path(each).suffix for each in files} == set(fingerprint.ENDINGS)


@pytest.fixture
def anew():
    """The digest is made once in a process: make it anew, and again after the test."""
    fingerprint._program.cache_clear()
    yield
    fingerprint._program.cache_clear()


def test_another_byte_of_a_file_is_another_fingerprint(anew, monkeypatch, tmp_path):
    """Of those that were left out once, too: how attendance is worded."""
    before, files = fingerprint._program(), fingerprint.files()
    (tmp_path / "changed.py").write_bytes(files["entities/attendance.py"].read_bytes() + b"# another word\n")
    changed = {**files, "entities/attendance.py": tmp_path / "changed.py"}
    monkeypatch.setattr(fingerprint, "files", lambda: changed)
    fingerprint._program.cache_clear()
    assert fingerprint._program() != before
