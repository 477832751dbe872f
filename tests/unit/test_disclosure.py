"""Nobody can work out how many people a small group has from what is told of all groups."""

from __future__ import annotations

import itertools
from collections import defaultdict

import pytest
from ckanext.gobiernoabierto.entities import forms, registry
from ckanext.gobiernoabierto.lib.disclosure import FEWER, MORE, UNTOLD, Told, disclose
from hypothesis import given
from hypothesis import strategies as st

LEFT = 3
"""How many numbers at least remain possible for a group that is not told."""


def shipped():
    """Return {dimension: its groups}, as the form of workshops has them."""
    field = next(
        each
        for each in forms.fields_of(registry.entity_type("workshop"))
        if each["field_name"] == "attendance"
    )
    found = defaultdict(list)
    for choice in field["repeating_subfields"][0]["choices"]:
        found[choice["dimension"]].append(choice["value"])
    return dict(found)


GROUPS = shipped()


def divided(total, names, cuts):
    """Return {name: number} that add up to ``total``."""
    edges = [0, *sorted(cut % (total + 1) for cut in cuts[: len(names) - 1]), total]
    return {name: after - before for name, before, after in zip(names, edges, edges[1:], strict=False)}


@st.composite
def tables(draw):
    """Any people, counted in one way or several."""
    total = draw(st.integers(0, 60) | st.integers(0, 2000))
    chosen = draw(st.lists(st.sampled_from(list(GROUPS)), min_size=1, unique=True))
    cuts = st.lists(st.integers(0, total), min_size=9, max_size=9)
    return {name: divided(total, GROUPS[name], draw(cuts)) for name in chosen}


def told(people):
    """Return what is told as something that can be compared."""
    found = disclose(people)
    return found.total, tuple(tuple(groups.items()) for groups in found.tables.values())


@given(tables())
def test_a_group_is_told_as_small_just_when_it_is(people):
    """And what is told of the others is true, and never below five."""
    found = disclose(people)
    for name, groups in people.items():
        for group, number in groups.items():
            said = found.tables[name][group]
            assert said.small == (number < 5)
            assert said.least <= number <= (number if said.most is None else said.most)
            assert said.small or said.least >= 5


@given(tables())
def test_others_could_be_told_the_same_way(people):
    """For each small group there are people with two other numbers of it, of whom just the same is told."""
    said = told(people)
    for name, groups in people.items():
        for group in (group for group, number in groups.items() if number < 5):
            alike = {
                n for n in range(5) if any(told(other) == said for other in others(people, name, group, n))
            }
            assert len({groups[group], *alike}) >= LEFT, (people, name, group, alike)


def others(people, name, group, number):
    """Yield people with this ``number`` in one group, as few as can be in the small ones beside it."""
    groups = people[name]
    large = [each for each, n in groups.items() if n >= 5]
    fewest = {**dict.fromkeys(groups, 0), group: number}
    if disclose(people).total == UNTOLD:
        for total in range(40):
            found = {
                each: filled(counted, total, {group: number} if each == name else {})
                for each, counted in people.items()
            }
            if all(found.values()):
                yield found
        return
    kept = {each: groups[each] for each in large[1:]}
    total = sum(groups.values())
    yield {**people, name: {**fewest, **kept, large[0]: total - sum(kept.values()) - number}}
    if len(large) > 1:
        five = dict.fromkeys(large, 5)
        yield {**people, name: {**fewest, **five, large[1]: total - number - 5 * (len(large) - 1)}}


def filled(groups, total, given):
    """Return ``total`` people, the same groups being small, some numbers given; None if they do not fit."""
    found = {group: 5 if number >= 5 else 0 for group, number in groups.items()} | given
    rest = total - sum(found.values())
    for group, number in found.items():
        room = 0 if group in given else rest if number >= 5 else min(4, rest)
        found[group], rest = number + max(room, 0), rest - max(room, 0)
    return found if rest == 0 else None


@pytest.mark.long
@pytest.mark.parametrize(("sizes", "most"), [((3,), 30), ((2, 3), 20), ((3, 3), 11), ((2, 2, 3), 9)])
def test_all_people_there_are_leave_no_small_group_known(sizes, most):
    """Every table up to some size, asked by all that is told: what remains for each small group.

    Numbers at the edge of what is tried have neighbours beyond it; so only what is told within is asked.
    """
    remains = defaultdict(lambda: defaultdict(set))
    by_total = [defaultdict(list) for _ in sizes]
    for found, size in zip(by_total, sizes, strict=True):
        for numbers in itertools.product(range(most + 1), repeat=size):
            found[sum(numbers)].append(numbers)
    for total in set.intersection(*map(set, by_total)):
        for chosen in itertools.product(*[found[total] for found in by_total]):
            people = {name: dict(enumerate(numbers)) for name, numbers in enumerate(chosen)}
            for place, number in _cells(people):
                if number < 5:
                    remains[told(people)][place].add(number)
    asked = {said: cells for said, cells in remains.items() if _within(said, most)}
    assert len(asked) > 10
    known = {(said, place) for said, cells in asked.items() for place, n in cells.items() if len(n) < LEFT}
    assert known == set()


def _cells(people):
    return [((name, group), n) for name, groups in people.items() for group, n in groups.items()]


def _within(said, most):
    total, groups = said
    room = min(len(each) for each in groups) * most
    return (
        all((cell.most or 0) + 5 <= most for each in groups for _, cell in each) and (total.most or 0) <= room
    )


def test_no_choice_of_small_groups_gives_them_away_in_our_form():
    """Where only *fewer than five* and *five or more* are told: every such choice, in all dimensions."""
    sizes = [len(groups) for groups in GROUPS.values()]
    for small in itertools.product(*[range(size + 1) for size in sizes]):
        least = max(5 * (size - few) for size, few in zip(sizes, small, strict=True))
        bounded = [4 * few for size, few in zip(sizes, small, strict=True) if few == size]
        most = min(bounded, default=10**6)
        if least > most:
            continue  # nobody can be counted so
        for size, few in zip(sizes, small, strict=True):
            if few:
                first = max(0, least - (4 * (few - 1) if few == size else 10**6))
                last = min(4, most - 5 * (size - few))
                assert last - first + 1 >= LEFT, small


def test_what_is_told_of_a_workshop():
    """Fifty-five people: the total and what hides nobody exactly, one range, the small ones as small."""
    people = {
        "sex": {"women": 31, "men": 24, "unknown": 0},
        "age": {"0_12": 0, "13_17": 2, "18_29": 20, "30_59": 30, "60": 3, "unknown": 0},
    }
    found = disclose(people)
    assert found.total == Told(55, 55)
    assert found.tables["sex"] == {"women": Told(27, 31), "men": Told(24, 24), "unknown": FEWER}
    assert found.tables["age"]["18_29"] == Told(9, 25)
    assert found.tables["age"]["30_59"] == Told(30, 30)
    assert [group for group, said in found.tables["age"].items() if said.small] == [
        "0_12",
        "13_17",
        "60",
        "unknown",
    ]


@pytest.mark.parametrize(
    ("people", "total"),
    [
        ({"sex": {"women": 4, "men": 4}}, UNTOLD),
        ({"sex": {"women": 5, "men": 0}}, UNTOLD),
        ({"sex": {"women": 5, "men": 8}}, Told(13, 13)),
    ],
)
def test_a_total_that_would_tell_is_not_told(people, total):
    """All small, or hardly more than five; where no group is small, everything is told."""
    found = disclose(people)
    assert found.total == total
    assert (total == UNTOLD) == any(said in (FEWER, MORE) for said in found.tables["sex"].values())


@pytest.mark.parametrize("people", [{}, {"a": {"x": -1}}, {"a": {"x": 1}, "b": {"y": 2}}])
def test_what_does_not_add_up_is_no_table(people):
    """The caller has checked it before."""
    with pytest.raises(ValueError, match="count the same people"):
        disclose(people)
