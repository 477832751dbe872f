"""Counts of people as everybody may read them: nobody can work out a group of fewer than five.

Tables count the same people in several ways, by sex, by age: ``{dimension: {group: people}}``. A group of
fewer than five, of nobody too, is told as *fewer than five*. Whoever knows these rules, adds and subtracts,
is left with at least three of the five numbers that it can be (``tests/unit/test_disclosure.py``):

1. The total is told. So are all groups of a dimension that has no small one: they say no more than the total.
2. Beside small groups one larger one, the first in the order of the form, is told as a range: together they
   are what is left of the total, and it hides them. If they are too few even together (fewer than nine), all
   larger groups of the dimension are told as *five or more*.
3. If all groups of a dimension are small, or the total is hardly more than the *five or more* of its groups,
   the total is not told, and every larger group of every dimension is *five or more*.

Which group is the range, and which rule holds, follows from what is told: that says nothing more. Rounding
each number by itself does not do: where the roundings meet badly, they add up to one possible number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SMALL = 5
"""A group of fewer people is never told."""

Tables = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Told:
    """A number of people as everybody may read it: from ``least`` to ``most``."""

    least: int
    most: int | None
    """None where nothing bounds it."""

    @property
    def small(self) -> bool:
        """Tell whether it stands for fewer than five."""
        return self == FEWER


FEWER, MORE, UNTOLD = Told(0, SMALL - 1), Told(SMALL, None), Told(0, None)


@dataclass(frozen=True)
class Disclosure:
    """All that is told of some tables."""

    total: Told
    tables: Mapping[str, Mapping[str, Told]]


def disclose(tables: Tables) -> Disclosure:
    """Return what may be told of tables that each count the same people.

    ValueError for a number below nought, for tables whose sums differ, and without any table.
    """
    totals = {sum(groups.values()) for groups in tables.values()}
    if len(totals) != 1 or any(number < 0 for groups in tables.values() for number in groups.values()):
        raise ValueError("The tables do not count the same people")
    total = totals.pop()
    if not all(_hides(groups, total) for groups in tables.values()):
        return Disclosure(UNTOLD, {name: _vague(groups) for name, groups in tables.items()})
    return Disclosure(Told(total, total), {name: _told(groups) for name, groups in tables.items()})


def _hides(groups: Mapping[str, int], total: int) -> bool:
    """Tell whether the small groups stay hidden where the total is told."""
    large = _large(groups)
    enough = SMALL * len(large) + SMALL - 1
    return len(large) == len(groups) or (bool(large) and total >= enough)


def _large(groups: Mapping[str, int]) -> list[str]:
    return [group for group, number in groups.items() if number >= SMALL]


def _vague(groups: Mapping[str, int]) -> dict[str, Told]:
    return {group: FEWER if number < SMALL else MORE for group, number in groups.items()}


def _told(groups: Mapping[str, int]) -> dict[str, Told]:
    """Return the groups of one dimension, beside a total that is told."""
    large = _large(groups)
    small = len(groups) - len(large)
    if not small:
        return {group: Told(number, number) for group, number in groups.items()}
    partner = large[0]
    together = groups[partner] + sum(number for number in groups.values() if number < SMALL)
    if together < 2 * SMALL - 1:
        return _vague(groups)
    exact = {group: Told(groups[group], groups[group]) for group in large}
    reach = Told(max(SMALL, together - small * (SMALL - 1)), together)
    return {**_vague(groups), **exact, partner: reach}
