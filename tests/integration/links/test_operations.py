"""Whatever is done to datasets, in whatever order: the mirror equals them, and so does the search."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckanext.gobiernoabierto.links import mirror
from ckanext.gobiernoabierto.links.model import links_of, pairs
from ckanext.gobiernoabierto.search import check
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

MUNICIPALITIES = ["0115", "0108", "1307"]
COMMITMENTS = ["3-1", "3-11", "3-12"]

links = st.fixed_dictionaries(
    {
        "municipality": st.lists(st.sampled_from(MUNICIPALITIES), min_size=1, unique=True),
        "commitment": st.lists(st.sampled_from(COMMITMENTS), unique=True),
        "axis": st.sampled_from([[], ["3-1"], ["3-3"]]),
        "private": st.booleans(),
    }
)
operations = st.lists(
    st.tuples(
        st.sampled_from(
            ["create", "draft", "patch", "publish", "delete", "restore", "purge", "private", "bulk"]
        ),
        st.integers(0, 3),
        links,
    ),
    min_size=3,
    max_size=9,
)


class Site:
    """What the operations are done to; an operation that the rules refuse changes nothing."""

    def __init__(self, call, organization):
        self.call = call
        self.organization = organization["id"]
        self.ids = []

    def do(self, operation, number, values):
        """Do one operation to one of the datasets that were made."""
        if operation in ("create", "draft"):
            self._create(values, "draft" if operation == "draft" else "active")
        elif self.ids:
            package_id = self.ids[number % len(self.ids)]
            try:
                getattr(self, f"_{operation}")(package_id, values)
            except (tk.ValidationError, tk.ObjectNotFound):
                model.Session.rollback()

    def _create(self, values, state):
        fields = {"title": "T", "notes": "N", "workshop_origin": "none", "owner_org": self.organization}
        try:
            made = self.call("package_create", {**fields, **values, "state": state})
        except tk.ValidationError:
            return
        self.ids.append(made["id"])

    def _patch(self, package_id, values):
        self.call("package_patch", {"id": package_id, **values})

    def _publish(self, package_id, _values):
        self.call("gobiernoabierto_dataset_publish", {"id": package_id})

    def _delete(self, package_id, _values):
        self.call("package_delete", {"id": package_id})

    def _restore(self, package_id, _values):
        self.call("package_patch", {"id": package_id, "state": "active"})

    def _purge(self, package_id, _values):
        self.call("dataset_purge", {"id": package_id})

    def _private(self, package_id, values):
        self.call("package_patch", {"id": package_id, "private": values["private"]})

    def _bulk(self, package_id, values):
        verb = "private" if values["private"] else "public"
        many = {"datasets": [package_id], "org_id": self.organization}
        self.call(f"bulk_update_{verb}", many)


def expected():
    """Return what the datasets say: {(package id, entity, code)}, and the codes of the public ones."""
    model.Session.expire_all()
    every, public = set(), {}
    for package in model.Session.query(model.Package):
        named = pairs(links_of(package.extras))
        every |= {(package.id, *pair) for pair in named}
        if package.state == "active" and not package.private:
            for entity, code in named:
                public.setdefault(entity, {}).setdefault(code, 0)
                public[entity][code] += 1
    return every, public


@pytest.fixture
def site(call, entities, organization):
    """A site with entities to link."""
    return Site(call, organization)


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(operations)
def test_mirror_and_search_equal_the_datasets(site, steps):
    """After every operation the mirror, and at the end the search too, are what the datasets say."""
    for step in steps:
        site.do(*step)
        every, public = expected()
        rows = model.Session.execute("SELECT package_id, entity, code FROM gobiernoabierto_link")
        assert {tuple(row) for row in rows} == every, step
        for entity in ("municipality", "commitment", "axis"):
            assert mirror.counts(entity) == public.get(entity, {}), step
    assert check.differences() == []
