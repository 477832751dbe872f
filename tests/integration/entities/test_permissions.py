"""Who may do what: architecture's table, walked role by role, entity by entity, verb by verb."""

from __future__ import annotations

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
    call("institution_create", sysadmin, code="segeplan", name="Segeplan", visibility="published")

    class People(dict):
        def __missing__(self, role):
            return self.setdefault(role, organization_editor(**ORGANIZATIONS[role]))

    return People(sysadmin=sysadmin, visitor=None)


def allowed(call, action, user, **data):
    """Tell whether the call is let through; anything else than a refusal is a success."""
    try:
        call(action, user, **data)
    except tk.NotAuthorized:
        return False
    except tk.ValidationError:
        return True
    return True


@pytest.mark.parametrize("role", WRITERS)
def test_the_whole_table_of_writes(call, people, role):
    """Each role creates, changes and deletes just the entities that the table gives it."""
    user = people[role]
    found = {}
    for entity in registry.ENTITY_TYPES:
        name, code = entity.name, CODES[entity.name]
        found[name] = {
            "create": allowed(call, f"{name}_create", user, **NEW[name]),
            "update": allowed(call, f"{name}_update", user, code=code, version=99),
            "delete": allowed(call, f"{name}_delete", user, code=code, version=99),
        }
    expected = {name: dict.fromkeys(BUTTONS, name in WRITERS[role]) for name in CODES}
    assert found == expected


@pytest.mark.parametrize("role", WRITERS)
def test_the_whole_table_of_buttons(app, token_of, people, role):
    """Pages and lists show each role just the buttons of what it may do, and only they lead to a form."""
    headers = {"Authorization": token_of(people[role])} if people[role] else {}
    shown, opened = {}, {}
    for entity in registry.ENTITY_TYPES:
        page, form_of_new = f"/{entity.path}/{CODES[entity.name]}", f"/{entity.path}/_nuevo"
        read = app.get(page, headers=headers).body
        offered = {
            "create": f'href="{form_of_new}"' in app.get(f"/{entity.list_path}", headers=headers).body,
            "update": f'href="{page}/editar"' in read,
            "delete": f'href="{page}/borrar"' in read,
        }
        answers = {
            verb: app.get(
                form_of_new if verb == "create" else page + BUTTONS[verb],
                headers=headers,
                follow_redirects=False,
            ).status_code
            for verb in BUTTONS
        }
        shown[entity.name], opened[entity.name] = offered, answers
    refused = 403 if people[role] else 302
    expected = {**dict.fromkeys(BUTTONS, WRITERS[role]), "create": WRITERS[role] | SOME.get(role, set())}
    assert shown == {n: {verb: n in names for verb, names in expected.items()} for n in CODES}
    assert opened == {n: {v: 200 if n in names else refused for v, names in expected.items()} for n in CODES}


@pytest.mark.parametrize("role", WRITERS)
def test_the_whole_table_of_special_verbs(app, call, token_of, people, role):
    """Actions, buttons and forms agree on who may do each, of all that the schemas declare."""
    user = people[role]
    headers = {"Authorization": token_of(user)} if user else {}
    found = {}
    for entity in registry.ENTITY_TYPES:
        page = f"/{entity.path}/{CODES[entity.name]}"
        shown = app.get(page, headers=headers).body
        for verb in verbs_of(entity):
            asked = {"code": CODES[entity.name], "version": 99, "entity": entity.name}
            address = f"{page}/{verb.path}"
            status = app.get(address, headers=headers, follow_redirects=False).status_code
            found[entity.name, verb.name] = (
                allowed(call, verb.name, user, **asked),
                f'href="{address}"' in shown,
                status,
            )
    refused = 403 if user else 302
    may = {verb: role in {*roles, "sysadmin", "coordinator"} for verb, roles in VERBS.items()}
    assert found == {verb: (yes, yes, 200 if yes else refused) for verb, yes in may.items()}


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


@pytest.mark.parametrize("role", WRITERS)
def test_everybody_reads_what_is_published(call, people, role):
    """list, show and history of published rows are for all."""
    for entity in registry.ENTITY_TYPES:
        code = CODES[entity.name]
        assert call(f"{entity.name}_show", people[role], code=code)["code"] == code
        assert call(f"{entity.name}_list", people[role])["count"] >= 1
        assert call(f"{entity.name}_history", people[role], code=code)


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


@pytest.mark.parametrize("role", [role for role in WRITERS if role != "sysadmin"])
def test_only_sysadmins_say_who_an_organization_is_and_replace_codes(call, people, role):
    """Neither an organization's own administrator nor a coordinator can."""
    user = people[role]
    assert not allowed(call, "organization_role_update", user, id="x", coordinator=True)
    assert not allowed(call, "organization_role_list", user)
    assert not allowed(call, "code_replace", user, entity="plan", code="3", new_code="33", version=1)


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
