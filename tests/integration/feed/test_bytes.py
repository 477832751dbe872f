"""The same rows give the same bytes, in whichever process."""

from __future__ import annotations

import json

import pyoxigraph
import pytest

RENDER = """
import hashlib, json
from ckanext.gobiernoabierto.feed import render
with app._wsgi_app.test_request_context(base_url="http://otro.example.org/en/"):
    found = dict(render.each([tuple(key) for key in json.loads(arguments[0])]))
    print(json.dumps({subject: each.sha256 for (_kind, subject), each in found.items()}))
"""


@pytest.mark.long
@pytest.mark.parametrize("seed", ["1", "2"])
def test_two_processes_render_the_same(dataset, log, dying, seed):
    """Though their sets have other orders, and whatever language is asked for."""
    events = log()
    keys = json.dumps([(event.kind, event.subject) for event in events])
    printed = dying(RENDER, keys, PYTHONHASHSEED=seed).stdout.splitlines()[-1]
    assert json.loads(printed) == {event.subject: event.sha256 for event in events}


@pytest.mark.long
def test_every_fragment_is_strict_and_has_no_blank_nodes(call, dataset, log):
    """Also those nodes to which ckanext-dcat gives no address: period, contact, checksum."""
    call(
        "package_patch",
        id=dataset["id"],
        contact_name="Oficina",
        contact_email="datos@example.org",
        temporal_start="2017-01-01",
    )
    call("resource_patch", id=dataset["resources"][0]["id"], hash="ab" * 32, size=12)
    for event in log():
        read = list(pyoxigraph.parse(event.body, pyoxigraph.RdfFormat.N_TRIPLES))
        assert len(read) == event.triples
        assert len(event.body) == event.size
        assert not [each for each in read if isinstance(each.subject, pyoxigraph.BlankNode)]
        assert event.body.splitlines() == sorted(event.body.splitlines())
