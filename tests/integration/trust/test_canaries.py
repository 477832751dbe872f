"""Promise P1: nothing of a private, draft or deleted dataset is in any answer to a visitor."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import urlencode

import pytest
from ckan import logic
from ckan.logic import get_action
from ckan.tests import helpers
from werkzeug.routing import Rule
from werkzeug.test import Client

# Asked of every address that takes a query and of every action. Later filters join here.
QUESTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"q": "zafiro"},
    {"q": "zafiro", "include_private": "true", "include_drafts": "true", "include_deleted": "true"},
    {"q": "*:*", "fq": "state:(draft OR deleted)", "facet.field": '["tags", "res_format", "name"]'},
    {"incomplete": "zafiro"},
    {"query": "zafiro", "all_fields": "true"},
    {"query": "name:zafiro"},
    {"query": "format:zafiro"},
)
ABOUT_ONE: tuple[dict[str, Any], ...] = (
    {},
    {"object_type": "package"},
    {"include_datasets": "true", "include_users": "true", "include_dataset_count": "true"},
)


def action_names() -> list[str]:
    """Return every action that only reads, those of plugins too."""
    get_action("package_list")
    reads = ("_list", "_search", "_autocomplete", "_show")
    return sorted(
        name
        for name, function in logic._actions.items()
        if name.endswith(reads) or getattr(function, "side_effect_free", False)
    )


@pytest.mark.long
def test_no_page_tells_a_visitor_anything_hidden(
    visitor: Client, secrets: Any, rules: list[Rule], addresses: Any
):
    """Every GET route, with every hidden id in it; where it takes none, with every question after it."""
    told = {}
    readable = [rule for rule in rules if "GET" in rule.methods and rule.endpoint != "api.action"]
    assert len(readable) > 100
    for rule in readable:
        questions = QUESTIONS if not rule.arguments else QUESTIONS[:1]
        for address, question in itertools.product(addresses(rule, secrets.ids()), questions):
            asked = f"{address}?{urlencode(question)}" if question else address
            found = secrets.told_in(visitor.get(asked), asked)
            if found:
                told[asked] = found
    assert told == {}


@pytest.mark.long
@pytest.mark.parametrize("with_ids", [False, True])
def test_no_action_tells_a_visitor_anything_hidden(visitor: Client, secrets: Any, with_ids: bool):
    """Every reading action, with every question, and about every hidden thing."""
    ids = secrets.ids() + [f"zafiro {word}" for word in secrets.canaries if word.endswith("tag")]
    about = [{"id": id_, **more} for id_ in ids for more in ABOUT_ONE]
    told = {}
    for name in action_names():
        for question in about if with_ids else QUESTIONS:
            asked = f"/api/3/action/{name}?{urlencode(question)}"
            found = secrets.told_in(visitor.get(asked), asked.replace("+", " "))
            if found:
                told[asked] = found
    assert told == {}


def test_the_canaries_are_there_for_somebody_who_may_see_them(secrets: Any):
    """The crawl can fail: a sysadmin's answers are full of what it looks for."""
    everything = helpers.call_action("package_search", q="zafiro", include_private=True, include_drafts=True)
    assert "zz9privatetitle" in str(everything)
    assert any("zz9drafttag" in tag for tag in helpers.call_action("tag_list"))
    assert "zafirozz9privateformat" in helpers.call_action("format_autocomplete", q="zafiro")
