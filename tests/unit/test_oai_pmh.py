"""What OAI-PMH lets be asked, and what its answers are written with."""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET

import pytest
from ckanext.gobiernoabierto.lib import oai_pmh
from ckanext.gobiernoabierto.lib.oai_pmh import REVERSED, UNLIKE, OaiError
from hypothesis import given
from hypothesis import strategies as st

LIST = [("verb", "ListRecords"), ("metadataPrefix", "oai_dc")]
NAMES = st.sampled_from(
    ["verb", "identifier", "metadataPrefix", "set", "from", "until", "resumptionToken", "q"]
)
VALUES = st.one_of(
    st.sampled_from(
        [*oai_pmh.ARGUMENTS, "oai_dc", "axis:3-3", "2026-01-01", "2026-01-01T00:00:00Z", "9999-12-31"]
    ),
    st.text(),
)


@pytest.mark.parametrize(
    ("pairs", "code", "detail"),
    [
        ([], "badVerb", ""),
        ([("verb", "listRecords")], "badVerb", "listRecords"),
        ([("verb", "Identify"), ("verb", "Identify")], "badVerb", "Identify, Identify"),
        ([("verb", "Identify"), ("x", "1")], "badArgument", "x"),
        ([("verb", "ListRecords")], "badArgument", "metadataPrefix"),
        ([("verb", "GetRecord"), ("metadataPrefix", "dcat")], "badArgument", "identifier"),
        ([*LIST, LIST[1]], "badArgument", "metadataPrefix"),
        ([*LIST, ("resumptionToken", "a")], "badArgument", "metadataPrefix"),
        ([*LIST, ("set", "a:")], "badArgument", "set"),
        ([*LIST, ("set", "á")], "badArgument", "set"),
        ([*LIST, ("from", "")], "badArgument", "from"),
        ([*LIST, ("from", "2026")], "badArgument", "from"),
        ([*LIST, ("from", "2026-02-30")], "badArgument", "from"),
        ([*LIST, ("from", "2026-01-01T00:00Z")], "badArgument", "from"),
        ([*LIST, ("until", "2026-01-01T00:00:00-06:00")], "badArgument", "until"),
        ([*LIST, ("from", "2026-01-01"), ("until", "2026-01-01T00:00:00Z")], "badArgument", UNLIKE),
        ([*LIST, ("from", "2026-01-02"), ("until", "2026-01-01")], "badArgument", REVERSED),
        (
            [("verb", "GetRecord"), ("metadataPrefix", "dcat"), ("identifier", "a b")],
            "badArgument",
            "identifier",
        ),
        ([("verb", "ListRecords"), ("resumptionToken", "")], "badResumptionToken", "resumptionToken"),
        ([("verb", "ListRecords"), ("resumptionToken", "a\0")], "badResumptionToken", "resumptionToken"),
        ([("verb", "GetRecord"), ("resumptionToken", "a")], "badArgument", "resumptionToken"),
    ],
)
def test_what_the_protocol_forbids_has_its_code(pairs: list[tuple[str, str]], code: str, detail: str):
    """And what it is about."""
    with pytest.raises(OaiError) as raised:
        oai_pmh.understood(pairs)
    assert (raised.value.code, raised.value.detail) == (code, detail)


def test_a_span_of_time_has_its_last_second_and_its_last_day():
    """Both ends are in it (2.7.1)."""
    moment = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    days = oai_pmh.understood([*LIST, ("from", "2026-01-02"), ("until", "2026-01-02")])
    assert (days.since, days.before) == (moment, moment + dt.timedelta(days=1))
    seconds = oai_pmh.understood([*LIST, ("until", "2026-01-02T00:00:00Z")])
    assert (seconds.since, seconds.before) == (None, moment + dt.timedelta(seconds=1))
    assert oai_pmh.understood([*LIST, ("until", "9999-12-31")]).before is None


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5))
def test_anything_is_understood_or_refused(pairs: list[tuple[str, str]]):
    """By the protocol's own codes; what is understood can be written into an answer."""
    try:
        asked = oai_pmh.understood(pairs)
    except OaiError as error:
        assert error.code in ("badArgument", "badVerb", "badResumptionToken")
        assert len(error.detail) <= oai_pmh.LONGEST
    else:
        said = {"verb": asked.verb, **asked.arguments}
        root = ET.fromstring(oai_pmh.answer(dt.datetime.now(dt.UTC), "http://x/oai", said, ""))
        assert root.find(f"{{{oai_pmh.NAMESPACE}}}request").attrib == said


@given(
    st.text(st.characters(blacklist_categories=["Cs"])), st.text(st.characters(blacklist_categories=["Cs"]))
)
def test_any_text_comes_back_from_what_is_written(content: str, value: str):
    """Without the characters that no XML may have, and with its ends of lines as they are."""
    root = ET.fromstring(oai_pmh.text("a", content, {"b": value}))
    readable = oai_pmh.readable_text(content)
    assert (root.text or "") == readable
    assert (
        ET.fromstring(oai_pmh.text("a", "", {"b": value})).attrib["b"].split()
        == oai_pmh.readable_text(value).split()
    )
