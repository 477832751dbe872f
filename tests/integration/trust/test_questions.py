"""What a search asks of Solr reads no further than the datasets that the caller may read."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import pytest
from ckan.tests import factories
from ckanext.gobiernoabierto.search.facets import facet_titles
from werkzeug.test import Client

SEARCH = "/api/3/action/package_search"
FIELDS = ("name", "title_string", "tags", "res_url", "contact_email", "id", "text", "res_format", "notes")
COUNTED = 'docfreq(text,"zz9privatetitle")'


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_facet_lists_no_term_of_a_hidden_dataset(
    visitor: Client, secrets: Any, token_of: Any, signed_in: bool
):
    """Whatever number of datasets the terms must have at least, for visitors and people signed in."""
    headers = _headers(token_of) if signed_in else {}
    for field in (*FIELDS, *facet_titles(), "permission_labels", "index_id"):
        for least in ("0", 0, " 0 ", None):
            body = {"facet.field": [field], "facet.mincount": least, "facet.limit": -1}
            answer = visitor.post(SEARCH, json=body, headers=headers)
            assert answer.status_code in (200, 409)
            assert secrets.told_in(answer, field) == []


def test_a_sysadmin_counts_by_any_field(visitor: Client, secrets: Any, token_of: Any):
    """Who may read all datasets may count all of their terms."""
    headers = {"Authorization": token_of(factories.Sysadmin()["name"])}
    body = {"facet.field": ["name"], "facet.mincount": 0}
    assert "zz9privatename" in visitor.post(SEARCH, json=body, headers=headers).get_data(as_text=True)


def test_the_facets_of_pages_are_counted(visitor: Client, secrets: Any):
    """Also those that CKAN and its extensions give to the index."""
    fields = [*facet_titles(), "groups", "license_id", "extras_x", "vocab_x"]
    counted = visitor.post(SEARCH, json={"facet.field": fields}).json["result"]["search_facets"]
    assert counted.keys() == set(fields)
    assert [each["name"] for each in counted["tags"]["items"]] == ["zafiro agua"]
    assert visitor.get(f'{SEARCH}?facet.field=["tags"]&facet.mincount=1').status_code == 200


def test_a_field_that_a_page_counts_by_is_counted(
    visitor: Client, secrets: Any, monkeypatch: pytest.MonkeyPatch
):
    """Whichever plugin gives it to the page."""
    monkeypatch.setattr(
        "ckanext.gobiernoabierto.search.facets.facet_titles", lambda: {"frequency": "", "organization": ""}
    )
    assert visitor.get(f'{SEARCH}?facet.field=["frequency"]').status_code == 200
    assert visitor.get("/dataset/").status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        *({"fl": [each]} for each in (f"x:{COUNTED}", "[explain]", "[subquery]", "id [docid]", "score")),
        {"fl": f"id,x:{COUNTED}"},
        *({"sort": each} for each in (f"{COUNTED} asc", "name asc, sum(1,1) desc", "field(name) asc")),
        {"q": COUNTED, "defType": "func"},
        {"q": "agua", "bf": COUNTED},
        {"q": "agua", "defType": "edismax", "boost": COUNTED},
        *({name: r'_val_:"docfreq(text,agua)"'} for name in ("q", "fq")),
        {"fq_list": [r'_val_:"docfreq(text,agua)"']},
        {"q": "{!func}docfreq(text,agua)"},
        {"fq": "{!frange l=1}docfreq(text,agua)"},
        {"wt": "xml"},
    ],
    ids=str,
)
def test_a_question_that_computes_is_refused(visitor: Client, secrets: Any, asked: dict[str, Any]):
    """Functions read the whole index: refused as a mistake, with nothing of an answer."""
    answer = visitor.post(SEARCH, json=asked)
    assert answer.status_code in (400, 409)
    assert "result" not in answer.json


@pytest.mark.parametrize(
    "field", [r"\u005fval_", r"_v\u0061l_", r"\u005fquery\u005f", r"_v\al_", r"\u005f\u0076al_", "_val_ "]
)
@pytest.mark.parametrize("name", ["q", "fq", "fq_list"])
def test_a_magic_field_is_known_however_it_is_written(visitor: Client, secrets: Any, field: str, name: str):
    """CKAN looks for it in the text, and Solr reads what that stands for."""
    inner = r"\{!frange l=1\}docfreq(text,zz9privatetitle)" if "query" in field else "docfreq(text,agua)"
    asked = f'+{field}:"{inner}"'
    answer = visitor.post(SEARCH, json={name: [asked] if name == "fq_list" else asked})
    assert answer.status_code in (400, 409)


@pytest.mark.parametrize("page", ["/dataset/?sort={}", "/organization/muni-abierta?sort={}"])
def test_a_page_orders_by_fields_alone(visitor: Client, secrets: Any, page: str):
    """The order of a page is a question to Solr too."""
    assert visitor.get(page.format("name+asc")).status_code == 200
    assert visitor.get(page.format("score+desc,+metadata_modified+desc")).status_code == 200
    refused = visitor.get(page.format(quote_plus(f"{COUNTED} asc")))
    assert refused.status_code == 400 or "agua" not in refused.get_data(as_text=True)


@pytest.mark.parametrize("fields", [["*"], ["id", "name"], "id,name", ["extras_*"], ["name"]])
def test_fields_are_shown_by_their_names(visitor: Client, secrets: Any, fields: Any):
    """Of what the caller may read."""
    answer = visitor.post(SEARCH, json={"fl": fields, "sort": "metadata_modified DESC, id asc"})
    assert answer.status_code == 200
    assert answer.json["result"]["count"] == 1
    assert secrets.told_in(answer, "") == []


@pytest.mark.parametrize(
    "name",
    ["facet.prefix", "facet.query", "stats.field", "q.op", "uf", "bq", "json.facet", "f.tags.facet.mincount"],
)
def test_no_other_parameter_of_solr_passes(visitor: Client, secrets: Any, name: str):
    """CKAN hands on those that it names alone."""
    assert visitor.post(SEARCH, json={name: "x"}).status_code == 400


@pytest.mark.parametrize(
    "asked",
    [{"fl": [5]}, {"fl": [["a"]]}, {"fq_list": 5}, {"fq_list": "a"}, {"extras": "a", "ext_a": "b"}],
    ids=str,
)
def test_a_question_of_a_wrong_kind_is_refused_there(
    visitor: Client, secrets: Any, token_of: Any, asked: dict[str, Any]
):
    """Beside its parameter, for a sysadmin too."""
    for headers in ({}, {"Authorization": token_of(factories.Sysadmin()["name"])}):
        answer = visitor.post(SEARCH, json=asked, headers=headers)
        assert answer.status_code == 409
        assert asked.keys() & answer.json["error"].keys()


def _headers(token_of: Any) -> dict[str, str]:
    return {"Authorization": token_of(factories.User()["name"])}
