"""The six actions of an entity: what they take, refuse, keep and forget."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckanext.gobiernoabierto.entities import store
from ckanext.gobiernoabierto.entities.municipality import Municipality


def errors_of(call, action, user, **data):
    """Return the errors of a call that has to be refused."""
    with pytest.raises(tk.ValidationError) as refused:
        call(action, user, **data)
    return refused.value.error_dict


class TestCreate:
    def test_what_is_given_is_what_is_shown(self, call, workshop):
        """A created workshop shows its dates, codes and rows as they were given."""
        shown = call("workshop_show", code="ideaton-villa-nueva-2017")
        assert shown == workshop
        assert shown["municipalities"] == ["0115"]
        assert shown["start_date"] == "2017-05-27"
        assert shown["start_time"] is None
        assert shown["version"] == 1

    def test_rows_keep_their_order_and_their_unknown_fields(self, call, chain):
        """A commitment shows who takes part, institutions and texts, in the order given."""
        shown = call("commitment_show", code="3-11")["participations"]
        assert [(row["role"], row["institution"], row["text"]) for row in shown] == [
            ("lead", "infom", None),
            ("support", None, "entre otras"),
        ]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "x" * 1001),
            ("name", "Mix\0co"),
            ("name", "Mix\nco"),
            ("name", "Mix\u202eco"),
            ("name", ["Mixco"]),
            ("department", "99"),
            ("department", "0\0"),
            ("department", None),
            ("other_names", [1]),
            ("other_names", {"a": "b"}),
            ("inventado", "x"),
            ("id", "0109"),
            ("modified", "2020-01-01"),
        ],
    )
    def test_a_bad_value_is_refused_beside_its_field_and_nothing_is_stored(
        self, call, sysadmin, territory, field, value
    ):
        """Missing, long, invisible, unknown or made-up: an error under the field, and no row."""
        data = {"code": "0109", "name": "San Pedro Sacatepéquez", "department": "01", field: value}
        assert list(errors_of(call, "municipality_create", sysadmin, **data)) == [field]
        assert model.Session.get(Municipality, "0109") is None

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("start_date", "05/27/2017"),
            ("start_date", "mayo de 2017"),
            ("start_date", "2017-02-30"),
            ("start_time", "9"),
            ("start_time", "24:00"),
            ("end_date", "2017-05-26"),
            ("state", "soñado"),
            ("kind", None),
            ("municipalities", ["0115", "9999"]),
            ("municipalities", []),
            ("municipalities", {"0115": 1}),
            ("commitment", ["3-11"]),
            ("organizers", ["nadie"]),
        ],
    )
    def test_a_workshop_that_cannot_be_is_refused_beside_the_field(self, call, sysadmin, chain, field, value):
        """Dates that do not exist or are out of order, states and codes that do not exist."""
        data = {
            "code": "t-1",
            "title": "Taller",
            "kind": "idea_marathon",
            "municipalities": ["0115"],
            "start_date": "2017-05-27",
            "state": "held",
            field: value,
        }
        assert list(errors_of(call, "workshop_create", sysadmin, **data)) == [field]

    def test_a_date_may_be_written_day_first(self, call, sysadmin, chain):
        """As Guatemala writes it, the same for all entities."""
        data = {"code": "t-1", "title": "Taller", "kind": "idea_marathon", "municipalities": ["0115"]}
        made = call("workshop_create", sysadmin, **data, state="held", start_date="27/05/2017")
        assert made["start_date"] == "2017-05-27"

    @pytest.mark.parametrize(
        "rows", ["infom", [["lead"]], [{"role": "lead", "who": "x"}], [{"role": "boss"}], {"a": 1}]
    )
    def test_rows_that_are_no_rows_are_refused(self, call, sysadmin, chain, rows):
        """Participations need to be a list of rows with known fields and roles."""
        data = {"code": "3-12", "plan": "3", "number": 12, "participations": rows}
        assert list(errors_of(call, "commitment_create", sysadmin, **data)) == ["participations"]

    @pytest.mark.parametrize(
        "code", [None, "", "0 1", "../x", "108", "01089", "0108\0", 108, "x" * 101, "ñandú"]
    )
    def test_a_code_that_cannot_be_an_address_is_refused(self, call, sysadmin, territory, code):
        """A municipality's code is four digits, as text."""
        data = {"code": code, "name": "X", "department": "01"}
        assert "code" in errors_of(call, "municipality_create", sysadmin, **data)

    def test_a_code_in_use_is_refused(self, call, sysadmin, territory):
        """Two municipalities cannot have one code."""
        data = {"code": "0108", "name": "Otro", "department": "01"}
        assert "code" in errors_of(call, "municipality_create", sysadmin, **data)

    def test_a_number_in_use_is_refused(self, call, sysadmin, chain):
        """Two axes of a plan cannot have one number, and what was there stays."""
        data = {"code": "3-x", "plan": "3", "number": 3, "name": "Otro"}
        assert list(errors_of(call, "axis_create", sysadmin, **data)) == ["number"]
        assert call("axis_show", code="3-3")["name"] == "Participación Ciudadana"

    def test_a_published_entity_cannot_newly_name_a_draft(self, call, sysadmin, territory):
        """What is published shows whom it names: those have to be published first."""
        call("department_create", sysadmin, code="02", name="El Progreso")
        data = {"code": "0201", "name": "Guastatoya", "department": "02"}
        assert list(errors_of(call, "municipality_create", sysadmin, visibility="published", **data)) == [
            "department"
        ]
        call("municipality_create", sysadmin, **data)
        publish = {"code": "0201", "version": 1, "visibility": "published"}
        assert list(errors_of(call, "municipality_update", sysadmin, **publish)) == ["department"]


class TestUpdate:
    def test_fields_that_are_not_given_stay(self, call, sysadmin, workshop):
        """Giving one field changes one field, and the version."""
        changed = call("workshop_update", sysadmin, code=workshop["code"], version=1, place="Parque central")
        assert changed == {
            **workshop,
            "place": "Parque central",
            "version": 2,
            "modified": changed["modified"],
        }

    def test_a_field_can_be_emptied(self, call, sysadmin, workshop):
        """Null is unknown, and an empty list is none."""
        changed = call("workshop_update", sysadmin, code=workshop["code"], version=1, commitment=None)
        assert changed["commitment"] is None

    def test_a_stale_write_is_refused_under_version(self, call, sysadmin, workshop):
        """Who read version 1 cannot overwrite version 2."""
        call("workshop_update", sysadmin, code=workshop["code"], version=1, place="Uno")
        stale = {"code": workshop["code"], "version": 1, "place": "Dos"}
        assert list(errors_of(call, "workshop_update", sysadmin, **stale)) == ["version"]
        assert call("workshop_show", code=workshop["code"])["place"] == "Uno"

    @pytest.mark.parametrize("version", [None, "", "uno", True, -1, 1.5])
    def test_a_write_says_which_version_it_read(self, call, sysadmin, workshop, version):
        """Without a version nobody could tell whose change would be lost."""
        data = {"code": workshop["code"], "version": version, "place": "Dos"}
        assert list(errors_of(call, "workshop_update", sysadmin, **data)) == ["version"]

    def test_the_api_answers_409_to_a_stale_write(self, app, token_of, sysadmin, workshop):
        """A stale write is a conflict in HTTP's terms too."""
        body = {"code": workshop["code"], "version": 9, "place": "Dos"}
        path = "/api/3/action/gobiernoabierto_workshop_update"
        response = app.post(path, json=body, headers={"Authorization": token_of(sysadmin)})
        assert response.status_code == 409
        assert "version" in response.json["error"]

    def test_writing_what_is_there_changes_nothing(self, call, sysadmin, workshop):
        """The same values again leave version and history alone."""
        again = call("workshop_update", sysadmin, code=workshop["code"], version=1, title=workshop["title"])
        assert again["version"] == 1
        assert len(call("workshop_history", sysadmin, code=workshop["code"])) == 1

    def test_one_that_the_published_name_cannot_be_unpublished(self, call, sysadmin, workshop):
        """A published workshop would show the name of a commitment that is a draft again."""
        errors = errors_of(call, "commitment_update", sysadmin, code="3-11", version=1, visibility="draft")
        assert "ideaton-villa-nueva-2017" in errors["code"][0]


class TestDelete:
    def test_one_in_use_is_refused_with_the_list_of_its_users(self, call, sysadmin, workshop):
        """A municipality with a workshop stays, and the error says which workshop."""
        errors = errors_of(call, "municipality_delete", sysadmin, code="0115", version=1)
        assert "ideaton-villa-nueva-2017" in errors["code"][0]

    def test_one_that_was_public_leaves_a_tombstone(self, app, call, sysadmin, workshop):
        """It is not shown any more, and its code is never used again."""
        call("workshop_delete", sysadmin, code=workshop["code"], version=1, reason="repetido")
        with pytest.raises(tk.ObjectNotFound):
            call("workshop_show", code=workshop["code"])
        data = {**workshop, "visibility": "draft"}
        for name in ("version", "created", "modified", "documents"):
            data.pop(name)
        assert list(errors_of(call, "workshop_create", sysadmin, **data)) == ["code"]

    def test_a_draft_that_never_was_public_is_not_used_again_either(self, call, sysadmin, territory):
        """Somebody may have written its code down."""
        call("plan_create", sysadmin, code="9", title="Borrador")
        call("plan_delete", sysadmin, code="9", version=1)
        assert list(errors_of(call, "plan_create", sysadmin, code="9", title="Otro")) == ["code"]

    def test_the_successor_has_to_be_there(self, call, sysadmin, workshop):
        """A successor that does not exist, or is the deleted one, is refused."""
        for successor in ("nada", workshop["code"]):
            data = {"code": workshop["code"], "version": 1, "successor": successor}
            assert list(errors_of(call, "workshop_delete", sysadmin, **data)) == ["successor"]


class TestReplaceCode:
    def test_whoever_named_it_follows_and_the_old_code_still_leads_there(self, call, sysadmin, workshop):
        """A mistyped code is replaced everywhere, also in rows of other entities."""
        call("code_replace", sysadmin, entity="municipality", code="0115", new_code="0116", version=1)
        assert call("workshop_show", code=workshop["code"])["municipalities"] == ["0116"]
        assert call("municipality_show", code="0115")["code"] == "0116"

    def test_two_replacements_in_a_row_lead_to_the_last(self, call, sysadmin, territory):
        """An alias never points to an alias."""
        call("code_replace", sysadmin, entity="municipality", code="0115", new_code="0116", version=1)
        call("code_replace", sysadmin, entity="municipality", code="0116", new_code="0117", version=2)
        assert call("municipality_show", code="0115")["code"] == "0117"
        verbs = [row["verb"] for row in call("municipality_history", sysadmin, code="0117")]
        assert verbs == ["create", "replace", "replace"]

    def test_an_old_code_is_never_given_again(self, call, sysadmin, territory):
        """What once led to one municipality never leads to another."""
        call("code_replace", sysadmin, entity="municipality", code="0115", new_code="0116", version=1)
        data = {"code": "0115", "name": "Otro", "department": "01"}
        assert list(errors_of(call, "municipality_create", sysadmin, **data)) == ["code"]
        back = {"entity": "municipality", "code": "1413", "new_code": "0115", "version": 1}
        assert list(errors_of(call, "code_replace", sysadmin, **back)) == ["new_code"]


class TestHistory:
    def test_editors_read_who_changed_what_and_why(self, call, sysadmin, workshop):
        """Every write is a row with before, after, author and reason."""
        call(
            "workshop_update",
            sysadmin,
            code=workshop["code"],
            version=1,
            place="Salón",
            reason="lo dice el acta",
        )
        last = call("workshop_history", sysadmin, code=workshop["code"])[-1]
        assert last["changes"] == {"place": [None, "Salón"]}
        assert last["reason"] == "lo dice el acta"
        assert last["user_id"] == model.User.get(sysadmin).id

    def test_visitors_read_neither_authors_nor_what_was_a_draft(self, call, sysadmin, chain):
        """What stood in a draft stays with its editors, also after it is published."""
        call("plan_create", sysadmin, code="8", title="CANARIO borrador")
        call("plan_update", sysadmin, code="8", version=1, title="CANARIO segundo")
        call("plan_update", sysadmin, code="8", version=2, title="Octavo", visibility="published")
        call("plan_update", sysadmin, code="8", version=3, period="2030-2032")
        rows = call("plan_history", code="8")
        assert "CANARIO" not in str(rows)
        assert [row["changes"] for row in rows] == [
            {"visibility": ["draft", "published"]},
            {"period": [None, "2030-2032"]},
        ]
        assert not any("user_id" in row for row in rows)


class TestList:
    def test_drafts_are_in_no_visitors_list_count_or_suggestion(self, call, sysadmin, territory):
        """A draft is not there for a visitor, whatever is asked."""
        call("municipality_create", sysadmin, code="0109", name="CANARIO", department="01")
        assert call("municipality_list")["count"] == 3
        assert call("municipality_list", q="canario") == {"count": 0, "results": []}
        assert call("autocomplete", entity="municipality", q="canario") == []
        assert call("municipality_list", sysadmin, q="canario")["count"] == 1

    @pytest.mark.parametrize("q", ["nebaj", "NEBÁJ", "santa nebaj", "maria", "1413", "  nebaj "])
    def test_people_find_it_by_the_names_that_they_use(self, call, territory, q):
        """Other names, parts of names, codes; with and without accents and capitals."""
        assert [row["code"] for row in call("municipality_list", q=q)["results"]] == ["1413"]
        assert [row["code"] for row in call("autocomplete", entity="municipality", q=q)] == ["1413"]

    @pytest.mark.parametrize("q", ["%", "_", "\\", "'; DROP TABLE x; --", "a\\%"])
    def test_signs_of_sql_are_only_text(self, call, territory, q):
        """They match nothing, and break nothing."""
        assert call("municipality_list", q=q)["count"] == 0

    def test_it_filters_by_what_the_entity_names(self, call, territory, workshop):
        """By a column (department) and by rows (municipalities)."""
        assert [row["code"] for row in call("municipality_list", department="01")["results"]] == [
            "0108",
            "0115",
        ]
        assert call("workshop_list", municipalities="0115")["count"] == 1
        assert call("workshop_list", municipalities="0108")["count"] == 0
        assert call("commitment_list", participations="infom")["count"] == 1

    def test_pages_are_parts_of_the_whole(self, call, territory):
        """limit and offset cut the list, the count stays that of the whole."""
        pages = [call("municipality_list", limit=2, offset=offset) for offset in (0, 2)]
        assert [[row["code"] for row in page["results"]] for page in pages] == [["0108", "0115"], ["1413"]]
        assert {page["count"] for page in pages} == {3}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("limit", -1),
            ("limit", 1001),
            ("limit", "x"),
            ("offset", "1e3"),
            ("q", "a\0"),
            ("q", ["a"]),
            ("color", 1),
        ],
    )
    def test_a_bad_parameter_is_refused_under_its_name(self, call, territory, name, value):
        """No parameter leads to an error of the server."""
        assert list(errors_of(call, "municipality_list", None, **{name: value})) == [name]


def test_a_failure_leaves_nothing_of_the_write(call, sysadmin, territory, monkeypatch):
    """The row and its history row are there together, or not at all."""

    def fail(*_args, **_kwargs):
        raise RuntimeError("injected")

    monkeypatch.setattr(store.history, "record", fail)
    with pytest.raises(RuntimeError):
        call("municipality_create", sysadmin, code="0109", name="X", department="01")
    monkeypatch.undo()
    assert call("municipality_list", sysadmin)["count"] == 3


@pytest.mark.parametrize("none", [None, "", []])
@pytest.mark.parametrize(
    ("entity", "field"), [("idea", "evidence"), ("idea", "answers"), ("workshop", "attendance")]
)
def test_no_rows_may_be_said_in_any_way(call, sysadmin, idea, workshop, entity, field, none):
    """An empty value for a field of rows empties it, as it does any other field."""
    code = {"idea": idea, "workshop": workshop}[entity]["code"]
    assert call(f"{entity}_update", sysadmin, code=code, version=1, **{field: none})[field] == []
