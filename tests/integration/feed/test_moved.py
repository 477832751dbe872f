"""A dataset that gets another identifier: who keeps it by the former one is told that this one is gone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories
from ckanext.gobiernoabierto.feed import flush
from werkzeug.test import Client

ELSEWHERE = "https://otro.example/dataset/"


@pytest.fixture
def lines(app: Any):
    """What the stream of changes tells of datasets: [(what, address)]."""

    def read() -> list[tuple[str, str]]:
        text = app.get("/catalog/changes.jsonl").text
        told = [json.loads(line) for line in text.splitlines()]
        return [(each["op"], each["address"]) for each in told if each["kind"] == "dataset"]

    return read


def _replayed(told: list[tuple[str, str]]) -> set[str]:
    """Return what a copy has that follows the stream by address."""
    there: set[str] = set()
    for op, address in told:
        there = there - {address} if op == "delete" else there | {address}
    return there


def _known_as(identifier: str) -> list[dict[str, str]]:
    return [{"key": "uri", "value": identifier}]


@pytest.mark.long
def test_the_former_identifier_is_told_gone(app: Any, call: Any, fields: dict[str, Any], lines: Any):
    """Before the dataset is told under the new one; a replay by address is the catalogue, then and later."""
    made = call("package_create", **{**fields, "extras": _known_as(f"{ELSEWHERE}1")})
    assert lines() == [("create", f"{ELSEWHERE}1")]
    call("package_patch", id=made["id"], extras=_known_as(f"{ELSEWHERE}2"))
    assert lines()[1:] == [("delete", f"{ELSEWHERE}1"), ("create", f"{ELSEWHERE}2")]
    call("package_patch", id=made["id"], title="Otro título")
    assert lines()[3:] == [("update", f"{ELSEWHERE}2")]
    said = app.get("/catalog.nt").text
    assert (f"<{ELSEWHERE}1>" in said, f"dcat#dataset> <{ELSEWHERE}2>" in said) == (False, True)
    found = app.get("/oai?verb=ListIdentifiers&metadataPrefix=dcat").text
    assert (found.count("<header>"), "deleted" in found) == (1, False)
    call("package_delete", id=made["id"])
    assert lines()[4:] == [("delete", f"{ELSEWHERE}2")]


@pytest.fixture
def officers(app: Any, officer: dict[str, str]):
    """Call an action by API as an editor of the organization."""

    def called(action: str, **values: Any) -> Any:
        return app.post(f"/api/3/action/{action}", json=values, headers=officer)

    return called


@pytest.mark.long
def test_two_datasets_are_not_one(call: Any, officers: Any, fields: dict[str, Any]):
    """Neither created, nor changed, nor brought back; only who administers the site is told of which."""
    wanted = {**fields, "extras": _known_as(f"{ELSEWHERE}1")}
    first = call("package_create", **{**wanted, "title": "Primero", "private": True})
    second = call("package_create", **{**fields, "title": "Segundo"})
    for action, values in (
        ("package_create", {**wanted, "name": "tercero"}),
        ("package_patch", {"id": second["id"], "extras": wanted["extras"]}),
    ):
        with pytest.raises(tk.ValidationError) as refused:
            call(action, **values)
        assert "Primero" in refused.value.error_dict["extras"][0]["value"][0]
        model.Session.rollback()
    call("package_delete", id=first["id"])
    call("package_patch", id=second["id"], extras=wanted["extras"])
    assert officers("package_patch", id=first["id"], state="active").status_code == 409
    assert "Segundo" not in officers("package_patch", id=first["id"], state="active").text
    with pytest.raises(tk.ValidationError, match="Segundo"):
        call("package_patch", id=first["id"], state="active")
    model.Session.rollback()
    call("package_patch", id=second["id"], notes="Otra descripción de lo mismo.")


@pytest.mark.long
def test_an_identifier_that_passes_to_another_dataset_is_not_lost(
    call: Any, fields: dict[str, Any], lines: Any, monkeypatch: pytest.MonkeyPatch
):
    """However the batches fall: who had it is deleted before who has it now is told."""
    first, second = (
        call("package_create", **{**fields, "title": f"Conjunto {n}", "extras": _known_as(f"{ELSEWHERE}{n}")})
        for n in (1, 2)
    )
    assert _replayed(lines()) == {f"{ELSEWHERE}1", f"{ELSEWHERE}2"}
    monkeypatch.setattr(flush, "SECONDS", 0.0)
    call("package_patch", id=first["id"], title="Es la primera de la cola")
    call("package_patch", id=second["id"], extras=_known_as(f"{ELSEWHERE}3"))
    call("package_patch", id=first["id"], extras=_known_as(f"{ELSEWHERE}2"))
    told = lines()
    assert _replayed(told) == {f"{ELSEWHERE}2", f"{ELSEWHERE}3"}
    assert told[-1] == ("create", f"{ELSEWHERE}3")


@pytest.mark.long
@pytest.mark.parametrize("spelled", ["./1", "x/../1", "1\t", " 1"])
def test_an_identifier_is_the_same_however_it_is_spelled(call: Any, fields: dict[str, Any], spelled: str):
    """It is stored as it is published."""
    address = f" {ELSEWHERE}1" if spelled.startswith(" ") else f"{ELSEWHERE}{spelled}"
    call("package_create", **{**fields, "name": "uno", "extras": _known_as(f"{ELSEWHERE}1")})
    with pytest.raises(tk.ValidationError, match="Alumbrado"):
        call("package_create", **{**fields, "name": "dos", "extras": _known_as(address)})
    model.Session.rollback()
    call("package_delete", id="uno")
    made = call("package_create", **{**fields, "name": "tres", "extras": _known_as(address)})
    assert made["extras"] == _known_as(f"{ELSEWHERE}1")


def test_of_many_at_once_one_has_the_identifier(app: Any, fields: dict[str, Any]):
    """Whoever harvests twice at the same time has it once."""
    headers = {"Authorization": factories.APIToken(user=factories.Sysadmin()["name"])["token"]}

    def create(number: int) -> int:
        wanted = {**fields, "name": f"n-{number}", "extras": _known_as(f"{ELSEWHERE}1")}
        client = Client(app.app)
        return client.post("/api/3/action/package_create", json=wanted, headers=headers).status_code

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(create, range(4))) == [200, 409, 409, 409]
