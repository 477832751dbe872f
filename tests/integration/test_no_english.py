"""No page shows a text in English that has Spanish: what is in the catalogue has to reach the page."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from ckan.tests import factories
from ckanext.gobiernoabierto.i18n import catalogue, extraction

FOR_ALL = ("/", "/about", "/dataset/", "/dataset/?q=nada", "/organization/", "/group/", "/user/login")
FOR_ALL += ("/user/reset", "/municipios", "/talleres", "/compromisos", "/no-hay-nada", "/dataset/no-hay")
FOR_SYSADMINS = (
    "/dataset/new",
    "/organization/new",
    "/group/new",
    "/user/",
    "/user/edit",
    "/dashboard/datasets",
)
FOR_SYSADMINS += ("/dashboard/organizations", "/ckan-admin/", "/ckan-admin/config", "/ckan-admin/trash")
READ_ALOUD = ("placeholder", "title", "alt", "aria-label", "data-module-content")


@pytest.fixture(scope="module")
def english():
    """The English texts whose Spanish is another."""
    spanish = extraction.upstream_translations() | {catalogue.key(e): e for e in catalogue.merged()}
    texts = {e.msgid: [e.msgstr, *e.msgstr_plural.values()] for e in spanish.values()}
    return {text for text, told in texts.items() if text not in told and not any(c in text for c in "{%<")}


@pytest.fixture
def seen():
    """Everything that a page shows or reads aloud."""

    def seen(page):
        soup = BeautifulSoup(page, "html.parser")
        for hidden in soup(["script", "style", "template", "code"]):
            hidden.decompose()
        shown = {" ".join(text.split()) for text in soup.stripped_strings}
        buttons = {button["value"] for button in soup.select("input[type=submit][value]")}
        read = {element[name] for name in READ_ALOUD for element in soup.find_all(attrs={name: True})}
        return shown | buttons | read

    return seen


@pytest.fixture
def english_on(app, english, seen):
    """The English texts of each page that has some."""

    def english_on(paths, **headers):
        found = {}
        for path in paths:
            answer = app.get(path, headers=headers)
            assert answer.status_code == (404 if "no-hay" in path else 200), path
            found[path] = seen(answer.text) & english
        return {path: texts for path, texts in found.items() if texts}

    return english_on


@pytest.mark.usefixtures("clean_site")
class TestPage:
    def test_visitors_see_no_english(self, english_on):
        """Each of these is a page that CKAN or we have."""
        organization = factories.Organization()
        assert english_on((*FOR_ALL, f"/organization/{organization['name']}")) == {}

    def test_administrators_see_no_english(self, english_on):
        """Forms, lists and settings."""
        user = factories.Sysadmin()
        name = factories.Organization()["name"]
        token = factories.APIToken(user=user["name"], expires_in=1, unit=86400)["token"]
        own = (f"/user/{user['name']}", f"/user/{user['name']}/api-tokens")
        own += tuple(
            f"/organization/{page}/{name}" for page in ("edit", "members", "bulk_process", "member_new")
        )
        assert english_on((*FOR_ALL, *FOR_SYSADMINS, *own), Authorization=token) == {}
