"""A dataset that gets another identifier: who keeps it by the former one is told that this one is gone."""

from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model

ELSEWHERE = "https://otro.example/dataset/"


@pytest.fixture
def lines(app: Any):
    """What the stream of changes tells of datasets: [(what, address)]."""

    def read() -> list[tuple[str, str]]:
        text = app.get("/catalog/changes.jsonl").text
        told = [json.loads(line) for line in text.splitlines()]
        return [(each["op"], each["address"]) for each in told if each["kind"] == "dataset"]

    return read


def _known_as(identifier: str) -> list[dict[str, str]]:
    return [{"key": "uri", "value": identifier}]


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


def test_two_datasets_are_not_one(call: Any, fields: dict[str, Any]):
    """Neither created, nor changed, nor brought back; what a draft or a private one has is taken too."""
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
    with pytest.raises(tk.ValidationError, match="Segundo"):
        call("package_patch", id=first["id"], state="active")
    model.Session.rollback()
    call("package_patch", id=second["id"], notes="Otra descripción de lo mismo.")
