"""Follow by mail: asked for, confirmed, and left again, with a real mail server between."""

from __future__ import annotations

from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan.lib import jobs
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.follow import followers, outbox, tokens
from ckanext.gobiernoabierto.follow.model import Follower, Mail, Subscription

pytestmark = pytest.mark.usefixtures("villa_nueva", "mail_server")


def count(table: Any, *conditions: Any) -> int:
    """Return how many rows there are."""
    return model.Session.execute(
        sa.select(sa.func.count()).select_from(table).where(*conditions)
    ).scalar_one()


class TestAsking:
    def test_somebody_follows_after_a_mail_and_a_button(self, ana: Any, mail_server: Any, work: Any):
        """Asked on the page, confirmed from the mail; opening the link alone does nothing."""
        assert 'action="/seguir"' in ana.open("/problema/0115-P1").body
        answer = ana.ask("problem", "0115-P1")
        assert answer.status_code == 303
        assert answer.headers["Location"].endswith("/seguir/revise-su-correo")
        assert work() == {"sent": 1}
        (mail,) = mail_server.received
        assert mail["To"] == ana.address
        assert "Problema 0115-P1: Calles oscuras" in mail.text
        link = mail.link("/seguir/confirmar/")
        for _scanner in range(2):
            assert "Sí, seguir" in ana.open(link).body
        assert followers.mine(ana.id).followed == []
        assert "Ahora sigue" in ana.send(link).body
        (followed,) = followers.mine(ana.id).followed
        assert followed.thing.title == "Calles oscuras"

    def test_the_mail_says_what_it_is_about(self, ana: Any, mail_server: Any, work: Any):
        """In its subject."""
        ana.ask("municipality", "0115")
        work()
        assert mail_server.received[0]["Subject"] == "Confirme que quiere seguir: Villa Nueva"

    def test_who_has_confirmed_is_led_to_what_they_follow(self, ana: Any, mail_server: Any, work: Any):
        """Without waiting for another mail; who opens the link again is not."""
        ana.ask("problem", "0115-P1")
        work()
        link = mail_server.received[0].link("/confirmar/")
        page = BeautifulSoup(ana.send(link).body, "html.parser")
        mine = page.find("main").find("a", string="Lo que sigo")["href"]
        assert "Calles oscuras" in ana.open(mine).body
        again = BeautifulSoup(ana.open(link).body, "html.parser")
        assert again.find("main").find("a", string="Lo que sigo")["href"] == "/seguir/mis-seguimientos"

    def test_a_link_that_was_used_says_so(self, ana: Any, mail_server: Any, work: Any, tomorrow: Any):
        """While what it confirmed is followed; then it leads nowhere, and follows nothing again."""
        for kind, code in (("problem", "0115-P1"), ("idea", "0115-I1")):
            ana.ask(kind, code)
        work()
        link, other = (mail.link("/confirmar/") for mail in mail_server.received)
        ana.send(link)
        ana.send(other)
        for _day in range(5):
            tomorrow()
        followers.sweep(outbox.KEPT_DAYS)
        for answer in (ana.open(link), ana.send(link)):
            assert answer.status_code == 200
            assert "Usted ya sigue esto" in answer.body
            assert '<form method="post">' not in answer.body
        followers.stop(ana.id, "problem", "0115-P1")
        assert [ana.open(link).status_code, ana.send(link).status_code] == [404, 404]
        assert [each.code for each in followers.mine(ana.id).followed] == ["0115-I1"]

    @pytest.mark.long
    @pytest.mark.parametrize("copied", [".", ">", ",", ").", '">'])
    def test_what_was_copied_with_a_link_is_left_out(
        self, ana: Any, mail_server: Any, work: Any, copied: str
    ):
        """The full stop of a sentence, the bracket of a mail program."""
        ana.ask("problem", "0115-P1")
        work()
        link = mail_server.received[0].link("/confirmar/") + copied
        assert "Sí, seguir" in ana.open(link).body
        assert "Ahora sigue" in ana.send(link).body
        for purpose, path in ((tokens.MINE, "mis-seguimientos"), (tokens.LEAVE, "baja")):
            assert ana.open(f"/seguir/{path}/{tokens.sign(purpose, ana.id)}{copied}").status_code == 200

    @pytest.mark.long
    @pytest.mark.parametrize("kind", ["dataset", "municipality", "problem", "idea"])
    def test_each_kind_can_be_followed(self, ana: Any, follows: Any, kind: str):
        """By its code, or a dataset's name; the page of each has the form and the feed."""
        paths = {
            "dataset": ("lamparas", "/dataset/lamparas"),
            "municipality": ("0115", "/municipio/0115"),
            "problem": ("0115-P1", "/problema/0115-P1"),
            "idea": ("0115-I1", "/idea/0115-I1"),
        }
        code, path = paths[kind]
        page = ana.open(path).body
        assert 'action="/seguir"' in page
        assert f'<link rel="alternate" type="application/atom+xml" href="{path}.atom">' in page
        follows(ana, (kind, code))
        assert [each.thing.page.endswith(path) for each in followers.mine(ana.id).followed] == [True]

    @pytest.mark.long
    def test_the_worker_sends_and_the_queue_has_no_address(self, ana: Any, mail_server: Any):
        """What is in Redis is a job without arguments."""
        ana.ask("problem", "0115-P1")
        (job,) = [job for job in jobs.get_queue().jobs if job.func_name.endswith("send_waiting")]
        assert not job.args and not job.kwargs
        jobs.Worker().work(burst=True)
        assert [mail["To"] for mail in mail_server.received] == [ana.address]

    def test_a_link_is_kept_as_its_digest_and_ends(self, ana: Any, mail_server: Any, work: Any):
        """Who reads the table cannot confirm, and neither can a link that is older than three days."""
        ana.ask("problem", "0115-P1")
        work()
        link = mail_server.received[0].link("/confirmar/")
        secret = link.rpartition("/")[2]
        assert model.Session.execute(sa.select(Mail.token)).scalars().all() == [tokens.digest(secret)]
        old = sa.text("interval '73 hours'")
        model.Session.execute(sa.update(Mail).values(created=Mail.created - old))
        model.Session.commit()
        assert ana.send(link).status_code == 404
        assert followers.mine(ana.id).followed == []

    def test_what_nobody_confirms_is_forgotten_with_its_address(self, ana: Any, work: Any, tomorrow: Any):
        """After three days, by the job of each hour; before, it waits."""
        ana.ask("problem", "0115-P1")
        work()
        for _day in range(2):
            tomorrow()
        assert followers.sweep(outbox.KEPT_DAYS) == 0
        assert ana.id
        tomorrow()
        tomorrow()
        assert followers.sweep(outbox.KEPT_DAYS) == 1
        assert [count(table) for table in (Follower, Subscription, Mail)] == [0, 0, 0]

    def test_who_follows_loses_nothing_by_asking_and_not_confirming(
        self, ana: Any, follows: Any, tomorrow: Any, work: Any
    ):
        """Only the wish is swept."""
        follows(ana, ("problem", "0115-P1"))
        ana.ask("idea", "0115-I1")
        work()
        for _day in range(4):
            tomorrow()
        followers.sweep(outbox.KEPT_DAYS)
        assert [each.code for each in followers.mine(ana.id).followed] == ["0115-P1"]
        assert count(Subscription) == 1


class TestSecrecy:
    def test_the_answer_is_the_same_for_a_known_address(self, ana: Any, reader: Any, follows: Any):
        """Status, headers and text; for one that follows already, and one that nobody has."""
        follows(ana, ("problem", "0115-P1"))
        for path, data in (
            ("/seguir", {"kind": "problem", "code": "0115-P1"}),
            ("/seguir/mis-seguimientos", {}),
        ):
            answers = [reader().send(path, address=who.address, **data) for who in (ana, reader())]
            told = [(each.status_code, each.headers["Location"], each.body) for each in answers]
            assert told[0] == told[1]
            names = [sorted(each.headers.keys()) for each in answers]
            assert names[0] == names[1]

    def test_links_go_to_who_follows_and_to_nobody_else(
        self, ana: Any, reader: Any, follows: Any, mail_server: Any, work: Any
    ):
        """Asking for an address that nobody has leaves nothing behind."""
        follows(ana, ("problem", "0115-P1"))
        for who in (ana, reader()):
            who.send("/seguir/mis-seguimientos", address=who.address)
        assert work() == {"sent": 1}
        (mail,) = mail_server.received
        assert mail["To"] == ana.address
        assert "Calles oscuras" in ana.open(mail.link("/mis-seguimientos/")).body
        assert count(Mail, Mail.follower.is_(None)) == 0

    def test_one_visitor_cannot_ask_for_many_addresses(self, ana: Any, reader: Any):
        """Twenty in an hour, then 429 in Spanish."""
        others = [reader().address for _ in range(21)]
        answers = [ana.ask("problem", "0115-P1", each) for each in others]
        assert [each.status_code for each in answers] == [303] * 20 + [429]
        assert "espere una hora" in answers[-1].body
        field = BeautifulSoup(answers[-1].body, "html.parser").find(id="follow-address")
        assert field["value"] == others[-1]

    @pytest.mark.long
    def test_mistakes_are_not_counted(self, ana: Any):
        """But there is an end to them too."""
        for path in ("/seguir", "/seguir/mis-seguimientos"):
            data = {"kind": "problem", "code": "0115-P1"}
            assert {ana.send(path, address="ana@", **data).status_code for _ in range(21)} == {400}
            assert ana.send(path, address=ana.address, **data).status_code == 303
            assert {ana.send(path, address="ana@", **data).status_code for _ in range(178)} == {400}
            refused = ana.send(path, address="ana@example", **data)
            assert refused.status_code == 429
            assert 'value="ana@example"' in refused.body

    def test_one_mail_a_day_asks_about_one_thing(
        self, ana: Any, reader: Any, mail_server: Any, work: Any, tomorrow: Any
    ):
        """Whoever asks, from wherever: the second answer is like the first."""
        answers = [reader().ask("problem", "0115-P1", ana.address) for _ in range(7)]
        assert {(each.status_code, each.headers["Location"]) for each in answers} == {
            (303, answers[0].headers["Location"])
        }
        work()
        assert len(mail_server.received) == 1
        tomorrow()
        ana.ask("problem", "0115-P1")
        work()
        assert len(mail_server.received) == 2

    def test_what_did_not_arrive_is_asked_again(self, ana: Any, mail_server: Any, work: Any):
        """The server would not have it, and then it would."""
        mail_server.answers[ana.address] = "550 5.1.1 not here"
        ana.ask("problem", "0115-P1")
        assert work() == {"refused": 1}
        del mail_server.answers[ana.address]
        ana.ask("problem", "0115-P1")
        assert work() == {"sent": 1}

    def test_who_stops_and_asks_again_is_asked_again(self, ana: Any, follows: Any, work: Any):
        """On the same day."""
        follows(ana, ("problem", "0115-P1"), ("idea", "0115-I1"))
        followers.stop(ana.id, "problem", "0115-P1")
        ana.ask("problem", "0115-P1")
        assert work() == {"sent": 1}

    def test_one_address_gets_five_confirmations_a_day_and_its_link_all_the_same(
        self, ana: Any, reader: Any, follows: Any, mail_server: Any, work: Any
    ):
        """A neighbour can neither fill a mailbox nor lock anybody out of what they follow."""
        follows(ana, ("municipality", "0115"))
        said = {"municipality": "0115", "visibility": "published", "title": "Otra"}
        codes = [call_action("gobiernoabierto_problem_create", **said)["code"] for _ in range(7)]
        assert {reader().ask("problem", code, ana.address).status_code for code in codes} == {303}
        assert work() == {"sent": 4}
        asked = [reader().send("/seguir/mis-seguimientos", address=ana.address) for _ in range(7)]
        assert {each.status_code for each in asked} == {303}
        assert work() == {"sent": 5}

    def test_the_page_says_how_many_mails_there_are(self, ana: Any):
        """To everybody the same."""
        page = " ".join(ana.open("/seguir/revise-su-correo").body.split())
        assert "como máximo 10 correos" in page

    @pytest.mark.parametrize("made", ["draft", "unknown", "kind", "private", "nul"])
    def test_what_is_hidden_cannot_be_followed(self, ana: Any, made: str):
        """404, as for what is not there."""
        kind, code = "problem", "0115-P9"
        if made == "draft":
            data = {"title": "Secreto", "municipality": "0115"}
            code = call_action("gobiernoabierto_problem_create", **data)["code"]
        if made == "kind":
            kind, code = "department", "01"
        if made == "private":
            kind, code = "dataset", "lamparas"
            call_action("package_patch", id=code, private=True)
        assert ana.ask(kind, code).status_code == 404
        assert ana.open(f"/seguir?kind={kind}&code={code}").status_code == 404
        assert count(Follower) == 0


class TestBadInput:
    @pytest.mark.long
    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "ana",
            "ana@",
            "@example.org",
            "ana@localhost",
            "ana@example.org\nBcc: todos@example.org",
            "ana@example.org\r\n.\r\nMAIL FROM:<x@example.org>",
            "ana@example.org, todos@example.org",
            "Ana <ana@example.org>",
            '"ana"@example.org',
            "a..na@example.org",
            "ana@[127.0.0.1]",
            "ana@-example.org",
            "áná@example.org",
            "ana\u202e@example.org",
            "ana@exam\u202eple.org",
            "ana@🦜.x" + "y" * 300,
            f"{'a' * 65}@example.org",
            "=1+1@example.org ana@example.org",
        ],
    )
    def test_what_is_no_address_is_refused_beside_its_field(self, ana: Any, typed: str):
        """400 in Spanish, what was typed still there, nothing stored."""
        answer = ana.send("/seguir", kind="problem", code="0115-P1", address=typed)
        assert answer.status_code == 400
        assert 'id="follow-error"' in answer.body
        assert "Bcc" not in str(answer.headers)
        assert count(Follower) == 0

    def test_nul_and_ten_megabytes_are_refused(self, ana: Any):
        """Before anything reads them."""
        assert ana.send("/seguir", kind="problem", code="0115-P1", address="a\x00@b.gt").status_code == 400
        huge = "a" * 10_000_000 + "@example.org"
        assert ana.send("/seguir", kind="problem", code="0115-P1", address=huge).status_code in (400, 413)
        assert count(Follower) == 0

    def test_a_domain_of_other_letters_works(self, ana: Any, mail_server: Any, work: Any):
        """As the mail servers name it, RFC 5891."""
        address = ana.address.replace("example.org", "ñandú.gt")
        assert ana.ask("problem", "0115-P1", f"  {address} ").status_code == 303
        work()
        assert mail_server.received[0]["To"] == address.split("@")[0] + "@xn--and-6ma2c.gt"

    def test_capitals_make_no_second_person(self, ana: Any):
        """One address, one follower."""
        ana.ask("problem", "0115-P1")
        ana.ask("problem", "0115-P1", ana.address.upper())
        assert count(Follower) == 1

    @pytest.mark.parametrize(
        "path", ["confirmar/x", "baja/x", "mis-seguimientos/x", "mis-seguimientos/x/datos.json"]
    )
    def test_a_made_up_link_is_a_spent_one(self, ana: Any, path: str):
        """404 that says what to do, for reading and for acting."""
        answers = [ana.open(f"/seguir/{path}")]
        if not path.endswith("json"):
            answers.append(ana.send(f"/seguir/{path}"))
        for answer in answers:
            assert answer.status_code == 404
            assert "Este enlace ya no funciona" in answer.body

    def test_a_link_to_read_is_none_to_leave(self, ana: Any, follows: Any):
        """Each signature is for one thing."""
        follows(ana, ("problem", "0115-P1"))
        assert ana.send(f"/seguir/baja/{tokens.sign(tokens.MINE, ana.id)}").status_code == 404
        assert ana.open(f"/seguir/mis-seguimientos/{tokens.sign(tokens.LEAVE, ana.id)}").status_code == 404
        assert ana.id

    def test_a_site_without_mail_offers_the_feed_alone(self, ana: Any, monkeypatch: Any):
        """No form that could not be answered; who sends it all the same is told."""
        monkeypatch.setitem(tk.config, "smtp.mail_from", "")
        page = ana.open("/problema/0115-P1").body
        assert 'action="/seguir"' not in page
        assert 'href="/problema/0115-P1.atom"' in page
        answer = ana.ask("problem", "0115-P1")
        assert answer.status_code == 400
        assert "siga por Atom" in answer.body
        assert count(Follower) == 0
