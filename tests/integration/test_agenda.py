"""``/agenda`` and the calendars: what is published, the next first, for people and for programs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import icalendar
import pytest
from ckan.lib.search import SearchError
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.entities import agenda, forms, participation
from ckanext.gobiernoabierto.views import events

SECRET = "Un taller que nadie conoce"
Add = Callable[..., str]


@pytest.fixture
def add(clean_site: None) -> Add:
    """Make a workshop (of Villa Nueva) or a round table and return its code; days are counted from today."""
    public = {"visibility": "published"}
    call_action("gobiernoabierto_department_create", code="01", name="Guatemala", **public)
    for code, name in (("0115", "Villa Nueva"), ("0108", "Mixco")):
        data = {"code": code, "name": name, "department": "01", **public}
        call_action("gobiernoabierto_municipality_create", **data)
    call_action("gobiernoabierto_plan_create", code="4", title="Cuarto Plan", **public)

    def make(kind: str, code: str, days: int | None = None, **values: Any) -> str:
        own: dict[str, Any] = {"title": code, "kind": "co_creation", "municipalities": ["0115"]}
        if kind == "round_table":
            round_, number = code.split("-")[1:]
            own = {"theme": f"Tema {code}", "plan": "4", "round": round_, "number": number}
        if days is not None:
            own["start_date"] = (participation.local_today() + dt.timedelta(days)).isoformat()
        data = {"code": code, "state": "planned", **public, **own, **values}
        return call_action(f"gobiernoabierto_{kind}_create", **data)["code"]

    return make


def read(answer: Any) -> dict[str, Any]:
    """Return the events of a calendar by what they are called."""
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(answer.data)
    return {str(event["summary"]): event for event in calendar.walk("VEVENT")}


def order(body: str) -> list[str]:
    """Return the codes of the agenda in the order of the page."""
    return re.findall(r'class="ga-item-name" href="/(?:taller|mesa)/([^"]+)"', body)


class TestPage:
    def test_what_comes_is_before_what_is_past(self, add: Add, app: Any):
        """The next first, then what has no day, then the past, the last first; both kinds together."""
        add("workshop", "hoy", 0)
        add("workshop", "ayer", -1)
        add("round_table", "4-2-1", 5)
        add("workshop", "sin-fecha")
        add("workshop", "en-un-mes", 30)
        add("round_table", "4-1-1", -9)
        body = app.get("/agenda").body
        assert order(body) == ["hoy", "4-2-1", "en-un-mes", "sin-fecha", "ayer", "4-1-1"]
        assert body.index(">Próximos") < body.index(">Sin fecha todavía") < body.index(">Pasados")

    def test_what_lasts_until_today_comes(self, add: Add, app: Any):
        """Who can still go finds it above."""
        today = participation.local_today().isoformat()
        add("workshop", "de-varios-dias", -3, end_date=today)
        assert ">Pasados" not in app.get("/agenda").body

    def test_an_hour_orders_a_day(self, add: Add, app: Any):
        """Earliest first of what comes."""
        for code, hour in (("tarde", "15:00"), ("manana", "08:00"), ("todo-el-dia", None)):
            add("workshop", code, 3, start_time=hour)
        assert order(app.get("/agenda").body) == ["todo-el-dia", "manana", "tarde"]

    def test_it_says_when_where_for_whom_and_how_it_stands(self, add: Add, app: Any):
        """As the pages of both say it."""
        add("workshop", "a", 0, place="Salón municipal", start_time="09:00", municipalities=["0108", "0115"])
        add("workshop", "b", -5)
        body = " ".join(re.sub("<[^>]+>", " ", app.get("/agenda").body).split())
        for text in ("9:00 a. m.", "Salón municipal", "Mixco, Villa Nueva", "convocado"):
            assert text in body
        assert "sin dato de su realización" in body

    def test_drafts_are_not_there(self, add: Add, app: Any):
        """Not in the page, not counted, not in the calendar."""
        add("workshop", "borrador", 2, title=SECRET, visibility="draft")
        body = app.get("/agenda").body
        assert order(body) == []
        assert SECRET not in body
        assert "No hay nada anunciado por ahora" in body
        assert SECRET.encode() not in app.get("/agenda.ics").data

    def test_a_municipality_has_its_own(self, add: Add, app: Any):
        """Workshops for its people; the tables are for the country."""
        add("workshop", "en-mixco", 1, municipalities=["0108"])
        add("workshop", "en-villa-nueva", 1)
        add("round_table", "4-2-1", 1)
        body = app.get("/agenda?municipality=0108").body
        assert order(body) == ["en-mixco"]
        assert "/agenda.ics?municipality=0108" in body
        assert list(read(app.get("/agenda.ics?municipality=0108"))) == ["en-mixco"]

    @pytest.mark.parametrize(
        ("query", "status"),
        [("page=0", 400), ("page=2", 404), ("plan=4", 400), ("municipality=%00", 400), ("utm_source=x", 200)],
    )
    def test_an_address_that_cannot_be_is_refused(self, add: Add, app: Any, query: str, status: int):
        """With a 4xx; what mail programs add to addresses is nobody's fault."""
        assert app.get(f"/agenda?{query}").status_code == status

    def test_pages_follow_each_other(self, add: Add, app: Any, monkeypatch: Any):
        """All of it once, in order, over the pages."""
        monkeypatch.setitem(tk.config, "ckanext.gobiernoabierto.entities.page_size", 2)
        for number in range(5):
            add("workshop", f"t{number}", number - 2)
        found = [order(app.get(f"/agenda?page={number}").body) for number in (1, 2, 3)]
        assert found == [["t2", "t3"], ["t4", "t1"], ["t0"]]

    def test_it_reads_postgresql_alone_and_little_of_it(
        self, add: Add, app: Any, monkeypatch: Any, queries: Any
    ):
        """As many queries for twenty entries as for one, and none of Solr."""

        def broken(**_options: Any) -> None:
            raise SearchError("no Solr")

        monkeypatch.setattr("ckan.lib.search.query.make_connection", broken)

        def asked() -> int:
            app.get("/agenda")
            with queries() as sent:
                app.get("/agenda")
            return len(sent)

        add("workshop", "t", 1)
        add("round_table", "4-1-1", 1)
        before = asked()
        for number in range(20):
            add("workshop", f"t{number}", number - 9)
        assert asked() == before <= 8

    def test_the_ways_to_it(self, add: Add, app: Any):
        """From every page's header, and from the home page's card."""
        assert app.get("/").body.count('href="/agenda"') == 2


class TestCalendar:
    def test_all_that_is_published_and_has_a_day(self, add: Add, app: Any):
        """Both kinds; what has no day cannot stand in a calendar."""
        add("workshop", "taller", 1)
        add("workshop", "sin-fecha")
        add("round_table", "4-2-1", -1)
        assert set(read(app.get("/agenda.ics"))) == {"taller", "Tema 4-2-1"}
        assert set(read(app.get("/talleres.ics"))) == {"taller"}
        assert set(read(app.get("/mesas.ics"))) == {"Tema 4-2-1"}

    def test_one_round_table_with_all_that_is_known(self, add: Add, app: Any):
        """Eight to fifteen, the theme, the address, and where one registers."""
        add(
            "round_table",
            "4-2-1",
            start_date="2018-07-05",
            start_time="08:00",
            end_time="15:00",
            place="Salón Mayor, 2.º nivel; zona 1",
            registration_url="https://goo.gl/WxW5je",
            phone="+502 5450-4223",
        )
        answer = app.get("/mesa/4-2-1.ics")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="mesa-4-2-1.ics"'
        event = read(answer)["Tema 4-2-1"]
        assert event["dtstart"].dt.astimezone(dt.UTC) == dt.datetime(2018, 7, 5, 14, tzinfo=dt.UTC)
        assert event["dtend"].dt.astimezone(dt.UTC) == dt.datetime(2018, 7, 5, 21, tzinfo=dt.UTC)
        assert str(event["location"]) == "Salón Mayor, 2.º nivel; zona 1"
        assert str(event["url"]).endswith("/mesa/4-2-1")
        assert "https://goo.gl/WxW5je" in event["description"]
        assert "Estado: Anunciada" in event["description"]

    def test_a_change_keeps_the_uid_and_raises_the_sequence(self, add: Add, app: Any):
        """So that a calendar changes its event and gets no second one; a cancelled one says so."""
        add("workshop", "taller", 3)
        first = read(app.get("/taller/taller.ics"))["taller"]
        values = call_action("gobiernoabierto_workshop_update", code="taller", version=1, state="cancelled")
        second = read(app.get("/taller/taller.ics"))["taller"]
        assert (
            first["uid"] == second["uid"] == "taller-taller@" + str(second["url"]).split("/")[2].split(":")[0]
        )
        assert (first["sequence"], second["sequence"]) == (1, 2)
        assert (str(first["status"]), str(second["status"])) == ("TENTATIVE", "CANCELLED")
        moment = dt.datetime.fromisoformat(values["modified"]).astimezone(dt.UTC).replace(microsecond=0)
        assert second["dtstamp"].dt == second["last-modified"].dt == moment

    def test_two_kinds_with_one_code_are_two_events(self, add: Add, app: Any):
        """A workshop may have the code of a table."""
        add("workshop", "4-2-1", 1)
        add("round_table", "4-2-1", 1)
        found = read(app.get("/agenda.ics"))
        assert len({str(event["uid"]) for event in found.values()}) == 2

    def test_drafts_have_none(self, add: Add, app: Any, token_of: Any):
        """Neither alone nor in a list, not even for whoever may see them."""
        add("workshop", "borrador", 1, title=SECRET, visibility="draft")
        admin = {"headers": {"Authorization": token_of(factories.Sysadmin()["name"])}}
        assert SECRET in app.get("/taller/borrador", **admin).body
        for who in ({}, admin):
            assert app.get("/taller/borrador.ics", **who).status_code == 404
            assert read(app.get("/talleres.ics", **who)) == {}
            assert read(app.get("/agenda.ics", **who)) == {}

    def test_what_has_no_day_has_none_and_does_not_offer_it(self, add: Add, app: Any):
        """Nor have kinds that never take place."""
        add("workshop", "sin-fecha")
        add("workshop", "con-fecha", 1)
        assert app.get("/taller/sin-fecha.ics").status_code == 404
        assert "/taller/sin-fecha.ics" not in app.get("/taller/sin-fecha").body
        assert "/taller/con-fecha.ics" in app.get("/taller/con-fecha").body
        assert app.get("/municipios.ics").status_code == 404
        assert "/municipios.ics" not in app.get("/municipios").body

    def test_the_agenda_links_its_subscription(self, add: Add, app: Any):
        """The address that opens a program of calendars is on the site's own host."""
        body = app.get("/agenda").body
        assert re.search(r'href="webcal://[^/"]+/agenda\.ics"', body)
        assert app.get("/agenda.ics").status_code == 200


def test_every_state_has_its_status():
    """A new state without one would break the calendar of all."""
    for entity in agenda.kinds():
        field = next(each for each in forms.fields_of(entity) if each["field_name"] == "state")
        assert {choice["value"] for choice in field["choices"]} <= set(events.STATUS)
