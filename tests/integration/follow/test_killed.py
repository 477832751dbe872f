"""kill -9 while the mails go out: none goes out twice, nobody gets two on a day, no news are lost."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from ckan.common import config as ckan_config
from ckanext.gobiernoabierto.lib.smtp import Postbox

SEND = """
from ckanext.gobiernoabierto.follow import sending
with app._wsgi_app.test_request_context():
    sending.send_news()
"""


@pytest.fixture
def killed_at(dying: Any, mail_server: Any) -> Any:
    """Send the news in a process of its own, which is killed when it gets to a step."""
    settings = {"CKAN_SMTP_SERVER": mail_server.address, "CKAN_SMTP_MAIL_FROM": "catalogo@example.org"}
    return lambda step, when: dying(SEND, step=f"ckanext.gobiernoabierto.{step}", when=when, **settings)


@pytest.fixture
def waiting_news(villa_nueva: Any, ana: Any, follows: Any, answer: Any) -> None:
    """Ana follows a problem that was answered."""
    follows(ana, ("problem", "0115-P1"))
    answer("Se repararon las lámparas")


@pytest.mark.long
@pytest.mark.usefixtures("waiting_news")
class TestKilled:
    @pytest.mark.parametrize(
        ("step", "when"),
        [
            ("follow.outbox:prepare", "before"),
            ("follow.outbox:prepare", "after"),
            ("follow.letters:digest", "after"),
            ("follow.outbox:_begin", "before"),
        ],
    )
    def test_before_the_server_had_anything_it_is_sent_by_the_next_run(
        self, killed_at: Any, send_news: Any, mail_server: Any, tomorrow: Any, step: str, when: str
    ):
        """Once, on the same day."""
        killed_at(step, when)
        assert mail_server.received == []
        assert send_news() == {"sent": 1}
        assert send_news() == {}
        tomorrow()
        assert send_news() == {}
        assert len(mail_server.received) == 1

    def test_before_the_text_was_sent_the_news_are_in_the_next_mail(
        self, killed_at: Any, send_news: Any, mail_server: Any, tomorrow: Any
    ):
        """Nobody can tell this from the next case: no second mail on this day, and no loss."""
        killed_at("follow.outbox:_begin", "after")
        assert send_news() == {"unsure": 1}
        assert mail_server.received == []
        tomorrow()
        assert send_news() == {"sent": 1}
        (mail,) = mail_server.received
        assert "Se repararon las lámparas" in mail.text
        assert "se interrumpió" in mail.text

    def test_after_the_server_took_it_no_mail_is_repeated(
        self, killed_at: Any, send_news: Any, mail_server: Any, tomorrow: Any
    ):
        """The next one, a day later, says that some of it may have been read already."""
        killed_at("lib.smtp:Postbox.hand_over", "after")
        assert len(mail_server.received) == 1
        assert send_news() == {"unsure": 1}
        assert len(mail_server.received) == 1
        tomorrow()
        assert send_news() == {"sent": 1}
        first, second = mail_server.received
        assert first["Message-ID"] != second["Message-ID"]
        assert "se interrumpió" not in first.text
        assert "se interrumpió" in second.text
        tomorrow()
        assert send_news() == {}

    def test_after_it_was_written_down_nothing_is_left_to_do(
        self, killed_at: Any, send_news: Any, mail_server: Any, tomorrow: Any
    ):
        """Not on the next day either."""
        killed_at("follow.outbox:_end", "after")
        assert len(mail_server.received) == 1
        assert send_news() == {}
        tomorrow()
        assert send_news() == {}


@pytest.mark.usefixtures("waiting_news")
class TestServerFails:
    @pytest.mark.long
    def test_an_answer_that_does_not_come_is_as_a_kill(
        self, send_news: Any, mail_server: Any, tomorrow: Any, monkeypatch: Any
    ):
        """The server has the text, and the connection breaks before it says so."""
        monkeypatch.setattr("ckanext.gobiernoabierto.lib.smtp.SECONDS", 1)
        mail_server.seconds = 3
        assert send_news() == {"unsure": 1}
        mail_server.seconds = 0
        assert send_news() == {}
        tomorrow()
        assert send_news() == {"sent": 1}
        assert len(mail_server.received) == 2

    @pytest.mark.parametrize(("answer_", "state"), [("451 later", "waiting"), ("554 never", "refused")])
    def test_what_the_server_refuses_is_not_lost(
        self, send_news: Any, mail_server: Any, tomorrow: Any, answer_: str, state: str
    ):
        """For now: again the same day; for good: with the news of the next one."""
        mail_server.answer_to_text = answer_
        assert send_news() == {state: 1}
        mail_server.answer_to_text = "250 OK"
        if state == "refused":
            assert send_news() == {}
            tomorrow()
        assert send_news() == {"sent": 1}
        assert "se interrumpió" not in mail_server.received[0].text

    def test_one_that_fails_keeps_no_other_back(
        self, ana: Any, reader: Any, follows: Any, answer: Any, send_news: Any, mail_server: Any
    ):
        """A full mailbox is one person's."""
        luis = reader()
        follows(luis, ("problem", "0115-P1"))
        answer("Otra")
        mail_server.answers[ana.address] = "452 full"
        assert send_news() == {"waiting": 1, "sent": 1}
        assert [mail["To"] for mail in mail_server.received] == [luis.address]

    def test_without_a_server_everything_waits(
        self, send_news: Any, mail_server: Any, monkeypatch: Any, tomorrow: Any
    ):
        """For days, and then comes in one mail."""
        monkeypatch.setitem(ckan_config, "smtp.server", "127.0.0.1:1")
        for _day in range(3):
            assert send_news() == {}
            tomorrow()
        monkeypatch.setitem(ckan_config, "smtp.server", mail_server.address)
        assert send_news() == {"sent": 1}
        assert len(mail_server.received) == 1

    def test_two_runs_at_once_send_one_mail(self, send_news: Any, mail_server: Any, monkeypatch: Any):
        """The second one leaves alone what the first one has in hand."""
        whole, ended = Postbox.hand_over, []

        def meanwhile(*arguments: Any, **named: Any) -> None:
            monkeypatch.setattr(Postbox, "hand_over", whole)
            other = Thread(target=lambda: ended.append(send_news()))
            other.start()
            other.join()
            whole(*arguments, **named)

        monkeypatch.setattr(Postbox, "hand_over", meanwhile)
        assert send_news() == {"sent": 1}
        assert ended == [{}]
        assert len(mail_server.received) == 1
