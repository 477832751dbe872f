"""Calls whose parameters are of another kind than they can be: refused beside the parameter, never a 500."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import logic
from ckan.tests import factories
from ckanext.gobiernoabierto.entities import registry
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

pytestmark = pytest.mark.long

PARAMETER = re.compile(r":param ([a-z_.]+)")
# What many actions read, and few of them document.
COMMON = ("id", "name", "package_id", "owner_org", "groups", "tag_string", "private", "url", "resources")
WRONG: tuple[Any, ...] = (10**30, ["a"], {"id": [], "name": {}}, "zz")
# They end what other tests have asked for.
LEFT_OUT = {"job_clear", "job_cancel"}

PUBLISHES = ("gobiernoabierto_dataset_draft", "gobiernoabierto_dataset_publish")
OF_DATASET = ("id", "owner_org", "groups", "tag_string", "private", "url", "name", "title", "tags", "extras")
OF_FILE = ("link", "file", "resources", "upload", "upload_token")
SEVERAL_TIMES = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])

# What JSON can say in the place of a text, a list or a flag, and CKAN takes for something else.
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 10**30, 1.5, "", "zz", [], {}, [None], ["a"], [[]], [0], {"a": 1}, [{}]),
    *([{"a": 1}], [{"name": None}], [{"name": 1}], [{"name": []}], [{"name": "a"}], [{"id": None}]),
    *([{"key": None}], [{"key": "a", "value": {}}], [{"url": None}], [{"url": 1}], [{"vocabulary_id": "zz"}]),
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "url", "key", "a"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture
def call(visitor: Client, token_of: Callable[[str], str]) -> Callable[..., Any]:
    """Return a function that calls an action by HTTP, as a sysadmin unless it says otherwise."""
    sysadmin = token_of(factories.Sysadmin()["name"])

    def called(action: str, data: Any, token: str | None = sysadmin) -> Any:
        headers = {"Authorization": token} if token else {}
        return visitor.post(f"/api/3/action/{action}", json=data, headers=headers)

    return called


@pytest.fixture
def dataset(call: Any, publishable: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a dataset that could be published, but for the value under test."""
    return {**publishable, "title": "Agua", "notes": "Pozos"}


def actions() -> list[str]:
    """Return the names of all actions, whichever plugin brought them; of ours one entity stands for all."""
    tk.get_action("package_list")
    entities = tuple(entity.action("") for entity in registry.ENTITY_TYPES[1:])
    return sorted(name for name in logic._actions if not name.startswith(entities) and name not in LEFT_OUT)


def parameters(action: str) -> list[str]:
    """Return the names of the parameters that the action documents, and those that many share."""
    return list(dict.fromkeys([*PARAMETER.findall(tk.get_action(action).__doc__ or ""), "id"]))


def test_no_action_fails_on_a_parameter_of_a_wrong_kind(call: Any, dataset: Any):
    """Each parameter of each action, alone, for somebody whom no permission keeps from the bottom of it."""
    assert call("gobiernoabierto_dataset_publish", {**dataset, "name": "agua"}).status_code == 200
    factories.Organization(name="agua")
    factories.User(name="agua")
    failed = {}
    for action in sorted(actions(), key=lambda name: name.endswith(("_delete", "_purge"))):
        given = {"id": "agua", "name": "otro", "q": "a"}
        bodies = [{**given, name: value} for name in parameters(action) for value in WRONG]
        for body in bodies:
            if call(action, body).status_code >= 500:
                failed.setdefault(action, []).append(body)
    assert failed == {}


@pytest.mark.parametrize("who", ["visitor", "editor"])
def test_no_permission_fails_on_a_parameter_of_a_wrong_kind(
    call: Any, dataset: Any, editor: dict[str, Any], token_of: Callable[[str], str], who: str
):
    """Permissions read the parameters before the action does."""
    token = token_of(editor["name"]) if who == "editor" else None
    failed = {}
    for action in actions():
        names = {*COMMON, *parameters(action)}
        bodies = [{}, {"id": None}, *(dict.fromkeys(names, value) for value in WRONG)]
        for body in bodies:
            if call(action, body, token).status_code >= 500:
                failed.setdefault(action, []).append(body)
    assert failed == {}


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("package_relationship_create", "type"),
        ("package_relationship_update", "type"),
        ("package_relationship_delete", "type"),
        ("package_relationships_list", "rel"),
    ],
)
def test_a_relationship_that_ckan_does_not_know_is_refused(call: Any, dataset: Any, action: str, name: str):
    """A visitor too is told which there are; what CKAN knows it answers itself."""
    made = (call("package_create", {**dataset, "name": each}).json["result"] for each in ("agua", "luz"))
    id, other = (each["id"] for each in made)
    of_list = {"id": id, "id2": other}
    both = of_list if name == "rel" else {"subject": id, "object": other}
    for wrong in ("x", "Child_of", "links_to "):
        answer = call(action, {**both, name: wrong}, None)
        assert answer.status_code == 409
        assert "child_of" in answer.json["error"][name][0]
    for known in ("child_of", "parent_of"):
        assert call(action, {**both, name: known}, None).status_code in (403, 404)
    assert call("package_relationships_list", {**of_list, "rel": "relationships"}, None).json["result"] == []


@pytest.mark.parametrize("action", ["package_create", *PUBLISHES])
@pytest.mark.parametrize("name", OF_DATASET)
def test_an_otherwise_good_dataset_with_a_wrong_value_is_refused_there(
    call: Any, dataset: dict[str, Any], action: str, name: str
):
    """The errors stand beside the parameter; nothing is saved."""
    answer = call(action, {**dataset, name: {"a": 1}})
    assert answer.status_code == 409
    assert name in answer.json["error"]
    assert call("package_list", {}).json["result"] == []


@pytest.mark.parametrize("action", ["package_create", *PUBLISHES])
def test_no_field_of_a_dataset_fails_on_any_kind_of_value(call: Any, dataset: dict[str, Any], action: str):
    """Each field with each value, the others being right; a refusal names its fields."""
    failed, unnamed = {}, {}
    for name in (*OF_DATASET, *OF_FILE):
        for value in ODD:
            answer = call(action, {**dataset, name: value})
            if answer.status_code >= 500:
                failed.setdefault(name, []).append(value)
            elif answer.status_code == 409 and not set(answer.json["error"]) - {"__type", "message"}:
                unnamed.setdefault(name, []).append(value)
    assert failed == {}
    assert unnamed == {}


@pytest.mark.parametrize("action", PUBLISHES)
@SEVERAL_TIMES
@given(name=st.sampled_from(OF_DATASET + OF_FILE), value=json_values)
def test_our_verbs_answer_any_json(call: Any, dataset: dict[str, Any], action: str, name: str, value: object):
    """Whatever stands where a field should."""
    assert call(action, {**dataset, name: value}).status_code < 500


@pytest.mark.parametrize(
    "address",
    ["https://a b", 'https://example.org/"a"', "https://example.org/a\nb", "https://a/“b”", "a.org"],
)
def test_what_is_no_address_is_refused_beside_its_field(call: Any, dataset: dict[str, Any], address: str):
    """Of a dataset, of a file by our verb, of a file by CKAN's."""
    verb = "gobiernoabierto_dataset_publish"
    assert "url" in call(verb, {**dataset, "url": address}).json["error"]
    assert "url" in call(verb, {**dataset, "link": address}).json["error"]["file"]
    made = call(verb, {**dataset, "url": "https://example.org/a?b[]=ñ%20|c'"}).json["result"]
    answer = call("resource_create", {"package_id": made["id"], "url": address})
    assert answer.status_code == 409
    assert "url" in answer.json["error"]


DESCRIPTIONS = (
    "",
    "zz",
    "[]",
    "7",
    r'{"format": "\u0000"}',
    r'{"format": "\ud800"}',
    '{"a":' * 500 + "1" + "}" * 500,
)


@pytest.mark.parametrize("text", DESCRIPTIONS, ids=lambda text: text[:14])
def test_a_file_described_by_no_object_is_refused(call: Any, dataset: dict[str, Any], text: str):
    """JSON within a text holds no more than JSON does, and no NUL either."""
    answer = call("gobiernoabierto_dataset_publish", {**dataset, "link": "https://a.org/b.csv", "file": text})
    assert answer.status_code == 409
    assert "file" in answer.json["error"]


def test_a_role_is_true_or_false(call: Any, dataset: dict[str, Any]):
    """``coordinator: zz`` is an error of that field."""
    answer = call(
        "gobiernoabierto_organization_role_update", {"id": dataset["owner_org"], "coordinator": "zz"}
    )
    assert answer.status_code == 409
    assert "coordinator" in answer.json["error"]


@pytest.mark.parametrize("depth", [21, 300, 100_000])
@pytest.mark.parametrize("action", ["package_create", *PUBLISHES])
def test_json_that_nests_too_deeply_is_refused(visitor: Client, action: str, depth: int):
    """Whatever walks through it would run out of stack."""
    body = '{"extras": ' + "[" * depth + "]" * depth + "}"
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        answer = visitor.post(f"/api/3/action/{action}", data=body, content_type=kind)
        assert answer.status_code == 400


@pytest.mark.parametrize("asked", ["id=a&id=b", "include_plugin_data=zz&id=a"])
def test_an_address_has_the_same_kinds_as_json(visitor: Client, asked: str):
    """A parameter that stands twice in an address is a list."""
    assert visitor.get(f"/api/3/action/package_show?{asked}").status_code == 409


def test_a_refusal_names_the_parameter_in_spanish(visitor: Client):
    """In the shape of CKAN's own errors of fields."""
    answer = visitor.post("/api/3/action/package_show", json={"id": ["a"]})
    assert answer.json["error"] == {"__type": "Validation Error", "id": ["Escriba un texto"]}


@pytest.mark.parametrize("value", [["x"], 5, True, {}])
def test_a_format_is_a_text(call: Any, dataset: dict[str, Any], value: object):
    """Of a file alone, of one within a dataset, of the file of our verb."""
    made = call("package_create", {**dataset, "name": "agua", "resources": [{"url": "https://a.org/b.csv"}]})
    file, id = {"url": "https://a.org/b.csv", "format": value}, made.json["result"]["id"]
    resource = made.json["result"]["resources"][0]["id"]
    for action, data, name in (
        ("resource_create", {**file, "package_id": id}, "format"),
        ("resource_update", {**file, "id": resource}, "format"),
        ("resource_patch", {**file, "id": resource}, "format"),
        ("package_create", {**dataset, "resources": [file]}, "resources"),
        ("gobiernoabierto_dataset_draft", {**dataset, "resources": [file]}, "resources"),
        (
            "gobiernoabierto_dataset_draft",
            {**dataset, "link": "https://a.org/b.csv", "file": {"format": value}},
            "file",
        ),
    ):
        answer = call(action, data)
        assert answer.status_code == 409, action
        assert name in answer.json["error"], action


@pytest.mark.parametrize("value", [["x"], 5, {}])
def test_the_address_of_a_form_is_a_text(call: Any, dataset: dict[str, Any], value: object):
    """Also where CKAN's actions know of our forms."""
    made = call("package_create", {**dataset, "resources": [{"url": "https://a.org/b.csv"}]}).json["result"]
    sent = {"upload_token": "x" * 32, "link": value}
    for action, data in (
        ("resource_create", {**sent, "package_id": made["id"]}),
        ("resource_update", {**sent, "id": made["resources"][0]["id"]}),
    ):
        answer = call(action, data)
        assert answer.status_code == 409
        assert "link" in answer.json["error"]
