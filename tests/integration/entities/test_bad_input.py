"""Whatever people and programs may type, for every field of every form and verb that a schema declares.

The cases come from the registry: a new entity joins by itself. Each field is tried with one thing after the
other, all fields of a form at once: each has to say its own.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup
from ckanext.gobiernoabierto.entities import forms, registry
from ckanext.gobiernoabierto.entities.verbs import verbs_of
from openpyxl import load_workbook

pytestmark = pytest.mark.long

NUL = "a\0b"
MARKS = ("a\u202eb", "a\u200fb")
"""Right-to-left marks, by which a text says something else than it is."""
ODD_ADDRESSES = ("https://ana:clave@example.org/", "https://example.org:99999/", "https://example.org:0/")
BAD: dict[str, tuple[Any, ...]] = {
    "gobiernoabierto_line": (*MARKS, "x" * 1001, "a\x07b", NUL),
    "gobiernoabierto_lines": (*MARKS, "x" * 1001, NUL),
    "gobiernoabierto_text": (*MARKS, "x" * 100_001, "a\x07b", NUL),
    "gobiernoabierto_integer": ("dos", "-1", "1.5", "1" * 9, "٣", NUL),
    "gobiernoabierto_date": ("31/02/2017", "ayer", "2017-13-01", NUL),
    "gobiernoabierto_time": ("25:00", "las nueve", NUL),
    "gobiernoabierto_url": (
        "javascript:alert(1)",
        "www.example.org",
        "https://a b",
        *MARKS,
        NUL,
        *ODD_ADDRESSES,
    ),
    "gobiernoabierto_phone": ("123", "llame", *MARKS, NUL),
    "gobiernoabierto_choice": ("zz", NUL),
    "gobiernoabierto_radio": ("zz", NUL),
    "gobiernoabierto_code": ("zz-99", "<b>", NUL),
    "gobiernoabierto_codes": (["zz-99"], [NUL]),
    "gobiernoabierto_goals": ("18", "uno", NUL),
}
"""Kind of field -> what it cannot take."""
WRONG_KINDS: tuple[Any, ...] = ({"a": 1}, [{"a": 1}], [["a"]], 10**30)
"""What only a program can send, for a field of any kind."""
CHOSEN = ("gobiernoabierto_choice", "gobiernoabierto_radio", "gobiernoabierto_code", "gobiernoabierto_codes")
"""Kinds of which a form holds only what it offers."""
TEXTS = ("gobiernoabierto_line", "gobiernoabierto_text")
ODD_BUT_GOOD = (
    "<script>alert(1)</script>",
    "=1+1",
    "@SUM(A1)",
    "Taller 🎉👩‍👩‍👧",
    "' OR 1=1 --",
    "{{ 7*7 }}",
)
PLAIN = {"gobiernoabierto_integer": "77", "gobiernoabierto_date": "27/05/2017"}
CODES = ("zz", "99", "9999")
ENGLISH = re.compile(r"\b(the|must|missing|invalid|please|value|this|is)\b", re.IGNORECASE)
TOO_MUCH = "x" * 10_000_000

EACH = pytest.mark.parametrize("entity", registry.ENTITY_TYPES, ids=lambda entity: entity.name)
EACH_VERB = pytest.mark.parametrize(
    ("entity", "verb"),
    [(entity, verb) for entity in registry.ENTITY_TYPES for verb in verbs_of(entity)],
    ids=lambda each: each.name,
)


@pytest.fixture
def everything(round_table, idea, data_request, invitation, milestone):
    """One published entity of each kind, at least."""


@pytest.fixture
def good(call, everything):
    """Return a function that makes what a form of an entity needs at least, out of its schema."""

    def value(field: forms.Field) -> Any:
        preset = field.get("preset")
        if preset in ("gobiernoabierto_code", "gobiernoabierto_codes"):
            found = call(f"{field['entity']}_list")["results"][0]["code"]
            return [found] if preset == "gobiernoabierto_codes" else found
        if preset in ("gobiernoabierto_choice", "gobiernoabierto_radio"):
            return field["choices"][0]["value"]
        return PLAIN.get(preset, "Uno")

    return lambda fields: {each["field_name"]: value(each) for each in fields if each.get("required")}


def new_code(entity: Any) -> dict[str, str]:
    """Return the code that who creates it gives, if it is not given by counting."""
    pattern = forms.form_schema(entity).get("code_pattern", ".*")
    return {} if entity.numbered else {"code": next(c for c in CODES if re.fullmatch(pattern, c))}


Case = tuple[str, dict[str, Any], str]
"""Name of a field, what is sent of it, and where the error stands."""


def cases_of(field: forms.Field) -> Iterator[Case]:
    """Yield each thing that the field cannot take."""
    name = field["field_name"]
    if field.get("required"):
        yield name, {name: ""}, f"field-{name}"
    for bad in BAD.get(field.get("preset"), ()):
        yield name, {name: bad}, f"field-{name}"
    for sub in field.get("repeating_subfields", ()):
        required = [each for each in field["repeating_subfields"] if each.get("required")]
        row = {each["field_name"]: PLAIN.get(each.get("preset"), "Uno") for each in required}
        row |= {each["field_name"]: each["choices"][0]["value"] for each in required if "choices" in each}
        for bad in BAD.get(sub.get("preset"), ()):
            sent = {f"{name}-0-{each}": given for each, given in {**row, sub["field_name"]: bad}.items()}
            yield name, sent, f"field-{name}-0-{sub['field_name']}"


def rounds(fields: Any) -> Iterator[list[Case]]:
    """Yield lists of cases, one of each field that has any left; the first has two fields that are none."""
    shown = [cases_of(each) for each in fields if each.get("form_snippet", "") is not None]
    unknown = [iter([(name, {name: "zz-99"}, f"field-{name}")]) for name in ("nada", "id")]
    for cases in zip_longest(*shown, *unknown):
        yield [case for case in cases if case]


def kept(page: BeautifulSoup, fields: Any, sent: dict[str, Any]) -> list[str]:
    """Return the names of what was typed and is not in the form any more."""
    held = {each["name"]: each.text.strip("\r\n") for each in page.select("main form textarea")}
    held |= {each["name"]: each.get("value") for each in page.select("main form input[type=text]")}
    rows = {each["field_name"]: each.get("repeating_subfields", ()) for each in fields}
    chosen = {each["field_name"] for each in fields if each.get("preset") in CHOSEN}
    chosen |= {f"{n}-0-{s['field_name']}" for n, r in rows.items() for s in r if s.get("preset") in CHOSEN}
    asked = {
        name: value.replace("\0", "\ufffd")  # as a browser shows it
        for name, value in sent.items()
        if name in held and name not in chosen
    }
    return [name for name, value in asked.items() if held[name] != value]


def wrong_about(status: int, page: BeautifulSoup, where: str) -> str | None:
    """Return what is wrong with the answer to a mistake, or None."""
    told = {link["href"]: link.parent.text for link in page.select("#errors li a")}
    if status != 422:
        return f"status {status}"
    if f"#{where}" not in told:
        return f"told at {list(told)}"
    if ENGLISH.search(told[f"#{where}"].partition(":")[2]):
        return told[f"#{where}"]
    return None


def failures(person: Any, address: str, fields: Any, valid: dict[str, Any]) -> dict[Any, Any]:
    """Send each case to the form at this address and return what came of those that did not go well."""
    failed = {}
    for cases in rounds(fields):
        sent = {**valid, "reason": "Acta 3"}
        for _name, change, _where in cases:
            sent |= change
        status, page, _ = person.send(address, **sent)
        if lost := kept(page, fields, sent):
            failed["lost", str(cases)[:200]] = lost
        for name, change, where in cases:
            problem = wrong_about(status, page, where)
            typed_at = page.select(f"main form [name='{where.removeprefix('field-')}']:not([type=hidden])")
            if not problem and typed_at and page.select_one(f"[id='{where}']") is None:
                problem = "no field to go to"
            if problem:
                failed[name, str(change)[:60]] = problem
    return failed


@EACH
def test_a_form_of_something_new_refuses_in_its_place(call, admin, sysadmin, good, entity):
    """422, the message in Spanish beside the field; what was typed is still there, nothing is stored."""
    before = call(f"{entity.name}_list", sysadmin)["count"]
    fields = forms.fields_of(entity)
    valid = {**good(fields), **new_code(entity), "save": "publish"}
    assert failures(admin, f"/{entity.path}/_nuevo", fields, valid) == {}
    chosen = "zz-99" if entity.numbered else "con espacios"
    status, page, _ = admin.send(f"/{entity.path}/_nuevo", **{**valid, "code": chosen})
    assert (status, admin.wrong(page)) == (422, ["#field-code"])
    assert call(f"{entity.name}_list", sysadmin)["count"] == before


@EACH
def test_a_form_of_what_there_is_refuses_in_its_place(call, admin, sysadmin, good, entity):
    """As that of something new; what is stored stays as it is."""
    before = call(f"{entity.name}_list", sysadmin)["results"][0]
    fields = forms.fields_of(entity)
    valid = {**good(fields), "version": str(before["version"]), "save": "publish"}
    assert failures(admin, f"/{entity.path}/{before['code']}/editar", fields, valid) == {}
    assert call(f"{entity.name}_show", sysadmin, code=before["code"]) == before


@EACH_VERB
def test_a_form_of_a_verb_refuses_in_its_place(call, admin, sysadmin, good, entity, verb):
    """As those of the entities."""
    before = call(f"{entity.name}_list", sysadmin)["results"][0]
    valid = {**good(verb.fields), "version": str(before["version"])}
    path = f"/{entity.path}/{before['code']}/{verb.path}"
    assert failures(admin, path, verb.fields, valid) == {}
    assert call(f"{entity.name}_show", sysadmin, code=before["code"]) == before


def refused(call: Any, action: str, user: str, data: dict[str, Any]) -> Any:
    """Return the errors of a call, or what it made."""
    try:
        return call(action, user, **data)
    except tk.ValidationError as error:
        return error.error_dict


def refusals(call: Any, action: str, user: str, fields: Any, valid: dict[str, Any]) -> dict[Any, Any]:
    """Call the action with each case and return the answers that do not name the field."""
    every = {
        field["field_name"]: [
            *BAD.get(field.get("preset"), ()),
            *([None, ""] if field.get("required") else []),
            *WRONG_KINDS,
            TOO_MUCH,
            "a\0b",
        ]
        for field in fields
    }
    failed = {}
    for values in zip_longest(*every.values(), fillvalue="a\0b"):
        sent = dict(zip(every, values, strict=True))
        errors = refused(call, action, user, {**valid, **sent})
        for name, value in sent.items():
            if not isinstance(errors.get(name), list):
                failed[name, str(value)[:40]] = errors.get(name)
    errors = refused(call, action, user, {**valid, "nada": "x"})
    if list(errors) != ["nada"]:
        failed["nada"] = errors
    return failed


@EACH
def test_the_actions_refuse_beside_the_parameter(call, sysadmin, good, entity):
    """Also the kinds of values that only a program can send, and 10 MB of text; nothing is stored."""
    rows = call(f"{entity.name}_list", sysadmin)
    fields, first = forms.fields_of(entity), rows["results"][0]
    # what a caller may not give at all is refused before the rest is looked at
    apart = [each for each in fields if each["field_name"] in (*entity.by_verb, *entity.by_site)]
    for asked in (apart, [each for each in fields if each not in apart]):
        valid = {**good(fields), **new_code(entity)}
        assert refusals(call, f"{entity.name}_create", sysadmin, asked, valid) == {}
        valid = {**good(fields), "code": first["code"], "version": first["version"]}
        assert refusals(call, f"{entity.name}_update", sysadmin, asked, valid) == {}
    if entity.numbered:
        chosen = refused(call, f"{entity.name}_create", sysadmin, {**good(fields), "code": "zz-99"})
        assert list(chosen) == ["code"]
    assert call(f"{entity.name}_list", sysadmin) == rows


@EACH_VERB
def test_the_verbs_refuse_beside_the_parameter(call, sysadmin, good, entity, verb):
    """As the actions of the entities."""
    first = call(f"{entity.name}_list", sysadmin)["results"][0]
    asked = {"entity": entity.name, "code": first["code"], "version": first["version"]}
    assert refusals(call, verb.name, sysadmin, verb.fields, {**good(verb.fields), **asked}) == {}
    assert call(f"{entity.name}_show", sysadmin, code=first["code"]) == first


@EACH
def test_days_out_of_order_are_refused_at_the_end(call, sysadmin, good, entity):
    """Whatever has a start and an end; and nothing was held on a day that has not come."""
    fields = forms.fields_of(entity)
    names = {field["field_name"] for field in fields}
    valid = {**good(fields), **new_code(entity)}
    for start, end in (("start", "end"), ("start_date", "end_date")):
        if {start, end} <= names:
            days = {start: "27/05/2017", end: "26/05/2017"}
            assert list(refused(call, f"{entity.name}_create", sysadmin, {**valid, **days})) == [end]
    states = {each["value"] for each in forms.choices_of(entity).get("state", {}).get("choices", ())}
    for state in states & {"held", "closed"} if "start_date" in names else ():
        held = {"state": state, "start_date": "2999-01-01"}
        told = refused(call, f"{entity.name}_create", sysadmin, {**valid, **held})
        assert isinstance(told["start_date"], list), "it was stored"


@EACH
def test_texts_that_look_like_something_else_stay_texts(app, admin, call, good, entity):
    """Markup, formulas and emoji are stored as typed, run nowhere, and no cell of a workbook is a formula."""
    fields = [each for each in forms.fields_of(entity) if each.get("form_snippet", "") is not None]
    valid = {**good(fields), **new_code(entity), "save": "publish"}
    texts = [each["field_name"] for each in fields if each.get("preset") in TEXTS]
    odd = {name: ODD_BUT_GOOD[number % len(ODD_BUT_GOOD)] for number, name in enumerate(texts)}
    source = "\n".join(ODD_BUT_GOOD)
    status, page, address = admin.send(f"/{entity.path}/_nuevo", **{**valid, **odd, "source": source})
    assert status == 302, page.select_one("#errors")
    code = address.rpartition("/")[2]
    shown = call(f"{entity.name}_show", code=code)
    assert {name: shown[name] for name in odd} == odd
    assert shown["source"] == list(ODD_BUT_GOOD)
    body = app.get(f"/{entity.path}/{code}").body
    assert "<script>alert" not in body
    assert "49" not in [each.text for each in BeautifulSoup(body, "html.parser").select("dd")]
    sheet = load_workbook(io.BytesIO(app.get(f"/{entity.path}/{code}.xlsx").data)).active
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "n", "d"}


CONTROLS = ("code", "reason", "version", "save", "successor", "delete", "nada")
"""What forms send beside the fields of the schema, but for the button that leads back."""


@EACH
def test_nul_beside_the_fields_is_refused_too(call, admin, sysadmin, good, entity):
    """In no form of an entity is it an error of the site, and nothing is stored."""
    rows = call(f"{entity.name}_list", sysadmin)
    first = rows["results"][0]
    page, fields = f"/{entity.path}/{first['code']}", good(forms.fields_of(entity))
    valid = {**fields, "version": str(first["version"]), "save": "publish"}
    sent = {f"/{entity.path}/_nuevo": {**valid, **new_code(entity)}, f"{page}/editar": valid}
    sent |= {f"{page}/{verb.path}": {**valid, **good(verb.fields)} for verb in verbs_of(entity)}
    sent[f"{page}/borrar"] = {"version": str(first["version"])}
    answers = {
        (path, name): admin.send(path, **{**data, "delete": "", "reason": NUL, name: NUL})[0]
        for path, data in sent.items()
        for name in CONTROLS
    }
    assert {key: status for key, status in answers.items() if not 400 <= status < 500} == {}
    assert call(f"{entity.name}_list", sysadmin) == rows


def test_ten_megabytes_in_a_form_are_told_beside_the_field(admin, everything):
    """And the rest of what was typed is still there."""
    typed = {"description": TOO_MUCH, "title": "Sin luz", "municipality": "0115", "save": "publish"}
    status, page, _ = admin.send("/problema/_nuevo", **typed)
    assert status == 422
    assert admin.wrong(page) == ["#field-description"]
    assert page.select_one("#field-title")["value"] == "Sin luz"
    assert len(page.select_one("#field-description").text.strip()) == len(TOO_MUCH)
