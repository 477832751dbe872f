"""Get out again with one click, see, take along and erase; and where an address never stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ckan.model as model
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan.common import config as ckan_config
from ckan.lib.redis import connect_to_redis
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.follow.model import Follower, Mail, Subscription
from werkzeug.test import Client

pytestmark = pytest.mark.usefixtures("villa_nueva", "mail_server")
PROBLEM, IDEA = ("problem", "0115-P1"), ("idea", "0115-I1")


@pytest.fixture
def told(ana: Any, follows: Any, answer: Any, send_news: Any, mail_server: Any) -> Any:
    """The mail with news that Ana got."""
    follows(ana, PROBLEM, IDEA)
    answer("Se repararon las lámparas")
    assert send_news() == {"sent": 1}
    return mail_server.received[0]


class TestOneClick:
    def test_a_mail_program_unsubscribes_with_one_post(self, told: Any, ana: Any, app: Any):
        """RFC 8058: a POST with that one field, no cookie, no token, no page before it."""
        assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        header = told["List-Unsubscribe"]
        assert header.startswith("<http")
        assert header.endswith(">")
        path = header[1:-1].removeprefix(ckan_config["ckan.site_url"])
        program = Client(app.app, use_cookies=False)
        answer = program.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert ana.id is None
        assert model.Session.query(Follower).count() == 0
        assert model.Session.query(Subscription).count() == 0
        assert model.Session.query(Mail).count() == 0
        assert program.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200

    def test_opening_the_link_changes_nothing(self, told: Any, ana: Any):
        """Programs that look for viruses open all links: there is a button."""
        page = ana.open(told.link("/seguir/baja/"))
        assert '<form method="post">' in page.body
        assert page.headers["Cache-Control"] == "private, no-store"
        assert ana.id

    def test_who_left_before_is_told_so(self, told: Any, ana: Any):
        """The link opened again has no button that does nothing."""
        link = told.link("/seguir/baja/")
        ana.send(link)
        answer = ana.open(link)
        assert answer.status_code == 200
        assert "Ya no recibirá más correos" in answer.body
        assert '<form method="post">' not in answer.body

    def test_no_news_after_it(self, told: Any, ana: Any, answer: Any, tomorrow: Any, send_news: Any):
        """From the moment on."""
        ana.send(told.link("/seguir/baja/"))
        answer("Otra vez")
        tomorrow()
        assert send_news() == {}


class TestMine:
    def test_somebody_sees_and_takes_along_what_is_kept(self, told: Any, ana: Any):
        """By the link of each mail; the page says the address to who knows it, the file all of it."""
        link = told.link("/mis-seguimientos/")
        page = ana.open(link)
        assert "Calles oscuras" in page.body
        assert "Un mapa de lámparas" in page.body
        assert ana.address not in page.body
        assert page.headers["Cache-Control"] == "private, no-store"
        file = ana.open(f"{link}/datos.json")
        assert file.headers["Content-Disposition"].startswith("attachment")
        kept = json.loads(file.body)
        assert kept["address"] == ana.address
        assert [each["code"] for each in kept["follows"]] == ["0115-P1", "0115-I1"]

    def test_one_thing_less_and_the_last_one_erases(self, told: Any, ana: Any):
        """Who follows nothing is nobody whose address is kept."""
        link = told.link("/mis-seguimientos/")
        assert ana.send(link, kind=PROBLEM[0], code=PROBLEM[1]).status_code == 303
        assert "Calles oscuras" not in ana.open(link).body
        ana.send(link, kind=IDEA[0], code=IDEA[1])
        assert ana.id is None
        assert ana.open(link).status_code == 404

    def test_everything_is_erased_after_one_more_question(self, told: Any, ana: Any):
        """A link to a page with a button; and then the link leads nowhere."""
        link = told.link("/mis-seguimientos/")
        page = BeautifulSoup(ana.open(link).body, "html.parser")
        assert [button for button in page.select("main button") if "Borrar" in button.text] == []
        erase = page.find("main").find("a", string="Borrar todo")["href"]
        ana.send(link, erase="yes")
        assert '<form method="post">' in ana.open(erase).body
        assert ana.id
        assert "Se borraron" in ana.send(erase).body
        assert ana.id is None
        assert ana.open(f"{link}/datos.json").status_code == 404

    def test_what_was_unpublished_is_not_named(self, told: Any, ana: Any):
        """Its code, which she knows; not its title, which may have been written anew."""
        secret = "zz9título"
        data = {"code": "0115-I1", "version": 1, "title": secret, "visibility": "draft"}
        call_action("gobiernoabierto_idea_update", **data)
        link = told.link("/mis-seguimientos/")
        for page in (ana.open(link).body, ana.open(f"{link}/datos.json").body):
            assert secret not in page
            assert "0115-I1" in page


class TestWhereAnAddressStands:
    def test_only_in_its_table(
        self,
        told: Any,
        ana: Any,
        mail_server: Any,
        answer: Any,
        tomorrow: Any,
        send_news: Any,
        monkeypatch: Any,
    ):
        """No other table, nothing in Redis, no log; not after failures of every kind either."""
        mail_server.answers[ana.address] = f"550 5.1.1 <{ana.address}> is unknown here"
        tomorrow()
        answer("Otra vez")
        assert send_news() == {"refused": 1}
        mail_server.answers[ana.address] = f"451 <{ana.address}> come back"
        ana.send("/seguir/mis-seguimientos", address=ana.address)
        assert send_news() == {"waiting": 1}
        monkeypatch.setitem(ckan_config, "smtp.server", "127.0.0.1:1")
        assert send_news() == {}
        canary = ana.address.split("@")[0]
        assert tables_with(canary) == ["gobiernoabierto_follower"]
        assert keys_with(canary) == []
        assert logs_with(canary) == []

    def test_the_crawl_for_it_can_fail(self, ana: Any, caplog: Any):
        """Each of the three finds what is there."""
        connect_to_redis().set("zz9-a-test", "zz9canario")
        log = Path(ckan_config["__file__"]).parent / "log" / "zz9-of-a-test.log"
        log.parent.mkdir(exist_ok=True)
        log.write_text("zz9canario\n")
        try:
            assert keys_with("zz9canario") == [b"zz9-a-test"]
            assert logs_with("zz9canario") == [log.name]
        finally:
            connect_to_redis().delete("zz9-a-test")
            log.unlink()

    def test_no_log_of_this_process_tells_it(self, ana: Any, follows: Any, caplog: Any):
        """What our code, CKAN's and smtplib's write at any level."""
        caplog.set_level("DEBUG")
        follows(ana, PROBLEM)
        assert ana.address.split("@")[0] not in caplog.text


def tables_with(text: str) -> list[str]:
    """Return the tables of the whole database with this text in any row."""
    names = sa.inspect(model.meta.engine).get_table_names()
    asked = 'SELECT 1 FROM "{}" AS whole WHERE whole::text LIKE :text LIMIT 1'
    return [
        name
        for name in names
        if model.Session.execute(sa.text(asked.format(name)), {"text": f"%{text}%"}).first()
    ]


def keys_with(text: str) -> list[bytes]:
    """Return the keys in Redis with this text in their name or value."""
    redis = connect_to_redis()
    return [key for key in redis.scan_iter() if text.encode() in key + (redis.dump(key) or b"")]


def logs_with(text: str) -> list[str]:
    """Return the files of the site's folder of logs with this text, PostgreSQL's among them."""
    folder = Path(ckan_config["__file__"]).parent / "log"
    return [path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]
