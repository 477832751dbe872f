"""Asking by date (RFC 9110, 13.1.3): 304 to who has it, never to who has what was there in that second."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.feed import flush, writing
from ckanext.gobiernoabierto.feed import log as events
from ckanext.gobiernoabierto.feed.model import Entry
from werkzeug.http import http_date

NUMBERS = itertools.count()
ADDRESSES = (
    *("/catalog.nt", "/catalog.jsonld", "/catalog", "/catalog.ttl?municipality=0115", "/catalog.nt.gz"),
    *("/catalog/changes.jsonl", "/catalog/changes", "/catalog/feed.trig", "/catalog/changes.atom"),
)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.datetime], None]:
    """Let the database's clock stand at a moment."""

    def stand(moment: dt.datetime) -> None:
        monkeypatch.setattr(events, "clock", lambda: moment)
        monkeypatch.setattr(writing, "clock", lambda: moment)

    return stand


@pytest.fixture
def noon() -> dt.datetime:
    """A whole second, some days from now."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).replace(
        hour=12, minute=0, second=0, microsecond=0
    )


@pytest.fixture
def change(call: Any, at: Any) -> Callable[..., None]:
    """Change datasets in one flush, by a clock that stands at a moment."""

    def write(moment: dt.datetime, *ids: str) -> None:
        flush.flush()  # what is older has its own moments
        at(moment)
        for id in ids:
            call("package_patch", id=id, title=f"Otro título {moment.isoformat()} {next(NUMBERS)}")
        flush.flush()

    return write


def get(app: Any, address: str, **headers: str) -> Any:
    """An answer to somebody without cookies, in front of the application if that answers."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client(use_cookies=False).get(address, headers=names, follow_redirects=False)


@pytest.mark.long
def test_who_sends_back_the_date_has_it(app: Any, dataset: dict[str, Any], change: Any, noon: dt.datetime):
    """Without a body; HEAD too. Another date is no sign of anything."""
    change(noon, dataset["id"])
    for address in (*ADDRESSES, f"/dataset/{dataset['id']}.ttl", f"/dataset/{dataset['id']}"):
        headers = {"Accept": "text/turtle"} if "." not in address else {}
        first = get(app, address, **headers)
        date = first.headers["Last-Modified"]
        again = get(app, address, **headers, If_Modified_Since=date)
        assert (again.status_code, again.data) == (304, b""), address
        assert again.headers["ETag"].replace("-gz", "") == first.headers["ETag"]
        client = app.test_client(use_cookies=False)
        assert client.head(address, headers={**headers, "If-Modified-Since": date}).status_code == 304
        earlier = http_date(first.last_modified - dt.timedelta(seconds=1))
        for other in (earlier, "yesterday", ""):
            assert get(app, address, **headers, If_Modified_Since=other).status_code == 200, (address, other)
        tag = {"If_None_Match": '"another"', "If_Modified_Since": date}
        assert get(app, address, **headers, **tag).status_code == 200, address


@pytest.mark.long
def test_of_two_changes_in_one_second_the_second_is_told(
    app: Any, dataset: dict[str, Any], change: Any, noon: dt.datetime
):
    """By every address that can be asked so; from the next second on the date is a sign again."""
    addresses = (*ADDRESSES, f"/dataset/{dataset['id']}.ttl")
    change(noon, dataset["id"])
    before = {each: get(app, each) for each in addresses}
    assert {each.headers["Last-Modified"] for each in before.values()} == {http_date(noon)}
    change(noon + dt.timedelta(milliseconds=800), dataset["id"])
    for address, answer in before.items():
        date = answer.headers["Last-Modified"]
        now = get(app, address, If_Modified_Since=date)
        assert (now.status_code, now.headers["Last-Modified"]) == (200, date), address
        assert now.headers["ETag"] != answer.headers["ETag"], address
    change(noon + dt.timedelta(seconds=3), dataset["id"])
    for address in addresses:
        date = get(app, address).headers["Last-Modified"]
        assert get(app, address, If_Modified_Since=date).status_code == 304, address


@pytest.mark.long
def test_one_flush_of_many_is_one_change(app: Any, many: list[str], change: Any, noon: dt.datetime):
    """Nobody can have read a part of it, though its events are of one second."""
    change(noon, *many)
    date = get(app, "/catalog.ttl").headers["Last-Modified"]
    assert date == http_date(noon)
    assert get(app, "/catalog.ttl", If_Modified_Since=date).status_code == 304
    change(noon, many[0])
    assert get(app, "/catalog.ttl", If_Modified_Since=date).status_code == 200


def test_a_clock_that_is_set_back_makes_no_date_ambiguous(
    app: Any, dataset: dict[str, Any], change: Any, noon: dt.datetime
):
    """The moments go on by a millisecond from where they were: in the same second, by another commit."""
    change(noon, dataset["id"])
    date = get(app, "/catalog.nt").headers["Last-Modified"]
    change(noon - dt.timedelta(hours=1), dataset["id"])
    assert get(app, "/catalog.nt").headers["Last-Modified"] == date
    assert get(app, "/catalog.nt", If_Modified_Since=date).status_code == 200


def test_another_program_is_no_sign_of_the_same(
    app: Any, dataset: dict[str, Any], change: Any, noon: dt.datetime
):
    """What was written by another version may look different, though nothing has happened since."""
    change(noon, dataset["id"])
    date = get(app, "/catalog.nt").headers["Last-Modified"]
    model.Session.execute(sa.update(Entry.__table__).values(fingerprint="of before"))
    model.Session.commit()
    assert get(app, "/catalog.nt", If_Modified_Since=date).status_code == 200
