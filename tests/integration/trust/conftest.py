"""A small catalogue with secrets in it, and ways to knock at every door of the site."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from ckan import model
from ckan.tests import factories, helpers
from tests.remembered import remembered
from werkzeug.datastructures import FileStorage
from werkzeug.routing import AnyConverter, IntegerConverter, Rule
from werkzeug.test import Client, TestResponse

PASSWORD = "correct-horse-battery"
# The word that a search finds a hidden thing by; the canary beside it is what must not come back.
KEY = "zafiro"


@dataclass
class Secrets:
    """Hidden datasets, and every text of theirs that no visitor may read."""

    organization: dict[str, Any]
    datasets: list[dict[str, Any]] = field(default_factory=list)
    canaries: set[str] = field(default_factory=set)

    def ids(self) -> list[str]:
        """Return what a caller may ask for: names of datasets and ids of their files."""
        found = [self.organization["name"]]
        for dataset in self.datasets:
            found.append(dataset["name"])
            found += [resource["id"] for resource in dataset["resources"]]
        return found

    def told_in(self, response: TestResponse, asked: str) -> list[str]:
        """Return the canaries in an answer that were not in the question."""
        body = response.get_data().decode("utf-8", "replace").lower() + str(response.headers).lower()
        return sorted(canary for canary in self.canaries if canary in body and canary not in asked.lower())


@pytest.fixture
def site(clean_site: None, app: Any) -> Any:
    """Return the whole WSGI application on an empty database and index; it fails as in production."""
    app.flask_app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.app


@pytest.fixture
def visitor(site: Any) -> Client:
    """Return a browser of somebody who is not signed in."""
    return Client(site)


@pytest.fixture
@remembered
def editor(site: Any) -> dict[str, Any]:
    """Return a person who edits for an organization."""
    return factories.User(name="zz9editor", password=PASSWORD)


@pytest.fixture
def sign_in(site: Any) -> Callable[..., Client]:
    """Return a function that gives a browser in which a person has signed in by the form."""

    def signed_in(user: dict[str, Any], **form: str) -> Client:
        browser = Client(site)
        answer = browser.post("/user/login", data={"login": user["name"], "password": PASSWORD, **form})
        assert answer.status_code == 302, answer.get_data(as_text=True)[:500]
        return browser

    return signed_in


@pytest.fixture
def rules(app: Any) -> list[Rule]:
    """Return every route of the site, whoever registered it."""
    return list(app.flask_app.url_map.iter_rules())


@pytest.fixture
def addresses() -> Callable[[Rule, list[str]], list[str]]:
    """Return a function that fills a route with each of some ids and gives the addresses."""

    def filled(rule: Rule, ids: list[str]) -> list[str]:
        if not rule.arguments:
            return [rule.rule]
        built = [rule.build({name: _fitting(rule, name, id_) for name in rule.arguments}) for id_ in ids]
        return [url for _, url in filter(None, built)]

    return filled


def _fitting(rule: Rule, name: str, value: str) -> Any:
    if name in (rule.defaults or {}):
        return rule.defaults[name]
    converter = rule._converters[name]
    if isinstance(converter, IntegerConverter):
        return converter.min or 3
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return value


@pytest.fixture
@remembered
def secrets(site: Any, editor: dict[str, Any], publishable: dict[str, Any]) -> Secrets:
    """Return one private, one draft and one deleted dataset, full of canaries."""
    organization = factories.Organization(
        name="muni-abierta", users=[{"name": editor["name"], "capacity": "editor"}]
    )
    secrets = Secrets(organization)
    fields = {**publishable, "owner_org": organization["id"]}
    for kind in ("private", "draft", "deleted"):
        secrets.datasets.append(_hidden_dataset(secrets, kind, fields))
    factories.Dataset(name="agua", title="Agua", tags=[{"name": f"{KEY} agua"}], **fields)
    return secrets


def _hidden_dataset(secrets: Secrets, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    def canary(place: str) -> str:
        word = f"zz9{kind}{place}"
        secrets.canaries.add(word)
        return word

    dataset = factories.Dataset(
        name=f"{KEY}-{canary('name')}",
        title=f"{KEY} {canary('title')}",
        notes=f"{KEY} {canary('notes')}",
        author=canary("author"),
        tags=[{"name": f"{KEY} {canary('tag')}"}],
        private=kind == "private",
        **fields,
    )
    resource = factories.Resource(
        package_id=dataset["id"],
        name=f"{KEY} {canary('file')}",
        description=canary("about"),
        format=f"{KEY}{canary('format')}",
        upload=FileStorage(io.BytesIO(canary("bytes").encode()), filename=f"{canary('upload')}.csv"),
        url="",
    )
    secrets.canaries |= {dataset["id"], resource["id"]}
    _hide(dataset["id"], kind)
    return {**dataset, "resources": [resource]}


def _hide(dataset_id: str, kind: str) -> None:
    if kind == "deleted":
        helpers.call_action("package_delete", id=dataset_id)
    if kind == "draft":
        # the form's first step leaves a dataset like this
        model.Package.get(dataset_id).state = "draft"
        model.Session.commit()
        helpers.call_action("package_patch", id=dataset_id)
