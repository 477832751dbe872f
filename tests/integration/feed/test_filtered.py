"""A page of a filter: known by what it shows, whatever happens elsewhere, and never for what it is not."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.entities import registry, store
from ckanext.gobiernoabierto.entities.history import Actor
from ckanext.gobiernoabierto.feed import flush, relevant, snapshot
from ckanext.gobiernoabierto.feed.model import Entry
from ckanext.gobiernoabierto.feed.snapshot import Asked

pytestmark = pytest.mark.long

PLACES = ("0108", "0115")
FILTERS = ("municipality=0115", "municipality=0108", "workshop=ideaton-villa-nueva-2017", "commitment=3-11")
BOTH = "municipality=0115&workshop=ideaton-villa-nueva-2017"
ALONE: dict[str, Any] = {"workshop": [], "workshop_origin": "none"}
OF_A_WORKSHOP = {"workshop": ["ideaton-villa-nueva-2017"], "workshop_origin": "", "municipality": ["0115"]}
STEPS = 25
WORKSHOP = registry.entity_type("workshop")


def get(app: Any, question: str, tag: str = "") -> Any:
    """A page of what a filter shows, or 304."""
    headers = {"If-None-Match": tag} if tag else {}
    return app.test_client(use_cookies=False).get(f"/catalog.nt?{question}", headers=headers)


def test_news_of_another_place_are_none(app: Any, call: Any, fields: Any, dataset: dict[str, Any]):
    """304, and the very same bytes; what concerns the place is told, and what leaves it too."""
    other = call("package_create", **{**fields, **ALONE, "name": "otro", "municipality": ["0108"]})
    flush.flush()  # all of it: a reader flushes for a second only
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


def following(answer: Any) -> str:
    """The question of the next page."""
    (link,) = [each for each in answer.headers.getlist("Link") if 'rel="next"' in each]
    return link.partition("?")[2].partition(">")[0]


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_crawl_goes_on_whatever_an_organization_is_called_meanwhile(
    app: Any, call: Any, many: list[str], organization: dict[str, Any], by: str
):
    """Its pages have what the first one resolved; a name that somebody adds is that of the snapshot."""
    first = get(app, f"organization={organization[by]}")
    assert f"organization={organization['id']}" in following(first)
    call("organization_patch", id=organization["id"], name="otro-nombre")
    crawl, addresses = [first.text], [following(first)]
    while len(crawl) < 3:
        answer = get(app, addresses[-1])
        crawl.append(answer.text)
        addresses += [following(answer)] if len(crawl) < 3 else []
    assert all(any(id in page for page in crawl) for id in many)
    pinned = next(part for part in addresses[0].split("&") if part.startswith("snapshot="))
    assert many[0] in get(app, f"organization={organization['name']}&{pinned}").text
    assert get(app, f"organization={organization['name']}").status_code == 400


@pytest.mark.parametrize("asked", ["workshop=ideaton-villa-nueva-2017", "organization"])
def test_a_crawl_is_told_that_what_it_asks_for_is_taken_back_meanwhile(
    app: Any, call: Any, many: list[str], organization: dict[str, Any], asked: str
):
    """410, and not the end of the crawl: what else named it is public, and can be found by it no more."""
    asked = asked if "=" in asked else f"organization={organization['id']}"
    rest = following(get(app, asked))
    page = get(app, rest)
    kept = page.headers["ETag"]
    assert page.text.count("dcat#dataset>") == 2
    for id in many:
        call("package_patch", id=id, **ALONE)
    store.delete(WORKSHOP, store.locked(WORKSHOP, "ideaton-villa-nueva-2017"), Actor())
    model.Session.commit()
    for id in many:
        call("dataset_purge", id=id)
    call("organization_purge", id=organization["id"])
    for tag in ("", kept):
        told = get(app, rest, tag)
        assert (told.status_code, told.json["first"].partition("?")[2]) == (410, asked)
    assert get(app, asked).status_code == 400


def test_a_crawl_by_a_code_that_is_replaced_meanwhile_is_led_on(app: Any, call: Any, many: list[str]):
    """410, and where it leads the earlier code finds what the new one does, to the end."""
    rest = following(get(app, "commitment=3-11"))
    names = {"entity": "commitment", "code": "3-11", "new_code": "3-111", "version": 1}
    call("gobiernoabierto_code_replace", **names)
    told = get(app, rest)
    assert (told.status_code, told.json["first"].partition("?")[2]) == (410, "commitment=3-11")
    flush.flush()
    crawl = [get(app, "commitment=3-11")]
    while len(crawl) < 3:
        assert "commitment=3-111&" in following(crawl[-1])
        crawl.append(get(app, following(crawl[-1])))
    assert all(any(id in page.text for page in crawl) for id in many)


def test_a_crawl_keeps_what_is_edited_while_something_else_that_it_named_is_deleted(
    app: Any, call: Any, many: list[str]
):
    """The old texts are erased for the workshop's sake; the present ones stand in their place."""
    rest = following(get(app, "municipality=0115"))
    of_the_workshop = following(get(app, "workshop=ideaton-villa-nueva-2017"))
    for id in many:
        call("package_patch", id=id, **ALONE)
    store.delete(WORKSHOP, store.locked(WORKSHOP, "ideaton-villa-nueva-2017"), Actor())
    model.Session.commit()
    second = get(app, rest)
    third = get(app, following(second))
    assert [id for id in many if f"/dataset/{id}>" in second.text + third.text] == many[2:]
    assert "ideaton-villa-nueva-2017" not in second.text + third.text
    assert get(app, of_the_workshop).status_code == 410


def test_what_is_taken_back_later_is_forgotten_in_former_texts_that_were_erased_before(
    app: Any, call: Any, change: Any, many: list[str]
):
    """Neither what else such a text was about, nor what its own dataset was about."""
    rest = following(get(app, "commitment=3-11"))
    for id in many:
        call("package_patch", id=id, **ALONE, commitment=[], axis=["3-3"])
    store.delete(WORKSHOP, store.locked(WORKSHOP, "ideaton-villa-nueva-2017"), Actor())
    model.Session.commit()
    assert get(app, rest).text.count("dcat#dataset>") == 2
    change("commitment", "3-11")(visibility="draft")
    call("dataset_purge", id=many[4])
    assert get(app, rest).status_code == 410
    change("commitment", "3-11")(visibility="published")
    assert get(app, rest).status_code == 410  # what had named it is forgotten all the same
    about = sa.select(Entry.subject, Entry.refs, Entry.named).where(Entry.kind == "dataset")
    rows = model.Session.execute(about).all()
    assert not [row for row in rows if "commitment:3-11" in (*row.refs, *row.named)]
    assert not [row for row in rows if row.subject == many[4] and (row.refs or row.named)]


def test_a_pinned_filter_of_nothing_finds_nothing(app: Any, many: list[str]):
    """The log has no code of this kind; without a position it is told."""
    get(app, "")  # who comes first flushes
    position = snapshot.head().position
    answer = get(app, f"municipality=9999&snapshot={position}")
    assert (answer.status_code, answer.text.count("dcat#dataset>")) == (200, 0)
    assert get(app, "municipality=9999").status_code == 400


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
