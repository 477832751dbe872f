"""What RDF cannot carry costs itself only: it is told, and the dataset stays."""

from __future__ import annotations

import json

import pyoxigraph
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.feed import flush, render
from ckanext.gobiernoabierto.feed.model import LeftOut, Mark

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
