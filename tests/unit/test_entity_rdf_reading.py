"""Each entity as RDF and back: reading what was written gives the same values."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.base import EntityType
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.rdf import vocabulary
from ckanext.gobiernoabierto.rdf.addresses import Addresses
from ckanext.gobiernoabierto.rdf.entity import MAPPINGS
from ckanext.gobiernoabierto.rdf.terms import graph_of
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from rdflib import Graph

KNOWN = {
    "department": ["01"],
    "municipality": ["0115", "0108"],
    "plan": ["3"],
    "axis": ["3-3"],
    "commitment": ["3-11"],
    "institution": ["infom", "inap"],
    "workshop": ["ideaton-villa-nueva-2017"],
    "problem": ["0115-P1"],
}
ADDRESSES = Addresses(
    "https://datos.example.gob.gt",
    {
        (name, code): Named(registry.entity_type(name), code, "Título", "title")
        for name, codes in KNOWN.items()
        for code in codes
    },
)

TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1).filter(str.strip)
MAYBE_TEXT = st.none() | TEXT
TEXTS = st.lists(TEXT, unique=True, max_size=3).map(sorted)
DAY = st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))
MAYBE_DAY = st.none() | DAY
HOUR = st.times().map(lambda hour: hour.replace(second=0, microsecond=0))
URL = st.sampled_from(["https://example.org/", "http://example.org/a%20b?c=d"])
MAYBE_URL = st.none() | URL
SOURCES = st.lists(URL, unique=True).map(sorted)
NUMBER = st.integers(1, 99)


def codes(entity: str) -> st.SearchStrategy[list[str]]:
    """Lists of codes that are known."""
    return st.lists(st.sampled_from(KNOWN[entity]), unique=True).map(sorted)


def code(entity: str) -> st.SearchStrategy[str | None]:
    """A known code, or none."""
    return codes(entity).map(lambda found: found[0] if found else None)


SAID = {
    "title": TEXT,
    "description": MAYBE_TEXT,
    "reported": MAYBE_DAY,
    "municipality": code("municipality"),
    "workshop": code("workshop"),
    "source": SOURCES,
}
ROWS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "department": st.fixed_dictionaries(
        {"code": st.just("01"), "name": TEXT, "iso_3166_2": st.none() | st.just("GT-01"), "source": SOURCES}
    ),
    "municipality": st.fixed_dictionaries(
        {
            "code": st.just("0115"),
            "name": TEXT,
            "department": code("department"),
            "other_names": TEXTS,
            "source": SOURCES,
        }
    ),
    "plan": st.fixed_dictionaries(
        {
            "code": st.sampled_from(["3", "mixco-1"]),
            "title": TEXT,
            "period": MAYBE_TEXT,
            "start": MAYBE_DAY,
            "end": MAYBE_DAY,
            "approved": MAYBE_DAY,
            "description": MAYBE_TEXT,
            "url": MAYBE_URL,
            "source": SOURCES,
        }
    ),
    "axis": st.fixed_dictionaries(
        {
            "code": st.just("3-3"),
            "plan": code("plan"),
            "number": NUMBER,
            "name": TEXT,
            "other_names": TEXTS,
            "source": SOURCES,
        }
    ),
    "commitment": st.fixed_dictionaries(
        {
            "code": st.just("3-11"),
            "plan": code("plan"),
            "number": NUMBER,
            "title": MAYBE_TEXT,
            "unofficial_title": MAYBE_TEXT,
            "title_en": MAYBE_TEXT,
            "ogp_id": st.none() | st.just("GT0073"),
            "axis": code("axis"),
            "start": MAYBE_DAY,
            "end": MAYBE_DAY,
            "objective": MAYBE_TEXT,
            "predecessor": code("commitment"),
            "sdgs": st.lists(st.integers(1, 17), unique=True).map(sorted),
            "url": MAYBE_URL,
            "participations": st.lists(
                st.fixed_dictionaries(
                    {
                        "role": st.sampled_from(["lead", "support"]),
                        "institution": st.sampled_from(["infom", "inap"]),
                        "source": MAYBE_URL,
                    }
                ),
                unique_by=lambda part: (part["role"], part["institution"]),
            ).map(
                lambda parts: sorted(parts, key=lambda part: (part["role"] != "support", part["institution"]))
            ),
            "source": SOURCES,
        }
    ),
    "workshop": st.fixed_dictionaries(
        {
            "code": st.just("taller-1"),
            "title": TEXT,
            "kind": st.sampled_from(list(vocabulary.WORKSHOP_KINDS.slugs)),
            "municipalities": codes("municipality"),
            "commitment": code("commitment"),
            "start_date": DAY,
            "start_time": st.none() | HOUR,
            "end_date": st.none(),
            "end_time": st.none() | HOUR,
            "place": MAYBE_TEXT,
            "state": st.sampled_from(list(vocabulary.WORKSHOP_STATES.slugs)),
            "organizers": codes("institution"),
            "source": SOURCES,
        }
    ).flatmap(
        lambda row: st.integers(0, 5).map(
            lambda days: {**row, "end_date": row["start_date"] + dt.timedelta(days) if days else None}
        )
    ),
    "round_table": st.fixed_dictionaries(
        {
            "code": st.just("4-2-1"),
            "plan": code("plan"),
            "theme": TEXT,
            "axis": code("axis"),
            "start_date": DAY,
            "start_time": st.none() | HOUR,
            "end_date": st.none(),
            "end_time": st.none() | HOUR,
            "place": MAYBE_TEXT,
            "state": st.sampled_from(list(vocabulary.ROUND_TABLE_STATES.slugs)),
            "registration_url": MAYBE_URL,
            "phone": st.none() | st.just("+502 5450-4223"),
            "source": SOURCES,
        }
    ),
    "problem": st.fixed_dictionaries(
        {
            "code": st.just("0115-P2"),
            **SAID,
            "axis": code("axis"),
            "state": st.sampled_from(list(vocabulary.PROBLEM_STATES.slugs)),
        }
    ),
    "idea": st.fixed_dictionaries(
        {
            "code": st.just("0115-I1"),
            **SAID,
            "problem": code("problem"),
            "commitment": code("commitment"),
            "state": st.sampled_from(list(vocabulary.IDEA_STATES.slugs)),
        }
    ),
    "data_request": st.fixed_dictionaries(
        {
            "code": st.just("0115-D1"),
            "title": TEXT,
            "description": MAYBE_TEXT,
            "municipality": code("municipality"),
            "problem": code("problem"),
            "institution": code("institution"),
            "requested": MAYBE_DAY,
            "closed": MAYBE_DAY,
            "state": st.sampled_from(list(vocabulary.REQUEST_STATES.slugs)),
            "source": SOURCES,
        }
    ),
    "invitation": st.fixed_dictionaries(
        {
            "code": st.just("ger-1"),
            "number": TEXT,
            "municipality": code("municipality"),
            "workshop": code("workshop"),
            "letter_date": MAYBE_DAY,
            "confirm_by": MAYBE_DAY,
            "state": st.sampled_from(list(vocabulary.INVITATION_STATES.slugs)),
            "source": SOURCES,
        }
    ),
    "milestone": st.fixed_dictionaries(
        {
            "code": st.just("3-11-H1"),
            "title": TEXT,
            "commitment": code("commitment"),
            "start": MAYBE_DAY,
            "end": MAYBE_DAY,
            "state": st.sampled_from(list(vocabulary.PROGRESS.slugs)),
            "source": SOURCES,
        }
    ),
    "institution": st.fixed_dictionaries(
        {
            "code": st.just("infom"),
            "name": TEXT,
            "initials": st.none() | st.just("INFOM"),
            "other_names": TEXTS,
            "sector": st.none() | st.sampled_from(list(vocabulary.SECTORS.slugs)),
            "source": SOURCES,
        }
    ),
}

SAID_LEFT_OUT = (
    *("answers", "answers.date", "answers.office", "answers.text"),
    *("evidence", "evidence.text", "evidence.url", "state_reason"),
    "origin",
)
"""How it came, and texts that people wrote, which may be personal; of the evidence its address is written."""
NOT_IN_RDF = (
    ("commitment", "also_serves"),
    ("commitment", "description"),
    ("commitment", "irm_ambition"),
    ("commitment", "irm_completion"),
    ("commitment", "irm_results"),
    ("commitment", "participations.text"),
    ("commitment", "self_report"),
    ("commitment", "self_report_date"),
    ("data_request", "closed_by"),
    ("data_request", "state_reason"),
    ("institution", "plan_text"),
    ("institution", "relation"),
    ("invitation", "addressed_office"),
    ("invitation", "answer_date"),
    ("invitation", "answer_office"),
    ("invitation", "issuing_office"),
    ("invitation", "phone"),
    ("municipality", "pilot"),
    ("municipality", "pilot_source"),
    ("plan", "closed"),
    ("plan", "commitment_count"),
    ("round_table", "number"),
    ("round_table", "round"),
    # of groups of people only what is told to everybody is written
    ("workshop", "attendance"),
    ("workshop", "attendance.group"),
    ("workshop", "attendance.number"),
    *[(kind, name) for kind in ("idea", "problem") for name in SAID_LEFT_OUT],
    *[
        (kind, name)
        for kind in ("commitment", "milestone")
        for name in ("evidence", "evidence.text", "evidence.url")
    ],
)
"""What RDF has no word for (docs/rdf.md, "Not in RDF"), and every entity that is not published as RDF."""


@pytest.mark.parametrize("entity", registry.ENTITY_TYPES, ids=lambda entity: entity.name)
def test_every_field_is_in_rdf_or_left_out_on_purpose(entity: EntityType):
    """A field that somebody adds has to be in the round trip below, or in the list above."""
    row = find(
        ROWS.get(entity.name, st.just({})),
        lambda row: row.get("participations") != [],
        settings=settings(phases=[Phase.generate]),  # any row: to look for the least takes seconds
    )
    left_out = {field for name, field in NOT_IN_RDF if name == entity.name}
    told, kept = left_out | fields_in(row), fields_kept(entity)
    assert not left_out & fields_in(row), f"{entity.name}: both in ROWS and in NOT_IN_RDF"
    assert told == kept, f"{entity.name}: {sorted(told ^ kept)} in ROWS or in NOT_IN_RDF"


def fields_in(row: dict[str, Any]) -> set[str]:
    """Return the fields that a row of the round trip has, those of the rows within it by *field.column*."""
    inner = {f"{name}.{key}" for name, rows in row.items() for key in _first(rows)}
    return {*row, *inner} - {"code"}


def fields_kept(entity: EntityType) -> set[str]:
    """Return the fields that an entity's table keeps, in the same words."""
    several = {name: row.columns for name, row in entity.model.row_fields().items() if len(row.columns) > 1}
    return {*entity.model.fields(), *(f"{name}.{each}" for name, all_ in several.items() for each in all_)}


def _first(rows: object) -> dict[str, Any]:
    return rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}


@pytest.mark.long
@pytest.mark.parametrize("name", MAPPINGS)
@given(data=st.data())
@settings(max_examples=60)
def test_reading_what_was_written_gives_the_same_values(name: str, data: st.DataObject):
    """Every field that RDF carries comes back, through real Turtle; what is unknown stays unknown."""
    row = data.draw(ROWS[name])
    to_rdf, from_rdf = MAPPINGS[name]
    turtle = graph_of(to_rdf(row, ADDRESSES)).serialize(format="turtle")
    graph = Graph().parse(data=turtle, format="turtle")
    assert from_rdf(graph, ADDRESSES.of(name, row["code"])) == row
