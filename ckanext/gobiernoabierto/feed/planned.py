"""Statements that PostgreSQL plans once for each connection: to plan one can take as long as to answer it.

Behind a pooler that hands every transaction to another server connection (PgBouncer's transaction mode) they
fail: whoever uses them has another way for that.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2.extensions import adapt
from sqlalchemy.dialects.postgresql.psycopg2 import dialect
from sqlalchemy.exc import DBAPIError

KNOWN = "gobiernoabierto_planned"
"""Where a connection keeps the names of what it has planned, and the mark of such a statement."""
FORGOTTEN = "26000"
"""PostgreSQL's code (appendix A) of a prepared statement that is not there."""
THERE = "42P05"
"""Its code of one that is there: a pooler lent a server connection on which another client has planned it."""
# otherwise PostgreSQL goes on planning where it takes that for cheaper; it always does after an ANALYZE
BY_ALL = "SET LOCAL plan_cache_mode = force_generic_plan"


def once(statement: Any) -> Any:
    """Return a statement, kept as long as the program runs, that is worth planning once."""
    return statement.execution_options(**{KNOWN: True})


class Planned:
    """A connection, with as much of its interface as readers need."""

    def __init__(self, connection: Any) -> None:
        """Take a connection of SQLAlchemy's, of PostgreSQL."""
        self._connection = connection

    def execute(self, statement: Any, given: dict[str, Any] | None = None) -> Any:
        """Return the rows; those of a statement that is planned once have the driver's own types.

        DBAPIError as any statement raises it, and where what was planned is not there any more.
        """
        if not statement.get_execution_options().get(KNOWN):
            return self._connection.execute(statement, given or {})
        name, text, call = _prepared(statement)
        known = self._connection.info.setdefault(KNOWN, set())
        try:
            if name not in known:
                self._plan(name, text)
                known.add(name)
            return self._connection.exec_driver_sql(f"{BY_ALL}; {call}", given or {})
        except DBAPIError as error:
            if _code(error) == FORGOTTEN:
                known.clear()  # it is another server connection, or a cleaned one: nothing is known of it
            raise

    def _plan(self, name: str, text: str) -> None:
        try:
            self._connection.exec_driver_sql(f"PREPARE {name} AS {text}")
        except DBAPIError as error:
            if _code(error) != THERE:
                raise

    def scalar(self, statement: Any, given: dict[str, Any] | None = None) -> Any:
        """Return the first column of the first row; None without one."""
        return self.execute(statement, given).scalar()


@contextmanager
def reading(engine: Any) -> Iterator[Planned]:
    """Lend a connection without a transaction: to begin and to end one would be two more questions."""
    with engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        driver.autocommit = True
        try:
            yield Planned(connection)
        finally:
            if not driver.closed:
                driver.autocommit = False


def _code(error: DBAPIError) -> str | None:
    return getattr(error.orig, "pgcode", None)


@functools.cache
def _prepared(statement: Any) -> tuple[str, str, str]:
    """Return a name for a statement, its text as it is prepared, and how it is called.

    Values that the statement has itself stand in it: PostgreSQL plans with them.
    """
    compiled = statement.compile(dialect=dialect())
    own = {name: value for name, value in compiled.params.items() if value is not None}
    asked = [name for name in dict.fromkeys(compiled.bind_names.values()) if name not in own]
    places = {name: f"${place}" for place, name in enumerate(asked, 1)}
    text = compiled.string % {**places, **{name: adapt(value) for name, value in own.items()}}
    name = f"gobiernoabierto_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    values = f" ({', '.join(f'%({each})s' for each in asked)})" if asked else ""
    return name, text.replace("%", "%%"), f"EXECUTE {name}{values}"
