"""The lines of changes, as many as one asks for: sent again only if they have become others."""

from __future__ import annotations

import json
from typing import Any

import pytest


def lines(answer: Any) -> list[dict[str, Any]]:
    """Return the events of an answer."""
    return [json.loads(line) for line in answer.data.splitlines()]


@pytest.mark.long
def test_full_lines_are_sent_again_only_if_they_are_others(
    app: Any, call: Any, three: None, log: Any, queries: Any
):
    """304 after edits of what they do not tell of; those that are not full grow."""
    of_datasets = [event.seq for event in log("dataset")]
    full = f"/catalog/changes.jsonl?kind=dataset&after={of_datasets[0]}&limit=2"
    growing = f"/catalog/changes.jsonl?kind=dataset&after={of_datasets[0]}&limit=3"
    first, before = (app.get(path) for path in (full, growing))
    tag = {"If-None-Match": first.headers["ETag"]}
    told = [each["id"] for each in lines(first)]
    (other,) = {event.subject for event in log("dataset")} - set(told)
    call("package_patch", id=other, title="Otro título")
    log()
    again = app.test_client().get(full, headers=tag)
    assert (again.status_code, again.headers["ETag"]) == (304, first.headers["ETag"])
    assert app.get(full).data == first.data
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert app.test_client().get(full, headers=since).headers["Last-Modified"] == since["If-Modified-Since"]
    assert app.get(growing, headers={"If-None-Match": before.headers["ETag"]}).status_code == 200
    with queries() as sent:
        app.test_client().get(full, headers=tag)
    assert len([each for each in sent if "feed_log" in each]) <= 2
    call("package_patch", id=told[0], private=True)
    log()
    after = app.get(full, headers=tag)
    assert after.status_code == 200
    assert [each["text"] is None for each in lines(after)] == [True, False]
    assert app.test_client().head(full).headers["ETag"] == after.headers["ETag"]
