"""What a visitor can learn about people's accounts, and do with somebody's session: nothing."""

from __future__ import annotations

import datetime
import email
import email.policy
import socketserver
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import ckan.lib.jobs as jobs
import ckan.plugins.toolkit as tk
import pytest
import redis
from bs4 import BeautifulSoup
from ckan import logic, model
from ckan.tests import factories, helpers
from freezegun import freeze_time
from tests.remembered import remembered
from werkzeug.test import Client

KNOWN, MISSING = "zz9conocida", "zz9ninguna"


@pytest.fixture
@remembered
def somebody(site: Any) -> dict[str, Any]:
    """Return a person who has an account."""
    return factories.User(name=KNOWN, email=f"{KNOWN}@example.org")


class _Mailbox(socketserver.StreamRequestHandler):
    """Takes one mail, as little of SMTP (RFC 5321) as Python's client asks for."""

    def handle(self) -> None:
        self.wfile.write(b"220 mail\r\n")
        while line := self.rfile.readline().upper():
            if line.startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                mail = list(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append(b"".join(mail))  # type: ignore[attr-defined]
            self.wfile.write(b"250 ok\r\n")
            if line.startswith(b"QUIT"):
                return


@pytest.fixture
def mailbox(ckan_config: Any) -> Iterator[list[bytes]]:
    """Return the mails that the site has sent."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mailbox) as server:
        server.mails = []  # type: ignore[attr-defined]
        ckan_config["smtp.mail_from"] = "sitio@example.org"
        ckan_config["smtp.server"] = f"127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.mails  # type: ignore[attr-defined]
        server.shutdown()


class TestForgottenPassword:
    @pytest.fixture
    def ask(self, app: Any, visitor: Client) -> Callable[[str], tuple[int, str]]:
        """Return a function that asks for a link and gives the answer's status and message."""

        def asked(user: str) -> tuple[int, str]:
            browser = Client(visitor.application)
            answer = browser.post("/user/reset", data={"user": user})
            page = BeautifulSoup(browser.get(urlsplit(answer.location).path).data, "html.parser")
            said = [each.get_text(" ", strip=True) for each in page.select(".alert")]
            return answer.status_code, " ".join(said)

        return asked

    @pytest.mark.long
    @pytest.mark.parametrize("account", [KNOWN, f"{KNOWN}@example.org"])
    @pytest.mark.parametrize("mail", ["127.0.0.1:1", ""])
    def test_the_answer_is_the_same_for_known_and_unknown(
        self, ask: Any, somebody: Any, ckan_config: Any, account: str, mail: str
    ):
        """Also where no mail can be sent; one sentence in Spanish."""
        ckan_config["smtp.server"] = mail
        ckan_config["smtp.mail_from"] = "sitio@example.org" if mail else None
        status, said = ask(account)
        assert (status, said) == ask(account.replace(KNOWN, MISSING))
        assert status == 302
        assert "Si hay una cuenta" in said
        jobs.Worker().work(burst=True)  # fails in its log alone

    @pytest.mark.long
    def test_the_worker_sends_the_link(self, ask: Any, somebody: Any, mailbox: list[bytes], visitor: Client):
        """To who has that address, whatever its case, and to nobody else."""
        ask(f"{KNOWN}@EXAMPLE.org")
        ask(MISSING)
        jobs.Worker().work(burst=True)
        (mail,) = mailbox
        assert parseaddr(message_from_bytes(mail)["To"])[0] == somebody["fullname"]
        model.Session.expire_all()
        key = model.User.get(KNOWN).reset_key
        page = f"/user/reset/{somebody['id']}?key="
        assert f"key={key}" in email.message_from_bytes(mail, policy=email.policy.default).get_content()
        assert visitor.get(page + key).status_code == 200
        assert visitor.get(page + "zz").status_code == 403

    def test_no_queue_tells_nothing_either(self, ask: Any, somebody: Any, monkeypatch: pytest.MonkeyPatch):
        """The log has it."""
        nowhere = redis.ConnectionPool.from_url("redis://127.0.0.1:1/0")
        monkeypatch.setattr("ckan.lib.redis._connection_pool", nowhere)
        assert ask(KNOWN) == ask(MISSING)
        assert ask(KNOWN)[0] == 302

    def test_an_empty_form_comes_back(self, ask: Any):
        """With what is missing."""
        assert "Escriba" in ask(" ")[1]


ASKED = ({"id": KNOWN}, {"user": KNOWN}, {"user_id": KNOWN}, {"username": KNOWN, "id": "muni"})


@pytest.mark.long
def test_no_action_tells_a_visitor_who_has_an_account(visitor: Client, somebody: Any):
    """The same status and the same words for a name that is free, whatever the action."""
    factories.Organization(name="muni", users=[{"name": KNOWN, "capacity": "editor"}])
    tk.get_action("package_list")
    told = {}
    for action in sorted(logic._actions):
        for asked in ASKED:
            free = {key: MISSING if value == KNOWN else value for key, value in asked.items()}
            answers = [visitor.post(f"/api/3/action/{action}", json=data) for data in (asked, free)]
            known, missing = ((a.status_code, a.get_data(as_text=True)) for a in answers)
            if (known[0], known[1].replace(KNOWN, MISSING)) != missing:
                told[action] = asked
    assert told == {}


def test_no_page_tells_a_visitor_who_has_an_account(
    visitor: Client, somebody: Any, rules: Any, addresses: Any
):
    """Each route with a person's name in it."""
    told = {}
    for rule in rules:
        if "GET" not in rule.methods or not rule.rule.startswith("/user"):
            continue
        known, missing = (
            [visitor.get(url).status_code for url in addresses(rule, [name])] for name in (KNOWN, MISSING)
        )
        if known != missing:
            told[rule.rule] = (known, missing)
    assert told == {}


OUTSIDE = (
    "\\\\evil.example", "/\\evil.example", "\t//evil.example", "/\t/evil.example", "//evil.example",
    "https://evil.example", "evil.example", "javascript:alert(1)", " /dataset", "\\", "https:evil.example",
)  # fmt: skip


class TestWayBack:
    @pytest.mark.long
    @pytest.mark.parametrize("name", ["came_from", "next"])
    @pytest.mark.parametrize("address", OUTSIDE)
    def test_signing_in_leads_to_no_other_site(self, visitor: Client, editor: Any, name: str, address: str):
        """Nor nowhere: to the board."""
        form = {"login": editor["name"], "password": "correct-horse-battery"}
        answer = visitor.post("/user/login", query_string={name: address}, data=form)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(f"{tk.config['ckan.site_url']}/dashboard")

    def test_signing_in_leads_back(self, visitor: Client, editor: Any):
        """To the page where somebody was asked to sign in, with its words."""
        form = {"login": editor["name"], "password": "correct-horse-battery"}
        answer = visitor.post("/user/login?came_from=/dataset/%3Fq%3Dagua+%C3%B1", data=form)
        assert "/dataset/?q=agua" in answer.headers["Location"]


class TestSignOut:
    def test_a_link_ends_no_session(self, sign_in: Any, editor: Any):
        """The button in the header does, whose form carries a token."""
        browser = sign_in(editor)
        assert browser.get("/user/_logout").status_code == 302
        page = BeautifulSoup(browser.get("/dashboard/datasets").data, "html.parser")
        form = page.select_one("form[action$='/user/_logout']")
        assert form["method"] == "post"
        assert not page.select("a[href$='/user/_logout']")
        token = form.select_one("[name=_csrf_token]")["value"]
        browser.post("/user/_logout", data={"_csrf_token": token})
        assert browser.get("/dashboard/datasets").status_code != 200


class TestNoToken:
    @pytest.mark.parametrize("token", [None, "zz", "expired"])
    def test_the_answer_says_that_no_valid_token_came(
        self, visitor: Client, somebody: Any, token: str | None
    ):
        """Missing, wrong, expired: the user of no name explains nothing."""
        if token == "expired":
            now = datetime.datetime.now(datetime.UTC)
            with freeze_time(now - datetime.timedelta(days=2)):
                asked = {"user": KNOWN, "name": "x", "expires_in": 1, "unit": 86400}
                token = helpers.call_action("api_token_create", **asked)["token"]
        headers = {"Authorization": token} if token else {}
        answer = visitor.post("/api/3/action/package_create", json={}, headers=headers)
        assert answer.status_code == 403
        assert "token de API v\u00e1lido" in answer.json["error"]["message"]

    def test_who_came_with_one_is_told_what_they_may_not_do(
        self, visitor: Client, somebody: Any, token_of: Callable[[str], str]
    ):
        """CKAN's words name the user."""
        headers = {"Authorization": token_of(KNOWN)}
        answer = visitor.post("/api/3/action/package_create", json={}, headers=headers)
        assert answer.status_code == 403
        assert KNOWN in answer.json["error"]["message"]
