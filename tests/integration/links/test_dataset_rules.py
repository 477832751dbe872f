"""What a dataset may name, and what it must have to be published."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import pytest
from ckanext.gobiernoabierto.links.model import LINKED

VILLA_NUEVA = "ideaton-villa-nueva-2017"
JACALTENANGO = "ideaton-jacaltenango-2017"


def errors_of(call, action, values, **more):
    """Return the errors that a call is refused with, by field."""
    with pytest.raises(tk.ValidationError) as raised:
        call(action, values, **more)
    return {name: text for name, text in raised.value.error_dict.items() if not name.startswith("__")}


class TestPublish:
    def test_axis_of_the_commitment_is_added(self, dataset):
        """Who chooses a commitment need not know its axis."""
        assert dataset["axis"] == ["3-3"]
        assert dataset["state"] == "active"

    def test_what_is_left_out_gets_its_default(self, dataset):
        """Licence, coverage, origin, language and address have a value that fits most."""
        assert dataset["license_id"] == "CC-BY-4.0"
        assert dataset["license_url"] == "https://creativecommons.org/licenses/by/4.0/"
        assert (dataset["coverage"], dataset["workshop_origin"]) == ("municipal", "workshop")
        assert dataset["language"] == ["http://publications.europa.eu/resource/authority/language/SPA"]
        assert dataset["name"] == "alumbrado-publico"

    def test_two_datasets_of_one_title_have_two_addresses(self, call, dataset, fields):
        """An officer does not have to find a free address."""
        assert call("package_create", fields)["name"] != dataset["name"]

    def test_each_required_field_is_demanded_beside_it(self, call, fields):
        """Six fields are required to publish, and each is missed by itself."""
        for left_out in fields:
            given = {name: value for name, value in fields.items() if name != left_out}
            assert list(errors_of(call, "package_create", given)) == [left_out]

    def test_only_organization_of_an_editor_is_taken(self, call, fields, organization):
        """An editor of one organization need not say which."""
        del fields["owner_org"]
        made = call("package_create", fields, user=organization["editor"])
        assert made["owner_org"] == organization["id"]

    def test_axis_does_in_place_of_a_commitment(self, call, fields):
        """Commitment or axis: one of them is enough."""
        made = call("package_create", {**fields, "commitment": [], "axis": ["3-1"]})
        assert (made["commitment"], made["axis"]) == ([], ["3-1"])

    def test_national_coverage_and_no_workshop_are_answers(self, call, fields):
        """Both explicit choices stand in the place of codes."""
        chosen = {"coverage": "national", "municipality": [], "workshop_origin": "none", "workshop": []}
        made = call("package_create", {**fields, **chosen})
        assert (made["municipality"], made["workshop"]) == ([], [])

    def test_published_dataset_cannot_become_incomplete(self, call, dataset):
        """What is public stays complete, whatever is patched."""
        for name in ("title", "notes", "municipality", "workshop"):
            assert name in errors_of(call, "package_patch", {"id": dataset["id"], name: ""})
        gone = {"id": dataset["id"], "commitment": [], "axis": []}
        assert "commitment" in errors_of(call, "package_patch", gone)
        assert "notes" in errors_of(
            call, "package_revise", {"match": {"id": dataset["id"]}, "update": {"notes": " "}}
        )


BAD = [
    ("does-not-exist", "unknown"),
    (["9999"], "unknown"),
    (["' OR 1=1 --"], "unknown"),
    (["a\0b"], "unknown"),
    (["x" * 5000], "unknown"),
    (["3-11", "9999"], "unknown"),
    (115, "list"),
    ({"code": "0115"}, "list"),
    ([{"code": "0115"}], "list"),
    ([115], "list"),
    ([["0115"]], "list"),
    ("[" * 5000, "list"),
    ('["0115"', "list"),
    ('{"a": 1}', "unknown"),
    (True, "list"),
    ([str(n) for n in range(501)], "list"),
]

BAD_FIELDS = [
    ("coverage", "lunar"),
    ("coverage", ["national"]),
    ("workshop_origin", "maybe"),
    ("license_id", "made-up"),
    ("frequency", "often"),
    ("theme", ["http://example.org/x"]),
    ("language", "es"),
    ("temporal_start", "12/31/2017"),
    ("temporal_start", "mayo de 2018"),
    ("temporal_end", "2017-02-30"),
    ("contact_email", "no address"),
    ("url", "javascript:alert(1)"),
    ("notes", "bell \x07"),
    ("notes", "nul \x00"),
    ("title", "two\nlines"),
    ("title", "x" * 251),
    ("issued", "soon"),
    ("state", "sleeping"),
]
BAD_FILES = [
    ("url", "javascript:alert(1)"),
    ("url", ""),
    ("size", "-1"),
    ("size", "9" * 30),
    ("hash", "not hexadecimal"),
    ("hash_algorithm", "crc"),
    ("language", "es"),
    ("issued", "soon"),
]


class TestBadInput:
    @pytest.mark.parametrize("name", LINKED)
    def test_bad_input_is_refused_beside_its_field(self, call, fields, name):
        """Nothing but codes that exist is taken, and nothing breaks; drafts are no exception."""
        for value, kind in BAD:
            for state in ("active", "draft"):
                found = errors_of(call, "package_create", {**fields, name: value, "state": state})
                wanted = "There is no " if kind == "unknown" else "Give a list of codes"
                assert any(wanted in message for message in found[name]), (value, found)
        assert call("package_list") == []

    def test_every_way_to_write_a_list_is_the_same(self, call, fields):
        """Forms send a text or texts, clients lists or JSON."""
        ways = ["0115", ["0115"], '["0115"]', ["0115", "0115"], ["", "0115"], [" 0115 "], ' ["0115","0115"] ']
        for value in ways:
            made = call("package_create", {**fields, "municipality": value})
            assert made["municipality"] == ["0115"], value

    def test_workshop_of_another_municipality_is_refused(self, call, fields):
        """The message names the workshop and its municipality."""
        found = errors_of(call, "package_create", {**fields, "workshop": [VILLA_NUEVA, JACALTENANGO]})
        assert list(found) == ["workshop"]
        assert "Encuentro" in found["workshop"][0]
        assert "Jacaltenango (1307)" in found["workshop"][0]

    def test_workshop_that_loses_its_municipality_is_refused(self, call, dataset):
        """A stored workshop is not refused for itself, but for a break that this write makes."""
        patch = {"id": dataset["id"], "municipality": ["0108"]}
        assert list(errors_of(call, "package_patch", patch)) == ["workshop"]

    def test_any_workshop_fits_national_coverage(self, call, fields):
        """All the country takes in the workshop's municipality."""
        made = call("package_create", {**fields, "coverage": "national", "municipality": []})
        assert made["workshop"] == [VILLA_NUEVA]

    def test_axis_that_is_not_the_commitments_is_refused(self, call, fields):
        """Where commitments are chosen, their axes are the axes."""
        found = errors_of(call, "package_create", {**fields, "axis": ["3-1"]})
        assert list(found) == ["axis"]
        assert "Maratones de ideas (3-11)" in found["axis"][0]

    def test_axis_may_be_told_of_a_commitment_whose_axis_is_unknown(self, call, fields):
        """What the sources do not tell, the officer may know: an axis of the same plan."""
        made = call("package_create", {**fields, "commitment": ["3-12"], "axis": ["3-1"]})
        assert made["axis"] == ["3-1"]

    def test_axis_follows_the_commitment_that_is_exchanged(self, call, dataset):
        """The axis of the commitment that is left out goes with it, without an error."""
        patched = call("package_patch", {"id": dataset["id"], "commitment": ["3-1"]})
        assert patched["axis"] == ["3-1"]

    @pytest.mark.parametrize(("name", "code"), [("problem", "1307-P1"), ("idea", "1307-I1")])
    def test_what_was_said_in_another_municipality_is_refused(self, call, fields, name, code):
        """With the name of the place that is missing; of the whole country any may be named."""
        found = errors_of(call, "package_create", {**fields, name: [code]})
        assert list(found) == [name]
        assert "Jacaltenango (1307)" in found[name][0]
        national = {"coverage": "national", "municipality": []}
        assert call("package_create", {**fields, **national, name: [code]})[name] == [code]

    def test_problem_of_the_idea_is_added(self, call, fields):
        """Who chooses an idea need not know its problem, and writes the code as it stands on paper."""
        made = call("package_create", {**fields, "idea": "0115 i1"})
        assert (made["problem"], made["idea"]) == (["0115-P1"], ["0115-I1"])
        again = call("package_patch", {"id": made["id"], "problem": []})
        assert again["problem"] == ["0115-P1"]

    def test_problem_that_is_not_published_does_not_come_with_its_idea(self, call, fields):
        """Nobody learns its code from a dataset."""
        draft = call("gobiernoabierto_problem_create", {"title": "Secreto", "municipality": "0115"})
        bare = {"title": "Suelta", "municipality": "0115", "problem": draft["code"]}
        idea = call("gobiernoabierto_idea_create", bare)
        found = errors_of(call, "package_create", {**fields, "idea": [idea["code"]]})
        assert list(found) == ["idea"]

    def test_national_with_a_municipality_is_refused(self, call, fields):
        """One of both is a mistake, and nobody but the officer knows which."""
        assert list(errors_of(call, "package_create", {**fields, "coverage": "national"})) == ["municipality"]

    def test_no_workshop_with_a_workshop_is_refused(self, call, fields):
        """The same for the origin."""
        assert list(errors_of(call, "package_create", {**fields, "workshop_origin": "none"})) == ["workshop"]

    def test_bad_values_of_the_other_fields_are_refused(self, call, fields):
        """No free text where a vocabulary is meant, and no address that runs."""
        for name, value in BAD_FIELDS:
            assert name in errors_of(call, "package_create", {**fields, name: value}), (name, value)

    def test_period_that_ends_before_it_starts_is_refused(self, call, fields):
        """Beside the second date."""
        period = {"temporal_start": "2018-01-01", "temporal_end": "2017-01-01"}
        assert list(errors_of(call, "package_create", {**fields, **period})) == ["temporal_end"]

    def test_days_may_be_written_day_first(self, call, fields):
        """As in Excel here; stored as ISO 8601, and compared as days."""
        made = call(
            "package_create", {**fields, "temporal_start": "27/05/2017", "temporal_end": " 1-6-2017 "}
        )
        assert (made["temporal_start"], made["temporal_end"]) == ("2017-05-27", "2017-06-01")
        backwards = {"temporal_start": "02/01/2018", "temporal_end": "2018-01-01"}
        assert list(errors_of(call, "package_create", {**fields, **backwards})) == ["temporal_end"]

    def test_links_cannot_be_smuggled_in_as_extras(self, call, fields):
        """CKAN's free extras are no way around the rules."""
        extras = [{"key": "municipality", "value": '["9999"]'}]
        assert errors_of(call, "package_create", {**fields, "extras": extras})

    def test_bad_values_of_a_file_are_refused(self, call, fields):
        """The same for the fields of a file."""
        for name, value in BAD_FILES:
            file = {"url": "https://example.org/a.csv", name: value}
            found = errors_of(call, "package_create", {**fields, "resources": [file]})
            assert name in found["resources"][0], (name, value)


class TestWhatIsStoredStaysValid:
    def test_entity_unpublished_since_is_not_refused(self, call, dataset, fields):
        """A private dataset keeps the code when its entity is withdrawn; a new one may not take it."""
        call("package_patch", {"id": dataset["id"], "private": True})
        row = call("gobiernoabierto_workshop_show", code=VILLA_NUEVA)
        call(
            "gobiernoabierto_workshop_update",
            {"code": VILLA_NUEVA, "version": row["version"], "visibility": "draft"},
        )
        kept = call("package_patch", {"id": dataset["id"], "title": "Otro título"})
        assert kept["workshop"] == [VILLA_NUEVA]
        found = errors_of(call, "package_create", fields)
        assert "not published yet" in found["workshop"][0]

    def test_who_may_not_see_a_draft_entity_is_not_told_of_it(self, call, fields, organization):
        """To others an unpublished entity and none are the same."""
        call("gobiernoabierto_municipality_create", {"code": "0199", "name": "Secreta", "department": "01"})
        given = {**fields, "municipality": ["0115", "0199"]}
        found = errors_of(call, "package_create", given, user=organization["editor"])
        assert "There is no" in found["municipality"][0]
        assert "Secreta" not in str(found)

    def test_workshop_that_moved_is_not_refused(self, call, dataset):
        """A workshop given to another municipality later breaks no dataset that names it."""
        row = call("gobiernoabierto_workshop_show", code=VILLA_NUEVA)
        call(
            "gobiernoabierto_workshop_update",
            {"code": VILLA_NUEVA, "version": row["version"], "municipalities": ["1307"]},
        )
        assert call("package_patch", {"id": dataset["id"], "title": "Otro"})["workshop"] == [VILLA_NUEVA]

    def test_replaced_code_is_taken_for_the_new_one(self, call, fields):
        """Who knows the old code is understood."""
        row = call("gobiernoabierto_workshop_show", code=VILLA_NUEVA)
        call(
            "gobiernoabierto_code_replace",
            {"entity": "workshop", "code": VILLA_NUEVA, "new_code": "ideaton-vn", "version": row["version"]},
        )
        assert call("package_create", fields)["workshop"] == ["ideaton-vn"]


class TestDraft:
    def test_draft_of_an_editor_stays_a_draft(self, call, organization, entities):
        """CKAN alone would publish it at once."""
        draft = call("package_create", {"title": "A medias", "state": "draft"}, user=organization["editor"])
        assert draft["state"] == "draft"
        assert draft["municipality"] == []

    def test_draft_without_title_has_an_address(self, call, organization, entities):
        """Nothing has to be thought of before there is a draft."""
        draft = call("package_create", {"state": "draft"}, user=organization["editor"])
        assert draft["name"].startswith("borrador-")

    def test_incomplete_draft_is_not_published_by_any_verb(self, call, organization, entities):
        """The required fields are demanded where a draft becomes active."""
        editor = organization["editor"]
        draft = call("package_create", {"title": "A medias", "state": "draft"}, user=editor)
        patch = {"id": draft["id"], "state": "active"}
        wanted = {"notes", "municipality", "workshop", "commitment"}
        for action, values in (
            ("package_patch", patch),
            ("gobiernoabierto_dataset_publish", {"id": draft["id"]}),
            ("package_update", {**draft, "state": "active"}),
            ("package_revise", {"match": {"id": draft["id"]}, "update": {"state": "active"}}),
        ):
            assert set(errors_of(call, action, values, user=editor)) == wanted, action
        assert call("package_show", id=draft["id"])["state"] == "draft"

    def test_complete_draft_is_published(self, call, fields, organization):
        """By the verb, with the rights of an editor."""
        draft = call("package_create", {**fields, "state": "draft"}, user=organization["editor"])
        made = call("gobiernoabierto_dataset_publish", {"id": draft["id"]}, user=organization["editor"])
        assert made["state"] == "active"

    def test_new_dataset_is_published_with_its_files_as_one_step(self, call, fields, organization):
        """One call for what a workbook's row holds."""
        files = [{"url": "https://example.org/a.csv", "name": "A"}, {"url": "https://example.org/b.csv"}]
        made = call(
            "gobiernoabierto_dataset_publish", {**fields, "resources": files}, user=organization["editor"]
        )
        assert made["state"] == "active"
        assert [file["url"] for file in made["resources"]] == [file["url"] for file in files]

    def test_publishing_that_fails_leaves_nothing(self, call, fields, organization):
        """All or nothing: it can be tried again under the same address."""
        bad = {
            **fields,
            "name": "otra-vez",
            "resources": [{"url": "https://example.org/a.csv"}, {"url": "x:y"}],
        }
        found = errors_of(call, "gobiernoabierto_dataset_publish", bad, user=organization["editor"])
        assert "url" in found["resources"][1]
        assert "otra-vez" not in call("package_list")
        assert call("gobiernoabierto_dataset_publish", {**fields, "name": "otra-vez"})["state"] == "active"

    def test_stranger_cannot_publish(self, call, fields, organization):
        """Nobody publishes the draft of another organization, or without one."""
        draft = call("package_create", {**fields, "state": "draft"})
        stranger = factories.User()["name"]
        for values in ({"id": draft["id"]}, fields):
            with pytest.raises((tk.NotAuthorized, tk.ObjectNotFound)):
                call("gobiernoabierto_dataset_publish", values, user=stranger)

    @pytest.mark.parametrize(
        ("kind", "draft", "missing"),
        [
            ("idea", {"title": "Secreta", "municipality": "1307"}, "1307-I99"),
            (
                "workshop",
                {
                    "code": "x-2030",
                    "title": "Secreto",
                    "kind": "idea_marathon",
                    "municipalities": ["1307"],
                    "state": "planned",
                },
                "x-2031",
            ),
            ("axis", {"code": "3-98", "plan": "3", "number": 98, "name": "Secreto"}, "3-99"),
            ("commitment", {"code": "3-98", "plan": "3", "number": 98, "axis": "3-1"}, "3-99"),
        ],
    )
    def test_what_is_wrong_with_a_hidden_draft_is_that_there_is_none(
        self, call, fields, organization, kind, draft, missing
    ):
        """Nothing else of it is told: neither its title, nor its municipality, nor its axis."""
        row = call(f"gobiernoabierto_{kind}_create", draft)
        given = {**fields, "axis": ["3-3"], "commitment": ["3-11"]}
        told = []
        for code in (row["code"], missing):
            named = {**given, kind: [*given.get(kind, []), code]}
            told.append(errors_of(call, "package_create", named, user=organization["editor"]))
        assert list(told[0]) == list(told[1]) == [kind]
        assert str(told[0]).replace(row["code"], "") == str(told[1]).replace(missing, "")
        assert "Secret" not in str(told)

    def test_an_axis_beside_a_hidden_commitment_says_nothing_of_it(self, call, fields, organization):
        """Whether the axis is the commitment's is no difference, and its title is not given."""
        secret = {"code": "3-98", "plan": "3", "number": 98, "title": "Secreto", "axis": "3-1"}
        call("gobiernoabierto_commitment_create", secret)
        named = ({**fields, "commitment": ["3-98"], "axis": [axis]} for axis in ("3-1", "3-3"))
        told = [errors_of(call, "package_create", each, user=organization["editor"]) for each in named]
        assert told[0].keys() == told[1].keys()
        assert "Secreto" not in str(told)

    def test_a_held_draft_of_elsewhere_is_named_by_its_code(self, call, dataset, organization):
        """Its title may have been changed since it was public."""
        call("package_patch", {"id": dataset["id"], "private": True})
        row = call("gobiernoabierto_workshop_show", code=VILLA_NUEVA)
        changed = {"version": row["version"], "visibility": "draft", "title": "Secreto"}
        call("gobiernoabierto_workshop_update", {"code": VILLA_NUEVA, **changed})
        patch = {"id": dataset["id"], "municipality": ["0108"]}
        found = errors_of(call, "package_patch", patch, user=organization["editor"])
        assert VILLA_NUEVA in found["workshop"][0]
        assert "Secreto" not in found["workshop"][0]
