"""The profile as a file: any site's configuration can stand on it."""

from __future__ import annotations

import os
from pathlib import Path

import ckanext.gobiernoabierto
import pytest
from ckan.cli import CKANConfigLoader

PROFILE = Path(ckanext.gobiernoabierto.__path__[0]) / "profile.ini"


@pytest.mark.parametrize("relative", [True, False])
def test_a_site_includes_the_profile_and_overrides_a_line(tmp_path: Path, relative: bool):
    """`use = config:` works with both kinds of path, keeps the profile's values and lets a place win."""
    path = os.path.relpath(PROFILE, tmp_path) if relative else PROFILE
    site = tmp_path / "site.ini"
    site.write_text(f"[app:main]\nuse = config:{path}\nckan.max_resource_size = 7\n", encoding="utf-8")
    config = CKANConfigLoader(str(site)).get_config()
    assert config["ckan.max_resource_size"] == "7"
    assert config["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert config["debug"] == "false"
    assert config["ckan.plugins"].split()[0] == "gobiernoabierto"


def test_the_profile_holds_no_secret_and_no_address():
    """What ships to everybody is no secret of anybody."""
    keys = CKANConfigLoader(str(PROFILE)).get_config().keys()
    assert keys.isdisjoint(
        {"SECRET_KEY", "WTF_CSRF_SECRET_KEY", "api_token.jwt.encode.secret", "sqlalchemy.url", "solr_url"}
    )
