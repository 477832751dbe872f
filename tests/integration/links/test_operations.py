"""Whatever is done to datasets, organizations and entities, in whatever order: mirror and search follow."""

from __future__ import annotations

import itertools

import ckan.lib.jobs as jobs
import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories
from ckanext.gobiernoabierto.links import mirror
from ckanext.gobiernoabierto.links.model import links_of, pairs
from ckanext.gobiernoabierto.search import check
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

MUNICIPALITIES = ["0115", "0108", "1307"]
COMMITMENTS = ["3-1", "3-11", "3-12"]
BULK = ("private", "public", "delete")

links = st.fixed_dictionaries(
    {
        "municipality": st.lists(st.sampled_from(MUNICIPALITIES), min_size=1, unique=True),
        "commitment": st.lists(st.sampled_from(COMMITMENTS), unique=True),
        "axis": st.sampled_from([[], ["3-1"], ["3-3"]]),
    }
)


class Site:
    """What the operations are done to; an operation that the rules refuse changes nothing."""

    def __init__(self, call):
        self.call = call
        self.codes = {code: code for code in MUNICIPALITIES}
        """The code that each municipality began with, and the one that it has now."""
        self.free = itertools.count(2300)
        self.done = set()

    def do(self, action, values):
        """Call an action, with a session of its own as each request has; None if it is refused."""
        model.Session.remove()
        try:
            answer = self.call(action, values)
        except (tk.ValidationError, tk.ObjectNotFound, tk.NotAuthorized):
            model.Session.rollback()
            return None
        self.done.add(action)
        return answer or {}


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


class Operations(RuleBasedStateMachine):
    """An organization, its datasets, and everything that may be done to them."""

    datasets = Bundle("datasets")

    def __init__(self, site):
        super().__init__()
        self.site = site
        self.made = []
        self.organization = factories.Organization()["id"]

    @rule(target=datasets, links=links, state=st.sampled_from(["active", "active", "draft"]))
    def create(self, links, state):
        """Create a dataset."""
        fields = {"title": "T", "notes": "N", "workshop_origin": "none", "owner_org": self.organization}
        made = self.site.do("package_create", {**fields, **links, "state": state})
        if made is None:
            return multiple()
        self.made.append(made["id"])
        return made["id"]

    @rule(dataset=datasets, links=links)
    def link(self, dataset, links):
        """Name other entities."""
        self.site.do("package_patch", {"id": dataset, **links})

    @rule(dataset=datasets)
    def publish(self, dataset):
        """Publish a draft."""
        self.site.do("gobiernoabierto_dataset_publish", {"id": dataset})

    @rule(dataset=datasets)
    def delete(self, dataset):
        """Throw it into the bin."""
        self.site.do("package_delete", {"id": dataset})

    @rule(dataset=datasets)
    def restore(self, dataset):
        """Take it out of the bin."""
        self.site.do("package_patch", {"id": dataset, "state": "active"})

    @rule(dataset=consumes(datasets))
    def purge(self, dataset):
        """Remove it for good."""
        self.site.do("dataset_purge", {"id": dataset})

    @rule(dataset=datasets, private=st.booleans())
    def hide(self, dataset, private):
        """Make it private, or public again."""
        self.site.do("package_patch", {"id": dataset, "private": private})

    @rule(dataset=datasets, verb=st.sampled_from(BULK))
    def bulk(self, dataset, verb):
        """Do it in CKAN's way that calls no hook."""
        many = {"datasets": [dataset], "org_id": self.organization}
        self.site.do(f"bulk_update_{verb}", many)

    @rule(first=st.sampled_from(MUNICIPALITIES))
    def replace_code(self, first):
        """Give a municipality another code; whoever names the former one gets the new one."""
        row = self.site.call("gobiernoabierto_municipality_show", code=self.site.codes[first])
        change = {"entity": "municipality", "code": row["code"], "new_code": str(next(self.site.free))}
        self.site.do("gobiernoabierto_code_replace", {**change, "version": row["version"]})
        self.site.codes[first] = change["new_code"]

    @rule(first=st.sampled_from(MUNICIPALITIES))
    def rename(self, first):
        """Give a municipality another name; the worker tells the search."""
        row = self.site.call("gobiernoabierto_municipality_show", code=self.site.codes[first])
        change = {"code": row["code"], "version": row["version"], "name": f"Villa {next(self.site.free)}"}
        self.site.do("gobiernoabierto_municipality_update", change)
        jobs.Worker().work(burst=True)

    @rule()
    def rename_organization(self):
        """Give it another name; the worker tells the search."""
        self.site.do("organization_patch", {"id": self.organization, "name": f"muni-{next(self.site.free)}"})
        jobs.Worker().work(burst=True)

    @rule()
    def delete_organization(self):
        """CKAN refuses it while there are datasets; the next ones belong to another."""
        owned = model.Session.query(model.Package.id).filter_by(owner_org=self.organization)
        many = {"datasets": [id for (id,) in owned], "org_id": self.organization}
        assert self.site.do("bulk_update_delete", many) is not None
        self.site.do("organization_delete", {"id": self.organization})
        self.organization = factories.Organization()["id"]

    @invariant()
    def mirror_equals_the_datasets(self):
        """Every link, and how many public datasets name each entity."""
        every, public = expected()
        rows = model.Session.execute("SELECT package_id, entity, code FROM gobiernoabierto_link")
        assert {tuple(row) for row in rows} == every
        for entity in ("municipality", "commitment", "axis"):
            assert mirror.counts(entity) == public.get(entity, {})

    @invariant()
    def check_finds_nothing(self):
        """What ``ckan gobiernoabierto links check`` asks, of Solr too."""
        assert check.differences() == []

    def teardown(self):
        """Begin the next sequence without datasets."""
        for package_id in self.made:
            self.site.do("dataset_purge", {"id": package_id})


@pytest.fixture
def site(call, entities):
    """A site with entities to link."""
    return Site(call)


@pytest.mark.long
def test_mirror_and_search_equal_the_datasets_after_every_operation(site):
    """Sequences that nobody has thought of; most of their operations have to be done, and not refused."""
    run_state_machine_as_test(
        lambda: Operations(site),
        settings=settings(
            max_examples=8,
            stateful_step_count=10,
            database=None,
            phases=[Phase.generate],
        ),
    )
    assert "package_create" in site.done
    assert len(site.done) >= 5, site.done
