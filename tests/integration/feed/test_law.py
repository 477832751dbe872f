"""Whatever is done, in whatever order: the log is what a log would be that begins now."""

from __future__ import annotations

import itertools
import json

import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.entities import registry, store
from ckanext.gobiernoabierto.entities.base import DRAFT, PUBLISHED
from ckanext.gobiernoabierto.entities.history import Actor
from ckanext.gobiernoabierto.feed import check, flush
from ckanext.gobiernoabierto.feed.model import DELETE, Entry
from ckanext.gobiernoabierto.links import replace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NUMBERS, TEXTS = st.integers(0, 2), st.sampled_from(["uno", "dos", "tres"])
CODES = {
    "municipality": ["0108", "0115"],
    "commitment": ["3-11"],
    "axis": ["3-3"],
    "problem": ["0115-P1"],
}
NAMES = {
    "department": ("01", "name"),
    "municipality": ("0115", "name"),
    "institution": ("infom", "name"),
    "plan": ("3", "title"),
    "axis": ("3-3", "name"),
    "commitment": ("3-11", "title"),
    "problem": ("0115-P1", "title"),
}
FRESH = itertools.count()


def sql(statement, **values):
    """Write past CKAN's actions."""
    model.Session.execute(sa.text(statement), values)


def dataset(column):
    """Write a column of the dataset of a number."""
    return lambda number, value: sql(
        f"UPDATE package SET {column} = :value WHERE name = :name", value=value, name=f"d{number}"
    )


def organization(column):
    """Write a column of the organization."""
    return lambda value: sql(f'UPDATE "group" SET {column} = :value', value=value)


def link(number, kind, codes):
    """Let a dataset name these, as CKAN keeps it and as the mirror does."""
    of = {"name": f"d{number}", "kind": kind}
    which = "(SELECT id FROM package WHERE name = :name)"
    sql(f"DELETE FROM gobiernoabierto_link WHERE package_id = {which} AND entity = :kind", **of)
    sql(f"DELETE FROM package_extra WHERE package_id = {which} AND key = :kind", **of)
    columns = "INSERT INTO package_extra (id, package_id, key, value, state)"
    extra = {"fresh": f"x{next(FRESH)}", "value": json.dumps(codes)}
    sql(
        f"{columns} SELECT :fresh, id, :kind, :value, 'active' FROM package WHERE name = :name", **of, **extra
    )
    for code in codes:
        sql(
            "INSERT INTO gobiernoabierto_link SELECT id, :kind, :code FROM package WHERE name = :name",
            code=code,
            **of,
        )


def entity(kind, text, visibility):
    """Rename an entity, publish it or withdraw it."""
    code, column = NAMES[kind]
    sql(
        f"UPDATE gobiernoabierto_{kind} SET {column} = :text, visibility = :visibility WHERE code = :code",
        text=text,
        visibility=visibility,
        code=code,
    )


def municipalities(codes):
    """Say of which municipalities the workshop is."""
    workshop = registry.entity_type("workshop")
    (row,) = model.Session.query(workshop.model)
    store.change(workshop, row, {"municipalities": codes}, row.visibility, Actor())


def another_code(_):
    """Give the workshop another code, which the datasets follow."""
    workshop = registry.entity_type("workshop")
    (row,) = model.Session.query(workshop.model)
    old, new = row.code, f"taller-{next(FRESH)}"
    store.replace_code(workshop, row, new, Actor())
    replace.replace_code({"user": ""}, "workshop", old, new)


def role(code):
    """Say which municipality the organization is, or none."""
    sql("DELETE FROM gobiernoabierto_organization_role")
    columns = "INSERT INTO gobiernoabierto_organization_role (organization_id, municipality)"
    sql(f'{columns} SELECT id, :code FROM "group" LIMIT 1', code=code)


OF_DATASETS = st.one_of(
    st.tuples(st.just(dataset("title")), NUMBERS, TEXTS),
    st.tuples(st.just(dataset("private")), NUMBERS, st.booleans()),
    st.tuples(st.just(dataset("state")), NUMBERS, st.sampled_from(["active", "draft", "deleted"])),
    st.tuples(st.just(dataset("type")), NUMBERS, st.sampled_from(["dataset", "showcase"])),
    st.sampled_from(sorted(CODES)).flatmap(
        lambda kind: st.tuples(
            st.just(link), NUMBERS, st.just(kind), st.lists(st.sampled_from(CODES[kind]), unique=True)
        )
    ),
)
OF_ENTITIES = st.tuples(
    st.just(entity), st.sampled_from(sorted(NAMES)), TEXTS, st.sampled_from([PUBLISHED, PUBLISHED, DRAFT])
)
OF_WORKSHOPS = st.one_of(
    st.tuples(st.just(municipalities), st.lists(st.sampled_from(CODES["municipality"]), unique=True)),
    st.tuples(st.just(another_code), st.none()),
)
OF_ORGANIZATIONS = st.one_of(
    st.tuples(st.just(role), st.sampled_from([None, "0115"])),
    st.tuples(st.just(organization("title")), TEXTS),
    st.tuples(st.just(organization("state")), st.sampled_from(["active", "deleted"])),
)
FLUSHES = st.tuples(st.just(lambda _: flush.flush(seconds=0)), st.none())
# an organization's operations render every dataset anew, and would hide what the others forget
OFTEN = (OF_DATASETS, OF_DATASETS, OF_ENTITIES, OF_ENTITIES, OF_ENTITIES, OF_WORKSHOPS, FLUSHES)
OPERATIONS = st.sampled_from([*OFTEN, *OFTEN, OF_ORGANIZATIONS]).flatmap(lambda those: those)


def everything_public():
    """Begin with all published, linked and in the log: most operations are of no matter to what is not."""
    sql("UPDATE package SET private = false, state = 'active', type = 'dataset'")
    sql("UPDATE \"group\" SET state = 'active'")
    for kind in (*NAMES, "workshop"):
        sql(f"UPDATE gobiernoabierto_{kind} SET visibility = 'published'")
    for number, (kind, codes) in itertools.product(range(3), CODES.items()):
        link(number, kind, codes)
    model.Session.commit()
    flush.flush()


def told():
    """Return what the log says is published."""
    flush.flush()
    columns = (Entry.kind, Entry.subject, Entry.name, Entry.address, Entry.sha256, Entry.refs, Entry.named)
    asked = sa.select(*columns).where(Entry.superseded_by.is_(None), Entry.op != DELETE)
    rows = model.Session.execute(asked.order_by(Entry.kind, Entry.subject)).all()
    model.Session.rollback()
    return [tuple(row) for row in rows]


@pytest.mark.long
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(OPERATIONS, min_size=1, max_size=6))
def test_after_any_operations_the_log_is_as_if_rebuilt_from_nothing(three, operations):
    """Each is committed; flushed in between, or all at once. And nothing that was withdrawn has a body."""
    everything_public()
    for operation, *given_ in operations:
        operation(*given_)
        model.Session.commit()
    after = told()
    found = check.Checked()
    assert sum(check.steps(found)) == len(after)
    assert found.differences == []
    tables = (f"gobiernoabierto_feed_{name}" for name in ("log", "packed", "state", "mark"))
    sql(f"TRUNCATE {', '.join(tables)}")
    model.Session.commit()
    flush.mark_all()
    assert told() == after
