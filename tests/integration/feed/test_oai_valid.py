"""OAI-PMH as schemas want it, ours and the official one, and who answers for the catalogue."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlencode

import pytest
from ckanext.gobiernoabierto.views import oai
from lxml import etree

CONTACT, ERRORS, SENDER = "ckanext.gobiernoabierto.site.contact", "email_to", "smtp.mail_from"


@pytest.mark.parametrize(
    ("said", "address", "expected"),
    [
        ({CONTACT: "a@b.gt", ERRORS: "c@d.gt e@f.gt", SENDER: "g@h.gt"}, "https://datos.gob.gt", ["a@b.gt"]),
        ({ERRORS: "c@d.gt e@f.gt", SENDER: "g@h.gt"}, "https://datos.gob.gt", ["c@d.gt", "e@f.gt"]),
        ({CONTACT: "la oficina", ERRORS: "root", SENDER: "g@h.gt"}, "https://datos.gob.gt", ["g@h.gt"]),
        ({}, "https://datos.gob.gt", ["postmaster@datos.gob.gt"]),
        ({ERRORS: "root@localhost"}, "https://datos.gob.gt:8443/", ["postmaster@datos.gob.gt"]),
        ({}, "http://127.0.0.1:5000", ["postmaster@[127.0.0.1]"]),
        ({}, "http://localhost:5000", ["postmaster@localhost.invalid"]),
        ({}, "http://[::1]:5000", ["postmaster@localhost.invalid"]),
    ],
)
def test_somebody_always_answers_for_it(
    app: Any, rules: Any, monkeypatch: Any, ckan_config: Any, said: Any, address: str, expected: list[str]
):
    """Who is set, in that order; else the role of the host: the protocol demands an address."""
    for option in (CONTACT, ERRORS, SENDER):
        monkeypatch.setitem(ckan_config, option, said.get(option, ""))
    monkeypatch.setitem(ckan_config, "ckan.site_url", address)
    answer = etree.fromstring(app.get("/oai?verb=Identify").data)
    rules.assertValid(answer)
    assert [each.text for each in answer.findall(".//{*}adminEmail")] == expected


@pytest.mark.skipif(
    "OAI_PMH_XSD" not in os.environ, reason="OAI_PMH_XSD names no file with the official schema"
)
def test_its_answers_are_valid_by_the_official_schema(
    app: Any, call: Any, dataset: dict[str, Any], others: Any, log: Any, monkeypatch: Any
):
    """All six verbs, each list to its end, records and a deletion among them, and an error."""
    monkeypatch.setattr(oai, "SIZE", 2)
    schema = etree.XMLSchema(etree.parse(os.environ["OAI_PMH_XSD"]))
    log()
    call("package_delete", id=others[0]["id"])
    log()
    one = {"identifier": f"oai:test.ckan.net:{dataset['id']}"}
    asked: list[dict[str, str]] = [
        {"verb": "Identify"},
        {"verb": "ListMetadataFormats"},
        {"verb": "ListSets"},
        {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"},
        {"verb": "ListRecords", "metadataPrefix": "oai_dc"},
        {"verb": "ListRecords", "metadataPrefix": "dcat"},
        {"verb": "GetRecord", "metadataPrefix": "oai_dc", **one},
        {"verb": "GetRecord", "metadataPrefix": "dcat_ap", **one},
        {"verb": "Nada"},
    ]
    parts = 0
    while asked:
        question = asked.pop()
        answer = etree.fromstring(app.get("/oai?" + urlencode(question)).data)
        schema.assertValid(answer)
        token = answer.findtext(".//{*}resumptionToken")
        asked += [{"verb": question["verb"], "resumptionToken": token}] if token else []
        parts += bool(token)
    assert parts >= 4
