"""Rows that many tests begin with: made once by the actions, put back as they were by the tests that follow.

What a fixture writes through the actions takes a hundred statements; to copy the rows that it left takes a
few. :func:`remembered` is for a fixture that stands on an empty site, makes rows (and jobs, and documents of
the index) and returns plain values. It is run as written the first time after what came before it and with
the settings that there are, and wherever anything else has written since the site was emptied. What it does
besides is not remembered: files, clocks, what the feed has told (all rows that are put back are of one
transaction).
"""

from __future__ import annotations

import copy
import functools
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pysolr
import sqlalchemy as sa
from ckan import model
from ckan.common import config
from ckan.lib.redis import connect_to_redis

Rows = dict[str, dict[bytes, None]]
"""{table: lines as PostgreSQL copies them, in its order}"""
Asked = tuple[str, Any, tuple[Any, ...], dict[str, Any]]
"""What Solr was asked: a method, the client, and what it was given."""


@dataclass(frozen=True)
class _Step:
    """What one fixture left: to be put where the one before it has been."""

    value: Any
    rows: Rows
    """All that there are after it."""
    emptied: frozenset[str]
    """The tables of which it changed or deleted rows."""
    added: dict[str, list[bytes]]
    sequences: dict[str, int]
    keys: dict[bytes, tuple[int, bytes]]
    """Of Redis, those that it wrote: {key: (milliseconds that are left, or 0; what DUMP gives)}"""
    deleted: list[bytes]
    asked: list[Asked]


_changes = 0
"""The statements of this process that may have written, by whatever connection, and the processes it made."""


def forget() -> None:
    """Know no more what is in the database, until it is emptied: another process may have written."""
    global _changes
    _changes += 1


os.register_at_fork(after_in_parent=forget)


@sa.event.listens_for(sa.engine.Engine, "before_cursor_execute")
def _note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    if not statement.startswith("SELECT"):
        forget()


class Memory:
    """The steps that tests began with, by all that were done since the database was emptied."""

    def __init__(self) -> None:
        self.steps: dict[tuple[str, ...], _Step] = {}
        self.done: tuple[str, ...] | None = None
        self.connection: Any = None
        self.expected = 0

    def begin(self, connection: Any) -> None:
        """The database is empty, and ``connection`` may write to all of it."""
        self.connection, self.done, self.expected = connection, (), _changes

    def run(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what ``make`` makes, by making it or from memory."""
        if self.done is None or _changes != self.expected:
            self.done = None  # somebody else has written: what is there is not what any step knows
            return make()
        model.Session.rollback()
        before, done = self.steps.get(self.done), (*self.done, f"{name} {_settings()}")
        if done in self.steps:
            self._put(self.steps[done])
        else:
            self.steps[done] = self._made(make, before.rows if before else {})
        self.done, self.expected = done, _changes
        return copy.deepcopy(self.steps[done].value)

    def _made(self, make: Callable[[], Any], before: Rows) -> _Step:
        keys = _keys()
        with _asked_of_solr() as asked:
            value = make()
        model.Session.rollback()
        rows = self._rows()
        assert "gobiernoabierto_feed_log" not in rows, "which rows were of one transaction is not remembered"
        emptied = frozenset(
            name for name, lines in before.items() if lines.keys() - rows.get(name, {}).keys()
        )
        added = {
            name: [line for line in lines if name in emptied or line not in before.get(name, {})]
            for name, lines in rows.items()
        }
        left = _keys()
        return _Step(
            value,
            rows,
            emptied,
            {name: lines for name, lines in added.items() if lines},
            self._sequences(),
            {key: kept for key, kept in left.items() if keys.get(key, (0, b""))[1] != kept[1]},
            list(keys.keys() - left.keys()),
            asked,
        )

    def _put(self, step: _Step) -> None:
        with self.connection.begin():
            # What triggers do has been copied too.
            self._run("SET LOCAL lock_timeout = '20s'; SET LOCAL session_replication_role = replica")
            for name in step.emptied:
                self._run(f"DELETE FROM {name}")
            cursor = self.connection.connection.cursor()
            for name, lines in step.added.items():
                cursor.copy_expert(f"COPY {name} FROM STDIN", io.BytesIO(b"".join(lines)))
            if step.sequences:
                set_all = ", ".join(f"setval('{name}', {last})" for name, last in step.sequences.items())
                self._run(f"SELECT {set_all}")
        if step.keys or step.deleted:
            pipeline = connect_to_redis().pipeline()
            for key, (milliseconds, value) in step.keys.items():
                pipeline.restore(key, milliseconds, value, replace=True)
            for key in step.deleted:
                pipeline.delete(key)
            pipeline.execute()
        for method, client, given, named in step.asked:
            getattr(client, method)(*copy.deepcopy(given), **named)

    def _rows(self) -> Rows:
        asked = "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public'"
        asked += " AND tablename NOT LIKE '%alembic_version' ORDER BY 1"
        found = {}
        with self.connection.begin():
            cursor = self.connection.connection.cursor()
            for name in self._run(asked).scalars().all():
                copied = io.BytesIO()
                cursor.copy_expert(f"COPY {name} TO STDOUT", copied)
                if lines := dict.fromkeys(copied.getvalue().splitlines(keepends=True)):
                    found[name] = lines
        return found

    def _sequences(self) -> dict[str, int]:
        asked = "SELECT format('%I', sequencename), last_value FROM pg_sequences WHERE last_value IS NOT NULL"
        with self.connection.begin():
            return {row[0]: row[1] for row in self._run(asked)}

    def _run(self, statement: str) -> Any:
        return self.connection.exec_driver_sql(statement.replace("%", "%%"))


def _settings() -> str:
    """Return a digest of what the site is configured to do; servers of mail come and go."""
    told = sorted((name, str(value)) for name, value in config.items() if name.startswith("ckan"))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def _keys() -> dict[bytes, tuple[int, bytes]]:
    """Return what Redis holds: {key: (milliseconds left or 0, value as it dumps it)}."""
    redis = connect_to_redis()
    keys = list(redis.scan_iter(count=1000))
    pipeline = redis.pipeline()
    for key in keys:
        pipeline.pttl(key).dump(key)
    answers = pipeline.execute()
    pairs = zip(keys, answers[::2], answers[1::2], strict=True)
    return {key: (max(left, 0), value) for key, left, value in pairs if value is not None}


@contextmanager
def _asked_of_solr() -> Iterator[list[Asked]]:
    """Collect what changes the index meanwhile."""
    asked: list[Asked] = []
    stock = {name: getattr(pysolr.Solr, name) for name in ("add", "delete", "commit")}

    def noting(name: str) -> Callable[..., Any]:
        def run(client: Any, *given: Any, **named: Any) -> Any:
            asked.append((name, client, *copy.deepcopy((given, named))))
            return stock[name](client, *given, **named)

        return run

    try:
        for name in stock:
            setattr(pysolr.Solr, name, noting(name))
        yield asked
    finally:
        for name, method in stock.items():
            setattr(pysolr.Solr, name, method)


MEMORY = Memory()


def remembered(make: Callable[..., Any]) -> Callable[..., Any]:
    """Let a fixture, below ``@pytest.fixture``, make its rows once; see the head of this module."""
    name = f"{make.__module__}.{make.__qualname__}"

    @functools.wraps(make)
    def fixture(*bound: Any, **given: Any) -> Any:
        return MEMORY.run(name, lambda: make(*bound, **given))

    return fixture
