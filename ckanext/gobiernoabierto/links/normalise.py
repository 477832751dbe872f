"""What a dataset's links may be: from what a caller gives to codes that fit together, or to problems.

The rules, each applied to what this write changes and never to what the dataset
already holds:

- a code exists, and a newly linked entity is published; an earlier code becomes the one that replaced it;
- a workshop, problem, idea or request for data is of one of the dataset's municipalities; national
  coverage takes in all of them;
- the problems of the chosen ideas and requests are added;
- the axes of the chosen commitments are added; where commitments are chosen, another axis is refused,
  except one of the same plan while the axis of one of the commitments is unknown. An axis that the
  dataset holds from a commitment that is now left out goes away with it;
- national coverage has no municipality, and data from no workshop has no workshop.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ckanext.gobiernoabierto.lib.receipts import read_code

from .model import LINKED, LOCAL, NATIONAL, NO_WORKSHOP, Links

MAX_CODES = 500
"""Of one field; the country has 340 municipalities."""
ON_PAPER = ("problem", "idea")
COMMAS = re.compile("[,;]")
FOR_A_PROBLEM = ("idea", "data_request")

Pair = tuple[str, str]


def read_codes(value: Any) -> list[str]:
    """Return the codes that a caller gives, each once: a list, its JSON, or codes in lines or with commas.

    :raises ValueError: when it is none of these
    """
    if value is None or value == "":
        return []
    if isinstance(value, str):
        value = _json_list(value) if value.lstrip().startswith("[") else [value]
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        raise ValueError("no list of codes")
    return _each_once(part for text in value for line in text.splitlines() for part in COMMAS.split(line))


def codes_for(entity: str, value: Any) -> list[str]:
    """Return ``read_codes``, also of codes with blanks between them.

    Problems and ideas may be written as people copy them from their receipts, blanks within included.
    """
    known = read_code if entity in ON_PAPER else _no_code
    return _each_once(code for text in read_codes(value) for code in _written(text, known))


def _no_code(_text: str) -> None:
    return None


def _written(text: str, known: Callable[[str], str | None]) -> list[str]:
    """Return the codes of a text without commas; words, which have no digits, are left together."""
    code, parts = known(text), text.split()
    if code:
        return [code]
    apart = all(re.search("[0-9]", part) for part in parts)
    return [known(part) or part for part in parts] if apart else [text]


def _each_once(codes: Iterable[str]) -> list[str]:
    found = [code.strip() for code in codes]
    if len(found) > MAX_CODES:
        raise ValueError("too many codes")
    return list(dict.fromkeys(filter(None, found)))


def _json_list(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("no list of codes") from None


@dataclass(frozen=True)
class Known:
    """What the database knows of the codes in question."""

    living: Mapping[Pair, str] = field(default_factory=dict)
    """(entity, code or earlier code) -> its present code."""
    published: frozenset[Pair] = frozenset()
    municipalities_of: Mapping[Pair, frozenset[str]] = field(default_factory=dict)
    """One of LOCAL -> its municipalities."""
    problem_of: Mapping[Pair, str | None] = field(default_factory=dict)
    """Idea or request -> the published problem that it is for."""
    axis_of: Mapping[str, str | None] = field(default_factory=dict)
    """Commitment -> its axis, None where that is unknown."""
    plan_of: Mapping[Pair, str] = field(default_factory=dict)
    """Commitment or axis -> its plan."""


def without(known: Known, hidden: Collection[Pair]) -> Known:
    """Return what is known without these (entity, present code), as if there were none."""
    if not hidden:
        return known
    return Known(
        living={pair: code for pair, code in known.living.items() if (pair[0], code) not in hidden},
        published=known.published,
        municipalities_of={p: of for p, of in known.municipalities_of.items() if p not in hidden},
        problem_of={p: of for p, of in known.problem_of.items() if p not in hidden},
        axis_of={code: of for code, of in known.axis_of.items() if ("commitment", code) not in hidden},
        plan_of={p: of for p, of in known.plan_of.items() if p not in hidden},
    )


@dataclass(frozen=True)
class Problem:
    """Why a dataset cannot hold a code: ``kind`` is one of the words used below."""

    field: str
    kind: str
    code: str = ""


@dataclass(frozen=True)
class Wanted:
    """What a caller wants a dataset to hold."""

    links: Links
    coverage: str
    origin: str


def present_codes(links: Links, known: Known) -> Links:
    """Return the same links by their present codes, each once; unknown codes stay as they are."""
    return {
        name: list(dict.fromkeys(known.living.get((name, code), code) for code in links[name]))
        for name in LINKED
    }


def normalise(wanted: Wanted, held: Links, known: Known) -> tuple[Links, list[Problem]]:
    """Return the links to store, and what is wrong with them; none of it is to be stored if anything is.

    ``held`` are the links that the dataset has until now.
    """
    links = present_codes(wanted.links, known)
    held = present_codes(held, known)
    problems = [*_unknown_or_draft(links, held, known), *_exclusive(wanted, links)]
    if wanted.coverage != NATIONAL:
        problems += _elsewhere(links, held, known)
    links["problem"] = list(dict.fromkeys([*links["problem"], *_implied(links, known)]))
    links["axis"], foreign = _axes(links, held, known)
    return links, problems + foreign


def _unknown_or_draft(links: Links, held: Links, known: Known) -> Iterator[Problem]:
    for name in LINKED:
        for code in links[name]:
            if code in held[name]:
                continue
            if (name, code) not in known.living:
                yield Problem(name, "unknown", code)
            elif (name, code) not in known.published:
                yield Problem(name, "draft", code)


def _exclusive(wanted: Wanted, links: Links) -> Iterator[Problem]:
    if wanted.coverage == NATIONAL and links["municipality"]:
        yield Problem("municipality", "national")
    if wanted.origin == NO_WORKSHOP and links["workshop"]:
        yield Problem("workshop", "none")


def _elsewhere(links: Links, held: Links, known: Known) -> Iterator[Problem]:
    """Yield what this write, and no earlier one, sets apart from its municipality.

    The problem of a chosen idea or request comes with it, whatever its own municipality.
    """
    here, were_here = set(links["municipality"]), set(held["municipality"])
    derived = _implied(links, known)
    for name in LOCAL:
        for code in links[name]:
            of = known.municipalities_of.get((name, code), frozenset())
            fits = not of or not here or of & here or (name == "problem" and code in derived)
            was_apart = code in held[name] and were_here and not of & were_here
            if not fits and not was_apart:
                yield Problem(name, "elsewhere", code)


def _implied(links: Links, known: Known) -> list[str]:
    """Return the problems that the chosen ideas and requests are for."""
    chosen = [(name, code) for name in FOR_A_PROBLEM for code in links[name]]
    return [problem for pair in chosen if (problem := known.problem_of.get(pair))]


def _axes(links: Links, held: Links, known: Known) -> tuple[list[str], list[Problem]]:
    """Return the axes to store, derived ones last, and the problems of those that do not fit."""
    derived = [axis for code in links["commitment"] if (axis := known.axis_of.get(code))]
    left_out = {known.axis_of.get(code) for code in set(held["commitment"]) - set(links["commitment"])}
    kept: list[str] = []
    problems = []
    for axis in links["axis"]:
        if not links["commitment"] or axis in derived or _may_fit(axis, links, known):
            kept.append(axis)
        elif axis not in held["axis"]:
            kept.append(axis)
            problems.append(Problem("axis", "other", axis))
        elif axis not in left_out:
            kept.append(axis)
    return list(dict.fromkeys([*kept, *derived])), problems


def _may_fit(axis: str, links: Links, known: Known) -> bool:
    """Tell whether the axis is of the plan of a chosen commitment whose own axis is unknown."""
    if ("axis", axis) not in known.plan_of:
        return True  # it does not exist any more, or never did: that is another problem
    plan = known.plan_of["axis", axis]
    return any(
        known.axis_of.get(code, "") is None and known.plan_of.get(("commitment", code)) == plan
        for code in links["commitment"]
    )
