"""What those who follow are told: all of it once, at most one mail a day, nothing that is hidden."""

from __future__ import annotations

from typing import Any

import pytest
from ckan.tests import factories
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.follow import followers, outbox, sending
from ckanext.gobiernoabierto.spanish import spanish

pytestmark = pytest.mark.usefixtures("villa_nueva", "mail_server")
PROBLEM, IDEA, PLACE = ("problem", "0115-P1"), ("idea", "0115-I1"), ("municipality", "0115")
SECRET = "zz9secreto"


def update(entity: str, code: str, **values: Any) -> dict[str, Any]:
    """Change an entity at whatever version it has."""
    shown = call_action(f"gobiernoabierto_{entity}_show", code=code)
    return call_action(f"gobiernoabierto_{entity}_update", code=code, version=shown["version"], **values)


class TestOneMailADay:
    @pytest.mark.long
    def test_an_answer_is_told_once(
        self, ana: Any, follows: Any, answer: Any, send_news: Any, mail_server: Any, tomorrow: Any
    ):
        """Run as often as one likes; nothing new tomorrow, no mail."""
        follows(ana, PROBLEM)
        assert send_news() == {}
        answer("Se repararon las lámparas")
        assert send_news() == {"sent": 1}
        assert send_news() == {}
        tomorrow()
        assert send_news() == {}
        (mail,) = mail_server.received
        assert "Respuesta de Alcaldía: Se repararon las lámparas" in mail.text
        assert "/problema/0115-P1" in mail.text
        assert mail.get_content_type() == "text/plain"

    def test_the_paragraphs_of_an_answer_stay_apart(
        self, ana: Any, follows: Any, answer: Any, send_news: Any, mail_server: Any
    ):
        """Indented, so that none of them passes for a line of ours."""
        follows(ana, PROBLEM)
        answer("Primero: las lámparas.\r\n\r\n\r\n\r\n- el   domingo\n-- \nUna firma")
        send_news()
        (mail,) = mail_server.received
        told = "Alcaldía: Primero: las lámparas.\n\n  - el domingo\n  --\n  Una firma\n"
        assert told in mail.text.replace("\r\n", "\n")

    def test_all_that_one_follows_is_in_one_mail_and_the_rest_in_the_next(
        self, ana: Any, follows: Any, answer: Any, send_news: Any, mail_server: Any, tomorrow: Any
    ):
        """What happens after the mail of the day waits for the next day."""
        follows(ana, PROBLEM, IDEA)
        answer("Primera")
        answer("Segunda", "idea", "0115-I1")
        send_news()
        answer("Tercera")
        assert send_news() == {}
        tomorrow()
        assert send_news() == {"sent": 1}
        first, second = mail_server.received
        assert "Primera" in first.text
        assert "Segunda" in first.text
        assert "Tercera" in second.text
        assert "Primera" not in second.text
        assert first["Message-ID"] != second["Message-ID"]

    def test_what_was_before_she_followed_is_no_news(
        self, ana: Any, follows: Any, answer: Any, send_news: Any
    ):
        """The page tells it."""
        answer("Ya se sabía")
        follows(ana, PROBLEM)
        assert send_news() == {}

    def test_each_reader_has_news_of_their_own(
        self, ana: Any, reader: Any, follows: Any, answer: Any, send_news: Any, mail_server: Any
    ):
        """Who follows the idea is not told of the problem; who follows the problem, of its ideas."""
        luis = reader()
        follows(ana, PROBLEM)
        follows(luis, IDEA)
        answer("De la idea", "idea", "0115-I1")
        answer("Del problema")
        assert send_news() == {"sent": 2}
        told = {mail["To"]: mail.text for mail in mail_server.received}
        assert "De la idea" in told[ana.address]  # which names the problem
        assert "Del problema" in told[ana.address]
        assert "De la idea" in told[luis.address]
        assert "Del problema" not in told[luis.address]

    def test_before_the_hour_only_what_was_asked_for_goes_out(
        self, ana: Any, follows: Any, answer: Any, monkeypatch: Any, ckan_config: Any, mail_server: Any
    ):
        """The news wait for the hour of the day in Guatemala."""
        follows(ana, PROBLEM)
        answer("Se repararon")
        monkeypatch.setitem(ckan_config, "ckanext.gobiernoabierto.follow.hour", 24)
        sending.each_hour()
        assert mail_server.received == []
        monkeypatch.setitem(ckan_config, "ckanext.gobiernoabierto.follow.hour", 0)
        sending.each_hour()
        assert len(mail_server.received) == 1


class TestWhatIsNews:
    def test_states_reports_datasets_and_requests_are(
        self, ana: Any, follows: Any, send_news: Any, mail_server: Any, publishable: Any
    ):
        """Of the place: all that names it, by kind of change."""
        follows(ana, PLACE)
        update("problem", "0115-P1", state="discarded", state_reason="Ya hay otro")
        asked = {"title": "Lámparas apagadas", "municipality": "0115", "requested": "2017-05-27"}
        code = call_action("gobiernoabierto_data_request_create", visibility="published", **asked)["code"]
        linked = {**publishable, "coverage": "municipal", "municipality": ["0115"]}
        factories.Dataset(name="postes", title="Postes de luz", **linked)
        call_action("gobiernoabierto_data_request_close", code=code, version=1, dataset="postes")
        send_news()
        text = " ".join(mail_server.received[0].text.split())
        assert "Problema 0115-P1, Calles oscuras: Descartado: Ya hay otro" in text
        assert f"Solicitud de datos {code}, Lámparas apagadas" in text
        assert "Conjunto de datos, Postes de luz: Se publicó aquí" in text
        assert "Cerrada" in text

    def test_a_new_file_is_news_of_its_dataset(
        self, ana: Any, follows: Any, send_news: Any, mail_server: Any
    ):
        """Who follows the data wants to know of the data."""
        follows(ana, ("dataset", "lamparas"))
        factories.Resource(package_id=call_action("package_show", id="lamparas")["id"], name="Zona 4")
        send_news()
        assert "Archivo nuevo: Zona 4" in mail_server.received[0].text

    def test_a_link_that_is_added_is_news_of_what_it_names(
        self, ana: Any, follows: Any, send_news: Any, mail_server: Any
    ):
        """Also of an old dataset."""
        follows(ana, IDEA)
        call_action("package_patch", id="lamparas", idea=["0115-I1"])
        send_news()
        assert "Conjunto de datos, Lámparas: Ahora tiene que ver" in mail_server.received[0].text

    def test_a_commitment_tells_what_its_institution_reports(
        self, ana: Any, follows: Any, send_news: Any, mail_server: Any
    ):
        """It has no state of its own."""
        data = {"code": "1-1", "plan": "1", "number": 1, "title": "Datos", "visibility": "published"}
        call_action("gobiernoabierto_commitment_create", **data)
        follows(ana, ("commitment", "1-1"))
        update("commitment", "1-1", self_report="limited", self_report_date="2018-01-01")
        send_news()
        assert "Compromiso 1-1: Datos" in mail_server.received[0].text
        assert "Limitado" in mail_server.received[0].text

    def test_a_code_that_is_replaced_is_followed_on(
        self, ana: Any, follows: Any, answer: Any, send_news: Any, mail_server: Any
    ):
        """Under the new one, with what happened under the old one."""
        follows(ana, ("problem", "0115-P1"))
        answer("Con el código viejo")
        version = call_action("gobiernoabierto_problem_show", code="0115-P1")["version"]
        replaced = {"entity": "problem", "code": "0115-P1", "new_code": "0115-P7", "version": version}
        call_action("gobiernoabierto_code_replace", **replaced)
        send_news()
        assert "Problema 0115-P7" in mail_server.received[0].text
        assert "Con el código viejo" in mail_server.received[0].text
        assert [each.thing.code for each in followers.mine(ana.id).followed] == ["0115-P7"]

    def test_a_typo_is_no_news(self, ana: Any, follows: Any, send_news: Any):
        """Mails are for what matters."""
        follows(ana, PROBLEM)
        update("problem", "0115-P1", description="Faltaba una tilde")
        assert send_news() == {}


class TestHidden:
    def test_drafts_are_never_told(self, ana: Any, follows: Any, send_news: Any, publishable: Any):
        """Not that they are there either."""
        follows(ana, PLACE, PROBLEM)
        said = {"title": SECRET, "municipality": "0115", "problem": "0115-P1"}
        call_action("gobiernoabierto_idea_create", **said)
        linked = {"coverage": "municipal", "municipality": ["0115"], "problem": ["0115-P1"]}
        factories.Dataset(title=SECRET, private=True, **{**publishable, **linked})
        assert send_news() == {}

    @pytest.mark.long
    @pytest.mark.parametrize("hide", ["thing", "followed"])
    def test_what_is_unpublished_between_the_row_and_the_mail_is_not_told(
        self, ana: Any, follows: Any, answer: Any, mail_server: Any, hide: str
    ):
        """The mail says what is public when it leaves."""
        follows(ana, IDEA, ("dataset", "lamparas"))
        answer(SECRET, "idea", "0115-I1")
        factories.Resource(package_id=call_action("package_show", id="lamparas")["id"], name="Zona 4")
        with spanish():
            assert outbox.prepare() == 1
        if hide == "thing":
            update("idea", "0115-I1", visibility="draft")
        else:
            update("idea", "0115-I1", answers=[])
        sending.send_waiting()
        (mail,) = mail_server.received
        assert "Zona 4" in mail.text
        assert SECRET not in mail.text

    def test_nothing_left_to_tell_is_no_mail(
        self, ana: Any, follows: Any, answer: Any, mail_server: Any, send_news: Any
    ):
        """And the row goes."""
        follows(ana, IDEA)
        answer(SECRET, "idea", "0115-I1")
        with spanish():
            outbox.prepare()
        version = call_action("gobiernoabierto_idea_show", code="0115-I1")["version"]
        call_action("gobiernoabierto_idea_delete", code="0115-I1", version=version)
        assert send_news() == {}
        assert mail_server.received == []


class TestText:
    def test_what_people_wrote_breaks_no_mail(
        self, ana: Any, follows: Any, answer: Any, send_news: Any, mail_server: Any
    ):
        """Lines, dots, headers, tags, an emoji; marks that turn the direction are refused before."""
        update("problem", "0115-P1", title="Calles oscuras 🦜")
        follows(ana, PROBLEM)
        answer(".\r\n.\r\nBcc: todos@example.org\r\n\r\n<b>=1+1</b>")
        assert send_news() == {"sent": 1}
        (mail,) = mail_server.received
        assert mail["Bcc"] is None
        assert "Respuesta de Alcaldía: . . Bcc: todos@example.org <b>=1+1</b>" in " ".join(mail.text.split())
        assert "🦜" in mail.text

    @pytest.mark.long
    def test_a_mail_has_an_end(
        self, ana: Any, follows: Any, send_news: Any, mail_server: Any, publishable: Any
    ):
        """Sixty changes; how many more there are, it says."""
        follows(ana, PLACE)
        for number in range(65):
            said = {"title": f"Idea {number}", "municipality": "0115", "visibility": "published"}
            call_action("gobiernoabierto_idea_create", **said)
        send_news()
        assert mail_server.received[0].text.count("Se publicó aquí") == 60
        assert "Hay 5 más" in mail_server.received[0].text
        assert send_news() == {}
