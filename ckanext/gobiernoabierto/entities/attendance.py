"""Who came, counted by sex, age and people; small groups are told to nobody but those who edit the count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckanext.gobiernoabierto.lib import formats
from ckanext.gobiernoabierto.lib.disclosure import FEWER, SMALL, Told, disclose

from .base import Row, Values

TOTAL = "total"
"""What stands in the place of a group where all are counted."""

Field = Mapping[str, Any]


class Count(Row):
    """How many people of one group came."""

    columns = ("group", "number")

    group = sa.Column(sa.Text, nullable=False)
    number = sa.Column(sa.Integer, nullable=False)


def choices_of(field: Field) -> dict[str, list[Values]]:
    """Return {dimension: its groups}, as the form counts them."""
    found: dict[str, list[Values]] = {each["value"]: [] for each in field["dimensions"]}
    for choice in field["repeating_subfields"][0]["choices"]:
        found[choice["dimension"]].append(choice)
    return found


def tables(field: Field, rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return {dimension: {group: people}} of the dimensions that are counted: there, no number is nobody."""
    counted = {row["group"]: row["number"] for row in rows}
    groups = {name: [each["value"] for each in found] for name, found in choices_of(field).items()}
    return {
        name: {group: counted.get(group, 0) for group in found}
        for name, found in groups.items()
        if counted.keys() & set(found)
    }


def wrong(field: Field, rows: list[Values]) -> Iterator[str]:
    """Yield what is wrong with a count: a group twice, or dimensions that count not as many people."""
    if any(times > 1 for times in Counter(row["group"] for row in rows).values()):
        yield tk._("A group is counted twice: leave one of the two numbers")
        return
    sums = {name: sum(groups.values()) for name, groups in tables(field, rows).items()}
    if len(set(sums.values())) > 1:
        labels = {each["value"]: each["label"] for each in field["dimensions"]}
        each_sum = ", ".join(f"{labels[name]} {formats.number(total)}" for name, total in sums.items())
        yield tk._("The sums differ, and each must count everybody: {sums}").format(sums=each_sum)


def told(field: Field, rows: list[Values]) -> list[Values]:
    """Return the rows as everybody may read them: the total, and each group of what is counted.

    ``least`` and ``most`` are the bounds of the number, null where none is told; ``text`` says it in words.
    """
    if not rows:
        return []
    found = disclose(tables(field, rows))
    shown = [_shown(None, TOTAL, field["label"], found.total)]
    labels = {each["value"]: each["label"] for each in field["dimensions"]}
    for dimension, choices in choices_of(field).items():
        shown += [
            _shown(
                dimension,
                each["value"],
                f"{labels[dimension]}: {each['label']}",
                found.tables[dimension][each["value"]],
            )
            for each in choices
            if dimension in found.tables
        ]
    return shown


def _shown(dimension: str | None, group: str, label: str, number: Told) -> Values:
    least = None if number == FEWER else number.least or None
    most = None if number == FEWER else number.most
    named = {"dimension": dimension, "group": group, "label": label}
    return {**named, "least": least, "most": most, "text": in_words(number)}


def in_words(number: Told) -> str:
    """Return a number as people read it: ``24``, ``between 27 and 31``, ``fewer than 5``."""
    least, most = formats.number(number.least), formats.number(number.most or 0)
    if number == FEWER:
        return str(tk._("fewer than {number}").format(number=SMALL))
    if number.most is None:
        return str(tk._("{number} or more").format(number=least) if number.least else tk._("not told"))
    if number.least == number.most:
        return least
    return str(tk._("between {least} and {most}").format(least=least, most=most))
