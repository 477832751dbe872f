"""The forms of the special verbs: what they send, what comes back, and what the page says afterwards."""

from __future__ import annotations

import ckan.tests.factories as factories
import pytest
from ckanext.gobiernoabierto.entities.participation import local_today
from tests.remembered import remembered

OFFICE = "Dirección de Servicios Públicos"
ANSWER = {"office": OFFICE, "text": "Se hará en marzo.", "date": "01/06/2017"}


@pytest.fixture
def mixco(person, organization_editor, chain):
    """The officer of Mixco, which is invited."""
    return person(organization_editor(municipality="0108"))


@pytest.fixture
def infom(person, organization_editor, chain):
    """The officer of INFOM, which leads commitment 3-11."""
    return person(organization_editor(institution="infom"))


@pytest.fixture
@remembered
def lamps(call, sysadmin, data_request):
    """A public dataset that names the problem of the request, and its organization."""
    return factories.Dataset(
        title="Lámparas de 2017",
        owner_org=factories.Organization()["id"],
        municipality=["0115"],
        workshop_origin="none",
        commitment=["3-11"],
        problem=["0115-P1"],
    )


@pytest.mark.parametrize("path", ["/idea/0115-I1", "/problema/0115-P1"])
def test_a_municipality_answers(call, officer, idea, path):
    """With office, text and day; the page shows the answer, and says that it was kept."""
    _, page = officer.get(f"{path}/responder")
    assert officer.typed(page)["state"] in ("received", "reported")
    status, _, address = officer.send(f"{path}/responder", version="1", **ANSWER)
    assert (status, address.endswith(path)) == (302, True)
    _, page = officer.get(path)
    assert page.select_one(".ga-answer p").text == ANSWER["text"]
    assert "1 de junio de 2017" in page.select_one(".ga-answer footer").text
    assert "Sin respuesta" not in page.text


def test_an_answer_declines_an_idea_with_its_reason(call, officer, idea):
    """Without the reason it is refused beside it, and nothing that was typed is lost."""
    path = "/idea/0115-I1/responder"
    sent = {**ANSWER, "state": "declined", "evidence-0-text": "Acta 3", "evidence-0-url": "https://a.gt/acta"}
    status, page, _ = officer.send(path, version="1", **sent)
    assert status == 422
    assert officer.wrong(page) == ["#field-state_reason"]
    held = officer.typed(page)
    assert sent == {name: held[name] for name in sent}
    assert not call("idea_show", code="0115-I1")["answers"]
    assert officer.send(path, version="1", **sent, state_reason="Lo hace la empresa eléctrica")[0] == 302
    shown = call("idea_show", code="0115-I1")
    assert shown["evidence"] == [{"text": "Acta 3", "url": "https://a.gt/acta"}]
    assert shown["state_reason"] == "Lo hace la empresa eléctrica"
    assert "Rechazada" in officer.get("/idea/0115-I1")[1].select_one(".ga-lead").text


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"office": ""}, "office"),
        ({"text": ""}, "text"),
        ({"date": "31/02/2017"}, "date"),
        ({"date": "01/06/2999"}, "date"),
        ({"state": "done"}, "evidence"),
        ({"evidence-0-url": "https://a.gt"}, "evidence-0-text"),
        ({"nada": "x"}, "nada"),
    ],
)
def test_a_mistake_in_an_answer_stands_in_its_place(call, officer, idea, change, field):
    """422; everything else is still in the form, and nothing is stored."""
    sent = {**ANSWER, "date": "", "reason": "Acta 3", **change}
    status, page, _ = officer.send("/idea/0115-I1/responder", version="1", **sent)
    assert status == 422
    assert officer.wrong(page) == [f"#field-{field}"]
    held = officer.typed(page)
    assert all(held.get(name, value) == value for name, value in sent.items() if name != "date")
    assert call("idea_show", code="0115-I1")["version"] == 1


def test_an_answer_keeps_the_state_that_is_not_chosen(call, officer, sysadmin, idea):
    """Neither an empty choice nor a call without it makes an idea new again."""
    call("idea_update", sysadmin, code="0115-I1", version=1, state="accepted")
    assert officer.send("/idea/0115-I1/responder", version="2", **ANSWER, state="")[0] == 302
    assert call("idea_show", code="0115-I1")["state"] == "accepted"


def test_a_stale_answer_shows_what_somebody_else_answered(call, officer, sysadmin, idea):
    """409 with both beside each other; sent again, it joins the other one."""
    told = {"entity": "idea", "code": "0115-I1", "office": "Alcaldía", "text": "Ya se hizo."}
    call("answer_create", sysadmin, version=1, date="2017-05-30", **told)
    status, page, _ = officer.send("/idea/0115-I1/responder", version="1", **ANSWER)
    assert status == 409
    cells = page.select_one(".ga-conflict tbody tr").select("td")
    assert "Ya se hizo." in cells[0].text
    assert ANSWER["text"] in cells[1].text
    assert page.select_one(page.select_one(".ga-conflict a")["href"])
    again = {**officer.typed(page), "version": page.select_one("input[name=version]")["value"]}
    assert officer.send("/idea/0115-I1/responder", **again)[0] == 302
    offices = [each["office"] for each in call("idea_show", code="0115-I1")["answers"]]
    assert offices == ["Alcaldía", OFFICE]


def test_an_answer_to_what_was_deleted_meanwhile_is_not_lost(call, officer, sysadmin, idea):
    """410, with the text to be copied."""
    call("idea_delete", sysadmin, code="0115-I1", version=1)
    status, page, _ = officer.send("/idea/0115-I1/responder", version="1", **ANSWER)
    assert status == 410
    assert officer.typed(page)["text"] == ANSWER["text"]


@pytest.mark.long
@pytest.mark.parametrize(("declined", "state"), [("false", "Confirmada"), ("true", "Declinada")])
def test_an_invited_municipality_answers_its_letter(mixco, invitation, declined, state):
    """Once: afterwards there is no button, and the form says so."""
    path = "/invitacion/ger-1530-2016"
    assert not mixco.get(f"{path}/responder")[1].select("input[name=declined][checked]")
    status, page, _ = mixco.send(f"{path}/responder", version="1", office=OFFICE)
    assert (status, mixco.wrong(page)) == (422, ["#field-declined"])
    status, page, _ = mixco.send(f"{path}/responder", version="1", declined=declined, office="")
    assert (status, mixco.wrong(page)) == (422, ["#field-office"])
    assert mixco.typed(page)["declined"] == declined
    assert mixco.send(f"{path}/responder", version="1", declined=declined, office=OFFICE)[0] == 302
    _, page = mixco.get(path)
    assert f"{state} por {OFFICE}" in page.select_one(".ga-lead").text
    assert not page.select(f'a[href="{path}/responder"]')
    assert mixco.get(f"{path}/responder")[0] == 409
    status, page, _ = mixco.send(f"{path}/responder", version="1", declined="false", office="Otra")
    assert status == 409
    assert mixco.typed(page)["office"] == "Otra"
    assert not page.select("main form button")


def test_a_lead_institution_reports_how_far_it_is(call, infom, sysadmin):
    """Beside the rating; without a choice it is refused there."""
    call("commitment_update", sysadmin, code="3-11", version=1, irm_completion="limited")
    path = "/compromiso/3-11"
    status, page, _ = infom.send(f"{path}/informar", version="2", self_report="")
    assert (status, infom.wrong(page)) == (422, ["#field-self_report"])
    assert infom.send(f"{path}/informar", version="2", self_report="substantial")[0] == 302
    progress = " ".join(infom.get(path)[1].select_one("section[aria-labelledby=progress]").text.split())
    assert "Sustancial" in progress
    assert "Limitado" in progress
    assert "No coinciden" in progress
    status, page, _ = infom.send(f"{path}/informar", version="2", self_report="completed")
    cells = [each.text.strip() for each in page.select(".ga-conflict tbody td")]
    assert (status, cells) == (409, ["Sustancial", "Completado"])


def test_a_request_is_closed_with_one_of_the_datasets_that_answer_it(call, officer, lamps):
    """The form offers just those; afterwards the page names it."""
    path = "/solicitud/0115-D1"
    _, page = officer.get(f"{path}/cerrar")
    options = [each["value"] for each in page.select("#field-dataset option")]
    assert options == ["", lamps["name"]]
    status, page, _ = officer.send(f"{path}/cerrar", version="1", dataset="")
    assert (status, officer.wrong(page)) == (422, ["#field-dataset"])
    assert officer.send(f"{path}/cerrar", version="1", dataset=lamps["name"])[0] == 302
    shown = call("data_request_show", code="0115-D1")
    assert (shown["state"], shown["closed"]) == ("closed", local_today().isoformat())
    assert "Lámparas de 2017" in officer.get(path)[1].select_one("main header").text
    assert officer.get(f"{path}/cerrar")[0] == 409


def test_who_may_not_is_refused_and_a_draft_is_not_there(call, mixco, officer, idea, sysadmin):
    """403 for what everybody sees, 404 for what only others see."""
    assert mixco.send("/idea/0115-I1/responder", version="1", **ANSWER)[0] == 403
    draft = call("idea_create", sysadmin, title="X", municipality="0115")["code"]
    assert mixco.get(f"/idea/{draft}/responder")[0] == 404
    assert mixco.send(f"/idea/{draft}/responder", version="1", **ANSWER)[0] == 404
    assert officer.get(f"/idea/{draft}/responder")[0] == 200
    assert officer.get("/idea/0115-I99/responder")[0] == 404
