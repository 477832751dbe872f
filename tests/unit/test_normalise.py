"""The rules of a dataset's links, as laws that hold for any input."""

from __future__ import annotations

import json

import pytest
from ckanext.gobiernoabierto.links.model import LINKED, LOCAL, links_of
from ckanext.gobiernoabierto.links.normalise import (
    FOR_A_PROBLEM,
    Known,
    Wanted,
    codes_for,
    normalise,
    read_codes,
)
from hypothesis import given
from hypothesis import strategies as st

CODES = {
    "municipality": ["0115", "0108", "old-0115"],
    "workshop": ["w1", "w2", "w3"],
    "problem": ["p1", "p2", "p3"],
    "idea": ["i1", "i2", "i3"],
    "data_request": ["d1", "d2", "d3"],
    "commitment": ["3-1", "3-11", "3-12"],
    "axis": ["3-1", "3-3", "4-1"],
}
PRESENT = {name: [code for code in codes if not code.startswith("old")] for name, codes in CODES.items()}
KNOWN = Known(
    living={
        **{(name, code): code for name, codes in PRESENT.items() for code in codes},
        ("municipality", "old-0115"): "0115",
    },
    published=frozenset((name, code) for name, codes in PRESENT.items() for code in codes if code[1:] != "3"),
    municipalities_of={
        (name, f"{name[0]}{number}"): frozenset({municipality})
        for name in LOCAL
        for number, municipality in ((1, "0115"), (2, "0108"), (3, "0115"))
    },
    problem_of={
        (name, f"{name[0]}{number}"): problem
        for name in FOR_A_PROBLEM
        for number, problem in ((1, "p1"), (2, "p1"), (3, None))
    },
    axis_of={"3-1": "3-1", "3-11": "3-3", "3-12": None},
    plan_of={
        **{("commitment", code): "3" for code in PRESENT["commitment"]},
        ("axis", "3-1"): "3",
        ("axis", "3-3"): "3",
        ("axis", "4-1"): "4",
    },
)
links = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from([*codes, "nobody"]), max_size=3) for name, codes in CODES.items()}
)
wanted = st.builds(
    Wanted, links, st.sampled_from(["municipal", "national"]), st.sampled_from(["workshop", "none"])
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


def test_there_are_codes_of_all_that_datasets_link_to():
    """The laws below are about all of them."""
    assert CODES.keys() == set(LINKED), f"CODES: {sorted(CODES.keys() ^ set(LINKED))}"


@given(wanted, links)
def test_normalising_twice_is_normalising_once(want, held):
    """What was stored can be stored again, and comes out the same."""
    stored, problems = normalise(want, held, KNOWN)
    again, more = normalise(Wanted(stored, want.coverage, want.origin), held, KNOWN)
    assert again == stored
    assert [(p.field, p.kind, p.code) for p in more] == [(p.field, p.kind, p.code) for p in problems]


@given(wanted, links)
def test_what_is_stored_stays_valid(want, held):
    """A dataset can be saved as it is, whatever it holds and whatever became of it since."""
    stored, problems = normalise(want, held, KNOWN)
    if problems:
        return
    same = Wanted(stored, want.coverage, want.origin)
    for later in (KNOWN, Known(), Known(living=KNOWN.living)):
        assert normalise(same, stored, later)[1] == [], later


def implied(stored):
    """The problems that the ideas and requests of a dataset are for."""
    return {KNOWN.problem_of[name, code] for name in FOR_A_PROBLEM for code in stored[name]} - {None}


@given(wanted)
def test_what_is_accepted_keeps_the_rules(want):
    """Of a new dataset: codes exist and are published, workshops and axes fit, each code is there once."""
    stored, problems = normalise(want, links_of({}), KNOWN)
    if problems:
        return
    for name in LINKED:
        assert len(stored[name]) == len(set(stored[name]))
        assert all((name, code) in KNOWN.published for code in stored[name])
    if stored["municipality"]:
        here = set(stored["municipality"])
        brought = implied(stored)
        local = [(name, code) for name in LOCAL for code in stored[name] if code not in brought]
        assert all(KNOWN.municipalities_of[pair] & here for pair in local)
    assert implied(stored) <= set(stored["problem"])
    derived = {KNOWN.axis_of[code] for code in stored["commitment"]} - {None}
    assert derived <= set(stored["axis"])
    if stored["commitment"] and "3-12" not in stored["commitment"]:
        assert derived == set(stored["axis"])
    assert not (want.coverage == "national" and stored["municipality"])
    assert not (want.origin == "none" and stored["workshop"])


@pytest.mark.parametrize(
    "typed",
    [
        "0115-P1\r\n0115-P99",
        "0115-P1, 0115-P99",
        "0115p1;0115p99",
        "0115-P1 0115-P99",
        "0115 P1, 0115 P99,",
        "0115-P1,\n0115-P99 ; 0115-P1",
        ["", "0115-P1", "0115-P99"],
        ["0115-P1, 0115-P99"],
    ],
)
def test_codes_are_parted_as_people_part_them(typed):
    """By lines, commas, semicolons or blanks; a code that is written with blanks stays one."""
    assert codes_for("problem", typed) == ["0115-P1", "0115-P99"]


def test_codes_that_are_on_no_paper_are_parted_too():
    """Words are no codes, and come back as they were typed; no text has more codes than a list."""
    assert codes_for("data_request", "0115-S1, 0115-S2 0115-S3") == ["0115-S1", "0115-S2", "0115-S3"]
    assert codes_for("problem", "el de la basura") == ["el de la basura"]
    with pytest.raises(ValueError, match="too many"):
        codes_for("problem", " ".join(f"0115-P{n}" for n in range(501)))


@pytest.mark.long
@given(anything)
def test_anything_is_codes_or_refused(value):
    """No input breaks it: it gives a list of texts, each once and not empty, or ValueError."""
    try:
        codes = read_codes(value)
    except ValueError:
        return
    assert all(isinstance(code, str) and code == code.strip() and code for code in codes)
    assert len(codes) == len(set(codes))
    assert read_codes(codes) == codes
    assert read_codes(json.dumps(codes)) == codes


@pytest.mark.parametrize(
    ("want", "held", "kinds"),
    [
        ({"workshop": ["w1"]}, {}, []),
        ({"workshop": ["w1"], "municipality": ["0108"]}, {"workshop": ["w1"]}, ["elsewhere"]),
        ({"workshop": ["w1"], "municipality": ["0108"]}, {"workshop": ["w1"], "municipality": ["0108"]}, []),
        ({"municipality": ["old-0115"], "workshop": ["w1"]}, {}, []),
        ({"workshop": ["w3"], "municipality": ["0115"]}, {}, ["draft"]),
        ({"workshop": ["w3"], "municipality": ["0115"]}, {"workshop": ["w3"]}, []),
        ({"problem": ["p2"], "municipality": ["0115"]}, {}, ["elsewhere"]),
        ({"idea": ["i2"], "municipality": ["0115"]}, {}, ["elsewhere"]),
        ({"idea": ["i2"], "municipality": ["0108"]}, {}, []),
        ({"problem": ["p2"], "municipality": ["0115"]}, {"problem": ["p2"], "municipality": ["0115"]}, []),
        ({"idea": ["i3"], "problem": ["p3"]}, {}, ["draft", "draft"]),
        ({"commitment": ["3-12"], "axis": ["4-1"]}, {}, ["other"]),
        ({"commitment": ["3-12"], "axis": ["3-1"]}, {}, []),
        ({"commitment": ["3-11"], "axis": ["4-1"]}, {"axis": ["4-1"]}, []),
    ],
)
def test_rules_are_asked_of_what_changes(want, held, kinds):
    """A break that this write makes is refused; one that was there before is not."""
    _stored, problems = normalise(Wanted(links_of(want), "municipal", "workshop"), links_of(held), KNOWN)
    assert [problem.kind for problem in problems] == kinds
