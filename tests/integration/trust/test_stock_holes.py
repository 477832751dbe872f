"""The holes of stock CKAN that were run into, one by one (trust, "Traps")."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
import jwt
import pytest
from ckan import model
from ckan.tests import factories, helpers
from tests.remembered import remembered
from werkzeug.test import Client

MISSING = "no-existe"


@pytest.fixture
@remembered
def outsider(site: Any) -> str:
    """Return the name of somebody signed in who belongs to no organization."""
    return factories.User()["name"]


def ask(caller: str, action: str, **data: Any) -> Any:
    """Call an action as a user, with the permissions on."""
    return helpers.call_action(action, {"user": caller, "ignore_auth": False}, **data)


class TestTags:
    def test_the_editor_of_the_organization_sees_the_private_tag(self, secrets: Any, editor: Any):
        """Whoever may read the dataset is offered its tags."""
        assert any("zz9privatetag" in tag for tag in ask(editor["name"], "tag_autocomplete", q="zafiro"))

    def test_nobody_else_does_and_the_count_says_nothing_either(self, secrets: Any, outsider: str):
        """Three hidden datasets and a public one make one tag for an outsider."""
        for user in ("", outsider):
            assert ask(user, "tag_search", query="zafiro")["count"] == 1
            assert ask(user, "tag_list", query="zafiro") == ["zafiro agua"]

    def test_limit_and_offset_apply_to_what_may_be_seen(self, secrets: Any, outsider: str):
        """A page of results is not thinned out by what was taken away, nor broken by a bad number."""
        assert ask(outsider, "tag_autocomplete", q="zafiro", limit=1) == ["zafiro agua"]
        assert ask(outsider, "tag_search", query="zafiro", offset=1)["results"] == []
        with pytest.raises(tk.ValidationError):
            ask(outsider, "tag_search", query="zafiro", limit="x")

    def test_a_hidden_tag_is_a_missing_tag(self, secrets: Any, outsider: str):
        """`tag_show` raises what it raises for a tag that never was."""
        with pytest.raises(tk.ObjectNotFound):
            ask(outsider, "tag_show", id="zafiro zz9privatetag")
        assert ask(outsider, "tag_show", id="zafiro agua")["name"] == "zafiro agua"

    def test_the_tags_of_a_vocabulary_stay_listed(self, site: Any, outsider: str):
        """They are a published list, used or not."""
        words = helpers.call_action("vocabulary_create", name="temas", tags=[{"name": "salud"}])
        assert ask(outsider, "tag_list", vocabulary_id="temas") == ["salud"]
        tag = words["tags"][0]["id"]
        assert ask(outsider, "tag_show", id=tag, vocabulary_id="temas")["name"] == "salud"


class TestFormats:
    def test_only_formats_of_readable_files_are_suggested(self, secrets: Any, editor: Any, outsider: str):
        """A format is free text: it can name what is inside."""
        assert ask(outsider, "format_autocomplete", q="zafiro") == []
        assert "zafirozz9privateformat" in ask(editor["name"], "format_autocomplete", q="zafiro")


class TestHiddenDataset:
    @pytest.mark.long
    @pytest.mark.parametrize("action", ["package_show", "package_update", "package_patch", "resource_create"])
    def test_the_api_answers_as_for_a_missing_one(self, visitor: Client, secrets: Any, action: str):
        """Same status, same words: not even the id tells that it is there."""
        key = "package_id" if action == "resource_create" else "id"
        answers = [
            visitor.post(f"/api/3/action/{action}", json={key: name})
            for name in (MISSING, *(dataset["name"] for dataset in secrets.datasets))
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({str(answer.json["error"]) for answer in answers}) == 1

    def test_the_api_answers_a_file_of_it_as_a_missing_file(self, visitor: Client, secrets: Any):
        """Files and their views hide with their dataset."""
        ids = [dataset["resources"][0]["id"] for dataset in secrets.datasets]
        for action in ("resource_show", "resource_view_list"):
            answers = [visitor.get(f"/api/3/action/{action}?id={id_}") for id_ in (MISSING, *ids)]
            assert {answer.status_code for answer in answers} == {404}

    @pytest.mark.long
    def test_no_page_gives_it_away_by_its_status(
        self, visitor: Client, secrets: Any, rules: Any, addresses: Any
    ):
        """For each route with a dataset's name in it: the same status as for a name that is free."""
        names = [dataset["name"] for dataset in secrets.datasets]
        told = {}
        for rule in rules:
            if "GET" not in rule.methods or "id" not in rule.arguments:
                continue
            missing, *hidden = (visitor.get(url).status_code for url in addresses(rule, [MISSING, *names]))
            if set(hidden) != {missing}:
                told[rule.rule] = (missing, hidden)
        assert told == {}

    def test_its_editor_still_reads_and_changes_it(self, secrets: Any, editor: Any):
        """What CKAN allows stays allowed."""
        id_ = secrets.datasets[0]["id"]
        changed = ask(editor["name"], "package_patch", id=id_, title="Otro")
        assert changed["title"] == "Otro"


class TestOrganization:
    def test_members_show_neither_hidden_datasets_nor_people(self, visitor: Client, secrets: Any):
        """`member_list` gives the ids of everything in an organization, people's too."""
        answer = visitor.get(f"/api/3/action/member_list?id={secrets.organization['id']}")
        kinds = [kind for _, kind, _ in answer.json["result"]]
        assert kinds == ["package"]

    def test_its_count_is_of_public_datasets(self, visitor: Client, secrets: Any):
        """One of four is public."""
        answer = visitor.get("/api/3/action/organization_list?all_fields=true")
        counts = {each["id"]: each["package_count"] for each in answer.json["result"]}
        assert counts[secrets.organization["id"]] == 1


class TestApiToken:
    @pytest.mark.parametrize(
        ("asked", "days"),
        [({}, 90), ({"expires_in": 7, "unit": 86400}, 7), ({"expires_in": 9999, "unit": 604800}, 365)],
        ids=["default", "as asked", "cut to the maximum"],
    )
    def test_every_token_ends(self, outsider: str, asked: dict[str, int], days: int):
        """A token that is lost stops working by itself."""
        token = ask(outsider, "api_token_create", user=outsider, name="mío", **asked)["token"]
        ends = jwt.decode(token, options={"verify_signature": False})["exp"]
        left = datetime.fromtimestamp(ends, UTC) - datetime.now(UTC)
        assert abs(left - timedelta(days=days)) < timedelta(hours=1)


class TestCollaborators:
    @pytest.mark.parametrize("verb", ["create", "delete", "list"])
    def test_a_visitor_is_refused(self, visitor: Client, publishable: dict[str, Any], verb: str):
        """CKAN asserts that there is a user."""
        dataset = factories.Dataset(**publishable)["name"]
        asked = {"id": dataset, "user_id": factories.User()["name"], "capacity": "editor"}
        assert visitor.post(f"/api/3/action/package_collaborator_{verb}", json=asked).status_code == 403


class TestFollowed:
    @pytest.mark.long
    @pytest.mark.parametrize("action", ["dataset_followee_list", "followee_list"])
    def test_what_was_hidden_since_is_left_out_and_the_others_stay(
        self, outsider: str, publishable: dict[str, Any], action: str
    ):
        """The board of somebody who follows it goes on answering."""
        caller = {"user": outsider, "auth_user_obj": model.User.get(outsider)}
        hidden, shown = (factories.Dataset(**publishable) for _ in range(2))
        for dataset in (hidden, shown):
            tk.get_action("follow_dataset")(dict(caller), {"id": dataset["id"]})
        helpers.call_action("package_patch", id=hidden["id"], private=True)
        found = tk.get_action(action)(dict(caller), {"id": caller["auth_user_obj"].id})
        assert [each.get("dict", each)["id"] for each in found] == [shown["id"]]


class TestPeople:
    @pytest.mark.parametrize("signed_in", [False, True])
    @pytest.mark.parametrize("action", ["api_token_create", "member_create", "member_delete"])
    def test_nobody_without_rights_learns_of_an_account(
        self,
        visitor: Client,
        secrets: Any,
        outsider: str,
        editor: Any,
        token_of: Any,
        action: str,
        signed_in: bool,
    ):
        """Somebody and nobody are refused in the same words."""
        headers = {"Authorization": token_of(outsider)} if signed_in else {}
        told = []
        for name in (editor["name"], "no-hay-tal"):
            body = {"name": "x", "user": name}
            if action != "api_token_create":
                body = {
                    "id": secrets.organization["id"],
                    "object": name,
                    "object_type": "user",
                    "capacity": "editor",
                }
            answer = visitor.post(f"/api/3/action/{action}", json=body, headers=headers)
            told.append((answer.status_code, answer.json["error"]))
        assert told[0] == told[1]
        assert told[0][0] == 403

    def test_who_may_goes_on_to_name_people(
        self, visitor: Client, secrets: Any, outsider: str, token_of: Any
    ):
        """A sysadmin adds members and is told who is not there; everybody makes tokens of their own."""
        headers = {"Authorization": token_of(factories.Sysadmin()["name"])}
        body = {"id": secrets.organization["id"], "object_type": "user", "capacity": "editor"}
        for name, status in ((outsider, 200), ("no-hay-tal", 404)):
            answer = visitor.post(
                "/api/3/action/member_create", json={**body, "object": name}, headers=headers
            )
            assert answer.status_code == status
        assert ask(outsider, "api_token_create", user=outsider, name="mío")["token"]
