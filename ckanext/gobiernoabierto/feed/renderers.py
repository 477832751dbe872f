"""Processes that render side by side: where much waits, to render it is what takes long.

Each has a connection of its own, and sees what the transaction sees that asks it: PostgreSQL hands on its
snapshot. They write nothing: one that dies costs time, and nothing else.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
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
SECONDS = 5.0
"""For so long a process may go on with its last subjects when it is not needed any more."""
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

        None in a process with several threads: in a fork nobody lets go of what the others have locked.
        """
        number = config.feed_processes()
        if self._waiting or number == 1 or threading.active_count() > 1:
            return
        Session.close()
        meta.engine.dispose()  # a connection of two processes is nobody's
        try:
            for _ in range(number):
                self._waiting.append(self._begun())
        except OSError:
            log.warning("No processes to render side by side", exc_info=True)
            self.close()

    def _begun(self) -> tuple[Any, Connection]:
        mine, its = FORK.Pipe()
        others = [connection for _process, connection in self._waiting]
        process = FORK.Process(target=_serve, args=(its, [*others, mine]), daemon=True)
        process.start()
        its.close()
        return process, mine

    def close(self) -> None:
        """End the processes."""
        processes, self._waiting = self._waiting, []
        for _process, connection in processes:
            connection.close()
        for process, _connection in processes:
            process.join(SECONDS)
            process.kill()
            process.join()

    def each(self, keys: Iterable[Key]) -> Generator[Found, None, None]:
        """Yield what ``render.each`` yields in the transaction of this session; for it, in the same order.

        EOFError if a process has died, and whatever error one could not go on from: then there are none
        any more.
        """
        if not self._waiting:
            yield from render.each(keys)
            return
        in_order = list(dict.fromkeys(keys))
        there = render.published_of(in_order)
        yield from ((key, None) for key in in_order if key not in there)
        if there:
            yield from self._each_of(iter([key for key in in_order if key in there]))

    def _each_of(self, keys: Iterator[Key]) -> Iterator[Found]:
        snapshot = Session.scalar(sa.select(sa.func.pg_export_snapshot()))
        asked: deque[Connection] = deque()

        def ask(connection: Connection) -> None:
            if some := list(islice(keys, AT_ONCE)):
                connection.send((snapshot, some))
                asked.append(connection)

        try:
            for _process, connection in self._waiting:
                ask(connection)
            while asked:
                connection = asked.popleft()
                found = _answer(connection)
                ask(connection)
                yield from found
        except Exception:
            self.close()
            raise
        finally:
            self._let_go(asked)

    def _let_go(self, asked: Iterable[Connection]) -> None:
        """Take what is on its way, for nobody, and let the processes leave their transactions."""
        try:
            for connection in asked:
                connection.recv()
            for _process, connection in self._waiting:
                connection.send(None)
        except (EOFError, OSError):
            self.close()


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
    seen = None
    with suppress(EOFError, OSError):
        while True:
            asked = connection.recv()
            if asked is None:
                Session.close()
                seen = None
                continue
            snapshot, keys = asked
            try:
                if seen != snapshot:
                    _see(snapshot)
                    seen = snapshot
                connection.send(list(render.each(keys)))
            except Exception as error:
                connection.send(error)


def _see(snapshot: str) -> None:
    """Begin a transaction that sees what the one sees that exported this snapshot."""
    Session.close()
    Session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    Session.execute(sa.text("SET TRANSACTION SNAPSHOT :snapshot"), {"snapshot": snapshot})
