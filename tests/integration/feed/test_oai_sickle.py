"""A harvester of others reads OAI-PMH over HTTP: Sickle, all verbs, list after list, with deletions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ckanext.gobiernoabierto.views import oai
from sickle import Sickle
from sickle.oaiexceptions import BadResumptionToken, IdDoesNotExist, NoRecordsMatch
from werkzeug.serving import make_server


@pytest.fixture
def sickle(app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sickle]:
    """A harvester at an address of its own, two records of an answer."""
    monkeypatch.setattr(oai, "SIZE", 2)
    server = make_server("127.0.0.1", 0, app.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Sickle(f"http://127.0.0.1:{server.port}/oai", timeout=30, max_retries=2)
    server.shutdown()
    thread.join()


@pytest.mark.long
def test_it_reads_all_that_there_is_and_what_is_new(
    sickle: Sickle, call: Any, fields: dict[str, Any], organization: dict[str, Any]
):
    """Page by page, a set of them, one of them, and the next day what changed and what is gone."""
    ids = [call("package_create", **{**fields, "name": f"d{number}"})["id"] for number in range(5)]
    identified = sickle.Identify()
    assert (identified.deletedRecord, identified.granularity) == ("persistent", "YYYY-MM-DDThh:mm:ssZ")
    assert [each.metadataPrefix for each in sickle.ListMetadataFormats()] == list(oai.metadata.FORMATS)
    assert f"organization:{organization['id']}" in [each.setSpec for each in sickle.ListSets()]

    records = list(sickle.ListRecords(metadataPrefix="oai_dc", set="municipality:0115"))
    assert sorted(each.header.identifier for each in records) == sorted(
        f"oai:test.ckan.net:{id}" for id in ids
    )
    assert {each.metadata["title"][0] for each in records} == {"Alumbrado público"}
    one = sickle.GetRecord(identifier=records[0].header.identifier, metadataPrefix="dcat")
    assert "http://www.w3.org/ns/dcat#" in one.raw

    call("package_delete", id=ids[1])
    call("package_patch", id=ids[2], title="Otro")
    since = {"from": max(each.header.datestamp for each in records), "metadataPrefix": "oai_dc"}
    new = {each.identifier.rpartition(":")[2]: each.deleted for each in sickle.ListIdentifiers(**since)}
    assert (new[ids[1]], new[ids[2]]) == (True, False)
    left = list(sickle.ListRecords(ignore_deleted=True, metadataPrefix="dcat"))
    assert len(left) == 4

    for error, ask in (
        (NoRecordsMatch, lambda: sickle.ListRecords(metadataPrefix="oai_dc", until="2001-01-01")),
        (IdDoesNotExist, lambda: sickle.GetRecord(metadataPrefix="dcat", identifier="oai:x:y")),
        (BadResumptionToken, lambda: sickle.ListRecords(resumptionToken="x")),
    ):
        with pytest.raises(error):
            ask()
