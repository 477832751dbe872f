"""A dataset that was taken back and is public again: browsers that saw it gone ask anew."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.long
def test_a_browser_that_saw_it_gone_sees_it_again(
    open_as: Any, live_site: Any, catalogue: dict[str, str], in_feed: Any
):
    """By navigating alone: nobody knows that a page has to be loaded anew."""
    name = "postes-de-luz"
    said = {"title": "Postes de luz", "notes": "Por zona.", "owner_org": catalogue["organization"]}
    links = {"coverage": "national", "workshop_origin": "none", "commitment": ["3-11"]}
    live_site.call("package_create", name=name, **said, **links)
    in_feed(name)
    live_site.call("gobiernoabierto_dataset_withdraw", id=name, reason="wrong_data")
    reader = open_as("visitor").new_page()
    assert reader.goto(f"/dataset/{name}").status == 410
    reader.goto("/")
    officer = open_as("officer").new_page()
    officer.goto(f"/dataset/{name}")
    officer.get_by_role("button", name="Publicarlo otra vez").click()
    officer.wait_for_url(f"**/dataset/{name}")
    assert reader.goto(f"/dataset/{name}").status == 200
    assert "Postes de luz" in reader.locator("h1").first.inner_text()
