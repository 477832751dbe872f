"""The poster of a workshop and the receipts of what came out of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import ckan.tests.factories as factories
import pytest
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.lib import qr

SECRET = "Un mapa que nadie ha leído todavía"
POSTER, RECEIPTS = "/taller/charla/cartel", "/taller/charla/recibos"
Get = Callable[..., Any]


@pytest.fixture
def workshop(clean_site: None) -> Callable[..., None]:
    """Make the workshop ``charla`` of Villa Nueva, with other values."""
    public = {"visibility": "published"}
    call_action("gobiernoabierto_department_create", code="01", name="Guatemala", **public)
    for code, name in (("0115", "Villa Nueva"), ("0108", "Mixco")):
        data = {"code": code, "name": name, "department": "01", **public}
        call_action("gobiernoabierto_municipality_create", **data)
    for code, visibility in (("infom", "published"), ("oculta", "draft")):
        data = {"code": code, "name": f"Institución {code}", "visibility": visibility}
        call_action("gobiernoabierto_institution_create", **data)

    def make(**values: Any) -> None:
        data = {"code": "charla", "title": "Charla", "kind": "co_creation", "municipalities": ["0115"]}
        call_action("gobiernoabierto_workshop_create", **{**data, "state": "planned", **public, **values})

    return make


@pytest.fixture
def editor(workshop: Any) -> Callable[[str], str]:
    """Make an editor of a municipality's organization and return the name."""

    def make(municipality: str) -> str:
        user = factories.User()["name"]
        organization = factories.Organization(users=[{"name": user, "capacity": "editor"}])
        role = {"id": organization["id"], "municipality": municipality}
        call_action("gobiernoabierto_organization_role_update", **role)
        return user

    return make


@pytest.fixture
def get(app: Any, token_of: Any) -> Get:
    """Get an address as a user, or as a visitor."""

    def visit(path: str, user: str | None = None, status: int = 200) -> str:
        headers = {"Authorization": token_of(user)} if user else {}
        answer = app.get(path, headers=headers)
        assert answer.status_code == status, answer.body
        return " ".join(answer.body.split())

    return visit


def said(kind: str, title: str, **values: Any) -> str:
    """Write down a problem or an idea of the workshop and return its code."""
    data = {"title": title, "municipality": "0115", "workshop": "charla", "visibility": "draft", **values}
    return call_action(f"gobiernoabierto_{kind}_create", **data)["code"]


def site(config: Any) -> str:
    """Return the address of the site."""
    return str(config["ckan.site_url"]).rstrip("/")


class TestPoster:
    def test_it_says_what_when_where_and_who(self, workshop: Any, get: Get, ckan_config: Any):
        """And its whole address twice: in letters, and as a code that a telephone reads."""
        workshop(
            start_date="2016-10-17",
            start_time="09:00",
            place="Instalaciones de INFOM",
            organizers=["infom"],
        )
        body = get(POSTER)
        for text in ("Cocreación", "lunes 17 de octubre de 2016, 9:00 a. m.", "Instalaciones de INFOM"):
            assert text in body
        assert "Villa Nueva" in body
        assert "Institución infom" in body
        address = f"{site(ckan_config)}/taller/charla"
        assert f">{address}<" in body
        assert qr.svg(address) in body

    def test_it_names_no_draft(self, workshop: Any, get: Get):
        """Not even to those who may see both: what is printed is public."""
        workshop(organizers=["infom", "oculta"], visibility="draft")
        body = get(POSTER, factories.Sysadmin()["name"])
        assert "Institución infom" in body
        assert "oculta" not in body

    def test_it_has_no_scripts(self, workshop: Any, get: Get):
        """For whoever is signed in neither."""
        workshop()
        for user in (None, factories.Sysadmin()["name"]):
            assert "<script" not in get(POSTER, user)

    def test_what_is_cancelled_says_so(self, workshop: Any, get: Get):
        """Nobody shall come because of a poster that was printed too late."""
        workshop(state="cancelled")
        assert ">Cancelado<" in get(POSTER)

    def test_markup_stays_text(self, workshop: Any, get: Get):
        """In a title as anywhere."""
        workshop(title="<b>Charla</b>", place="<script>alert(1)</script>")
        body = get(POSTER)
        assert "<b>Charla" not in body
        assert "<script" not in body

    def test_a_draft_is_for_those_who_may_see_it(self, workshop: Any, get: Get, editor: Any):
        """404 for everybody else, as its page."""
        workshop(visibility="draft")
        get(POSTER, status=404)
        get(POSTER, editor("0108"), status=404)
        assert "Charla" in get(POSTER, editor("0115"))

    def test_nobody_finds_the_poster_of_nothing(self, workshop: Any, get: Get):
        """404, not an empty page."""
        get(POSTER, status=404)

    def test_the_page_of_the_workshop_leads_to_it(self, workshop: Any, get: Get, editor: Any):
        """To the receipts only for those who may have them."""
        workshop()
        assert POSTER in (page := get("/taller/charla"))
        assert RECEIPTS not in page


class TestReceipts:
    def test_each_problem_and_idea_has_one(self, workshop: Any, get: Get, editor: Any, ckan_config: Any):
        """Code, code for telephones, address and text; what is not published too; in the order of numbers."""
        workshop()
        codes = [said("problem", "Calles oscuras")]
        codes += [said("idea", f"Idea {number}") for number in range(11)]
        call_action(
            "gobiernoabierto_idea_update", code=codes[1], version=1, title=SECRET, visibility="published"
        )
        body = get(RECEIPTS, editor("0115"))
        assert re.findall(r'class="ga-slip-code">([^<]+)<', body) == codes
        assert "Calles oscuras" in body
        assert SECRET in body
        for code in codes:
            assert qr.svg(f"{site(ckan_config)}/recibo?codigo={code}") in body
        assert body.count(f">{site(ckan_config)}<wbr>/recibo<") == len(codes)
        assert "<script" not in body

    def test_they_are_for_those_who_write_them(self, workshop: Any, get: Get, editor: Any):
        """Nothing there for visitors and for the editors of others: 404, and not a word of a draft."""
        workshop()
        said("idea", SECRET)
        for user in (None, editor("0108"), factories.User()["name"]):
            assert SECRET not in get(RECEIPTS, user, status=404)
        assert SECRET in get(RECEIPTS, factories.Sysadmin()["name"])

    def test_drafts_of_another_municipality_stay_with_it(self, workshop: Any, get: Get, editor: Any):
        """Of a workshop of two, each prints its own."""
        workshop(municipalities=["0115", "0108"])
        said("idea", "De Villa Nueva")
        said("idea", "De Mixco", municipality="0108")
        body = get(RECEIPTS, editor("0108"))
        assert "De Mixco" in body
        assert "De Villa Nueva" not in body

    def test_nothing_written_down_yet(self, workshop: Any, get: Get, editor: Any):
        """A word instead of an empty sheet."""
        workshop()
        assert "Todavía no se ha escrito" in get(RECEIPTS, editor("0115"))

    def test_the_page_of_the_workshop_leads_to_them(self, workshop: Any, get: Get):
        """Whoever may print them."""
        workshop()
        assert RECEIPTS in get("/taller/charla", factories.Sysadmin()["name"])
