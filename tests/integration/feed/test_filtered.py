"""A page of a filter: known by what it shows, whatever happens elsewhere, and never for what it is not."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from ckan import model
from ckanext.gobiernoabierto.feed import flush, relevant, snapshot
from ckanext.gobiernoabierto.feed.snapshot import Asked

PLACES = ("0108", "0115")
FILTERS = ("municipality=0115", "municipality=0108", "workshop=ideaton-villa-nueva-2017", "commitment=3-11")
BOTH = "municipality=0115&workshop=ideaton-villa-nueva-2017"
ALONE: dict[str, Any] = {"workshop": [], "workshop_origin": "none"}
OF_A_WORKSHOP = {"workshop": ["ideaton-villa-nueva-2017"], "workshop_origin": "", "municipality": ["0115"]}
STEPS = 25


def get(app: Any, question: str, tag: str = "") -> Any:
    """A page of what a filter shows, or 304."""
    headers = {"If-None-Match": tag} if tag else {}
    return app.test_client(use_cookies=False).get(f"/catalog.nt?{question}", headers=headers)


def test_news_of_another_place_are_none(app: Any, call: Any, fields: Any, dataset: dict[str, Any]):
    """304, and the very same bytes; what concerns the place is told, and what leaves it too."""
    other = call("package_create", **{**fields, **ALONE, "name": "otro", "municipality": ["0108"]})
    here = get(app, "municipality=0115")
    call("package_patch", id=other["id"], title="Noticias de Mixco")
    again = get(app, "municipality=0115", here.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert get(app, "municipality=0115").data == here.data
    assert get(app, "").status_code == 200
    call("package_patch", id=other["id"], municipality=["0115"])
    came = get(app, "municipality=0115", here.headers["ETag"])
    assert (came.status_code, other["id"] in came.text) == (200, True)
    call("package_patch", id=other["id"], municipality=["0108"])
    went = get(app, "municipality=0115", came.headers["ETag"])
    assert (went.status_code, other["id"] in went.text) == (200, False)


def _do(dice: random.Random, call: Callable[..., Any], change: Any, fields: Any, ids: list[str]) -> None:
    """Do what an officer may do, anything."""
    about = dice.choice(
        ({**ALONE, "municipality": ["0108"]}, {**ALONE, "municipality": ["0115"]}, OF_A_WORKSHOP)
    )
    values = {"title": f"Título {dice.random()}", **about}
    what = dice.choice(("create", "edit", "edit", "edit", "hide", "show", "delete", "rename", "organization"))
    if what == "create" or not ids:
        ids.append(call("package_create", **{**fields, **values, "name": f"d{dice.randrange(10**9)}"})["id"])
    elif what == "delete" and len(ids) > 2:
        call("dataset_purge", id=ids.pop(dice.randrange(len(ids))))
    elif what == "rename":
        change("municipality", dice.choice(PLACES))(name=f"Lugar {dice.random()}")
    elif what == "organization":
        call("organization_patch", id=fields["owner_org"], title=f"Oficina {dice.random()}")
    else:
        seen = {"private": what == "hide"} if what in ("hide", "show") else values
        call("package_patch", id=dice.choice(ids), **seen)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_shown_of_a_filter_is_what_there_is(
    app: Any, call: Any, change: Any, fields: Any, small: None, seed: int
):
    """After anything: the same datasets and texts as at the head; 304 only to who has these very bytes."""
    dice, ids, had, kept = random.Random(seed), [], {}, 0
    for _step in range(STEPS):
        _do(dice, call, change, fields, ids)
        flush.flush()
        head = snapshot.head()
        for question in (*FILTERS, BOTH):
            refs = tuple(pair.replace("=", ":") for pair in question.split("&"))
            position = relevant.position_of(refs, head)
            now, then = (snapshot.page(at, asked=Asked(refs)) for at in (head.position, position))
            shown, same = ([(row.seq, bytes(row.packed)) for row in each.datasets] for each in (now, then))
            assert shown == same, question
            assert then.total == len(shown)
            model.Session.rollback()
            page = get(app, question)
            for address, (tag, body) in list(had.items()):
                if address.startswith(question + "&") or address == question:
                    again = get(app, address, tag)
                    if again.status_code == 304:
                        assert get(app, address).data == body, address
                        kept += 1
            had[question] = page.headers["ETag"], page.data
            links = [each for each in page.headers.getlist("Link") if 'rel="next"' in each]
            if links:
                following = links[0].partition("?")[2].partition(">")[0]
                second = get(app, following)
                had[following] = second.headers["ETag"], second.data
    assert kept > STEPS
