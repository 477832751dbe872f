"""What RDF cannot carry costs itself only: it is told, and the dataset stays."""

from __future__ import annotations

import json
import random
import string
from typing import Any

import pyoxigraph
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.feed import flush, prepared, render
from ckanext.gobiernoabierto.feed.model import LeftOut, Mark
from ckanext.gobiernoabierto.rdf.profile import GobiernoAbiertoProfile

HALF = json.dumps(["http://e.org/\ud800"])
"""Half a character, as an escape of JSON: no check of characters sees it."""
BESIDE: dict[str, dict[str, Any]] = {
    **{
        f"half a character in {key}": {"extras": [{"key": key, "value": HALF}]}
        for key in ("related_resource", "conforms_to", "source", "is_version_of", "applicable_legislation")
    },
    "half a character in a column": {"schema": '{"fields": [{"name": "\\ud800", "type": "integer"}]}'},
    "half a character in a service": {"access_services": '[{"uri": "http://\\ud800"}]'},
    "NUL in a column": {"schema": '{"fields": [{"name": "\\u0000", "type": "integer"}]}'},
    "a schema that is none": {"schema": "[[1], 2]"},
    "a service that is none": {"access_services": "[1]"},
    "a contact that is a list": {"access_services": '[{"contact": [{"uri": "http://e.org"}]}]'},
    "a contact of texts": {"extras": [{"key": "contact", "value": '["a", {"b": ["c"]}]'}]},
}
"""What programs may write beside the fields of the form, of a dataset or of its file."""
BAD = {
    "a broken escape": ("resource", "url", "http://a.gt/100%", "resources.0.url", "address"),
    "a newline": ("resource", "url", "http://a.gt/\nb", "resources.0.url", "address"),
    "a control character": ("resource", "url", "http://a.gt/\x0bb", "resources.0.url", "address"),
    "a control character in a text": ("package", "notes", "ab\x0bc", "notes", "characters"),
    "no address": ("package", "url", "no es una dirección", "url", "address"),
    "a licence in words": ("package", "license_id", "libre\n", "license_id", "licence"),
    "no mail address": ("extra", "contact_email", "alguien", "contact_email", "mail"),
    "no day": ("extra", "temporal_start", "ayer", "temporal_start", "date"),
    "no theme": ("extra", "theme", json.dumps(["http://a.gt/%zz"]), "theme", "address"),
}


def write(table, column, value):
    """Write what no form would take, past CKAN's validators."""
    if table == "extra":
        model.Session.execute(sa.text("DELETE FROM package_extra WHERE key = :key"), {"key": column})
        columns = "INSERT INTO package_extra (id, package_id, key, value, state)"
        statement = f"{columns} SELECT 'x', id, :key, :value, 'active' FROM package"
        model.Session.execute(sa.text(statement), {"key": column, "value": value})
    else:
        model.Session.execute(sa.text(f"UPDATE {table} SET {column} = :value"), {"value": value})
    model.Session.commit()


def left_out():
    """Return (field, value, reason) of all that was left out."""
    rows = model.Session.execute(sa.select(LeftOut.__table__).order_by(LeftOut.id)).all()
    model.Session.rollback()
    return [(row.field, row.value, row.reason) for row in rows]


@pytest.mark.long
@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_told_and_the_dataset_stays(dataset, log, name):
    """Until it is mended."""
    table, column, value, field, reason = BAD[name]
    log()
    write(table, column, value)
    event = log("dataset", dataset["id"])[-1]
    triples = list(pyoxigraph.parse(event.body, pyoxigraph.RdfFormat.N_TRIPLES))
    assert len(triples) == event.triples > 80
    said = json.loads(value)[0] if column == "theme" else value
    assert left_out() == [(field, said, reason)]
    if table != "extra":
        write(table, column, dataset["resources"][0]["url"] if column == "url" else dataset[column])
        log()
        assert left_out() == []


@pytest.mark.long
@pytest.mark.parametrize("name", BESIDE)
def test_what_programs_write_beside_the_form_costs_nobody_anything(app, call, dataset, fields, name):
    """Neither others nor the dataset itself: what was corrected in the same edit is gone from its text."""
    wrong = BESIDE[name]
    part = {} if "extras" in wrong else wrong
    resources = [{**each, **part} for each in dataset["resources"]]
    other = call("package_create", **{**fields, "name": "otro", "notes": "De otra persona"})
    app.get("/catalog.nt")
    extras = {"extras": wrong["extras"]} if "extras" in wrong else {}
    call("package_patch", id=dataset["id"], notes="Ya sin el nombre", resources=resources, **extras)
    page = app.get("/catalog.nt").text
    assert f"/dataset/{other['id']}>" in page
    for address in (f"/dataset/{dataset['id']}.nt", "/catalog.nt"):
        text = app.get(address).text
        assert "Ya sin el nombre" in text
        assert dataset["notes"] not in text
    for address in (
        f"/dataset/{dataset['id']}.ttl",
        f"/dataset/{dataset['id']}",
        "/catalog.nt.gz",
        "/oai?verb=Identify",
    ):
        assert app.get(address).status_code == 200
    assert call("package_show", id=dataset["id"])["notes"] == "Ya sin el nombre"


@pytest.mark.long
def test_a_batch_that_fails_costs_the_subject_that_it_fails_for(call, dataset, fields, log, monkeypatch):
    """The others of the batch are published; it is told which was not, and what has to go is never left."""
    other = call("package_create", **{**fields, "name": "otro"})
    log()
    whole = prepared.keep

    def fail(now_is):
        if ("dataset", dataset["id"]) in now_is:
            raise ValueError("no\0\ud800")
        whole(now_is)

    monkeypatch.setattr(flush.prepared, "keep", fail)
    for id in (dataset["id"], other["id"]):
        call("package_patch", id=id, notes="Otra descripción")
    flush.flush()
    assert "Otra descripción" in log("dataset", other["id"])[-1].body.decode()
    assert "Otra descripción" not in log("dataset", dataset["id"])[-1].body.decode()
    assert left_out() == [(None, "ValueError: no\\x00\\ud800", "failed")]
    call("package_patch", id=dataset["id"], private=True)
    with pytest.raises(ValueError, match="no"):
        flush.flush()
    assert flush.waiting() == 1


def test_what_cannot_be_rendered_leaves_the_others_and_itself_as_it_was(
    dataset, organization, log, monkeypatch
):
    """It is told, and tried again in the hour."""
    before = log()

    def broken(*_given):
        raise ValueError("no")

    with monkeypatch.context() as patched:
        patched.setattr(render, "_dataset", broken)
        model.Session.execute(sa.text("UPDATE package SET title = 'Otro'"))
        model.Session.execute(sa.text("UPDATE \"group\" SET description = 'Otra'"))
        events = log()
    assert {event.kind for event in events[len(before) :]} == {"organization"}
    assert left_out() == [(None, "ValueError: no", "failed")]
    assert model.Session.query(Mark).count() == 0
    flush.mark_failed()
    assert [event.op for event in log("dataset", dataset["id"])] == ["create", "update"]
    assert left_out() == []


def test_a_failure_of_the_database_is_only_of_one(dataset, log, monkeypatch):
    """What the transaction has already is kept: the batch goes on behind a savepoint."""
    whole = render._dataset

    def broken(profile, package_id):
        model.Session.execute(sa.text("SELECT 1 / 0"))
        return whole(profile, package_id)

    monkeypatch.setattr(render, "_dataset", broken)
    assert {event.kind for event in log()} > {"organization", "workshop"}
    assert [reason for _field, _value, reason in left_out()] == ["failed"]


PLACE = "http://test.ckan.net/municipio/"
NO_NAMES = {"too long": "a" * 50_000, "NUL": "%00", "a question": "0115?de=" + "a" * 9000}


@pytest.mark.long
@pytest.mark.parametrize("name", NO_NAMES)
def test_an_address_of_ours_that_can_be_none_is_no_name(call, dataset, fields, log, name):
    """Whatever follows the path, it names no municipality, and nobody else's dataset waits for it."""
    write("package", "url", PLACE + NO_NAMES[name])
    other = call("package_create", **{**fields, "name": "otro"})
    assert log("dataset", other["id"])[-1].op == "create"
    names = log("dataset", dataset["id"])[-1].named
    assert [name for name in names if name.startswith("municipality:")] == ["municipality:0115"]
    assert left_out() == []


def test_what_is_beyond_a_limit_of_the_database_costs_itself_only(call, dataset, fields, log, monkeypatch):
    """PostgreSQL tells it as it tells that it is away."""
    log()
    # letters that no compression makes short enough for an index
    code = "".join(random.Random(1).choices(string.ascii_letters, k=20_000))
    whole = GobiernoAbiertoProfile.links

    def links(self, shown):
        return [("idea", code)] if shown["id"] == dataset["id"] else whole(self, shown)

    monkeypatch.setattr(GobiernoAbiertoProfile, "links", links)
    call("package_patch", id=dataset["id"], notes="Otras notas")
    other = call("package_create", **{**fields, "name": "otro"})
    assert log("dataset", other["id"])[-1].op == "create"
    assert [reason for _field, _value, reason in left_out()] == ["failed"]
