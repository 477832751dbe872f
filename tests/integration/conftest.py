"""What tests of the whole site share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ckan import plugins
from ckan.tests.helpers import CKANTestApp, _get_test_app
from ckanext.gobiernoabierto.logic.reference import SHIPPED, load


@pytest.fixture(scope="module")
def shipped_site(reset_db: Any) -> Iterator[CKANTestApp]:
    """The site with the shipped rows. Made once: to load them costs seconds."""
    plugins.load_all()
    reset_db()
    app = _get_test_app()
    with app.flask_app.test_request_context():
        assert not load(SHIPPED).problems
    yield app
    plugins.unload_all()
