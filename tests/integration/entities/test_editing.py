"""Forms with which people write entities: what they send, what comes back, and what others see of it."""

from __future__ import annotations

import pytest

WORKSHOP = {
    "code": "informativa-2017",
    "title": "Reunión informativa",
    "kind": "information_meeting",
    "municipalities": ["", "0115"],
    "start_date": "27/05/2017",
    "state": "held",
    "source": "https://example.org/nota\nActa 3-2017",
}


def test_a_workshop_is_created_as_a_draft_and_published(call, officer, sysadmin):
    """The two buttons decide who sees it; the reason is in its history."""
    status, _, address = officer.send("/taller/_nuevo", **WORKSHOP, save="draft", reason="Acta 3")
    assert status == 302
    assert address.endswith("/taller/informativa-2017")
    stored = call("workshop_show", sysadmin, code=WORKSHOP["code"])
    assert (stored["visibility"], stored["start_date"]) == ("draft", "2017-05-27")
    assert stored["source"] == ["https://example.org/nota", "Acta 3-2017"]
    status, _, _ = officer.send("/taller/informativa-2017/editar", version="1", title="Otra", save="publish")
    assert status == 302
    stored = call("workshop_show", code=WORKSHOP["code"])
    assert (stored["title"], stored["municipalities"], stored["version"]) == ("Otra", ["0115"], 2)
    assert call("workshop_history", sysadmin, code=WORKSHOP["code"])[0]["reason"] == "Acta 3"


def test_with_a_mistake_the_form_comes_back_with_all_that_was_typed(call, officer):
    """Errors stand beside their fields, a date that is none stays as it was typed, nothing is stored."""
    sent = {
        **WORKSHOP,
        "start_date": "31/02/2017",
        "title": "",
        "start_time": "las nueve",
        "reason": "Acta 3",
    }
    status, page, _ = officer.send("/taller/_nuevo", **sent, save="publish")
    assert status == 422
    assert officer.wrong(page) == ["#field-title", "#field-start_date", "#field-start_time"]
    assert all(page.select_one(target) is not None for target in officer.wrong(page))
    held = officer.typed(page)
    assert {name: held.get(name, "") for name in sent} == {**sent, "municipalities": ["0115"]}
    assert call("workshop_list")["count"] == 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", "Una\u202elínea"),
        ("title", "x" * 1001),
        ("kind", "otro"),
        ("commitment", "9-99"),
        ("end_date", "26/05/2017"),
        ("code", "con espacios"),
        ("code", "_nuevo"),
        ("id", "mi-propio-id"),
        ("save", "borrar"),
        ("participations-0-role", "lead"),
    ],
)
def test_bad_input_gets_422_in_its_place_and_stores_nothing(call, officer, name, value):
    """Too long, invisible, of no list, out of order, a field that does not exist: said, and kept."""
    status, page, _ = officer.send("/taller/_nuevo", **{**WORKSHOP, "save": "draft", name: value})
    assert status == 422
    assert page.select("#errors li")
    if name in ("title", "end_date", "code"):
        assert officer.typed(page)[name] == value
    assert call("workshop_list")["count"] == 0


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "=1+1", "Taller 🎉"])
def test_markup_and_formulas_are_text(officer, text):
    """They are stored as they are and never run."""
    officer.send("/taller/_nuevo", **{**WORKSHOP, "title": text}, save="publish")
    _, page = officer.get("/taller/informativa-2017/editar")
    assert officer.typed(page)["title"] == text
    assert "<script>alert" not in str(page)


def test_rows_need_no_script(call, admin, sysadmin):
    """Those that are there and two empty ones; empty ones are dropped, an error stands at its row."""
    path = "/compromiso/3-11/editar"
    _, page = admin.get(path)
    assert admin.typed(page)["participations-0-institution"] == "infom"
    assert len(page.select("#field-participations .ga-row")) == 4
    rows = {
        "participations-0-institution": "infom",
        "participations-2-role": "support",
        "participations-2-text": "entre otras",
        "participations-3-source": "  ",
    }
    status, page, _ = admin.send(path, version="1", save="publish", **rows)
    assert status == 422
    assert admin.wrong(page) == ["#field-participations-0-role"]
    assert page.select_one("#field-participations-0-role") is not None
    assert admin.typed(page)["participations-1-text"] == "entre otras"
    rows["participations-0-role"] = "lead"
    assert admin.send(path, version="1", save="publish", **rows)[0] == 302
    kept = call("commitment_show", sysadmin, code="3-11")["participations"]
    assert [(row["role"], row["institution"], row["text"]) for row in kept] == [
        ("lead", "infom", None),
        ("support", None, "entre otras"),
    ]


@pytest.mark.long
def test_a_form_that_is_sent_as_it_came_changes_nothing(call, admin, sysadmin, idea, milestone, invitation):
    """For every entity: what the form holds is what is stored."""
    from ckanext.gobiernoabierto.entities import registry

    for entity in registry.ENTITY_TYPES:
        rows = call(f"{entity.name}_list", sysadmin)["results"]
        for row in rows:
            path = f"/{entity.path}/{row['code']}/editar"
            _, page = admin.get(path)
            status, answer, _ = admin.send(
                path, version=str(row["version"]), save="publish", **admin.typed(page)
            )
            assert status == 302, (path, answer.select_one("#errors"))
            assert call(f"{entity.name}_show", sysadmin, code=row["code"]) == row


def test_a_stale_form_shows_both_versions_and_loses_nothing(call, officer, sysadmin, workshop):
    """409: what is stored now beside what was typed; sent again, it is saved knowingly."""
    path = f"/taller/{workshop['code']}/editar"
    call(
        "workshop_update", sysadmin, code=workshop["code"], version=1, place="Parque", title="De otra persona"
    )
    _, page = officer.get(path)
    mine = {**officer.typed(page), "title": "Mío", "place": "", "start_date": "28/05/2017"}
    status, page, _ = officer.send(path, version="1", save="publish", **mine)
    assert status == 409
    rows = [
        [cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in page.select("tbody tr")
    ]
    assert rows == [
        ["Título", "De otra persona", "Mío"],
        ["Fecha", "27 de mayo de 2017", "28 de mayo de 2017"],
        ["Lugar", "Parque", "vacío"],
    ]
    assert {name: officer.typed(page)[name] for name in ("title", "start_date")} == {
        "title": "Mío",
        "start_date": "28/05/2017",
    }
    assert call("workshop_show", code=workshop["code"])["title"] == "De otra persona"
    current = page.select_one("input[name=version]")["value"]
    assert officer.send(path, version=current, save="publish", **officer.typed(page))[0] == 302
    assert call("workshop_show", code=workshop["code"])["title"] == "Mío"


def test_what_was_deleted_meanwhile_keeps_what_was_typed(call, officer, sysadmin, workshop):
    """410, and the text is there to be copied; the address alone answers 410 as ever."""
    path = f"/taller/{workshop['code']}"
    _, page = officer.get(f"{path}/editar")
    call("workshop_delete", sysadmin, code=workshop["code"], version=1)
    assert officer.get(path)[0] == 410
    status, page, _ = officer.send(
        f"{path}/editar", **{**officer.typed(page), "title": "Mío"}, version="1", save="publish"
    )
    assert status == 410
    assert officer.typed(page)["title"] == "Mío"


def test_what_belongs_to_others_is_refused_and_kept(call, officer, workshop):
    """403, said at the field that names the owner; nothing is stored, nothing typed is lost."""
    path = f"/taller/{workshop['code']}/editar"
    others = {"title": "Mío", "municipalities": ["", "0108"]}
    status, page, _ = officer.send(path, version="1", save="publish", **others)
    assert status == 403
    assert officer.wrong(page) == ["#field-municipalities"]
    assert officer.typed(page)["title"] == "Mío"
    status, page, _ = officer.send("/taller/_nuevo", **{**WORKSHOP, **others}, save="publish")
    assert (status, officer.wrong(page)) == (403, ["#field-municipalities"])
    assert call("workshop_list")["count"] == 1


def test_a_form_shows_no_draft_of_others(call, officer, admin, sysadmin):
    """Neither among the choices nor as the name of a code that somebody guesses; one's own are offered."""
    for code, owner in (("ajeno", "0108"), ("propio", "0115")):
        new = {"code": code, "title": f"Borrador {code}", "kind": "co_creation", "state": "planned"}
        call("workshop_create", sysadmin, municipalities=[owner], **new)
    guessed = {"municipality": "0115", "workshop": "ajeno", "save": "draft"}
    status, page, _ = officer.send("/idea/_nuevo", **guessed)
    assert status == 422
    assert "Borrador ajeno" not in page.text
    assert "Borrador propio" in page.text
    assert "Borrador ajeno" in admin.get("/idea/_nuevo")[1].text
    assert officer.get("/taller/ajeno/editar")[0] == 404
    assert officer.get("/taller/ajeno/borrar")[0] == 404


def test_the_form_begins_with_what_is_known(officer):
    """The only municipality of the officer, defaults, and what the address says; no choice is made."""
    _, page = officer.get("/idea/_nuevo?title=Un%20mapa&nada=x")
    held = officer.typed(page)
    assert (held["municipality"], held["state"], held["title"]) == ("0115", "received", "Un mapa")
    assert "nada" not in held
    assert officer.typed(officer.get("/taller/_nuevo")[1])["kind"] == ""


def test_a_visitor_is_asked_to_sign_in_first(person, workshop):
    """For new, change and delete; then the form is there."""
    for path in ("/taller/_nuevo", f"/taller/{workshop['code']}/editar", "/taller/no-hay/borrar"):
        answer = person(None).app.get(path, follow_redirects=False)
        assert answer.status_code == 302
        assert "/user/login?came_from=" in answer.headers["Location"]


def test_deleting_what_is_in_use_shows_the_list(call, admin, workshop):
    """Before one asks for it and when one does; what nothing uses is deleted with its reason."""
    status, page = admin.get("/compromiso/3-11/borrar")
    assert status == 200
    (link,) = page.select("#errors li a")
    assert (link["href"], workshop["title"] in link.text) == (f"/taller/{workshop['code']}", True)
    assert not page.select("main button[name=delete]")
    status, page, _ = admin.send("/compromiso/3-11/borrar", version="1", delete="")
    assert status == 422
    assert workshop["code"] in page.select_one("#errors").text
    path = f"/taller/{workshop['code']}"
    assert admin.get(f"{path}/borrar")[1].select("main button[name=delete]")
    status, page, _ = admin.send(f"{path}/borrar", version="9", delete="", reason="Estaba repetido")
    assert status == 409
    assert admin.typed(page)["reason"] == "Estaba repetido"
    status, page, _ = admin.send(
        f"{path}/borrar", version="1", delete="", successor="no-hay", reason="Repetido"
    )
    assert (status, admin.typed(page)["successor"]) == (422, "no-hay")
    assert admin.send(f"{path}/borrar", version="1", cancel="")[2].endswith(path)
    assert admin.send(f"{path}/borrar", version="1", delete="", reason="Estaba repetido")[0] == 302
    status, page = admin.get(path)
    assert status == 410
    assert "Estaba repetido" in page.text


class TestInvite:
    """From the page of a workshop to the form of its invitation."""

    PAGE = "/taller/ideaton-villa-nueva-2017"
    LINK = "main a[href^='/invitacion/_nuevo']"

    def test_the_form_has_the_workshop_and_its_municipality(self, admin, workshop):
        """Whoever invites types neither."""
        _, page = admin.get(self.PAGE)
        (link,) = page.select(self.LINK)
        assert link.text == "Invitar a la municipalidad"
        typed = admin.typed(admin.get(link["href"])[1])
        assert (typed["workshop"], typed["municipality"]) == (workshop["code"], "0115")

    def test_of_several_municipalities_none_is_chosen(self, call, admin, sysadmin, workshop):
        """Each gets a letter of its own."""
        both = {"code": workshop["code"], "version": 1, "municipalities": ["0115", "0108"]}
        call("workshop_update", sysadmin, **both)
        (link,) = admin.get(self.PAGE)[1].select(self.LINK)
        typed = admin.typed(admin.get(link["href"])[1])
        assert (typed["workshop"], typed["municipality"]) == (workshop["code"], "")

    def test_who_may_not_invite_sees_no_link(self, officer, person, workshop):
        """A visitor, and the municipality itself."""
        pages = [who.get(self.PAGE)[1] for who in (officer, person(None))]
        assert all(page.h1 and not page.select(self.LINK) for page in pages)


class TestRequestData:
    """From the page of a problem to the form of a request for the data that it lacks."""

    LINK = "main a[href^='/solicitud/_nuevo']"

    def test_the_form_has_the_problem_and_its_municipality(self, officer, problem):
        """Whoever asks types neither, and what comes of it stands on the page."""
        (link,) = officer.get("/problema/0115-P1")[1].select(self.LINK)
        assert link.text == "Pedir los datos que faltan"
        typed = officer.typed(officer.get(link["href"])[1])
        assert (typed["problem"], typed["municipality"]) == (problem["code"], "0115")
        sent = {**typed, "title": "Lámparas apagadas por colonia", "save": "publish"}
        assert officer.send("/solicitud/_nuevo", **sent)[0] == 302
        assert "Lámparas apagadas por colonia" in officer.get("/problema/0115-P1")[1].select_one("main").text

    def test_who_may_not_ask_sees_no_link(self, person, organization_editor, problem):
        """A visitor, and another municipality."""
        others = (person(None), person(organization_editor(municipality="0108")))
        assert not [who for who in others if who.get("/problema/0115-P1")[1].select(self.LINK)]

    def test_a_draft_has_none(self, call, officer, sysadmin, problem):
        """What is published names no draft."""
        call("problem_update", sysadmin, code=problem["code"], version=1, visibility="draft")
        assert not officer.get("/problema/0115-P1")[1].select(self.LINK)
