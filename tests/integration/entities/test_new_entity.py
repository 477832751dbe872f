"""A new entity is a module, a YAML, a migration and a line in the registry: the machinery does the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ckan.common import config
from ckanext.gobiernoabierto.lib.sheets import XLSX

PROGRAM = Path(__file__).with_name("throwaway") / "market.py"


@pytest.fixture
def found(clean_site):
    """What came of using a throw-away entity, in a process in which the registry has it."""
    done = subprocess.run(
        [sys.executable, PROGRAM, config["__file__"]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.long
def test_a_new_entity_has_actions_pages_lists_files_and_integrity(found):
    """Nothing but its own four parts was written for it."""
    assert found["show"] == ["jueves", "domingo"]
    assert found["history"] == ["create", "update"]
    assert found["list"] == 1
    assert "central" in found["in use"]
    assert found["deleted"] == 410
    assert found["differences"] == []
    assert found["workbook"] == XLSX
    assert 'name="days"' in found["form"]
    assert len(found["pages"]) == 7
    for path, (status, text) in found["pages"].items():
        assert status == 200, path
        assert "Mercado Central" in text, path
        assert "Borrador" not in text, path
    assert "Días" in found["pages"]["mercado/central"][1]
