"""Who may do what: one table of roles and entities, walked role by role, entity by entity, verb by verb."""

from __future__ import annotations

import functools
import itertools

import ckan.plugins.toolkit as tk
import pytest
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.verbs import verbs_of

ALL = {entity.name for entity in registry.ENTITY_TYPES}
SAID = {"workshop", "problem", "idea", "data_request"}
"""What municipalities write."""
WRITERS = {
    "sysadmin": ALL,
    "coordinator": ALL,
    "municipality": SAID,
    "other municipality": set(),
    "member of municipality": set(),
    # it leads the commitment of the tests
    "institution": {"milestone"},
    "other institution": set(),
    "user": set(),
    "visitor": set(),
}
"""Role -> the entities of the tests that it creates, changes and deletes."""
SOME = {"other municipality": SAID}
"""Role -> entities of which it may create some, if not the one of NEW."""
BUTTONS = {"create": "_nuevo", "update": "/editar", "delete": "/borrar"}
VERBS = {
    ("problem", "answer_create"): {"municipality"},
    ("idea", "answer_create"): {"municipality"},
    ("commitment", "commitment_self_report"): {"institution"},
    # it names both
    ("data_request", "data_request_close"): {"municipality", "institution"},
    # the invited one
    ("invitation", "invitation_confirm"): {"other municipality"},
    ("plan", "plan_close"): set(),
}
"""(Entity, special verb) -> the roles that may do it, beside sysadmins and coordinators."""
# A new entity: its code in CODES, a fixture that publishes it and that ``people`` asks for, a row in NEW.
CODES = {
    "department": "01",
    "municipality": "0115",
    "institution": "infom",
    "plan": "3",
    "axis": "3-3",
    "commitment": "3-11",
    "workshop": "ideaton-villa-nueva-2017",
    "round_table": "3-1-1",
    "problem": "0115-P1",
    "idea": "0115-I1",
    "data_request": "0115-D1",
    "invitation": "ger-1530-2016",
    "milestone": "3-11-H1",
}
NEW = {
    "department": {"code": "02", "name": "El Progreso"},
    "municipality": {"code": "0109", "name": "X", "department": "01"},
    "institution": {"code": "x", "name": "X"},
    "plan": {"code": "9", "title": "X"},
    "axis": {"code": "3-9", "plan": "3", "number": 9, "name": "X"},
    "commitment": {"code": "3-99", "plan": "3", "number": 99},
    "workshop": {
        "code": "x",
        "title": "X",
        "kind": "co_creation",
        "municipalities": ["0115"],
        "state": "planned",
    },
    "problem": {"title": "X", "municipality": "0115"},
    "idea": {"title": "X", "municipality": "0115"},
    "data_request": {"title": "X", "municipality": "0115", "institution": "infom"},
    "invitation": {"code": "x", "number": "X-1", "municipality": "0115"},
    "milestone": {"title": "X", "commitment": "3-11"},
    "round_table": {"code": "x", "plan": "3", "round": 9, "number": 9, "theme": "X", "state": "planned"},
}


ORGANIZATIONS = {
    "coordinator": {"coordinator": True},
    "municipality": {"municipality": "0115"},
    "other municipality": {"municipality": "0108"},
    "member of municipality": {"capacity": "member", "municipality": "0115"},
    "institution": {"institution": "infom"},
    "other institution": {"institution": "segeplan"},
    "user": {},
}
"""Role -> what the user's organization is, and the user in it."""


@pytest.fixture
def people(call, round_table, idea, data_request, invitation, milestone, organization_editor, sysadmin):
    """A user of each role, made when a test first names it: each takes an organization of its own."""
    for table, rows in {"CODES": CODES, "NEW": NEW}.items():
        assert rows.keys() == ALL, f"{table}: add, or take away, {sorted(rows.keys() ^ ALL)}"
    call("institution_create", sysadmin, code="segeplan", name="Segeplan", visibility="published")

    class People(dict):
        def __missing__(self, role):
            return self.setdefault(role, organization_editor(**ORGANIZATIONS[role]))

    return People(sysadmin=sysadmin, visitor=None)


@pytest.fixture
def visit(app, token_of, people):
    """Get an address as a user of that role, without following where it leads."""
    tokens = functools.cache(lambda role: {"Authorization": token_of(people[role])} if people[role] else {})
    return lambda path, role: app.get(path, headers=tokens(role), follow_redirects=False)


def allowed(call, action, user, **data):
    """Tell whether the call is let through; anything else than a refusal is a success."""
    try:
        call(action, user, **data)
    except tk.NotAuthorized:
        return False
    except tk.ValidationError:
        return True
    return True


def walked(of_role):
    """Return {role: what ``of_role`` finds of it}: one set of rows serves all roles, no call changes them."""
    return {role: of_role(role) for role in WRITERS}


def test_the_table_has_every_special_verb():
    """Of all that the schemas declare."""
    declared = {(entity.name, verb.name) for entity in registry.ENTITY_TYPES for verb in verbs_of(entity)}
    assert VERBS.keys() == declared, f"VERBS: {sorted(VERBS.keys() ^ declared)}"


def test_the_whole_table_of_writes(call, people):
    """Each role creates, changes and deletes just the entities that the table gives it."""

    def found(role):
        user = people[role]
        return {
            name: {
                "create": allowed(call, f"{name}_create", user, **NEW[name]),
                "update": allowed(call, f"{name}_update", user, code=code, version=99),
                "delete": allowed(call, f"{name}_delete", user, code=code, version=99),
            }
            for name, code in CODES.items()
        }

    assert walked(found) == {
        role: {name: dict.fromkeys(BUTTONS, name in may) for name in CODES} for role, may in WRITERS.items()
    }


@pytest.mark.long
def test_the_whole_table_of_buttons(visit, people):
    """Pages and lists show each role just the buttons of what it may do, and only they lead to a form."""

    def found(role):
        shown = {}
        for entity in registry.ENTITY_TYPES:
            page, form_of_new = f"/{entity.path}/{CODES[entity.name]}", f"/{entity.path}/_nuevo"
            read, listed = visit(page, role).body, visit(f"/{entity.list_path}", role).body
            offered = {
                "create": f'href="{form_of_new}"' in listed,
                "update": f'href="{page}/editar"' in read,
                "delete": f'href="{page}/borrar"' in read,
            }
            forms = {verb: form_of_new if verb == "create" else page + BUTTONS[verb] for verb in BUTTONS}
            opened = {verb: visit(address, role).status_code for verb, address in forms.items()}
            shown[entity.name] = {verb: (offered[verb], opened[verb]) for verb in BUTTONS}
        return shown

    def expected(role):
        may = {**dict.fromkeys(BUTTONS, WRITERS[role]), "create": WRITERS[role] | SOME.get(role, set())}
        refused = 403 if people[role] else 302
        return {
            name: {verb: (name in names, 200 if name in names else refused) for verb, names in may.items()}
            for name in CODES
        }

    assert walked(found) == walked(expected)


@pytest.mark.long
def test_the_whole_table_of_special_verbs(call, visit, people):
    """Actions, buttons and forms agree on who may do each, of all that the schemas declare."""

    def found(role):
        told = {}
        for entity in registry.ENTITY_TYPES:
            page = f"/{entity.path}/{CODES[entity.name]}"
            shown = visit(page, role).body
            for verb in verbs_of(entity):
                asked = {"code": CODES[entity.name], "version": 99, "entity": entity.name}
                address = f"{page}/{verb.path}"
                told[entity.name, verb.name] = (
                    allowed(call, verb.name, people[role], **asked),
                    f'href="{address}"' in shown,
                    visit(address, role).status_code,
                )
        return told

    def expected(role):
        refused = 403 if people[role] else 302
        may = {verb: role in {*roles, "sysadmin", "coordinator"} for verb, roles in VERBS.items()}
        return {verb: (yes, yes, 200 if yes else refused) for verb, yes in may.items()}

    assert walked(found) == walked(expected)


def test_a_lead_institution_writes_its_own_milestones_and_takes_no_others(call, people, sysadmin):
    """It creates and moves them within the commitments that it leads, and sees their drafts."""
    call("commitment_create", sysadmin, code="3-12", plan="3", number=12, visibility="published")
    lead, other = people["institution"], people["other institution"]
    draft = call("milestone_create", lead, title="Informe final", commitment="3-11")["code"]
    assert call("milestone_show", lead, code=draft)["visibility"] == "draft"
    assert call("milestone_list", lead)["count"] == 2
    assert call("milestone_list", other)["count"] == 1
    with pytest.raises(tk.ObjectNotFound):
        call("milestone_show", other, code=draft)
    assert not allowed(call, "milestone_create", lead, title="Ajeno", commitment="3-12")
    moved = {"code": draft, "version": 1, "commitment": "3-12"}
    with pytest.raises(tk.ObjectNotFound):  # of a draft, a refusal says no more than that
        call("milestone_update", lead, **moved)
    published = CODES["milestone"]
    assert not allowed(call, "milestone_update", lead, **{**moved, "code": published})
    call("commitment_update", sysadmin, code="3-11", version=1, participations=[])
    assert not allowed(call, "milestone_update", lead, code=published, version=1, title="Ya no")


@pytest.mark.long
def test_everybody_reads_what_is_published(call, people):
    """list, show and history of published rows are for all."""
    for role, (name, code) in itertools.product(WRITERS, CODES.items()):
        assert call(f"{name}_show", people[role], code=code)["code"] == code, role
        assert call(f"{name}_list", people[role])["count"] >= 1, role
        assert call(f"{name}_history", people[role], code=code), role


@pytest.mark.long
def test_a_draft_is_not_there_for_those_who_may_not_edit_it(call, people):
    """They get the same answer as for a code that never existed, when reading and when writing."""
    call("workshop_create", people["sysadmin"], **NEW["workshop"])
    for role in ("other municipality", "member of municipality", "institution", "user", "visitor"):
        for verb in ("show", "history"):
            with pytest.raises(tk.ObjectNotFound):
                call(f"workshop_{verb}", people[role], code="x")
        for verb in ("update", "delete"):
            with pytest.raises(tk.ObjectNotFound if people[role] else (tk.ObjectNotFound, tk.NotAuthorized)):
                call(f"workshop_{verb}", people[role], code="x", version=1)
        assert call("workshop_list", people[role])["count"] == 1
    for role in ("municipality", "coordinator", "sysadmin"):
        assert call("workshop_show", people[role], code="x")["visibility"] == "draft"
        assert call("workshop_list", people[role])["count"] == 2


def test_a_draft_of_others_is_none_wherever_its_code_is_given(call, people):
    """Named by a row or as a successor, it is refused in the words for a code that never existed."""
    other, editor = people["other municipality"], people["municipality"]
    workshop = {**NEW["workshop"], "code": "reservado", "municipalities": ["0108"]}
    call("workshop_create", other, **workshop)
    idea = call("idea_create", other, **{**NEW["idea"], "municipality": "0108"})["code"]
    refusals = []
    for event, successor in (("reservado", idea), ("inexistente", "0108-I99")):
        for action, data in (
            ("problem_create", {**NEW["problem"], "workshop": event}),
            ("problem_update", {"code": CODES["problem"], "version": 1, "workshop": event}),
            ("idea_delete", {"code": CODES["idea"], "version": 1, "successor": successor}),
        ):
            with pytest.raises(tk.ValidationError) as refused:
                call(action, editor, **data)
            refusals.append(str(refused.value.error_dict).replace(event, "CODE"))
    assert refusals[:3] == refusals[3:]


def test_a_draft_of_others_is_counted_and_not_named_by_what_it_keeps_from_being_deleted(call, people):
    """Its owners learn that somebody prepares something, and not what."""
    letter = {**NEW["invitation"], "code": "oficio-reservado", "workshop": CODES["workshop"]}
    call("invitation_create", people["coordinator"], **letter)
    told = {}
    for role in ("municipality", "coordinator"):
        with pytest.raises(tk.ValidationError) as refused:
            call("workshop_delete", people[role], code=CODES["workshop"], version=1)
        told[role] = refused.value.error_dict["code"][0]
    assert "oficio-reservado" not in told["municipality"]
    assert "1 borrador de otra persona" in told["municipality"]
    assert "oficio-reservado" in told["coordinator"]
    assert CODES["problem"] in told["municipality"]


def test_a_municipality_cannot_hand_over_or_take_workshops(call, people):
    """Its editors add only their own municipality, and cannot give the workshop away."""
    editor, code = people["municipality"], CODES["workshop"]
    for municipalities in (["0108"], ["0115", "0108"]):
        assert not allowed(
            call, "workshop_update", editor, code=code, version=1, municipalities=municipalities
        )
    other = people["other municipality"]
    assert not allowed(call, "workshop_update", other, code=code, version=1, municipalities=["0115", "0108"])
    assert not allowed(call, "workshop_create", editor, **{**NEW["workshop"], "municipalities": ["0108"]})


@pytest.mark.long
def test_only_sysadmins_say_who_an_organization_is_and_replace_codes(call, people):
    """Neither an organization's own administrator nor a coordinator can."""
    for role in WRITERS.keys() - {"sysadmin"}:
        user = people[role]
        assert not allowed(call, "organization_role_update", user, id="x", coordinator=True), role
        assert not allowed(call, "organization_role_list", user), role
        assert not allowed(call, "code_replace", user, entity="plan", code="3", new_code="33", version=1), (
            role
        )


def test_a_role_is_kept_until_it_is_given_anew(call, people, sysadmin):
    """What a call does not name stays as it was; each change is in the history."""
    import ckan.tests.factories as factories

    organization = factories.Organization()
    call("organization_role_update", sysadmin, id=organization["name"], municipality="0115")
    role = call("organization_role_update", sysadmin, id=organization["id"], coordinator=True)
    expected = {"municipality": "0115", "institution": None, "coordinator": True}
    assert role == {"organization_id": organization["id"], **expected}
    with pytest.raises(tk.ValidationError):
        call("organization_role_update", sysadmin, id=organization["id"], municipality="9999")


@pytest.mark.parametrize("role", ["visitor", "user", "other institution"])
def test_a_hidden_draft_is_written_like_one_that_is_not_there(call, people, sysadmin, role):
    """Both are not found, and what is public is refused: nobody learns of a draft by changing it."""
    told = {}
    for name, values in NEW.items():
        draft = call(f"{name}_create", sysadmin, **values)["code"]
        for verb in ("update", "delete"):
            for code, wanted in (
                (draft, tk.ObjectNotFound),
                ("no-existe", tk.ObjectNotFound),
                (CODES[name], tk.NotAuthorized),
            ):
                try:
                    call(f"{name}_{verb}", people[role], code=code, version=1)
                    raised = None
                except (tk.ObjectNotFound, tk.NotAuthorized, tk.ValidationError) as error:
                    raised = type(error)
                if raised is not wanted:
                    told[name, verb, code] = raised
    assert told == {}
