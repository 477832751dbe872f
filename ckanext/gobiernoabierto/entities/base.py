"""What every linked entity has: its columns, its type, and how a row becomes plain values."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import ARRAY

PREFIX = "gobiernoabierto_"
DRAFT, PUBLISHED = "draft", "published"
MACHINERY = ("code", "visibility", "version", "created", "modified")
"""The columns that no form and no caller writes as a field."""

DOCUMENTS = "documents"
"""What the documents of an entity are called beside its fields (``document.py``)."""
EVIDENCE, CHECKS = "evidence", "evidence_checks"
"""The rows that show what was done, and beside the fields {address: whether it answers} (``evidence.py``)."""
STORED, HELD = "stored", "held"
"""What rules find the values under that were said before, and those that its row holds.

There are none for a new one. A draft that is published holds its values and says them for the first time.
"""

Values = dict[str, Any]
Rule = Callable[[Values], Iterator[tuple[str, str]]]
"""Takes the validated values of one entity and yields (field, message) for what cannot be true.

Beside its fields they have its public documents, what was said before, and what is held.
"""


def now() -> dt.datetime:
    """Return the present instant, in UTC."""
    return dt.datetime.now(dt.UTC)


def references(entity: str, **options: Any) -> Any:
    """Return a column that holds the code of an ``entity`` and follows it when it is replaced."""
    key = sa.ForeignKey(f"{PREFIX}{entity}.code", onupdate="CASCADE", deferrable=True, initially="DEFERRED")
    return sa.Column(sa.Text, key, index=True, **options)


def belongs_to(entity: str) -> Any:
    """Return the column of a ``Row`` with the code of the ``entity`` that it goes away with."""
    key = sa.ForeignKey(f"{PREFIX}{entity}.code", onupdate="CASCADE", ondelete="CASCADE")
    return sa.Column(sa.Text, key, nullable=False, index=True)


def text_list() -> Any:
    """Return a column for several texts; empty is unknown."""
    return sa.Column(ARRAY(sa.Text), nullable=False, default=list, server_default="{}")


def rows_of(parent: str, row: str) -> Any:
    """Return the relationship of an entity to its own ordered rows of model ``row``."""
    return orm.relationship(
        row, order_by=f"{row}.position", cascade="all, delete-orphan", lazy="selectin", backref=parent
    )


class Row:
    """A row that belongs to an entity and has no address of its own."""

    id = sa.Column(sa.BigInteger, primary_key=True)
    position = sa.Column(sa.Integer, nullable=False)

    columns: ClassVar[tuple[str, ...]]
    """The fields of the row. A single one shows as a plain list of its values."""

    def plain(self) -> Any:
        """Return the row as its owner's ``show`` has it: a value, or a mapping of its columns."""
        if len(self.columns) == 1:
            return getattr(self, self.columns[0])
        return {column: getattr(self, column) for column in self.columns}

    @classmethod
    def of(cls, value: Any, position: int) -> Row:
        """Return a new row made from what ``plain`` gives."""
        given = {cls.columns[0]: value} if len(cls.columns) == 1 else value
        return cls(position=position, **{column: given.get(column) for column in cls.columns})  # type: ignore[call-arg]


class Entity:
    """The columns of every linked entity (one machinery for all: docs/entities.md)."""

    code = sa.Column(sa.Text, primary_key=True)
    visibility = sa.Column(sa.Text, nullable=False, default=DRAFT, server_default=DRAFT)
    version = sa.Column(sa.Integer, nullable=False, default=1, server_default="1")
    created = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)
    modified = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)

    source = text_list()
    """Where the row is from: addresses, or names of documents."""

    told_as: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}
    """Fields that only those who may edit read as they are: {field: makes of it what everybody reads}."""

    @classmethod
    @functools.cache
    def row_fields(cls) -> dict[str, type[Row]]:
        """Return the fields that are kept as rows of their own, with the model of the rows."""
        models = {name: relation.mapper.class_ for name, relation in sa.inspect(cls).relationships.items()}
        return {name: model for name, model in models.items() if issubclass(model, Row)}

    @classmethod
    @functools.cache
    def fields(cls) -> list[str]:
        """Return the names of all that people fill in, in the order of the model."""
        columns = [c.key for c in sa.inspect(cls).column_attrs if c.key not in MACHINERY]
        return [*columns, *cls.row_fields()]

    def values(self) -> Values:
        """Return what people filled in, as Python values: dates as dates, rows as lists."""
        rows = self.row_fields()
        return {
            name: [row.plain() for row in getattr(self, name)] if name in rows else getattr(self, name)
            for name in self.fields()
        }

    def told(self) -> Values:
        """Return the values as everybody may read them, and beside them what a kind has that is no field:

        its public documents, and whether the addresses of its evidence answer.
        """
        values = self.values()
        told = {name: tell(values[name]) for name, tell in self.told_as.items()}
        if EVIDENCE in self.row_fields():
            told[CHECKS] = {row.url: row.checked() for row in getattr(self, EVIDENCE) if row.url}
        if hasattr(self, DOCUMENTS):
            told[DOCUMENTS] = self.attached()
        return {**values, **told}

    def attached(self) -> list[Values]:
        """Return the public documents, as everybody may read them."""
        return [each.told() for each in getattr(self, DOCUMENTS, ()) if each.public]

    def assign(self, values: Mapping[str, Any]) -> None:
        """Take ``values`` as they come from validation; fields that are not named stay."""
        rows = self.row_fields()
        for name, value in values.items():
            if name in rows:
                setattr(self, name, [rows[name].of(item, i) for i, item in enumerate(value or [])])
            else:
                setattr(self, name, value)


@dataclass(frozen=True)
class Through:
    """Owners whom the rows of another entity name."""

    field: str
    """Own field that names the entity with the rows."""
    rows: str
    """Its field with the rows; their column of the kind of organization has the owner's code."""
    where: tuple[str, str]
    """(column, value) of the rows that make an owner."""


@dataclass(frozen=True)
class Proof:
    """What has to be shown: the step that is said to be reached."""

    field: str
    value: str
    said: tuple[str, ...] = ()
    """Further fields that say it anew when they change."""

    def claimed(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the values say so."""
        return values.get(self.field) == self.value


@dataclass(frozen=True, eq=False)
class EntityType:
    """One kind of linked entity, and all that the machinery has to know of it."""

    name: str
    model: Any
    path: str
    """First part of the page's address, which is also the RDF identifier (``municipio``)."""
    list_path: str
    """Address of the list (``municipios``)."""
    title: tuple[str, ...]
    """Columns of the title, the official one first; the others are shown as what they are."""
    names: tuple[str, ...] = ()
    """Further columns by which people look for it."""
    order: tuple[str, ...] = ("code",)
    """Columns by which a list is sorted."""
    owners: Mapping[str, str | Through] = field(default_factory=dict)
    """Kind of organization (``municipality``, ``institution``) -> own field that names the owner, or the
    rows that do. Coordinators and sysadmins write every entity."""
    rules: tuple[Rule, ...] = ()
    narrowed_by: Mapping[str, str] = field(default_factory=dict)
    """Further fields by which its lists are filtered -> own field that names the entity which has them."""
    part_of: tuple[str, ...] = ()
    """Own fields that name what it is part of, the nearest first: the way up from its page."""
    numbered: tuple[str, str] | None = None
    """Own field within whose value its codes are counted, and the letter before the number; None where
    who creates it gives its code."""
    coined: Callable[[Values], list[str]] | None = None
    """Takes the validated values of a new one whose code is not given, and returns the words of its code;
    None where the code has to be given, or is counted."""
    waiting: tuple[str, ...] = ()
    """States in which an answer is due."""
    by_verb: tuple[str, ...] = ()
    """Own fields that only a special verb fills in, and that are emptied when the state changes."""
    proven: Proof | None = None
    """What is said to be reached: the addresses that show it have to answer."""
    by_site: tuple[str, ...] = ()
    """Own fields that nobody fills in and that never change: the site says by them where it is from."""
    documents: tuple[str, ...] = ()
    """Kinds of documents that it can have, as ``schemas/document.yaml`` names them."""
    line: tuple[str, ...] | None = None
    """Own columns that a line of its lists tells beside the title (``<name>/item.html``); None: those that
    name other entities, and how many name it."""
    told_in_full: bool = False
    """Whether the pages of what it names say all of it, and not only what it is called."""

    title_is_said: bool = False
    """Whether its title is what somebody said: it goes away with it, and its tombstone has none."""

    @property
    def schema(self) -> str:
        """Return the file in ``schemas/`` that says what people fill in."""
        return f"{self.name}.yaml"

    @property
    def table(self) -> sa.Table:
        """Return the entity's table."""
        return self.model.__table__

    @property
    def untold(self) -> frozenset[str]:
        """Return the fields whose changes the history tells only those who may edit it."""
        return frozenset({*self.model.told_as, DOCUMENTS})

    def action(self, verb: str) -> str:
        """Return the name of the action (and of its auth function) for ``verb``."""
        return f"{PREFIX}{self.name}_{verb}"

    def title_expression(self) -> Any:
        """Return the SQL of the best title that is known, or NULL."""
        return sa.func.coalesce(*[sa.func.nullif(self.table.c[name], "") for name in self.title])

    def title_kind_expression(self) -> Any:
        """Return the SQL of the name of the column that the title comes from, or NULL."""
        known = [(sa.func.nullif(self.table.c[name], "").isnot(None), name) for name in self.title]
        return sa.case(*known, else_=None)

    def title_of(self, values: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """Return (title, column that it comes from) of plain values; (None, None) if none is known."""
        for name in self.title:
            if values.get(name):
                return values[name], name
        return None, None


class Titled:
    """For the entities whose title is a column ``title``."""

    title = sa.Column(sa.Text)


BaseModel = tk.BaseModel
