"""What the search knows of links, and how it is brought back when it has lost something."""

from __future__ import annotations

import ckan.lib.jobs as jobs
import pytest
from ckan import model
from ckan.lib import search
from ckan.tests.helpers import CKANCliRunner
from ckanext.gobiernoabierto.cli import gobiernoabierto
from ckanext.gobiernoabierto.links import reindex
from ckanext.gobiernoabierto.search import check

VILLA_NUEVA = "ideaton-villa-nueva-2017"


def found(call, **query):
    """Return the names that a search finds."""
    return [row["name"] for row in call("package_search", query)["results"]]


def work():
    """Do what waits in the queue."""
    jobs.Worker().work(burst=True)


@pytest.fixture
def ckan_links(clean_site):
    """Run ``ckan gobiernoabierto links`` with one verb."""

    def run(verb):
        return CKANCliRunner().invoke(gobiernoabierto, ["links", verb])

    return run


class TestSearch:
    @pytest.mark.parametrize(
        "words",
        ["Villa Nueva", "ideaton", "ideatón", "taller", "maratones", "participacion ciudadana", "0115"],
    )
    def test_names_of_linked_entities_find_the_dataset(self, call, dataset, words):
        """People look for the place, the workshop and the promise, not only for the title."""
        assert found(call, q=words) == [dataset["name"]]

    def test_codes_are_facets_with_names(self, call, dataset):
        """What is shown is the title; what is asked for is the code."""
        wanted = ["municipality", "axis", "commitment", "workshop"]
        facets = call("package_search", {"facet.field": wanted, "rows": 0})["search_facets"]
        shown = {name: [(i["name"], i["display_name"]) for i in facets[name]["items"]] for name in wanted}
        assert shown == {
            "municipality": [("0115", "Villa Nueva")],
            "axis": [("3-3", "Participación Ciudadana")],
            "commitment": [("3-11", "Maratones de ideas")],
            "workshop": [(VILLA_NUEVA, "Ideatón de Villa Nueva")],
        }
        assert found(call, fq='municipality:"0115"') == [dataset["name"]]

    def test_what_was_said_finds_the_data_that_answers_it(self, call, linked):
        """By the words of the problem and of the idea; both are facets with their titles."""
        dataset = call("package_create", linked)
        assert found(call, q="calle oscura") == found(call, q="mapa") == [dataset["name"]]
        facets = call("package_search", {"facet.field": ["problem", "idea"], "rows": 0})["search_facets"]
        shown = {name: [i["display_name"] for i in facets[name]["items"]] for name in facets}
        assert shown == {"problem": ["Calles oscuras"], "idea": ["Mapa de luminarias"]}
        assert check.differences() == []

    @pytest.mark.long
    def test_unpublished_names_are_not_searched(self, call, dataset):
        """A private dataset may keep a withdrawn entity; nobody finds it by that name."""
        call("package_patch", {"id": dataset["id"], "private": True})
        change = {"code": VILLA_NUEVA, "version": 1, "visibility": "draft", "title": "Xilofono"}
        call("gobiernoabierto_workshop_update", change)
        work()
        assert found(call, q="Xilofono", include_private=True) == []
        assert found(call, q="Alumbrado", include_private=True) == [dataset["name"]]

    def test_answers_of_the_search_hold_lists(self, call, dataset):
        """Not the JSON text that CKAN keeps."""
        (row,) = call("package_search", {"q": "alumbrado"})["results"]
        assert row["municipality"] == ["0115"]
        assert row["theme"] == []

    def test_draft_is_in_no_answer_for_others(self, call, fields):
        """Search and lists leave it out for everybody but those who may edit it."""
        call("package_create", {**fields, "state": "draft"})
        assert found(call, q="alumbrado") == []
        assert call("package_list") == []

    @pytest.mark.parametrize("verb", ["private", "delete"])
    def test_bulk_update_of_a_draft_reaches_the_search(self, call, fields, organization, verb):
        """CKAN asks Solr what there is to change, and Solr says nothing of drafts."""
        draft = call("package_create", {**fields, "name": "a-medias", "state": "draft"})
        call(f"bulk_update_{verb}", {"datasets": [draft["id"]], "org_id": organization["id"]})
        assert check.differences() == []

    def test_renamed_entity_is_found_by_its_new_name(self, call, dataset):
        """By a job, after the commit."""
        change = {"code": "0115", "version": 1, "name": "Ciudad Xela"}
        call("gobiernoabierto_municipality_update", change)
        assert found(call, q="Xela") == []
        work()
        assert found(call, q="Xela") == [dataset["name"]]

    def test_entity_that_no_dataset_names_is_no_work(self, call, dataset):
        """A job is queued only where there is something to do."""
        call("gobiernoabierto_municipality_update", {"code": "1307", "version": 1, "name": "Otro"})
        assert [job for job in jobs.get_queue().jobs if "reindex" in job.func_name] == []


class TestCheck:
    def test_nothing_differs_after_ordinary_work(self, call, dataset, fields, ckan_links):
        """Public, private, draft and deleted alike."""
        call("package_create", {**fields, "private": True})
        call("package_create", {**fields, "state": "draft"})
        call("package_delete", {"id": call("package_create", fields)["id"]})
        assert check.differences() == []
        done = ckan_links("check")
        assert done.exit_code == 0, done.output
        assert "coinciden" in done.output

    def test_update_that_changes_nothing_is_indexed_too(self, call, dataset):
        """CKAN alone would leave Solr with the moment before."""
        call("package_patch", {"id": dataset["id"], "private": False})
        assert check.differences() == []

    def test_lost_job_is_found_and_mended(self, call, dataset, ckan_links):
        """The rename was saved, its job never ran."""
        change = {"code": "0115", "version": 1, "name": "Ciudad Xela"}
        call("gobiernoabierto_municipality_update", change)
        jobs.get_queue().empty()
        assert [(d.kind, d.detail) for d in check.differences()] == [("stale", ("linked_names",))]
        assert ckan_links("check").exit_code == 1
        done = ckan_links("repair")
        assert done.exit_code == 0, done.output
        assert found(call, q="Xela") == [dataset["name"]]

    def test_every_kind_of_difference_is_found_and_mended(self, call, dataset, fields, ckan_links):
        """Links too many and too few, datasets that Solr lost, shows in vain, or shows as they were."""
        lost, changed, phantom = (call("package_create", fields) for _ in range(3))
        execute = model.Session.execute
        execute(
            "DELETE FROM gobiernoabierto_link WHERE code = '0115' AND package_id = :id", {"id": dataset["id"]}
        )
        execute("INSERT INTO gobiernoabierto_link VALUES ('gone', 'axis', '3-1')")
        execute("UPDATE package SET private = true WHERE id = :id", {"id": changed["id"]})
        execute("UPDATE package SET state = 'deleted' WHERE id = :id", {"id": phantom["id"]})
        model.Session.commit()
        search.clear(lost["id"])
        ghost = {**call("package_show", {"id": dataset["id"]}), "id": "ghost", "name": "ghost"}
        search.index_for(model.Package).index_package(ghost)
        kinds = {(d.kind, d.package_id) for d in check.differences()}
        assert kinds == {
            ("mirror", dataset["id"]),
            ("mirror", "gone"),
            ("stale", changed["id"]),
            ("phantom", phantom["id"]),
            ("missing", lost["id"]),
            ("phantom", "ghost"),
        }
        done = ckan_links("check")
        assert (done.exit_code, done.output.count("\n")) == (1, 7), done.output
        done = ckan_links("repair")
        assert done.exit_code == 0, done.output
        assert check.differences() == []

    @pytest.mark.parametrize("private", [True, False])
    def test_who_may_find_a_dataset_is_compared_too(self, call, dataset, ckan_links, private):
        """Solr keeps that apart from whether it is private, by the row as it was read before an update."""
        call("package_patch", {"id": dataset["id"], "private": private})
        shown = call("package_show", {"id": dataset["id"]})
        model.Package.get(dataset["id"]).private = not private
        search.index_for(model.Package).index_package({**shown, "private": private})
        model.Session.rollback()
        assert [(d.kind, d.detail) for d in check.differences()] == [("stale", ("public",))]
        done = ckan_links("repair")
        assert done.exit_code == 0, done.output
        assert check.differences() == []

    @pytest.mark.long
    def test_datasets_are_found_under_the_name_that_their_organization_has_now(self, call, dataset):
        """And not under the former one; CKAN goes on with that until each dataset is edited."""
        organization = call("organization_show", {"id": dataset["owner_org"]})
        call("organization_patch", {"id": organization["id"], "name": "muni-nueva", "title": "Muni Nueva"})
        assert [(d.kind, d.detail) for d in check.differences()] == [("stale", ("organization",))]
        work()
        assert check.differences() == []
        assert found(call, fq="organization:muni-nueva") == [dataset["name"]]
        assert found(call, fq=f"organization:{organization['name']}") == []
        (shown,) = call("package_search", {"q": "Nueva"})["results"]
        assert shown["organization"]["title"] == "Muni Nueva"

    def test_an_edit_that_leaves_an_organization_its_names_indexes_nothing(self, call, dataset):
        """Its description is in no dataset."""
        jobs.get_queue().empty()
        call("organization_patch", {"id": dataset["owner_org"], "description": "Otra"})
        assert not [job for job in jobs.get_queue().jobs if "reindex" in job.func_name]

    def test_queue_out_of_reach_does_not_undo_the_change(self, call, dataset, ckan_config, monkeypatch):
        """Saved is saved; the check tells what the search still lacks."""
        monkeypatch.setitem(ckan_config, "ckan.redis.url", "redis://127.0.0.1:1/0")
        change = {"code": "0115", "version": 1, "name": "Ciudad Xela"}
        assert call("gobiernoabierto_municipality_update", change)["name"] == "Ciudad Xela"
        assert [d.kind for d in check.differences()] == ["stale"]
        reindex.reindex([("municipality", "0115")])
        assert check.differences() == []
