"""Processes that render side by side: where much waits, to render it is what takes long.

Each has a connection of its own, and sees what the transaction sees that asks it: PostgreSQL hands on its
snapshot. They write nothing: one that dies costs time, and nothing else.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from multiprocessing.connection import Connection
from typing import Any

import sqlalchemy as sa
from ckan.model import Session, meta
from ckanext.gobiernoabierto import config

from . import render
from .render import Failure, Fragment, Key

log = logging.getLogger(__name__)
Found = tuple[Key, Fragment | Failure | None]
AT_ONCE = 10
"""Subjects that a process is asked for at once: few, so that all end together; each asking has its price."""
MUCH = 200
"""Subjects, or marks, from which on it is worth to begin them."""
LOCK_SECONDS = 5
"""For so long a process waits for a lock: who asks holds some too, and PostgreSQL cannot see it wait."""
FORK = multiprocessing.get_context("fork")
"""A fork has the site as it is configured; to begin one anew takes as long as to render hundreds."""


class Renderers:
    """As many processes as are configured, from ``start`` to ``close``; none before.

    Where there are none, whoever asks renders by itself.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[Any, Connection]] = []

    def start(self) -> None:
        """Begin the processes, unless they are there; call it between two transactions.

        None in a process with several threads: in a fork nobody lets go of what the others have locked. Nor
        where there is no room for them, or no connection.
        """
        number = config.feed_processes()
        if self._waiting or number <= 1 or threading.active_count() > 1:
            return
        Session.close()
        meta.engine.dispose()  # a connection of two processes is nobody's
        try:
            for _ in range(number):
                self._waiting.append(self._begun())
            for _process, connection in self._waiting:
                _answer(connection)
        except (EOFError, OSError, sa.exc.OperationalError):
            log.warning("There are no processes to render side by side", exc_info=True)
            self.close()

    def _begun(self) -> tuple[Any, Connection]:
        mine, its = FORK.Pipe()
        others = [connection for _process, connection in self._waiting]
        process = FORK.Process(target=_serve, args=(its, [*others, mine]), daemon=True)
        process.start()
        its.close()
        return process, mine

    def close(self) -> None:
        """End the processes, whatever they do: they only read."""
        processes, self._waiting = self._waiting, []
        for process, connection in processes:
            connection.close()
            process.kill()
        for process, _connection in processes:
            process.join()

    def each(self, keys: Iterable[Key], until: float | None = None) -> Iterator[Found]:
        """Yield what ``render.each`` yields, as the transaction of this session sees it.

        After ``until`` each process ends with the subject that it has. If one dies, what is left is rendered
        here. Any other error of theirs is raised, and then there are none any more.
        """
        left = dict.fromkeys(keys)
        if self._waiting:
            try:
                for key, found in self._side_by_side(list(left), until):
                    yield key, found
                    del left[key]
            except (EOFError, OSError):
                log.warning("A process that rendered is gone", exc_info=True)
            else:
                return
        yield from render.each(left, until)

    def _side_by_side(self, keys: list[Key], until: float | None) -> Iterator[Found]:
        there = render.published_of(keys)
        yield from ((key, None) for key in keys if key not in there)
        try:
            yield from self._asked(iter([key for key in keys if key in there]), until)
        except BaseException:  # what is on its way is of this moment, and never to be taken for a later one's
            self.close()
            raise

    def _asked(self, keys: Iterator[Key], until: float | None) -> Iterator[Found]:
        snapshot = Session.scalar(sa.select(sa.func.pg_export_snapshot()))
        asked: deque[Connection] = deque()

        def ask(connection: Connection) -> None:
            if some := list(islice(keys, AT_ONCE)):
                connection.send((snapshot, some, until))
                asked.append(connection)

        for _process, connection in self._waiting:
            ask(connection)
        while asked:
            connection = asked.popleft()
            found = _answer(connection)
            if until is None or time.monotonic() <= until:
                ask(connection)
            yield from found
        for _process, connection in self._waiting:
            connection.send(None)


def _answer(connection: Connection) -> list[Found]:
    found = connection.recv()
    if isinstance(found, Exception):
        raise found
    return list(found)


def _serve(connection: Connection, others: Iterable[Connection]) -> None:
    """Render in a process that was begun for it, until whoever asks is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with whoever asks
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:
        other.close()
    seen: str | None = None

    def found(asked: tuple[str, list[Key], float | None] | None) -> list[Found]:
        nonlocal seen
        snapshot, keys, until = asked or (None, [], None)
        if seen != snapshot:
            _see(snapshot)
            seen = snapshot
        return list(render.each(keys, until))

    with suppress(EOFError, OSError):
        connection.send(_tried(_connected))
        while True:
            asked = connection.recv()
            answer = _tried(partial(found, asked))
            if asked:
                connection.send(answer)


def _tried(work: Callable[[], list[Found]]) -> list[Found] | Exception:
    try:
        return work()
    except Exception as error:
        return error


def _connected() -> list[Found]:
    Session.connection()
    Session.close()
    return []


def _see(snapshot: str | None) -> None:
    """Begin a transaction that sees what the one sees that exported this snapshot; without one end it."""
    Session.close()
    if snapshot is None:
        return
    Session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
    Session.execute(sa.text("SET TRANSACTION SNAPSHOT :snapshot"), {"snapshot": snapshot})
    Session.execute(sa.text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
