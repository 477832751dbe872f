"""Inviting somebody who has no account: they get a mail and are a member, or nothing is left of them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup
from ckan import model
from ckan.tests import factories
from ckanext.gobiernoabierto.lib import smtp
from werkzeug.test import Client, TestResponse

ADDRESS = "zz9nueva@example.org"
PASSWORD = "correct-horse-battery"
FORM = "/organization/member_new/muni"

Invite = Callable[..., TestResponse]


@pytest.fixture(params=["sysadmin", "administrator"])
def inviter(site: Any, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return who adds members of an organization: of the site, or of that organization alone."""
    factory = factories.Sysadmin if request.param == "sysadmin" else factories.User
    person = factory(name="zz9invita", password=PASSWORD)
    factories.Organization(name="muni", user=person)
    return person


@pytest.fixture
def by_api(visitor: Client, inviter: dict[str, Any], token_of: Callable[[str], str]) -> Invite:
    """Return a function that invites by the API."""
    headers = {"Authorization": token_of(inviter["name"])}

    def invited(**data: str) -> TestResponse:
        given = {"email": ADDRESS, "group_id": "muni", "role": "editor", **data}
        return visitor.post("/api/3/action/user_invite", json=given, headers=headers)

    return invited


@pytest.fixture
def by_form(sign_in: Callable[..., Client], inviter: dict[str, Any]) -> Invite:
    """Return a function that invites by the form."""
    browser = sign_in(inviter)

    def invited(**data: str) -> TestResponse:
        page = BeautifulSoup(browser.get(FORM).data, "html.parser")
        token = page.select_one(".add-member-form [name=_csrf_token]")["value"]
        given = {"email": ADDRESS, "username": "", "role": "editor", "_csrf_token": token, **data}
        answer = browser.post(FORM, data=given)
        return browser.get(urlsplit(answer.location).path) if answer.location else answer

    return invited


@pytest.fixture(params=["by_api", "by_form"])
def invite(request: pytest.FixtureRequest, by_api: Invite, by_form: Invite) -> Invite:
    """Return a function that invites, in each of the ways."""
    return {"by_api": by_api, "by_form": by_form}[request.param]


@pytest.fixture
def no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a site that sends no mail, as ``bin/serve`` does."""
    monkeypatch.setitem(tk.config, "smtp.mail_from", None)


@pytest.fixture
def silent_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make a site whose mail server takes connections and says nothing."""
    monkeypatch.setattr(smtp, "SECONDS", 0.2)
    monkeypatch.setitem(tk.config, "smtp.mail_from", "catalogo@example.org")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setitem(tk.config, "smtp.server", f"127.0.0.1:{listening.getsockname()[1]}")
        yield


def left_behind() -> tuple[int, int]:
    """Return how many accounts with the address there are, and how many members of them."""
    model.Session.expire_all()
    ids = [each.id for each in model.Session.query(model.User).filter(model.User.email == ADDRESS)]
    return len(ids), model.Session.query(model.Member).filter(model.Member.table_id.in_(ids)).count()


def beside_the_address(answer: TestResponse) -> str:
    """Return what the form says at the field of the address."""
    page = BeautifulSoup(answer.data, "html.parser")
    return page.select_one("#field-email").find_parent(class_="form-group").get_text(" ", strip=True)


def refusal(answer: TestResponse) -> str:
    """Return what is said of the address, by the API or by the form."""
    text = answer.get_data(as_text=True)
    assert answer.status_code == (409 if answer.is_json else 422), text
    return " ".join(answer.json["error"]["email"]) if answer.is_json else beside_the_address(answer)


def members() -> dict[str, str]:
    """Return {name: role} of who belongs to the organization."""
    model.Session.expire_all()
    rows = model.Session.query(model.Member).filter_by(table_name="user", state=model.State.ACTIVE)
    return {model.User.get(each.table_id).name: each.capacity for each in rows}


class TestWithoutMail:
    pytestmark = pytest.mark.usefixtures("no_mail")

    def test_the_api_refuses_and_says_what_to_do(self, by_api: Invite, inviter: dict[str, Any]):
        """Who makes accounts is told where, the others whom to ask."""
        said = refusal(by_api())
        assert "no envía correos" in said
        assert ("/user/register" in said) == inviter["sysadmin"]
        assert ("administra este sitio" in said) != inviter["sysadmin"]
        assert left_behind() == (0, 0)

    @pytest.mark.long
    def test_the_form_refuses_at_the_field(self, by_form: Invite):
        """And keeps what was typed; trying again leaves nothing either."""
        for _ in range(2):
            answer = by_form()
            assert answer.status_code == 422
            assert "no envía correos" in beside_the_address(answer)
        page = BeautifulSoup(answer.data, "html.parser")
        assert page.select_one("#field-email")["value"] == ADDRESS
        assert page.select_one("#field-role option[selected]")["value"] == "editor"
        assert left_behind() == (0, 0)

    def test_who_may_not_invite_learns_nothing_of_it(self, by_api: Invite, visitor: Client, token_of: Any):
        """They are refused as ever."""
        factories.User(name="zz9ajena")
        given = {"email": ADDRESS, "group_id": "muni", "role": "editor"}
        for headers in ({}, {"Authorization": token_of("zz9ajena")}):
            assert visitor.post("/api/3/action/user_invite", json=given, headers=headers).status_code == 403


class TestMailThatDoesNotGoOut:
    @pytest.mark.long
    def test_nobody_listens(self, invite: Invite, mail_server: Any, monkeypatch: pytest.MonkeyPatch):
        """The connection is refused."""
        monkeypatch.setitem(tk.config, "smtp.server", "127.0.0.1:1")
        assert "no se creó ninguna cuenta" in refusal(invite())
        assert left_behind() == (0, 0)

    @pytest.mark.long
    def test_the_server_is_silent(self, invite: Invite, silent_server: None):
        """CKAN alone would wait for ever."""
        assert "no se creó ninguna cuenta" in refusal(invite())
        assert left_behind() == (0, 0)

    @pytest.mark.long
    def test_the_server_does_not_have_the_address(self, invite: Invite, mail_server: Any):
        """What it says of it is not passed on."""
        mail_server.answers[ADDRESS] = "550 canario"
        said = refusal(invite())
        assert "no acepta" in said
        assert "canario" not in said
        assert left_behind() == (0, 0)

    @pytest.mark.long
    def test_the_server_refuses_the_text(self, invite: Invite, mail_server: Any):
        """When the account is there already: it goes away, also by who may not delete accounts."""
        mail_server.answer_to_text = "554 canario"
        said = refusal(invite())
        assert "no se creó ninguna cuenta" in said
        assert "canario" not in said
        assert left_behind() == (0, 0)


def test_what_ckan_refuses_late_leaves_nothing_either(by_api: Invite, mail_server: Any):
    """It looks at the role when the account is there already."""
    answer = by_api(role="zz9ninguno")
    assert answer.status_code == 409
    assert "role" in answer.json["error"]
    assert (left_behind(), mail_server.received) == ((0, 0), [])


@pytest.mark.long
def test_the_invited_gets_a_link_and_is_a_member(invite: Invite, mail_server: Any):
    """With the role that was asked for."""
    assert invite().status_code == 200
    (mail,) = mail_server.received
    assert "/user/reset/" in mail.text
    (name,) = set(members()) - {"zz9invita"}
    assert members()[name] == "editor"
    assert (left_behind(), model.User.get(name).state) == ((1, 1), model.State.PENDING)


def test_an_address_with_an_account_is_told_without_a_mail(by_form: Invite, mail_server: Any):
    """At its field."""
    factories.User(email=ADDRESS)
    assert ADDRESS in beside_the_address(by_form())
    assert mail_server.received == []


class TestPeopleWithAccount:
    @pytest.mark.long
    def test_the_form_adds_them_and_says_so(self, by_form: Invite):
        """By their name, with their role."""
        factories.User(name="zz9conocida")
        page = BeautifulSoup(by_form(email="", username="zz9conocida").data, "html.parser")
        assert "zz9conocida" in page.select_one(".alert-success").get_text()
        assert members()["zz9conocida"] == "editor"

    @pytest.mark.long
    @pytest.mark.parametrize("name", ["", "zz9ninguna"])
    def test_a_name_without_account_is_told_at_its_field(self, by_form: Invite, name: str):
        """Nobody is added."""
        answer = by_form(email="", username=name)
        assert answer.status_code == 422
        page = BeautifulSoup(answer.data, "html.parser")
        assert page.select_one("#field-username").find_parent(class_="form-group").select(".error-block")
        assert set(members()) == {"zz9invita"}

    @pytest.mark.long
    def test_the_role_of_a_member_is_changed(self, by_form: Invite):
        """By the same form."""
        factories.User(name="zz9conocida")
        by_form(email="", username="zz9conocida")
        by_form(email="", username="zz9conocida", role="member")
        assert members()["zz9conocida"] == "member"

    def test_who_administers_the_site_finds_where_accounts_are_made(
        self, sign_in: Any, inviter: dict[str, Any]
    ):
        """In the form; nobody else is led to a page that refuses them."""
        page = BeautifulSoup(sign_in(inviter).get(FORM).data, "html.parser")
        assert bool(page.select(".add-member-form a[href$='/user/register']")) == inviter["sysadmin"]
