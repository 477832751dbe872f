"""The attendance of a workshop: whole for those who edit it, and for others without any small group."""

from __future__ import annotations

import io
import json
import re

import ckan.plugins.toolkit as tk
import openpyxl
import pytest
from bs4 import BeautifulSoup

CODE = "ideaton-villa-nueva-2017"
PATH = f"/taller/{CODE}"
FORMATS = ("", ".json", ".csv", ".xlsx", ".ttl", ".jsonld", ".rdf", ".nt", ".ics")
LISTS = ("", ".json", ".csv", ".xlsx", ".ttl", ".jsonld", ".rdf", ".nt", ".ics")
CHANGING = re.compile(
    r'"(version|modified|happened)": ("[^"]*"|\d+)|\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)?|DTSTAMP:\S+'
    r"|LAST-MODIFIED:\S+|SEQUENCE:\d+|datetime\([^)]*\)"
)


def rows(**numbers):
    """Return a count as the action takes it."""
    return [{"group": group, "number": number} for group, number in numbers.items()]


def count(call, user, version=1, **numbers):
    """Write how many came."""
    return call("workshop_update", user, code=CODE, version=version, attendance=rows(**numbers))


@pytest.fixture
def visit(app):
    """Get an address as a visitor, or as who has the token; workbooks as the text of their cells."""

    def get(path, token=None):
        answer = app.get(path, headers={"Authorization": token} if token else {})
        assert answer.status_code == 200, path
        if not path.endswith(".xlsx"):
            return answer.get_data(as_text=True)
        sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
        return "\n".join(str([cell.value for cell in row]) for row in sheet)

    return get


def test_who_may_edit_reads_what_was_typed_and_others_what_is_told(call, municipality, organization_editor):
    """The municipality, coordinators and sysadmins; not another municipality, a user or a visitor."""
    typed = rows(women=30, men=3)
    assert count(call, municipality, women=30, men=3)["attendance"] == typed
    coordinator = organization_editor(coordinator=True)
    for user in (municipality, coordinator):
        assert call("workshop_show", user, code=CODE)["attendance"] == typed
    for user in (organization_editor(municipality="0108"), organization_editor(), None):
        told = call("workshop_show", user, code=CODE)["attendance"]
        assert [(row["group"], row["text"]) for row in told] == [
            ("total", "33"),
            ("women", "entre 25 y 33"),
            ("men", "menos de 5"),
            ("sex_unknown", "menos de 5"),
        ]
        assert "number" not in str(told)
        assert told[2] == {
            "dimension": "sex", "group": "men", "label": "Sexo: Hombres",
            "least": None, "most": None, "text": "menos de 5",
        }  # fmt: skip
    assert "number" not in str(call("workshop_list", municipality)["results"])


@pytest.mark.long
@pytest.mark.parametrize("ending", [ending for ending in FORMATS if ending != ".ics"])
def test_every_format_says_fewer_than_five(call, municipality, visit, ending):
    """In those very words, to visitors; lists too."""
    count(call, municipality, women=30, men=3, age_18_29=33)
    assert "menos de 5" in visit(PATH + ending)
    if ending:
        assert "menos de 5" in visit("/talleres" + ending)


def answers(visit, call):
    """Return {address or action: what a visitor gets} of all that could tell of the workshop."""
    found = {PATH + ending: visit(PATH + ending) for ending in FORMATS}
    found |= {"/talleres" + ending: visit("/talleres" + ending) for ending in LISTS}
    for path in ("/municipio/0115", "/compromiso/3-11", "/agenda", "/agenda.ics", "/buscar?q=ideaton", "/"):
        found[path] = visit(path)
    found[f"{PATH}/cartel"] = visit(f"{PATH}/cartel")
    extra = "include_private=true&all_fields=true&for_update=true&version=1&attendance=true"
    found["show"] = visit(f"/api/3/action/gobiernoabierto_workshop_show?code={CODE}&{extra}")
    found["list"] = visit("/api/3/action/gobiernoabierto_workshop_list?q=ideaton")
    found["autocomplete"] = visit("/api/3/action/gobiernoabierto_autocomplete?entity=workshop&q=ideaton")
    for change in call("workshop_history", code=CODE):
        found["history"] = found.get("history", "") + json.dumps(change["changes"])
    return {name: CHANGING.sub("", text) for name, text in found.items()}


@pytest.mark.long
def test_no_answer_to_a_visitor_depends_on_a_small_group(call, municipality, visit):
    """Byte for byte the same whoever it was: one man or four, with as many people in all."""
    count(call, municipality, women=31, men=1, age_18_29=20, age_30_59=12, maya=32)
    before = answers(visit, call)
    count(call, municipality, 2, women=28, men=4, age_18_29=19, age_13_17=1, age_30_59=12, maya=29, xinka=3)
    after = answers(visit, call)
    after["history"] = after["history"].removesuffix("{}")
    assert {name for name in before if before[name] != after[name]} == set()
    count(call, municipality, 3, women=27, men=5, age_18_29=19, age_13_17=1, age_30_59=12, maya=29, xinka=3)
    third = answers(visit, call)
    assert third[PATH] != after[PATH]  # the comparison can fail: five are no small group


@pytest.mark.long
def test_a_page_and_a_file_are_the_same_for_its_editors(call, municipality, visit, token_of):
    """The whole numbers stand in their form alone."""
    count(call, municipality, women=31, men=1, sex_unknown=0)
    token = token_of(municipality)
    for ending in FORMATS[1:]:
        assert visit(PATH + ending, token) == visit(PATH + ending)
    form = BeautifulSoup(visit(f"{PATH}/editar", token), "html.parser")
    typed = {
        field.find_previous("input", type="hidden")["value"]: field["value"]
        for field in form.select("#field-attendance input[type=text]")
    }
    assert {group: number for group, number in typed.items() if number} == {
        "women": "31",
        "men": "1",
        "sex_unknown": "0",
    }
    assert len(typed) == 16


def test_history_tells_editors_and_nobody_else(call, municipality):
    """That it changed is told to all, to what it did not."""
    count(call, municipality, women=30, men=3)
    own = call("workshop_history", municipality, code=CODE)[-1]["changes"]
    assert own["attendance"][1] == rows(women=30, men=3)
    told = call("workshop_history", code=CODE)
    assert [(row["verb"], row["changes"]) for row in told][-1] == ("update", {})
    assert "attendance" not in str(told)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ([{"group": "women", "number": -1}], "number"),
        ([{"group": "women", "number": "muchas"}], "number"),
        ([{"group": "women", "number": 1.5}], "number"),
        ([{"group": "women", "number": 10**9}], "number"),
        ([{"group": "women"}], "number"),
        ([{"group": "niñas", "number": 5}], "group"),
        ([{"number": 5}], "group"),
    ],
)
def test_a_bad_number_is_refused_in_its_row(call, municipality, given, field):
    """And nothing is stored."""
    with pytest.raises(tk.ValidationError) as refused:
        call("workshop_update", municipality, code=CODE, version=1, attendance=given)
    assert list(refused.value.error_dict["attendance"][0]) == [field]
    assert call("workshop_show", municipality, code=CODE)["version"] == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (rows(women=30, age_18_29=29), "Sexo 30, Edad 29"),
        ([*rows(women=30), *rows(women=31)], "dos veces"),
        ([{"group": "women", "number": 5, "least": 5}], "group, number"),
        ("treinta", "group, number"),
    ],
)
def test_a_count_that_cannot_be_is_refused(call, municipality, given, said):
    """Sums that differ, with both; a group twice; what is no list of groups."""
    with pytest.raises(tk.ValidationError) as refused:
        call("workshop_update", municipality, code=CODE, version=1, attendance=given)
    assert said in refused.value.error_dict["attendance"][0]


def test_the_form_keeps_what_was_typed_beside_what_is_wrong(app, call, municipality, token_of):
    """A number that is none at its group, a sum that differs at the whole; then it is saved."""
    headers = {"Authorization": token_of(municipality)}
    sent = {"version": "1", "save": "publish"}

    def send(**numbers):
        named = {}
        for place, (group, number) in enumerate(numbers.items()):
            named |= {f"attendance-{place}-group": group, f"attendance-{place}-number": number}
        answer = app.post(f"{PATH}/editar", data={**sent, **named}, headers=headers, follow_redirects=False)
        return answer.status_code, BeautifulSoup(answer.body, "html.parser")

    status, page = send(women="30", men="-3", sex_unknown="")
    assert status == 422
    errors = [(link["href"], link.get_text()) for link in page.select("#errors li a")]
    assert errors[0][0] == "#field-attendance-1-number"
    assert "Hombres" in page.select_one("#errors").get_text()
    wrong = page.select_one("#field-attendance-1-number")
    assert (wrong["value"], wrong["aria-invalid"]) == ("-3", "true")
    assert page.select_one("#field-attendance-0-number")["value"] == "30"
    status, page = send(women="30", age_18_29="29")
    assert status == 422
    assert page.select_one("#errors li a")["href"] == "#field-attendance"
    assert send(women="30", men="3", sex_unknown="", age_18_29="33")[0] == 302
    assert call("workshop_show", municipality, code=CODE)["attendance"] == rows(women=30, men=3, age_18_29=33)


def test_what_is_shown_of_a_count(call, municipality, visit):
    """A table for each dimension that is counted, a bar where there is a number, none for the small."""
    count(call, municipality, women=30, men=3)
    page = BeautifulSoup(visit(PATH), "html.parser").select_one("section[aria-labelledby=attendance]")
    assert [caption.get_text() for caption in page.select("caption")] == ["Sexo"]
    shown = [
        [cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in page.select("tbody tr")
    ]
    assert shown == [["Mujeres", "entre 25 y 33"], ["Hombres", "menos de 5"], ["No se sabe", "menos de 5"]]
    assert len(page.select("svg")) == 1
    assert "style=" not in str(page)


def test_nothing_counted_shows_nothing(visit, workshop):
    """Unknown is not zero."""
    assert "menos de 5" not in visit(PATH)
    assert json.loads(visit(f"{PATH}.json"))["attendance"] == []


def test_nobody_came_on_a_day_that_has_not_come(call, sysadmin, workshop):
    """Who plans a workshop cannot say yet who was there."""
    came = [{"group": "women", "number": 20}]
    planned = {"code": workshop["code"], "version": 1, "state": "planned", "start_date": "2999-01-01"}
    with pytest.raises(tk.ValidationError) as refused:
        call("workshop_update", sysadmin, **planned, attendance=came)
    assert list(refused.value.error_dict) == ["attendance"]
    assert call("workshop_update", sysadmin, **planned)["start_date"] == "2999-01-01"
