"""No page shows a text in English that has Spanish: what is in the catalogue has to reach the page.

A label that was never in a catalogue is found too, by words that English messages have and Spanish ones
have not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from ckan.tests import factories
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.i18n import catalogue, extraction
from ckanext.gobiernoabierto.views import home
from tests.remembered import remembered

FOR_ALL = (
    *("/", "/about", "/dataset/", "/dataset/?q=nada", "/dataset/?municipality=0115&res_format=CSV"),
    *("/dataset/lamparas", "/dataset/lamparas/resource/no-hay", "/dataset/no-hay", "/no-hay-nada"),
    *("/municipios?page=no-hay", "/ckan-admin/", "/organization/", "/organization/?q=nada"),
    *("/organization/muni", "/organization/about/muni", "/group/", "/municipios", "/departamentos"),
    *("/instituciones", "/planes", "/ejes", "/compromisos", "/talleres", "/municipio/0115"),
    *("/departamento/01", "/plan/3", "/eje/3-3", "/compromiso/3-11", "/taller/charla"),
    *("/institucion/infom", "/institucion/de-prueba", "/vocabulario/sector", "/user/login"),
    *("/seguir?kind=municipality&code=0115", "/seguir/revise-su-correo", "/seguir/mis-seguimientos"),
    *("/seguir/confirmar/no-hay", "/user/reset", "/user/register", "/agenda", "/taller/charla/cartel"),
)
FOR_OFFICERS = (
    *("/publicar", "/dashboard/datasets", "/dashboard/organizations", "/user/edit", "/user/maria"),
    *("/user/maria/api-tokens", "/user/maria/organizations", "/user/jefa"),
    *("/organization/members/muni", "/dataset/lamparas", "/dataset/edit/lamparas"),
    *("/dataset/resources/lamparas", "/dataset/lamparas/resource/new"),
)
FOR_SYSADMINS = (
    *("/organization/new", "/organization/edit/muni", "/organization/members/muni"),
    *("/organization/bulk_process/muni", "/organization/member_new/muni", "/group/new", "/user/"),
    *("/user/edit", "/user/jefa", "/user/jefa/api-tokens", "/dashboard/datasets"),
    *("/dashboard/organizations", "/ckan-admin/", "/ckan-admin/config", "/ckan-admin/trash"),
    *("/dataset/lamparas",),
)
STATUS = {
    "/municipios?page=no-hay": 400,
    "/seguir/confirmar/no-hay": 404,
    "/user/register": 403,
    "/ckan-admin/": 403,
    "/no-hay-nada": 404,
    "/dataset/no-hay": 404,
    "/dataset/lamparas/resource/no-hay": 404,
    "/institucion/de-prueba": 410,
}
READ_ALOUD = ("placeholder", "title", "alt", "aria-label", "data-module-content")
WORD = re.compile(r"[^\W\d_]{3,}")
# Words of both languages, names of formats and programs, and what stands in addresses.
BOTH = {
    "csv",
    "gobiernoabierto",
    "jsonld",
    "example",
    "com",
    "test",
    "net",
    "http",
    "local",
    "portal",
    "muni",
    "xml",
}


def words_of(texts: Iterable[str]) -> set[str]:
    """Return the words of three letters and more."""
    return {word.lower() for text in texts for word in WORD.findall(text)}


@pytest.fixture(scope="module")
def translations() -> dict[str, list[str]]:
    """Every English text of the catalogues with what it is in Spanish."""
    entries = extraction.upstream_translations() | {catalogue.key(e): e for e in catalogue.merged()}
    return {e.msgid: [e.msgstr, *e.msgstr_plural.values()] for e in entries.values()}


@pytest.fixture(scope="module")
def english(translations: dict[str, list[str]]) -> set[str]:
    """The English texts whose Spanish is another."""
    return {
        text for text, told in translations.items() if text not in told and not any(c in text for c in "{%<")
    }


@pytest.fixture(scope="module")
def english_words(translations: dict[str, list[str]]) -> set[str]:
    """The words that no Spanish message has."""
    spanish = words_of(text for told in translations.values() for text in told)
    return words_of(translations) - spanish - BOTH


@pytest.fixture
def seen() -> Callable[[str], set[str]]:
    """Everything that a page shows or reads aloud in Spanish."""

    def seen(page: str) -> set[str]:
        soup = BeautifulSoup(page, "html.parser")
        for hidden in soup(["script", "style", "template", "code"]):
            hidden.decompose()
        for foreign in soup.select("[lang=en]"):
            foreign.decompose()
        shown = {" ".join(text.split()) for text in soup.stripped_strings}
        buttons = {button["value"] for button in soup.select("input[type=submit][value]")}
        read = {element[name] for name in READ_ALOUD for element in soup.find_all(attrs={name: True})}
        return shown | buttons | read

    return seen


@pytest.fixture
def english_in(
    english: set[str], english_words: set[str], seen: Callable[[str], set[str]]
) -> Callable[[str], set[str]]:
    """What of a page is English: whole messages, and texts with a word that is only English."""

    def english_in(page: str) -> set[str]:
        texts = seen(page)
        return texts & english | {text for text in texts if words_of([text]) & english_words}

    return english_in


@pytest.fixture
def english_on(app: Any, english_in: Callable[[str], set[str]]) -> Callable[..., dict[str, set[str]]]:
    """The English texts of each page that has some."""

    def english_on(paths: Iterable[str], **headers: str) -> dict[str, set[str]]:
        found = {}
        for path in paths:
            answer = app.get(path, headers=headers)
            expected = STATUS.get(path, 200) if not headers or "no-hay" in path else 200
            assert answer.status_code == expected, path
            found[path] = english_in(answer.text)
        return {path: texts for path, texts in found.items() if texts}

    return english_on


ENTITIES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("department", "01", {"name": "Guatemala"}),
    ("municipality", "0115", {"name": "Villa Nueva", "department": "01"}),
    ("institution", "infom", {"name": "Instituto de Fomento Municipal", "initials": "INFOM"}),
    ("institution", "de-prueba", {"name": "Una de prueba"}),
    ("plan", "3", {"title": "Tercer Plan"}),
    ("axis", "3-3", {"plan": "3", "number": 3, "name": "Participación Ciudadana"}),
    ("commitment", "3-11", {"plan": "3", "number": 11, "axis": "3-3", "title_en": "Open data"}),
    ("workshop", "charla", {"title": "Una charla", "kind": "idea_marathon", "state": "planned"}),
)


@pytest.fixture
@remembered
def site(clean_site: None) -> dict[str, Any]:
    """A site whose rows are all in Spanish: a page of every kind has something to show."""
    for entity, code, values in ENTITIES:
        if entity == "workshop":
            values = {**values, "municipalities": ["0115"], "commitment": "3-11"}
        call_action(f"gobiernoabierto_{entity}_create", code=code, visibility="published", **values)
    call_action("gobiernoabierto_institution_delete", code="de-prueba", version=1, reason="Era una prueba")
    officer = factories.User(name="maria", fullname="María", about="Publica datos")
    users = [{"name": "maria", "capacity": "editor"}]
    text = "La de Villa Nueva"
    made = factories.Organization(name="muni", title="Municipalidad", description=text, users=users)
    dataset = factories.Dataset(
        name="lamparas",
        title="Lámparas",
        notes="Por zona",
        owner_org=made["id"],
        coverage="municipal",
        municipality=["0115"],
        workshop_origin="workshop",
        workshop=["charla"],
        commitment=["3-11"],
        license_id="CC-BY-4.0",
        frequency="http://publications.europa.eu/resource/authority/frequency/ANNUAL",
        contact_name="Oficina de datos",
        contact_email="datos@example.com",
        tags=[{"name": "alumbrado"}],
    )
    file = call_action(
        "resource_create",
        package_id=dataset["id"],
        name="Por zona",
        description="Una fila por zona",
        url="http://test.ckan.net/municipios.csv",
        format="CSV",
        size=1234,
        hash="ab" * 32,
        hash_algorithm="http://spdx.org/rdf/terms#checksumAlgorithm_sha256",
    )
    return {"officer": officer, "resource": f"/dataset/lamparas/resource/{file['id']}"}


class TestPage:
    def test_visitors_see_no_english(self, site, english_on):
        """Each of these is a kind of page that CKAN or we have."""
        assert english_on([*FOR_ALL, site["resource"]]) == {}

    def test_officers_see_no_english(self, site, english_on, token_of):
        """Their board, their forms, and the public pages as they see them."""
        factories.Sysadmin(name="jefa", fullname="Jefa", about="Coordina")
        own = [site["resource"], f"{site['resource']}/edit", f"{site['resource']}/views"]
        assert english_on([*FOR_OFFICERS, *own], Authorization=token_of("maria")) == {}

    def test_administrators_see_no_english(self, site, english_on, token_of):
        """Forms, lists and settings."""
        factories.Sysadmin(name="jefa", fullname="Jefa", about="Coordina")
        assert english_on(FOR_SYSADMINS, Authorization=token_of("jefa")) == {}

    def test_a_failure_is_told_in_spanish(self, site, app, english_in, monkeypatch):
        """The page of an error of ours."""
        monkeypatch.setitem(app.flask_app.config, "PROPAGATE_EXCEPTIONS", False)
        monkeypatch.setattr(home, "figures", lambda: 1 / 0)
        answer = app.get("/")
        assert answer.status_code == 500
        assert english_in(answer.text) == set()


def test_a_label_that_is_in_no_catalogue_is_found(english_in):
    """CKAN shows the names of columns, and templates of others write words without translating them."""
    page = "<dl><dt>Metadata modified</dt><dd>hoy</dd><dt>Última modificación</dt><dd>CSV</dd></dl>"
    assert english_in(page) == {"Metadata modified"}
