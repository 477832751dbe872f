"""Statements that are planned once for each connection: they say what they say without it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.feed import planned
from ckanext.gobiernoabierto.feed.planned import Planned
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

OWN = "Ciudad d'acuerdo: 100 %, \\ y %(word)s"
STATEMENT = planned.once(
    sa.select(
        sa.bindparam("word", type_=sa.Text).label("word"),
        (sa.cast(sa.bindparam("number"), sa.BigInteger) + 1).label("following"),
        sa.literal(OWN).label("own"),
    ).limit(1)
)
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))

pytestmark = pytest.mark.usefixtures("with_plugins")


def _prepared(connection: Any) -> int:
    named = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'gobiernoabierto%%'"
    return int(connection.exec_driver_sql(named).scalar())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS, st.integers(-(2**31), 2**31))
def test_any_value_comes_back_as_without_it(word: str, number: int):
    """Quotes, percent signs and backslashes are what they are, given or the statement's own."""
    asked = {"word": word, "number": number}
    with model.meta.engine.connect() as connection:
        found = Planned(connection).execute(STATEMENT, asked).one()
        assert found == (word, number + 1, OWN) == connection.execute(STATEMENT, asked).one()
        assert Planned(connection).scalar(STATEMENT, asked) == word


def test_a_connection_plans_a_statement_once():
    """However often it is executed; another connection plans it too."""
    asked = {"word": "ñ", "number": 1}
    with model.meta.engine.connect() as one, model.meta.engine.connect() as other:
        for connection in (one, other):
            connection.exec_driver_sql("DEALLOCATE ALL")
            connection.info.clear()
            for _ in range(2):
                assert Planned(connection).scalar(STATEMENT, asked) == "ñ"
            assert _prepared(connection) == 1


def test_what_is_not_marked_is_executed_as_ever():
    """Nothing is prepared for a statement that is made for one question."""
    with model.meta.engine.connect() as connection:
        connection.exec_driver_sql("DEALLOCATE ALL")
        connection.info.clear()
        assert Planned(connection).scalar(sa.select(sa.literal(7))) == 7
        assert _prepared(connection) == 0


def test_a_connection_that_forgot_plans_again():
    """A pooler may discard everything between two transactions: one error, and the next time it is there."""
    asked = {"word": "x", "number": 1}
    with model.meta.engine.connect() as connection:
        assert Planned(connection).scalar(STATEMENT, asked) == "x"
        connection.exec_driver_sql("DEALLOCATE ALL")
        with connection.begin_nested() as savepoint, pytest.raises(sa.exc.DBAPIError):
            try:
                Planned(connection).scalar(STATEMENT, asked)
            finally:
                savepoint.rollback()
        assert Planned(connection).scalar(STATEMENT, asked) == "x"


def test_a_wrong_value_costs_itself_only():
    """What was planned is there for the next one."""
    with model.meta.engine.connect() as connection:
        with connection.begin_nested() as savepoint, pytest.raises(sa.exc.DBAPIError):
            try:
                Planned(connection).scalar(STATEMENT, {"word": "x", "number": "one"})
            finally:
                savepoint.rollback()
        assert Planned(connection).scalar(STATEMENT, {"word": "x", "number": 1}) == "x"


def test_the_choice_of_plans_lasts_no_longer_than_its_statement():
    """Whoever has the connection next, PostgreSQL plans for as it is set; and it has transactions again."""
    with planned.reading(model.meta.engine) as connection:
        assert connection.scalar(STATEMENT, {"word": "x", "number": 1}) == "x"
        assert connection.scalar(sa.text("SHOW plan_cache_mode")) == "auto"
    with model.meta.engine.connect() as connection:
        Planned(connection).scalar(STATEMENT, {"word": "x", "number": 1})
    with model.meta.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW plan_cache_mode").scalar() == "auto"
        assert connection.connection.dbapi_connection.autocommit is False


def test_a_connection_that_is_lost_meanwhile_is_one_error_of_the_database():
    """And none of the driver's own; the next one has another connection."""
    with pytest.raises(sa.exc.DBAPIError), planned.reading(model.meta.engine) as connection:
        with model.meta.engine.connect() as other:
            own = connection.scalar(sa.text("SELECT pg_backend_pid()"))
            other.exec_driver_sql("SELECT pg_terminate_backend(%s)", (own,))
        connection.scalar(STATEMENT, {"word": "x", "number": 1})
    with planned.reading(model.meta.engine) as connection:
        assert connection.scalar(STATEMENT, {"word": "x", "number": 1}) == "x"
