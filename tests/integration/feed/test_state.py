"""What everybody may know of how the feed is doing, and the page that leads programs to it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.feed import flush, snapshot, state, validation, wake
from ckanext.gobiernoabierto.feed.model import LeftOut, Mark

HIDDEN = "Nadie debe leer esto"


@pytest.fixture
def settled(dataset: dict[str, Any]) -> dict[str, Any]:
    """A dataset that is published, and a feed that knows of all."""
    wake.catch_up()
    flush.flush()
    return dataset


@pytest.fixture
def told(app: Any) -> Callable[[], dict[str, Any]]:
    """Read ``/catalog/estado.json``."""
    return lambda: app.get("/catalog/estado.json").json


def test_it_counts_what_is_published(told: Any, call: Any, settled: dict[str, Any]):
    """By kind, with the position, the contract, and nothing amiss."""
    found = told()
    assert found["published"]["dataset"] == 1
    assert found["published"]["municipality"] == 2
    assert (found["waiting"], found["age_seconds"], found["incidents"]) == (0, 0, [])
    assert found["contract"] == state.contract()[0].version
    assert dt.datetime.fromisoformat(found["changed"]).tzinfo
    before = found["position"]
    call("package_delete", id=settled["id"])
    after = told()
    assert after["position"] > before
    assert (after["published"].get("dataset", 0), after["events"]["delete"]) == (0, 1)


def test_the_page_counts_one_as_one(app: Any, settled: dict[str, Any], call: Any, told: Any):
    """And several as several."""
    call("package_patch", id=settled["id"], notes="Otra descripción.")
    wake.catch_up()
    flush.flush()
    call("package_delete", id=settled["id"])
    counted = told()["events"]
    assert (counted["update"], counted["delete"]) == (1, 1)
    said = " ".join(app.get("/catalog/estado").body.split())
    assert f"Desde la primera posición: {counted['create']} publicaciones, 1 cambio, 1 retiro." in said


@pytest.mark.usefixtures("settled")
def test_what_waits_for_too_long_is_an_incident():
    """With since when; a fresh change is none."""
    for age, incidents in ((dt.timedelta(minutes=5), []), (dt.timedelta(hours=2), ["late"])):
        moment = dt.datetime.now(dt.UTC) - age
        model.Session.add(Mark(kind="dataset", subject="nobody", marked=moment))
        model.Session.commit()
        found = state.state(snapshot.head())
        assert [each["code"] for each in found["incidents"]] == incidents
        assert abs(found["age_seconds"] - age.total_seconds()) < 60
        assert all(each["since"] == found["waiting_since"] for each in found["incidents"])


@pytest.mark.usefixtures("settled")
def test_what_could_not_be_written_is_an_incident_without_its_text(told: Any):
    """Their number is told, and not what they say."""
    moment = dt.datetime.now(dt.UTC)
    failed = {"kind": "dataset", "subject": "x", "value": HIDDEN, "reason": "failed", "noticed": moment}
    model.Session.execute(sa.insert(LeftOut.__table__), [failed])
    model.Session.commit()
    (incident,) = told()["incidents"]
    assert (incident["code"], HIDDEN in str(told())) == ("failed", False)
    assert incident["message"].startswith("1 no se pudieron escribir")


def test_what_is_against_the_rules_is_counted(told: Any, call: Any, settled: dict[str, Any]):
    """Once it was validated; until then it waits to be."""
    before = told()["conformance"]
    assert (before["violations"], before["waiting"] > 0) == ({}, True)
    model.Session.execute(sa.text("UPDATE package SET notes = ''"))
    model.Session.commit()
    flush.flush()
    validation.validate()
    after = told()["conformance"]
    assert (after["fragments"], after["waiting"]) == ({"dataset": 1}, 0)
    assert sum(after["rules"].values()) == after["violations"]["dataset"]
    assert settled["id"] not in str(told())


@pytest.mark.long
@pytest.mark.ckan_config("ckanext.gobiernoabierto.feed.notice", "Mañana no habrá servicio <b>")
@pytest.mark.usefixtures("settled")
def test_what_the_operator_tells_is_on_the_pages_as_text(app: Any, told: Any):
    """Escaped; for programs it is an incident."""
    assert [each["code"] for each in told()["incidents"]] == ["notice"]
    for address in ("/catalog/estado", "/datos-abiertos"):
        assert "Mañana no habrá servicio &lt;b&gt;" in app.get(address).body


@pytest.mark.long
@pytest.mark.usefixtures("settled")
def test_any_page_may_read_it_and_a_cache_may_keep_it_for_a_minute(app: Any):
    """It is the same for everybody."""
    headers = app.get("/catalog/estado.json").headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.usefixtures("settled")
def test_each_address_of_the_page_answers(app: Any):
    """And each section has what it leads to."""
    body = app.get("/datos-abiertos").body
    linked = re.findall(r'<dt><a href="http://test.ckan.net([^"]+)">', body)
    assert len(linked) > 5
    for address in linked:
        assert app.get(address.replace("&amp;", "&")).status_code == 200, address


def test_the_contract_and_its_document_are_of_the_same_version(checkout: Path):
    """The newest one first, on ascending days."""
    versions = state.contract()
    days = [each.day for each in versions]
    assert days == sorted(days, reverse=True)
    assert f"# Harvesting, contract {versions[0].version}" in (checkout / "docs/harvest.md").read_text()


@pytest.mark.usefixtures("settled")
def test_the_document_says_what_each_field_means(told: Any, checkout: Path):
    """Its table names all that programs find, and nothing else."""
    text = (checkout / "docs/harvest.md").read_text()
    table = text.partition("/catalog/estado.json\n```")[2].partition("\n\n## ")[0]
    fields = [name for row in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE) for name in row.split(", ")]
    assert sorted(fields) == sorted(f"`{name}`" for name in told())


@pytest.mark.long
@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("address", ["/datos-abiertos", "/catalog/estado", "/catalog/estado.json"])
def test_where_the_log_stands_is_asked_once(app: Any, queries: Any, address: str):
    """What an answer says is of one moment."""
    with queries() as asked:
        app.get(address)
    assert len([each for each in asked if "FROM gobiernoabierto_feed_state" in each]) == 1
