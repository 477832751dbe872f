"""The board of a plan or an axis: its numbers are those of the lists that they lead to, and its report."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from bs4 import BeautifulSoup
from ckan import model
from ckan.tests import factories
from ckanext.gobiernoabierto.entities.commitment import Commitment, Participation
from ckanext.gobiernoabierto.entities.milestone import Milestone
from ckanext.gobiernoabierto.links.model import Link
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from tests.remembered import remembered

STEPS = (None, "not_started", "limited", "substantial", "completed")
SHOWN = st.sampled_from(("published", "draft"))
ROW = st.tuples(
    st.sampled_from(STEPS),
    st.sampled_from(STEPS),
    SHOWN,
    st.sampled_from((None, "3-3")),
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(STEPS[1:]), SHOWN), max_size=2),
)


@pytest.fixture
def read(app):
    """Return a function that gets a page as a visitor."""
    return lambda address: BeautifulSoup(app.get(address).body, "html.parser")


@pytest.fixture
@remembered
def dataset(publishable):
    """The id of a public dataset that names no commitment yet."""
    return factories.Dataset(**publishable)["id"]


def figures(page):
    """Return {address of a list: the number that leads to it}."""
    links = page.select(".ga-board a, main > .ga-facts a")
    return {link["href"]: int(link.text.replace(",", "")) for link in links}


def fill(rows, dataset):
    """Put commitments with their milestones, and the datasets that name them, in place of those there are."""
    for kind in (Milestone, Participation, Commitment, Link):
        model.Session.query(kind).delete()
    for number, (said, found, shown, axis, named, milestones) in enumerate(rows, 1):
        code = f"3-{number}"
        values = {"self_report": said, "irm_completion": found, "axis": axis, "visibility": shown}
        model.Session.add(Commitment(code=code, plan="3", number=number, title="=1+1", **values))
        model.Session.flush()
        for step, (state, visible) in enumerate(milestones, 1):
            values = {"state": state, "visibility": visible, "title": "Paso"}
            model.Session.add(Milestone(code=f"{code}-H{step}", commitment=code, **values))
        if named:
            model.Session.add(Link(package_id=dataset, entity="commitment", code=code))
    model.Session.commit()


@pytest.mark.long
@pytest.mark.parametrize("board", ["/plan/3/tablero", "/eje/3-3/tablero"])
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=6))
def test_every_number_is_that_of_the_rows_of_its_list(app, chain, dataset, read, board, rows):
    """Whatever the rows: the page of the list says so too, and drafts are in none."""
    fill(rows, dataset)
    numbers = figures(read(board))
    assert len(numbers) > 20
    for address, number in numbers.items():
        path, _, query = address.partition("?")
        assert len(json.loads(app.get(f"{path}.json?{query}").data)) == number, address
    published = [each for each in rows if each[2] == "published" and (board[1] == "p" or each[3])]
    assert numbers[f"/compromisos?{'plan=3' if board[1] == 'p' else 'axis=3-3'}"] == len(published)


def test_what_a_coordinator_reads_counts_their_lists_too(as_user, chain, call, sysadmin):
    """Who sees drafts in the list sees them in its number."""
    call("commitment_create", sysadmin, code="3-12", plan="3", number=12)
    page = as_user(sysadmin, "/plan/3/tablero")
    assert figures(page)["/compromisos?plan=3"] == 2


@pytest.fixture
def as_user(app, token_of):
    """Return a function that gets a page as a user."""

    def get(user, address):
        answer = app.get(address, headers={"Authorization": token_of(user)})
        return BeautifulSoup(answer.body, "html.parser")

    return get


@pytest.mark.long
def test_the_questions_to_the_database_do_not_grow(app, chain, dataset, queries):
    """At most twelve, for a page and for a report, with one commitment and with forty."""
    for number in (1, 40):
        fill(
            [("limited", "completed", "published", "3-3", True, [("limited", "published")])] * number, dataset
        )
        for address in ("/plan/3/tablero", "/plan/3/tablero.csv", "/plan/3/tablero.xlsx"):
            with queries() as sent:
                assert app.get(address).status_code == 200
            assert len(sent) <= 12, (address, sent)


def test_the_report_has_a_row_for_each_published_commitment(app, chain, call, sysadmin, milestone):
    """What is known as people read it, what is unknown empty, drafts never, and no formula."""
    changed = {"self_report": "substantial", "irm_completion": "limited", "title": "=HYPERLINK(1)"}
    call("commitment_update", sysadmin, code="3-11", version=1, **changed)
    call("commitment_create", sysadmin, code="3-12", plan="3", number=12, title="Borrador")
    body = app.get("/plan/3/tablero.csv").data.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(body))
    assert row["Título"] == "'=HYPERLINK(1)"
    assert (row["Código"], row["Eje"]) == ("3-11", "Participación Ciudadana")
    assert (row["Responsable"], row["Apoya"]) == ("Instituto de Fomento Municipal", "entre otras")
    assert (row["Hitos alcanzados"], row["Hitos"]) == ("0", "1")
    assert row["No coinciden"] == "Sí"
    assert row["Conjuntos de datos"] == "0"
    sheet = load_workbook(io.BytesIO(app.get("/eje/3-3/tablero.xlsx").data)).active
    assert [cell.value for cell in sheet[1]] == list(row)
    title = sheet.cell(2, 2)
    assert (title.value, title.data_type) == ("=HYPERLINK(1)", "s")
    assert sheet.max_row == 2


def test_the_report_loses_nobody_who_answers_for_a_commitment(app, chain, call, sysadmin):
    """Who coordinates stands in the report as who leads does: a column for each role."""
    roles = {"lead": "Responsable", "coordinator": "Coordina", "subcoordinator": "Subcoordina"}
    parts = [{"role": role, "text": f"Quien {label}"} for role, label in roles.items()]
    call("commitment_update", sysadmin, code="3-11", version=1, participations=parts)
    body = app.get("/plan/3/tablero.csv").data.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(body))
    assert {label: row[label] for label in roles.values()} == {
        each: f"Quien {each}" for each in roles.values()
    }
    assert row["Apoya"] == ""


def test_plan_and_axis_lead_to_their_boards(read, chain):
    """And of what is not there, or of no such format, there is none."""
    for page in ("/plan/3", "/eje/3-3"):
        assert read(page).select_one(f'a[href="{page}/tablero"]')


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/plan/9/tablero", 404),
        ("/plan/3/tablero.pdf", 404),
        ("/plan/3/tablero.csv?axis=3-3", 400),
        ("/compromiso/3-11/tablero", 404),
    ],
)
def test_nothing_else_is_a_board(app, chain, address, status):
    """A wrong address is told so."""
    assert app.get(address).status_code == status


def test_a_draft_has_a_board_for_nobody_else(app, call, chain, sysadmin):
    """As it has no page."""
    call("plan_create", sysadmin, code="9", title="Borrador")
    assert app.get("/plan/9/tablero").status_code == 404
    assert app.get("/plan/9/tablero.csv").status_code == 404


def test_its_bars_are_drawn_without_styles(app, chain):
    """The policy of the site allows none within a page."""
    body = app.get("/plan/3/tablero").body
    main = body[body.index("<main class") :]
    assert "<rect width=" in main
    assert not re.search(r"\sstyle=", main)
