"""Who flushes, and when: a job soon after each commit that may have marked something, and one each hour."""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import suppress
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.lib.redis import connect_to_redis
from ckan.model import Session
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.document import Document
from ckanext.gobiernoabierto.entities.organization_role import OrganizationRole
from ckanext.gobiernoabierto.hourly import HOUR, Job
from ckanext.gobiernoabierto.links.model import Link
from ckanext.gobiernoabierto.spanish import as_a_visitor, in_spanish
from flask import current_app
from redis.exceptions import RedisError

from . import dumps, flush, overdue, packing, searches, snapshot, validation
from .fingerprint import fingerprint
from .model import State
from .writing import BusyError, is_outage, quiet

log = logging.getLogger(__name__)
TITLE = "publish in the feed what has changed"
CHANGED = "gobiernoabierto_feed_changed"
"""What a session remembers until it commits."""
TABLES = frozenset(
    {
        *("package", "resource", "package_extra", "package_tag", "tag", "group"),
        *(Document.__tablename__, OrganizationRole.__tablename__, Link.__tablename__),
    }
)
"""Of what is told, beside those of the entities."""
READER_SECONDS = 1.0
"""At most, and one batch more; what is left over comes with the next reader, or the job."""
NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""Before all events."""
WAITING_SECONDS = 60
"""For so long one job in the queue is enough; should it get lost, the next change brings another."""


class UnflushedError(Exception):
    """What waits is not published: what has to go is among it, or may be."""


def install() -> None:
    """Let each commit of CKAN's session that writes what the feed tells bring a flush."""
    for event, listener in (
        ("after_flush", _after_flush),
        ("do_orm_execute", _on_execute),
        ("after_commit", _after_commit),
        ("after_rollback", _after_rollback),
    ):
        if not sa.event.contains(Session, event, listener):
            sa.event.listen(Session, event, listener)


def _is_told(table: str | None) -> bool:
    """Tell whether the feed tells of a table; rows of entities are never written without their entity."""
    return table in TABLES or any(table == entity.table.name for entity in registry.ENTITY_TYPES)


def _after_flush(session: Any, _context: Any) -> None:
    if CHANGED in session.info:
        return
    written = (*session.new, *session.dirty, *session.deleted)
    tables = {getattr(sa.inspect(each).mapper.local_table, "name", None) for each in written}
    if any(_is_told(table) for table in tables):
        session.info[CHANGED] = True


def _on_execute(state: Any) -> None:
    """Notice statements too: ``bulk_update_private`` of CKAN is one."""
    if state.is_insert or state.is_update or state.is_delete:
        table = getattr(state.statement, "table", None)
        if table is not None and _is_told(table.name):
            state.session.info[CHANGED] = True


def _after_commit(session: Any) -> None:
    if session.info.pop(CHANGED, None):
        soon()


def _after_rollback(session: Any) -> None:
    session.info.pop(CHANGED, None)


def soon() -> None:
    """Put a flush into the queue, unless one waits there; without a queue it has to wait for the hour."""
    try:
        if connect_to_redis().set(_waiting(), 1, nx=True, ex=WAITING_SECONDS):
            tk.enqueue_job(flush_marked, title=TITLE, rq_kwargs={"timeout": HOUR})
    except RedisError:
        log.warning("no queue: the feed is flushed within the hour", exc_info=True)


def _waiting() -> str:
    return f"{tk.config['ckan.site_id']}:gobiernoabierto:feed"


@in_spanish
def flush_marked() -> None:
    """Flush as a job, and say soon what is wrong in it: what is committed from now on brings another one."""
    connect_to_redis().delete(_waiting())
    _flush()
    validation.validate(seconds=validation.SOON_SECONDS)


@in_spanish
def each_hour() -> None:
    """Flush what no job has flushed; all of it, where the configuration is another one than it was."""
    catch_up()
    searches.forget()
    dumps.sweep(snapshot.head().shown_from)
    _flush()
    with suppress(BusyError):  # dumps are made without, only slower
        packing.fill(flush.WAIT)


def catch_up() -> None:
    """Mark what failed, and everything where the program or its settings are others than the log's."""
    flush.mark_failed()
    state = Session.get(State, 1)
    Session.rollback()
    if state is None or state.fingerprint != fingerprint():
        flush.mark_all()


def head_for_a_reader() -> snapshot.Head:
    """Return where the log stands, after a flush for a reader who comes before any job does.

    For as long as a reader waits; what is marked then is told to the next one. UnflushedError if that fails
    for what is no mistake of the reader's, or while something waits that has to go: to show what was there
    before would show it.
    """
    head = snapshot.head()
    if not head.pending:
        return head
    try:
        # of the reader's own request the fragments must know nothing: /es/… is another address of the same
        with as_a_visitor(current_app):
            _flush(seconds=READER_SECONDS, wait=READER_SECONDS)
    except Exception as error:
        if is_outage(error):
            raise
        log.exception("The feed cannot be flushed")
        raise UnflushedError from error
    head = snapshot.head()
    if head.pending and overdue.anything():
        raise UnflushedError
    return head


def head_for_who_asks_how_it_is() -> snapshot.Head:
    """Return where the log stands, after a flush as for any reader if one can be done."""
    try:
        return head_for_a_reader()
    except UnflushedError:
        return snapshot.head()


def moment_for_a_reader() -> tuple[dt.datetime, snapshot.Head]:
    """Return a moment and where the log stood then: all that has an earlier date can be read there.

    Whoever asks next time for what there is since then misses nothing, however long a writer takes from
    the date of its events to their commit. While one goes on it is the moment of the last event.
    """
    head_for_a_reader()
    try:
        with quiet(READER_SECONDS) as moment:
            return moment, snapshot.head()
    except BusyError:
        head = snapshot.head()
        return head.changed or NEVER, head


def _flush(seconds: float | None = None, wait: float = flush.WAIT) -> None:
    try:
        done = flush.flush(seconds, wait)
    except BusyError:
        log.info("the feed is being flushed by somebody else")
        return
    if done.events:
        log.info("feed: %s rendered, %s", done.rendered, dict(done.events))


JOB = Job("feed", TITLE, each_hour)
