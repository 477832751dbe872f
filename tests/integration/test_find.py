"""``/buscar`` and the full text behind it: what people call things leads to them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.find import Text, find


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
