"""The empty site that integration tests begin with."""

from __future__ import annotations

from typing import Any

import pytest
from ckan import model
from ckan.tests import factories, helpers


@pytest.mark.parametrize("_time", ["first", "second"])
def test_each_test_begins_with_an_empty_site(_time: str, publishable: dict[str, Any]) -> None:
    """Nothing is left of the test before: not in the database, and not in the index."""
    assert model.Session.query(model.Package).count() == 0
    assert helpers.call_action("package_search")["count"] == 0

    factories.Dataset(**publishable)

    assert helpers.call_action("package_search")["count"] == 1
