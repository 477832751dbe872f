"""After a backup was restored the log's positions come again: nobody is answered from what was lost."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ckan import model
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.feed import flush, snapshot

LOST = "De lo que se perdió"
ADDRESSES = (
    *("/catalog.nt", "/catalog.nt?municipality=0115", "/catalog.nt?modified_since=2020-01-01"),
    *("/catalog.nt.gz", "/catalog/feed.trig", "/catalog/changes.jsonl", "/catalog/changes.nt"),
    *("/catalog/changes.nt?page=1", "/catalog/changes.atom", "/dataset/d0.nt"),
)


@pytest.fixture
def backup(call: Any) -> Callable[[], Callable[[], None]]:
    """Keep what the database has, and return what brings it back."""

    def make() -> Callable[[], None]:
        flush.flush()
        model.Session.remove()
        with model.meta.engine.begin() as connection:
            listed = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            names = [f'"{name}"' for name in connection.exec_driver_sql(listed).scalars()]
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS backup CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA backup")
            for name in names:
                connection.exec_driver_sql(f"CREATE TABLE backup.{name} AS TABLE public.{name}")

        def restore() -> None:
            model.Session.remove()
            with model.meta.engine.begin() as connection:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                for name in names:
                    connection.exec_driver_sql(f"DELETE FROM public.{name}")
                    connection.exec_driver_sql(f"INSERT INTO public.{name} TABLE backup.{name}")
                connection.exec_driver_sql("DROP SCHEMA backup CASCADE")

        return restore

    return make


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder for the dumps."""
    monkeypatch.setattr(config, "dumps_path", lambda: tmp_path / "dumps")


def _body(answer: Any) -> str:
    body = answer.data
    return (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode()


@pytest.mark.long
def test_what_a_reader_has_of_a_position_that_comes_again_is_sent_anew(
    app: Any, call: Any, three: None, backup: Any
):
    """At every address: the same position is another one, so its tag is."""
    client = app.test_client(use_cookies=False)
    restore = backup()
    call("package_patch", id="d0", title=LOST)
    had = {address: client.get(address) for address in ADDRESSES}
    assert LOST in _body(had["/catalog.nt.gz"])
    lost_position = snapshot.head().position
    restore()
    call("package_patch", id="d0", title="De lo que sigue")
    flush.flush()
    assert snapshot.head().position == lost_position
    for address, answer in had.items():
        tag = answer.headers.get("ETag")
        again = client.get(address, headers={"If-None-Match": tag} if tag else {})
        assert (again.status_code, LOST in _body(again)) == (200, False), address


@pytest.mark.long
def test_a_dump_of_what_was_lost_is_served_no_more(app: Any, call: Any, three: None, backup: Any):
    """Neither as the newest there is, nor from the list, nor at its own address."""
    client = app.test_client(use_cookies=False)
    restore = backup()
    call("package_patch", id="d0", title=LOST)
    lost = client.get("/catalog.nt.gz")
    restore()
    assert [each["kept"] for each in client.get("/catalog/dumps.json").json["dumps"]] == [[]] * 4
    now = client.get("/catalog.nt.gz")
    assert (LOST in _body(lost), LOST in _body(now)) == (True, False)
    assert int(now.headers["Catalog-Position"]) < int(lost.headers["Catalog-Position"])
    assert client.get(lost.headers["Content-Location"]).status_code == 400
    call("package_patch", id="d0", title="De lo que sigue")
    assert LOST not in _body(client.get("/catalog.nt.gz"))
    assert LOST not in _body(client.get(lost.headers["Content-Location"]))
    assert len([*config.dumps_path().glob("*.gz")]) == 2
