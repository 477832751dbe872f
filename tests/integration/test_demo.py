"""The datasets that a new site begins with, and synthetic ones."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
import yaml
from ckan.cli.cli import ckan
from ckanext.gobiernoabierto.logic.demo import FIRST
from ckanext.gobiernoabierto.logic.reference import SHIPPED, load

pytestmark = pytest.mark.long


@pytest.fixture
def reference(clean_site, with_request_context):
    """The reference rows."""
    assert not load(SHIPPED).problems


def found(**query):
    """Search as a visitor."""
    return tk.get_action("package_search")({"user": ""}, query)


def run(cli, *arguments):
    """Run a command and return what it printed."""
    done = cli.invoke(ckan, ["gobiernoabierto", "demo", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_first_datasets_are_public_with_their_files_and_links(reference, cli):
    """Each has its files, as they are shipped, and the links that its description says."""
    expected = yaml.safe_load(FIRST.read_text("utf-8"))["datasets"]
    assert f"{len(expected)} conjuntos de datos publicados" in run(cli, "first")
    for dataset in expected:
        shown = tk.get_action("package_show")({"user": ""}, {"id": dataset["name"]})
        assert [resource["name"] for resource in shown["resources"]] == list(dataset["files"].values())
        assert shown["commitment"] == dataset.get("commitment", [])
        assert shown["workshop"] == dataset.get("workshop", [])
    sizes = {resource["size"] for resource in shown["resources"]}
    assert sizes == {(SHIPPED / name).stat().st_size for name in expected[-1]["files"]}
    assert found(q="problemas villa nueva")["count"] >= 1


def test_publishing_the_first_datasets_again_changes_nothing(reference, cli):
    """A second start of a site finds them and leaves them alone."""
    run(cli, "first")
    before = found(sort="metadata_modified desc")["results"]
    assert "0 conjuntos" in run(cli, "first")
    assert found(sort="metadata_modified desc")["results"] == before


def test_synthetic_datasets_say_what_they_are_and_go_on_counting(reference, cli):
    """Title and tag mark each, and a second call adds others."""
    run(cli, "synthetic", "3")
    run(cli, "synthetic", "2")
    results = found(fq="tags:demostracion", rows=10, sort="name asc")["results"]
    assert [each["name"] for each in results] == [f"demostracion-{number:06d}" for number in range(1, 6)]
    assert all(each["title"].startswith("[Demostración]") for each in results)
    assert all(each["municipality"] for each in results)
