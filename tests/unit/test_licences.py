"""The licences that are offered, wherever the checkout lies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ckan.common import config
from ckan.model.license import LicenseRegister
from ckanext.gobiernoabierto import config as options


@pytest.mark.ckan_config("licenses_group_url", "")
def test_licences_are_found_in_a_folder_with_spaces_and_accents(ckan_config, monkeypatch, tmp_path: Path):
    """CKAN only cuts off ``file://``, and reads no percent signs."""
    folder = tmp_path / "Catálogo de datos"
    folder.mkdir()
    monkeypatch.setattr(options, "LICENCES", Path(shutil.copy(options.LICENCES, folder)))

    options.offer_licences()

    assert str(folder) in config["licenses_group_url"]
    assert LicenseRegister().get("CC-BY-4.0").title
