"""``/buscar`` and the full text behind it: what people call things leads to them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan import model
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.find import Text, find


def body_of(site: Any, q: str) -> BeautifulSoup:
    """Return the page that answers a question."""
    return BeautifulSoup(site.get("/buscar", query_string={"q": q}).body, "html.parser")


def codes_of(q: str) -> list[str]:
    """Return the codes that a question finds, the nearest first."""
    return [hit.code for hit in find(q)]


@pytest.mark.parametrize(
    ("q", "code"),
    [
        ("Nebaj", "1413"),
        ("nebaj", "1413"),
        ("villa nue", "0115"),
        ("VILLA NUEVA", "0115"),
        ("ideaton de villa nueva", "ideaton-villa-nueva-2017"),
        ("maratón de ideas", "3-11"),
        ("maratones", "3-11"),
        ("3-11", "3-11"),
        ("GER-1530-2016", "ger-1530-2016"),
        ("INFOM", "infom"),
        ("transporte colectivo", "0115-P2"),
        ("inversion y empleo", "4-2-9"),
        ("cocreó", "4"),
    ],
)
def test_what_people_write_finds_what_they_mean(shipped_site: Any, q: str, code: str):
    """Without accents or capitals, by the beginning of a word, by other names and by codes."""
    assert code in codes_of(q)


@pytest.mark.parametrize("q", ["", "   ", "zzzzz", "' OR 1=1 --", "a & ! | ( ) :*", "%", "<zzzzz>", "de la"])
def test_any_question_is_answered(shipped_site: Any, q: str):
    """What is no word is no question, and nothing of it is SQL."""
    assert find(q) == []
    assert shipped_site.get("/buscar", query_string={"q": q}).status_code == 200


def test_the_text_follows_every_change(shipped_site: Any):
    """What is created, renamed, unpublished, given another code or deleted is found so, and only so."""
    sysadmin = {"ignore_auth": True, "user": ""}
    made = call_action(
        "gobiernoabierto_idea_create",
        sysadmin,
        title="Zarzamora",
        municipality="0115",
        visibility="published",
    )
    assert codes_of("zarzamora") == [made["code"]]
    same = {"code": made["code"]}
    call_action("gobiernoabierto_idea_update", sysadmin, **same, version=1, title="Frambuesa")
    assert codes_of("zarzamora") == []
    assert codes_of("frambu") == [made["code"]]
    call_action("gobiernoabierto_idea_update", sysadmin, **same, version=2, visibility="draft")
    assert codes_of("frambuesa") == []
    call_action("gobiernoabierto_idea_delete", sysadmin, **same, version=3)
    assert model.Session.get(Text, ("idea", made["code"])) is None


def test_every_entity_has_its_text(shipped_site: Any):
    """As many rows as all the tables together: no kind is left out."""
    kinds = [sa.select(sa.func.count()).select_from(kind.table) for kind in registry.ENTITY_TYPES]
    rows = sum(model.Session.scalar(kind) for kind in kinds)
    assert model.Session.scalar(sa.select(sa.func.count()).select_from(Text)) == rows


def test_every_entity_is_searched(shipped_site: Any):
    """Also a kind without shipped rows: its migration says ``searchable``."""
    followed = sa.text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = :name")
    tables = set(model.Session.execute(followed, {"name": "gobiernoabierto_text_follows"}).scalars())
    silent = {kind.table.name for kind in registry.ENTITY_TYPES} - tables
    assert not silent, f"searchable() in a migration is missing for {sorted(silent)}"


def test_the_page_shows_entities_kind_by_kind_and_datasets_beside_them(shipped_site: Any):
    """The nearest kind first, with links."""
    body = shipped_site.get("/buscar?q=villa+nueva").body
    assert body.index("/municipio/0115") < body.index('id="datasets"')
    assert "/taller/ideaton-villa-nueva-2017" in body


@pytest.mark.parametrize(
    ("q", "address"),
    [
        ("0115-P1", "/problema/0115-P1"),
        ("0115p1", "/problema/0115-P1"),
        ("0115", "/municipio/0115"),
        ("3-11", "/compromiso/3-11"),
        ("infom", "/institucion/infom"),
    ],
)
def test_a_code_leads_to_what_has_it(shipped_site: Any, q: str, address: str):
    """Before all that is only called alike."""
    links = body_of(shipped_site, q).select("main a[href]")
    assert links[0]["href"] == address


@pytest.mark.parametrize("q", ["0115-I12", "0115 i 12"])
def test_the_code_of_a_receipt_that_is_not_public_leads_to_the_receipts(shipped_site: Any, q: str):
    """It says so, and tells of no data that has a part of the code by chance."""
    page = body_of(shipped_site, q)
    assert "Nada de lo publicado tiene el código 0115-I12." in page.main.get_text(" ", strip=True)
    assert page.select_one("main [role=status] a")["href"] == "/recibo?codigo=0115-I12"
    assert page.select_one("#datasets") is None


def test_the_search_does_not_tell_whether_a_draft_has_the_code(shipped_site: Any):
    """The page is the same, word by word, as that of a code that nothing has."""
    draft = {"title": "Zarzamora", "municipality": "0115", "visibility": "draft"}
    made = call_action("gobiernoabierto_idea_create", {"ignore_auth": True, "user": ""}, **draft)["code"]
    hidden, free = (str(body_of(shipped_site, code)) for code in (made, "0115-I999"))
    assert hidden.replace(made, "0115-I999") == free


@pytest.mark.parametrize("q", ["2016 15", "0115123", "P1"])
def test_numbers_are_no_code_of_a_receipt(shipped_site: Any, q: str):
    """What a hand wrote is guessed at the receipts, and not in the search of everything."""
    assert "tiene el código" not in body_of(shipped_site, q).main.get_text()


def test_where_nothing_is_found_the_lists_are_a_link_away(shipped_site: Any):
    """Municipalities, commitments, workshops and data."""
    links = {link["href"] for link in body_of(shipped_site, "zzzzzz").select("main a[href]")}
    assert links >= {"/municipios", "/compromisos", "/talleres", "/dataset/"}


@pytest.mark.parametrize(
    ("q", "code"), [("vila nueba", "0115"), ("Nebag", "1413"), ("san jose del golgo", "0104")]
)
def test_who_misspells_a_municipality_is_asked_what_they_meant(shipped_site: Any, q: str, code: str):
    """Those that are written almost so; nothing is guessed where something is called as they wrote."""
    near = body_of(shipped_site, q).select("section[aria-labelledby=near] a")
    assert f"/municipio/{code}" in [link["href"] for link in near]
    assert not body_of(shipped_site, "villa nueva").select("#near")
