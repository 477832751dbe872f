"""What a dataset may not hold because the site could not list or find it: 409 at the field, never a 500."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ckan import model
from ckan.lib.search import rebuild
from ckan.tests import factories
from werkzeug.test import Client

CREATING = ("package_create", "gobiernoabierto_dataset_publish")
ADDRESS = "https://example.org/"
FILE = {"url": f"{ADDRESS}a.csv", "name": "A"}
INSIDES = ("solr", "java", "org.apache", "immense", "Search Index")
# Solr's bound of one term, in bytes of UTF-8; our own of an address and of one line, in characters
MOST_BYTES, MOST_ADDRESS, MOST_LINE = 32_766, 8_000, 1_000


def extra(key: str, value: str | int = "x") -> dict[str, Any]:
    """Return the field of a dataset with one extra."""
    return {"extras": [{"key": key, "value": value}]}


def file(**fields: Any) -> dict[str, Any]:
    """Return the field of a dataset with one file."""
    return {"resources": [{**FILE, **fields}]}


@pytest.fixture
def call(
    visitor: Client, editor: dict[str, Any], publishable: dict[str, Any], token_of: Callable[[str], str]
) -> Callable[..., Any]:
    """Return a function that calls an action by HTTP as an editor of one organization."""
    organization = factories.Organization(users=[{"name": editor["name"], "capacity": "editor"}])
    token = token_of(editor["name"])
    dataset = {**publishable, "owner_org": organization["id"], "title": "Agua", "notes": "Pozos"}

    def called(action: str, fields: dict[str, Any]) -> Any:
        data = {**(dataset if action in CREATING else {}), **fields}
        answer = visitor.post(f"/api/3/action/{action}", json=data, headers={"Authorization": token})
        assert not [word for word in INSIDES if word in answer.get_data(as_text=True)]
        return answer

    return called


@pytest.mark.long
@pytest.mark.parametrize("kind", ["nope", "harvest", "organization", "user", "dataset ", "Dataset", "."])
def test_a_type_that_nothing_serves_is_refused(call: Any, visitor: Client, kind: str):
    """Its pages have no address, and every list with it would fail."""
    answer = call("package_create", {"name": "agua", "type": kind})
    assert answer.status_code == 409
    assert "no indique ninguno" in answer.json["error"]["type"][0]
    assert visitor.get("/api/3/action/package_list").json["result"] == []
    assert visitor.get("/dataset/").status_code == 200


def test_no_dataset_changes_its_type(call: Any):
    """CKAN says nothing and leaves it as it was."""
    assert call("package_create", {"name": "agua", "type": "dataset"}).status_code == 200
    for action in ("package_update", "package_patch"):
        answer = call(action, {"id": "agua", "type": "nope"})
        assert answer.status_code == 409
        assert answer.json["error"].keys() == {"__type", "type"}


@pytest.mark.long
@pytest.mark.parametrize("kind", [["x"], {"a": "x"}, {}, []])
def test_a_type_that_is_no_text_is_refused(call: Any, visitor: Client, kind: Any):
    """Within the ``update`` of a revision too, where nobody looks at the kinds of values."""
    assert call("package_create", {"name": "pozos"}).status_code == 200
    revision = {"match": {"name": "pozos"}, "update": {"type": kind}}
    for action, given in (("package_create", {"name": "agua", "type": kind}), ("package_revise", revision)):
        answer = call(action, given)
        assert answer.status_code == 409, action
        assert answer.json["error"].keys() == {"__type", "type"}
    shown = visitor.get("/api/3/action/package_show?id=pozos").json["result"]
    assert shown["type"] == "dataset"


@pytest.mark.parametrize("kind", ["", None])
def test_a_dataset_without_a_type_keeps_the_rules_of_all(call: Any, kind: str | None):
    """CKAN would check it as stock does, without any of ours."""
    assert "notes" in call("package_create", {"type": kind, "notes": ""}).json["error"]
    assert call("package_create", {"type": kind}).json["result"]["type"] == "dataset"


def test_what_is_stored_with_another_type_breaks_no_list(call: Any, visitor: Client):
    """As the sources of a harvester that is switched off again."""
    made = call("package_create", {"name": "agua", **file()}).json["result"]
    model.Package.get(made["id"]).type = "harvest"
    model.Session.commit()
    rebuild(made["id"])
    for address in ("/", "/dataset/", f"/organization/{made['organization']['name']}", "/datos-abiertos"):
        assert visitor.get(address).status_code == 200, address


@pytest.mark.long
@pytest.mark.parametrize(
    ("fields", "path"),
    [
        (file(url=ADDRESS + "a" * 33_000), ("resources", 0, "url")),
        (file(url=ADDRESS + "a" * MOST_ADDRESS), ("resources", 0, "url")),
        (file(format="a" * 70_000), ("resources", 0, "format")),
        (file(format="a" * (MOST_LINE + 1)), ("resources", 0, "format")),
        (file(resource_type="a" * 70_000), ("resources", 0, "resource_type")),
        (file(access_services="a" * (MOST_BYTES + 1)), ("resources", 0, "access_services")),
        (file(rights="ñ" * (MOST_BYTES // 2 + 1)), ("resources", 0, "rights")),
        (file(applicable_legislation=["a" * 9_000] * 4), ("resources", 0, "applicable_legislation")),
        (file(checksum={"value": "a" * 40_000}), ("resources", 0, "checksum")),
        (file(mimetype="a" * 33_000), ("resources", 0, "mimetype")),
        (file(cache_url=ADDRESS + "a" * 33_000), ("resources", 0, "cache_url")),
        (file(**{"k" * 101: "a"}), ("resources", 0, "k" * 101)),
        (file(description="a" * 100_001), ("resources", 0, "description")),
        (file(name="a" * 251), ("resources", 0, "name")),
        ({"author": "a" * (MOST_LINE + 1)}, ("author",)),
        ({"maintainer": "a" * (MOST_LINE + 1)}, ("maintainer",)),
        ({"maintainer_email": "a" * MOST_LINE + "@example.org"}, ("maintainer_email",)),
        ({"author_email": "a" * MOST_LINE + "@example.org"}, ("author_email",)),
        ({"url": ADDRESS + "a" * 33_000}, ("url",)),
        ({"contact_email": "a" * 33_000 + "@example.org"}, ("contact_email",)),
        ({"version": "a" * 70_000}, ("version",)),
        (extra("k", "a" * 70_000), ("extras", 0, "value")),
        (extra("k", "ñ" * (MOST_BYTES // 2 + 1)), ("extras", 0, "value")),
        (extra("k" * 70_000), ("extras", 0, "key")),
        (extra("_version_"), ("extras", 0, "key")),
        (extra("_version_", "5"), ("extras", 0, "key")),
        (extra("¡_version_!"), ("extras", 0, "key")),
        (extra("views_total"), ("extras", 0, "key")),
        (extra("linked_names"), ("extras", 0, "key")),
        (extra("site_id"), ("extras", 0, "key")),
        (extra("_doc"), ("extras", 0, "key")),
        (extra("¿?"), ("extras", 0, "key")),
        (extra("a_date", "9" * 30), ("extras", 0, "value")),
        (extra("fecha_date.", "9" * 30), ("extras", 0, "value")),
        (extra("x_date", 99999999999999999999), ("extras", 0, "value")),
        (extra("a_date", "2017-01-01T00:00:00+99:99"), ("extras", 0, "value")),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_solr_cannot_index_is_refused_at_its_field(
    call: Any, visitor: Client, fields: dict[str, Any], path: tuple[Any, ...]
):
    """In a new dataset and in a change of one, and nothing of it is stored."""
    assert call("package_create", {"name": "pozos"}).status_code == 200
    for action, others in (("package_create", {"name": "agua"}), ("package_patch", {"id": "pozos"})):
        answer = call(action, {**others, **fields})
        assert answer.status_code == 409
        error = answer.json["error"]
        for step in path:
            error = error[step]
        assert isinstance(error[0], str)
    assert visitor.get("/api/3/action/package_list").json["result"] == ["pozos"]
    assert visitor.get("/api/3/action/package_show?id=pozos").json["result"]["resources"] == []


@pytest.mark.long
def test_a_file_alone_is_refused_too(call: Any):
    """By the actions of files, which say the field without its dataset."""
    made = call("package_create", {"name": "agua", **file()}).json["result"]["resources"][0]
    long = ADDRESS + "a" * 33_000
    named = {"resource_create": {"package_id": "agua"}, "resource_patch": {"id": made["id"]}}
    for action, which in named.items():
        for name, value in (("url", long), ("access_services", long)):
            answer = call(action, {**which, name: value})
            assert answer.status_code == 409
            assert answer.json["error"][name]


@pytest.mark.long
def test_what_just_fits_is_stored_and_found(call: Any, visitor: Client):
    """The bounds are Solr's own or within it."""
    address = ADDRESS + "ñ" * (MOST_ADDRESS - len(ADDRESS))
    others = {"rights": "ñ" * (MOST_BYTES // 2), "description": "ñ" * 100_000, "k" * 100: ["a"] * 100}
    fields = {**file(url=address, format="ñ" * MOST_LINE, **others), **extra("k", "ñ" * (MOST_BYTES // 2))}
    assert call("package_create", {"name": "agua", **fields}).status_code == 200
    assert visitor.get("/api/3/action/package_search?q=agua").json["result"]["count"] == 1


@pytest.fixture
def said(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.LogCaptureFixture]:
    """What CKAN's search says in the log, whatever has configured it."""
    logger = logging.getLogger("ckan.lib.search")
    monkeypatch.setattr(logger, "disabled", False)
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)


@pytest.mark.long
@pytest.mark.parametrize("action", CREATING)
def test_whatever_else_solr_refuses_is_refused_and_not_stored(
    call: Any, visitor: Client, said: pytest.LogCaptureFixture, action: str
):
    """In plain Spanish; why, the log says alone."""
    assert call("package_create", {"name": "pozos"}).status_code == 200
    answer = call(action, {"name": "agua", **extra("a_date", "2017-05-27T00:00:00+05:00")})
    assert answer.status_code == 409
    assert "La búsqueda no puede guardar" in answer.json["error"]["message"][0]
    assert visitor.get("/api/3/action/package_list").json["result"] == ["pozos"]
    assert "Error adding field 'a_date'" in said.text
    assert call("package_patch", {"id": "pozos", "title": "Pozos"}).status_code == 200
