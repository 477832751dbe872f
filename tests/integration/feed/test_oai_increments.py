"""Who harvests what is new since the last time, all of it or one set, holds what is published."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from typing import Any
from urllib.parse import urlencode

import ckan.tests.factories as factories
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.entities.base import DRAFT
from ckanext.gobiernoabierto.feed import flush, wake
from ckanext.gobiernoabierto.feed.model import DELETE, Entry
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

OAI = "{http://www.openarchives.org/OAI/2.0/}"
A_WHILE, SECONDS = dt.timedelta(seconds=10), dt.timedelta(seconds=3)
SETS = ("", "municipality", "municipality:0115", "municipality:0108", "axis:3-3")
FRESH = itertools.count()


def sql(statement: str, **values: Any) -> None:
    """Write, and commit."""
    model.Session.execute(sa.text(statement), values)
    model.Session.commit()


def time_goes_by() -> None:
    """Let all that happened be a while ago: dates have seconds."""
    sql("UPDATE gobiernoabierto_feed_log SET published = published - interval '10 seconds'")


class Harvester:
    """A program that keeps what it harvests of one set, and asks each time what is new since the last one."""

    def __init__(self, app: Any, of: str):
        self.app, self.of = app, of
        self.held: dict[str, list[str]] = {}
        self.since: dt.datetime | None = None

    def harvest(self) -> int:
        """Read all that is new, and return how many records that were."""
        asked = {"metadataPrefix": "oai_dc", **({"set": self.of} if self.of else {})}
        if self.since:
            asked["from"] = f"{self.since:%Y-%m-%dT%H:%M:%SZ}"
        body = self.app.get("/oai?verb=ListIdentifiers&" + urlencode(asked)).data
        root = etree.fromstring(body)
        headers = list(root.iter(f"{OAI}header"))
        for header in headers:
            sets = [each.text for each in header.iter(f"{OAI}setSpec")]
            self.held.pop(header[0].text, None)
            if header.get("status") != "deleted" and self._wants(sets):
                self.held[header[0].text] = sets
        self.since = dt.datetime.fromisoformat(root.findtext(f"{OAI}responseDate"))
        return len(headers)

    def _wants(self, sets: list[str]) -> bool:
        """Leave what is in another set now."""
        return not self.of or any(each == self.of or each.startswith(f"{self.of}:") for each in sets)

    def wait(self) -> None:
        """Remember that it was some seconds after what had happened, and that time has gone by since."""
        assert self.since
        self.since -= A_WHILE - SECONDS


def published(of: str) -> list[str]:
    """The identifiers of what is published in a set."""
    rows = sa.select(Entry.subject).where(Entry.kind == "dataset", Entry.superseded_by.is_(None))
    rows = rows.where(Entry.op != DELETE, *([Entry.sets.contains([of])] if of else []))
    found = sorted(f"oai:test.ckan.net:{each}" for each in model.Session.execute(rows).scalars())
    model.Session.rollback()
    return found


def title(number: int, _value: bool) -> None:
    """Edit a dataset."""
    sql("UPDATE package SET title = :title WHERE name = :name", title=f"T{next(FRESH)}", name=f"d{number}")


def private(number: int, value: bool) -> None:
    """Hide a dataset, or publish it again."""
    sql("UPDATE package SET private = :value WHERE name = :name", value=value, name=f"d{number}")


def moved(number: int, value: bool) -> None:
    """Say that a dataset is about the one municipality or the other."""
    code = "0115" if value else "0108"
    of = {"name": f"d{number}", "code": code, "value": f'["{code}"]'}
    which = "package_id = (SELECT id FROM package WHERE name = :name)"
    sql(f"UPDATE package_extra SET value = :value WHERE key = 'municipality' AND {which}", **of)
    sql(f"UPDATE gobiernoabierto_link SET code = :code WHERE entity = 'municipality' AND {which}", **of)


OPERATIONS = st.tuples(st.sampled_from([title, private, moved]), st.integers(0, 2), st.booleans())


@pytest.mark.long
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.lists(OPERATIONS, max_size=3), min_size=1, max_size=4))
def test_harvesting_what_is_new_gives_what_is_there(app: Any, three: None, rounds: list[list[Any]]):
    """Whatever was edited, hidden, published again or moved to another set in between, in any order."""
    for number in range(3):
        private(number, False)
        moved(number, True)
    harvesters = [Harvester(app, of) for of in SETS]
    for operations in [[], *rounds]:
        for operation, number, value in operations:
            operation(number, value)
            flush.flush()
            time_goes_by()
            for each in harvesters:
                each.since = each.since and each.since - A_WHILE
        for each in harvesters:
            each.harvest()
            assert sorted(each.held) == published(each.of), each.of


@pytest.fixture
def harvester(app: Any):
    """Begin to harvest some sets, some time ago."""

    def begin(*sets: str) -> list[Harvester]:
        found = [Harvester(app, of) for of in sets]
        for each in found:
            each.harvest()
        time_goes_by()
        for each in found:
            each.wait()
        return found

    return begin


@pytest.mark.long
def test_only_what_is_new_is_told(harvester: Any, three: None, call: Any):
    """And nothing if nothing is."""
    (reader,) = harvester("")
    assert reader.harvest() == 0
    call("package_patch", id="d1", title="Otro")
    assert reader.harvest() == 1


def test_what_leaves_a_set_is_told_once_to_who_harvests_it(
    harvester: Any, three: None, change: Any, log: Any
):
    """With the sets that it is in now; who begins later, or harvests another set, is told nothing of it."""
    here, elsewhere = harvester("municipality:0115", "commitment:3-11")
    moved(1, False)
    assert (here.harvest(), len(here.held), elsewhere.harvest(), len(elsewhere.held)) == (1, 2, 1, 3)
    time_goes_by()
    here.wait()
    title(1, True)
    assert here.harvest() == 0
    assert Harvester(here.app, "municipality:0115").harvest() == 2


def test_a_deletion_is_told_to_who_harvests_its_sets_and_to_no_other(harvester: Any, three: None, call: Any):
    """For ever, and with nothing but its identifier and its date."""
    of, other = harvester("municipality:0115", "municipality:0108")
    call("package_delete", id="d1")
    assert (of.harvest(), len(of.held), other.harvest()) == (1, 2, 0)
    call("dataset_purge", id="d1")
    late = Harvester(of.app, "municipality:0115")
    assert (late.harvest(), len(late.held)) == (3, 2)
    body = of.app.get("/oai?verb=ListIdentifiers&metadataPrefix=dcat&set=municipality:0115").body
    deleted = body[body.index('status="deleted"') :].split("</header>")[0]
    assert "setSpec" not in deleted


def nearly_empty(call: Any) -> None:
    """Take two of the three datasets out of their commitment and their organization."""
    other = factories.Organization()["id"]
    for name in ("d0", "d1"):
        call("package_patch", id=name, commitment=[], owner_org=other)


@pytest.mark.long
@pytest.mark.parametrize(
    ("of", "action", "between"),
    [
        ("commitment:3-11", "gobiernoabierto_code_replace", False),
        ("commitment:3-11", "gobiernoabierto_commitment_delete", False),
        ("commitment:3-11", "gobiernoabierto_commitment_delete", True),
        ("organization", "organization_delete", True),
        ("organization", "organization_purge", False),
    ],
    ids=["another code", "deleted at once", "deleted later", "an organization", "purged"],
)
def test_who_harvests_a_set_that_has_ended_is_told_what_left_it(
    harvester: Any,
    three: None,
    call: Any,
    log: Any,
    organization: dict[str, Any],
    of: str,
    action: str,
    between: bool,
):
    """By its former code; what never was in it, or left it before, is told by no set that has ended."""
    of = f"organization:{organization['id']}" if of == "organization" else of
    kind, _, code = of.partition(":")
    nearly_empty(call)
    log()
    time_goes_by()
    (here,) = harvester(of)
    assert len(here.held) == 1
    if action == "gobiernoabierto_code_replace":
        call(action, entity=kind, code=code, new_code="3-111", version=1)
    else:
        call("package_patch", id="d2", commitment=[], owner_org=model.Package.get("d0").owner_org)
        if between:
            log()
        call(action, **({"id": code} if kind == "organization" else {"code": code, "version": 1}))
    assert (here.harvest(), here.held) == (1, {})
    late = Harvester(here.app, of)
    assert (late.harvest(), late.held) == (0, {})
    assert f"{of}<" not in here.app.get("/oai?verb=ListSets").body


@pytest.mark.long
def test_a_set_that_never_was_stays_none(harvester: Any, three: None, call: Any, change: Any, log: Any):
    """A draft is none, though a dataset came to name its address; nor is what nobody has heard of."""
    change("commitment", "3-11")
    draft = {"code": "3-12", "plan": "3", "number": 12, "title": "CANARIO", "visibility": "draft"}
    call("gobiernoabierto_commitment_create", **draft)
    secret, nothing = harvester("commitment:3-12", "commitment:9-99")
    call("package_patch", id="d1", url="http://test.ckan.net/compromiso/3-12")
    call("package_patch", id="d2", url="http://test.ckan.net/compromiso/9-99")
    call("gobiernoabierto_commitment_delete", code="3-12", version=1)
    log()
    for reader in (secret, nothing):
        assert (reader.harvest(), reader.held) == (0, {})


def test_what_left_a_set_that_was_taken_back_is_told_with_none_of_its_words(
    harvester: Any, three: None, change: Any, app: Any, log: Any
):
    """A commitment that becomes a draft again: its datasets, which are public, and not a word of it."""
    (here,) = harvester("commitment:3-11")
    since = f"{here.since:%Y-%m-%dT%H:%M:%SZ}"
    change("commitment", "3-11")(visibility=DRAFT)
    assert (here.harvest(), here.held) == (3, {})
    asked = {"verb": "ListRecords", "metadataPrefix": "dcat", "set": "commitment:3-11", "from": since}
    body = app.get("/oai?" + urlencode(asked)).body
    assert body.count("<record>") == 3
    assert "compromiso/3-11" not in body
    assert "Maratones" not in body
    assert "commitment:3-11<" not in body


def test_a_span_of_time_has_both_its_ends(app: Any, dataset: dict[str, Any], log: Any):
    """By the second and by the day."""
    log()
    moment = model.Session.scalar(sa.select(Entry.published).where(Entry.kind == "dataset"))
    model.Session.rollback()
    second = dt.timedelta(seconds=1)
    for since, until, number in (
        (moment, moment, 1),
        (moment + second, moment + second, 0),
        (moment - second, moment - second, 0),
        (moment - second, moment + second, 1),
    ):
        asked = {"from": f"{since:%Y-%m-%dT%H:%M:%SZ}", "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
        path = "/oai?verb=ListIdentifiers&metadataPrefix=dcat&" + urlencode(asked)
        assert app.get(path).body.count("<header>") == number
    day = f"{moment:%Y-%m-%d}"
    path = f"/oai?verb=ListIdentifiers&metadataPrefix=dcat&from={day}&until={day}"
    assert app.get(path).body.count("<header>") == 1


@pytest.mark.long
def test_an_event_that_is_committed_late_is_in_the_next_harvest(
    app: Any, dataset: dict[str, Any], log: Any, monkeypatch: pytest.MonkeyPatch
):
    """Whoever asks while a writer goes on, longer than a reader waits, gets a date before its events."""
    log()
    time_goes_by()
    monkeypatch.setattr(wake, "READER_SECONDS", 0.2)
    reader = Harvester(app, "")
    reader.harvest()
    appended, asked = threading.Event(), threading.Event()

    def late() -> None:
        whole = flush.log.append

        def slow(*given: Any) -> Any:
            events = whole(*given)
            appended.set()
            asked.wait(30)
            return events

        monkeypatch.setattr(flush.log, "append", slow)
        flush.flush(wait=5)

    sql("UPDATE package SET title = 'Tarde'")
    writer = threading.Thread(target=late)
    writer.start()
    appended.wait(30)
    threading.Event().wait(1.1)  # its date is another second than that of who asks now
    assert reader.harvest() in (0, 1)
    asked.set()
    writer.join()
    monkeypatch.undo()
    assert reader.harvest() == 1
    assert "Tarde" in app.get("/oai?verb=ListRecords&metadataPrefix=oai_dc").body
