"""What is against DCAT-AP is told at its field, soon after it is published, and until it is mended."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests.helpers import CKANCliRunner
from ckanext.gobiernoabierto.cli import gobiernoabierto
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.feed import flush, notices, shapes, validation, wake
from ckanext.gobiernoabierto.feed.model import Entry, Validated, Violation

NOON = dt.datetime(2026, 1, 31, 18, tzinfo=dt.UTC)
NIGHT = dt.datetime(2026, 1, 31, 8, tzinfo=dt.UTC)


@pytest.fixture
def sql():
    """Write what no form would take, past CKAN's validators."""

    def write(statement, **values):
        model.Session.execute(sa.text(statement), values)
        model.Session.commit()

    return write


@pytest.fixture
def asked():
    """Flush and validate; return how many fragments were asked."""

    def ask():
        model.Session.commit()
        flush.flush()
        return validation.validate().fragments

    return ask


@pytest.fixture
def told(call, dataset):
    """Return (kind, field, file) of the notices of the dataset, what is wrong first."""

    def of():
        shown = call("package_show", id=dataset["id"])
        found = [(each.kind, each.field, each.resource) for each in notices.of_dataset(shown)]
        model.Session.rollback()
        return found

    return of


def wrong(found):
    """Return what is no suggestion."""
    return [each for each in found if each[0] != shapes.SUGGESTION]


def rows():
    """Return all that was written."""
    found = model.Session.execute(sa.select(Violation.__table__).order_by(Violation.id)).all()
    model.Session.rollback()
    return found


@pytest.mark.long
def test_what_lacks_is_told_at_its_field_until_it_is_mended(dataset, sql, asked, told):
    """And the day on which it was noticed stays, whatever else changes."""
    asked()
    assert wrong(told()) == []
    sql("UPDATE package SET notes = ''")
    asked()
    assert wrong(told()) == [("violation", "notes", None)]
    first = next(row for row in rows() if row.rule == "dataset-description")
    assert first.node.endswith(dataset["id"])
    sql("UPDATE package SET title = 'Otro título'")
    asked()
    again = next(row for row in rows() if row.rule == "dataset-description")
    assert again.noticed == first.noticed
    sql("UPDATE package SET notes = 'Luminarias por colonia.'")
    asked()
    assert wrong(told()) == []


@pytest.mark.long
def test_suggestions_are_told_apart(dataset, asked, told, sql):
    """What DCAT-AP recommends and the dataset does not have; it is right without it."""
    asked()
    file = dataset["resources"][0]["id"]
    assert {(field, of) for _kind, field, of in told()} == {
        ("theme", None),
        ("temporal_start", None),
        ("contact_name", None),
        ("description", file),
        ("size", file),
    }
    sql("UPDATE resource SET format = 'algo'")
    asked()
    assert ("suggestion", "format", file) in told()
    assert notices.violations()["violations"] == {}


def test_a_value_that_was_not_published_is_told_once_and_of_its_file(dataset, sql, asked, told, call):
    """Without it the file has no address, which is against DCAT-AP; what to do is the same."""
    sql("UPDATE resource SET url = 'http://a.gt/100%'")
    asked()
    file = dataset["resources"][0]["id"]
    assert wrong(told()) == [("left_out", "url", file)]
    assert [row.rule for row in rows() if row.severity == shapes.VIOLATION] == ["file-address"]
    message = notices.of_dataset(call("package_show", id=dataset["id"]))[0].message
    assert "http://a.gt/100%" in message


@pytest.mark.long
def test_nothing_is_asked_twice_but_by_other_rules(dataset, asked, call, monkeypatch):
    """A renamed organization has another fragment, and so have its dataset and the catalogue's others not."""
    published = asked()
    assert published > 10
    assert asked() == 0
    call("package_patch", id=dataset["id"], title="Otro")
    assert asked() == 1
    monkeypatch.setattr(shapes, "digest", lambda: "others")
    assert asked() == published


@pytest.mark.long
def test_what_is_published_last_is_asked_first_and_the_rest_by_the_next(three, asked, monkeypatch):
    """Stopped after any batch, what was asked is known."""
    flush.flush()
    last = model.Session.scalar(sa.select(sa.func.max(Entry.seq)))
    monkeypatch.setattr(validation, "BATCH", 1)
    steps = validation.steps(validation.Done())
    next(steps)
    steps.close()
    known = model.Session.execute(sa.select(Validated.kind, Validated.subject)).all()
    newest = model.Session.execute(sa.select(Entry.kind, Entry.subject).where(Entry.seq == last)).all()
    assert known == newest
    left = validation.waiting()
    assert validation.validate(seconds=0).fragments == 1
    assert validation.validate().fragments == left - 1
    assert validation.waiting() == 0


def test_what_is_not_public_any_more_is_forgotten(dataset, sql, asked, told, call):
    """Nobody is told what was wrong in it."""
    sql("UPDATE package SET notes = ''")
    asked()
    assert wrong(told())
    sql("UPDATE package SET private = true")
    asked()
    assert told() == []
    assert not [row for row in rows() if row.subject == dataset["id"]]
    assert not [row for row in model.Session.execute(sa.select(Validated.subject)) if row[0] == dataset["id"]]


def test_what_cannot_be_asked_is_told_and_the_others_are(dataset, asked, monkeypatch):
    """As of who watches the site: no officer can do anything about it."""
    whole = shapes.against

    def broken(rules, triples):
        if b"#Dataset>" in triples:
            raise RuntimeError("no")
        return whole(rules, triples)

    monkeypatch.setattr(shapes, "against", broken)
    asked()
    assert notices.violations()["rules"] == {"failed": 1}
    assert notices.violations()["fragments"] == {"dataset": 1}
    assert validation.waiting() == 0


@pytest.mark.long
def test_the_job_that_flushes_validates_too(app, dataset, sql, told):
    """Who mends a field sees soon that it is right."""
    sql("UPDATE package SET notes = ''")
    wake.flush_marked()
    assert wrong(told()) == [("violation", "notes", None)]
    sql("UPDATE package SET notes = 'Luminarias'")
    wake.flush_marked()
    assert wrong(told()) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("moment", "published", "asks"), [(NIGHT, NIGHT, True), (NOON, NOON, False), (NOON, NIGHT, False)]
)
def test_the_rest_is_asked_at_night(app, dataset, sql, monkeypatch, moment, published, asks):
    """In Guatemala; by day nobody has to wait for it."""
    flush.flush()
    sql("UPDATE gobiernoabierto_feed_log SET published = :moment", moment=published)
    monkeypatch.setattr(validation, "now", lambda: moment)
    validation.nightly()
    assert (validation.waiting() == 0) is asks


def test_without_a_night_it_is_asked_the_next_day(app, dataset, sql):
    """A site that nobody visits then has no hour at night."""
    flush.flush()
    sql("UPDATE gobiernoabierto_feed_log SET published = :moment", moment=now() - dt.timedelta(days=2))
    validation.nightly()
    assert validation.waiting() == 0


@pytest.fixture
def command(app):
    """Run ``ckan gobiernoabierto feed validate`` with these words; the exit code, what it printed."""

    def run(*words, code=0):
        done = CKANCliRunner(mix_stderr=False).invoke(gobiernoabierto, ["feed", "validate", *words])
        assert done.exit_code == code, done.output
        return done.stdout

    return run


def test_the_command_says_what_is_wrong(dataset, sql, asked, command):
    """And ends with 1 for who runs it by a script; repeated it asks nothing and says the same."""
    flush.flush()
    assert "Ningún" in command()
    sql("UPDATE package SET notes = ''")
    flush.flush()
    assert "dataset-description" in command(code=1)
    found = json.loads(command("--json", code=1))
    assert (found["validated"], found["violations"]) == (0, {"dataset": 1})
    assert found["details"][0]["field"] == "notes"
    assert found["suggestions"]["suggest-theme"] == 1


def test_the_command_asks_other_shapes_and_writes_nothing(dataset, command, tmp_path):
    """A file, or each one of a folder; what a file only names is of another."""
    flush.flush()
    shape = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
    <urn:a> a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property <urn:b> , <urn:elsewhere> .
    <urn:b> sh:path dcat:version ; sh:minCount 1 ."""
    (tmp_path / "demands.ttl").write_text(shape)
    (tmp_path / "nothing.ttl").write_text(shape.replace("minCount", "maxCount"))
    printed = command("--shapes", str(tmp_path), code=1)
    assert "demands.ttl: 2" in printed  # the fragment, and the page that it is on
    assert "nothing.ttl: 0" in printed
    assert rows() == []
    assert "Ningún" in command("--shapes", str(tmp_path / "nothing.ttl"))


def test_of_many_the_worst_come_first(three, sql, asked, organization):
    """Of the organizations that are asked for, page by page."""
    sql("UPDATE package SET notes = '' WHERE name = 'd1'")
    asked()
    total, first = notices.of_organizations([organization["id"]], most=2)
    assert (total, [each.name for each in first]) == (3, ["d1", "d0"])
    assert not first[0].notices[0].suggested
    assert [each.name for each in notices.of_organizations([organization["id"]], first=2)[1]] == ["d2"]
    assert notices.of_organizations(["other"]) == (0, [])
