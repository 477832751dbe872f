"""A second site of ours reads the first one: its entities, then its datasets, with their links."""

from __future__ import annotations

from typing import Any

import pytest
from ckanext.gobiernoabierto.links.model import LINKED

pytestmark = pytest.mark.long

FIELDS = ("title", "notes", "coverage", "workshop_origin", "license_id", "frequency", "temporal_end")
OF_FILES = ("url", "name", "format", "size", "hash")


def test_everything_is_there_with_its_links(world: Any):
    """Entities first, in the order in which they name each other; then datasets, by the RDF harvester."""
    first = world.reader.harvest("entidades")
    assert first.problems == []
    assert world.reader.harvest("datos").problems == []
    for entity in ("commitment", "workshop", "idea", "data_request", "milestone", "invitation"):
        for said in world.origin.call(f"gobiernoabierto_{entity}_list")["results"]:
            here = world.here(entity, said["code"])
            machinery = ("created", "modified", "version", "attendance", "closed_by")
            assert {k: v for k, v in here.items() if k not in machinery} == {
                k: v for k, v in said.items() if k not in machinery
            }
            assert not here.get("attendance")
    theirs = world.origin.datasets()
    ours = world.reader.datasets()
    assert set(ours) == set(theirs)
    for title, dataset in ours.items():
        for name in (*FIELDS, *LINKED):
            assert dataset.get(name) == theirs[title].get(name), name
        files = [[f.get(name) for name in OF_FILES] for f in dataset["resources"]]
        assert files == [[f.get(name) for name in OF_FILES] for f in theirs[title]["resources"]]


def test_repeating_it_changes_nothing(world: Any):
    """No row of history, no later moment, no new version: also after the request knows its dataset."""
    for source in ("entidades", "datos", "entidades", "datos"):
        world.reader.harvest(source)
    before = (world.history(), world.reader.datasets())
    versions = world.reader.rows("SELECT code, version, modified FROM gobiernoabierto_idea ORDER BY code")
    for source in ("entidades", "datos"):
        again = world.reader.harvest(source)
        assert again.problems == []
        assert again.changed == 0
    assert (world.history(), world.reader.datasets()) == before
    assert versions == world.reader.rows(
        "SELECT code, version, modified FROM gobiernoabierto_idea ORDER BY code"
    )
    request, dataset = world.here("data_request", "0115-D1"), before[1]["Incidentes de seguridad"]
    assert (request["state"], request["closed_by"]) == ("closed", dataset["id"])


def test_what_changes_there_changes_here(world: Any):
    """The same ids and codes, the new words; a dataset gains and loses links; files keep their ids."""
    fields = {**world.origin.DATASET, "title": "Luces", "tags": [], "data_request": [], "idea": []}
    there = world.origin.add_dataset(**fields)
    idea = world.origin.add("idea", title="Más luces", municipality="0115")
    for source in ("entidades", "datos"):
        assert world.reader.harvest(source).problems == []
    before = world.reader.datasets()["Luces"]
    world.origin.edit("idea", idea, title="Más luces y cámaras", state="accepted")
    changed = {"title": "Luces de la calle", "idea": [idea], "problem": [], "notes": "Otras"}
    world.origin.call("package_patch", id=there["id"], **changed)
    for source in ("entidades", "datos"):
        again = world.reader.harvest(source)
        assert (again.problems, again.changed) == ([], 1)
    shown = world.here("idea", idea)
    assert (shown["title"], shown["state"]) == ("Más luces y cámaras", "accepted")
    after = world.reader.datasets()["Luces de la calle"]
    assert (after["id"], after["name"]) == (before["id"], before["name"])
    assert (after["idea"], after["problem"], after["notes"]) == ([idea], [], "Otras")
    assert [each["id"] for each in after["resources"]] == [each["id"] for each in before["resources"]]


def test_what_ends_there_ends_here(world: Any):
    """A deleted dataset and what it named; what is taken back is a draft; a new code is taken over."""
    fields = {**world.origin.DATASET, "title": "Baches", "tags": [], "problem": [], "data_request": []}
    gone, hidden = (
        world.origin.add("idea", title=title, municipality="0115") for title in ("Fuera", "Atrás")
    )
    planned = {"kind": "co_creation", "municipalities": ["0115"], "state": "planned"}
    old = world.origin.add("workshop", code="taller-viejo", title="Taller", **planned)
    there = world.origin.add_dataset(**{**fields, "idea": [gone]})
    for source in ("entidades", "datos"):
        assert world.reader.harvest(source).problems == []
    here = world.reader.datasets()["Baches"]["id"]
    world.origin.call("package_delete", id=there["id"])
    world.origin.call("dataset_purge", id=there["id"])
    world.origin.delete("idea", gone, reason="Se repetía")
    world.origin.edit("idea", hidden, visibility="draft")
    world.origin.call(
        "gobiernoabierto_code_replace", entity="workshop", code=old, new_code="taller-nuevo", version=1
    )
    first = world.reader.harvest("entidades")
    assert [guid.rpartition("#")[2] for guid in first.errors] == [f"idea/{gone}"]  # the dataset names it
    assert world.reader.harvest("datos").problems == []
    assert world.reader.call("package_show", id=here)["state"] == "deleted"
    assert world.here("idea", hidden)["visibility"] == "draft"
    assert world.here("workshop", "taller-nuevo")["title"] == "Taller"
    assert world.reader.rows("SELECT alias FROM gobiernoabierto_alias") == [["taller-viejo"]]
    world.reader.harvest("entidades")
    graves = "SELECT code FROM gobiernoabierto_tombstone WHERE entity = 'idea' AND published"
    assert world.reader.rows(graves) == ([[gone]])


def test_a_dataset_waits_for_what_it_names(world: Any):
    """It is refused, with the reason, while what it has to name is not here; another link is left out."""
    place = world.origin.add("municipality", code="0101", name="Guatemala", department="01")
    idea = world.origin.add("idea", title="Otra", municipality=place)
    fields = {**world.origin.NATIONAL, "resources": [], "title": "Del lugar", "coverage": "municipal"}
    world.origin.add_dataset(**fields, municipality=[place], idea=[idea])
    world.origin.add_dataset(**{**world.origin.NATIONAL, "title": "Con idea", "resources": []}, idea=[idea])
    early = world.reader.harvest("datos")
    assert len(early.problems) == 1
    assert "Elija un municipio" in early.problems[0]
    assert world.reader.datasets()["Con idea"]["idea"] == []
    for source in ("entidades", "datos"):
        assert world.reader.harvest(source).problems == []
    found = world.reader.datasets()
    assert (found["Del lugar"]["municipality"], found["Con idea"]["idea"]) == ([place], [idea])


def test_only_sites_that_are_named_are_harvested(world: Any):
    """Whoever made the source, of whichever kind; a file of this machine neither."""
    for number, (url, kind) in enumerate(
        (
            ("http://127.0.0.1:1/", "gobiernoabierto_entities"),
            (world.origin.url.replace("127.0.0.1", "127.0.0.2"), "gobiernoabierto_entities"),
            ("http://127.0.0.1:1/catalog.ttl", "dcat_rdf"),
            ("/etc/passwd", "dcat_rdf"),
        )
    ):
        world.reader.source(f"ajena-{number}", url, kind, "cosechada")
        found = world.reader.harvest(f"ajena-{number}")
        assert len(found.gather_errors) == 1
        assert "ckanext.gobiernoabierto.harvest.sites" in found.gather_errors[0]


def test_a_record_speaks_for_its_own_site_only(world: Any, stranger: Any):
    """A dataset with an address of this site would stand in our catalogue as one of ours."""
    own = f"{world.reader.url}/dataset/8b2a1b6e-0000-4000-8000-000000000001"
    stranger.answers["/catalog.ttl"] = (
        200,
        "text/turtle",
        f'<{own}> a <http://www.w3.org/ns/dcat#Dataset> ; <http://purl.org/dc/terms/title> "Ajeno" .',
    )
    world.reader.source("ajena", f"{stranger.url}/catalog.ttl", "dcat_rdf", "cosechada")
    assert "de este sitio" in str(world.reader.harvest("ajena").problems)
    assert "Ajeno" not in world.reader.datasets()
