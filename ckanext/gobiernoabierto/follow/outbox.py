"""From a row to a mail: what is promised when the job is killed, and how it is kept.

A mail is a row before it is a mail. The row is ``waiting`` until the SMTP server says that it is ready for
the text; then, before the first byte of it, ``handing`` and the keys of the news in it are committed; when
the server has taken it, ``sent``. An advisory lock, which ends with the process, says that somebody works
on a row. A job that is killed leaves behind

* a row that waits: the server has nothing of it, and the next run sends it;
* a row that is being handed over, and no lock: the server has the mail or has not, and nobody can know
  which. It becomes ``unsure`` and is never sent again. Its news are told in the mail of the next day,
  which says that some may have been read already.

So no mail goes out twice, nobody gets two on one day, and no news are lost: what is told is at worst told
again a day later, after a kill within the milliseconds between the text and the server's answer. Somebody
who asked for a confirmation in just those has to ask again.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import ckan.model as model
import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.entities.participation import local_today
from ckanext.gobiernoabierto.lib.smtp import NotTakenError, Postbox, Server, UnreachableError, UnsureError
from sqlalchemy.dialects.postgresql import insert

from . import letters, news, things, tokens
from .model import (
    CONFIRM,
    DIGEST,
    HANDING,
    LINKS,
    REFUSED,
    SENT,
    UNSURE,
    WAITING,
    Follower,
    Mail,
    Subscription,
)
from .news import News
from .things import Pair

log = logging.getLogger(__name__)

LOOKBACK = dt.timedelta(days=30)
"""Older news are no news: after so many days without mail the rest is left out."""
KEPT_DAYS = 35
"""How long a mail's row stays: it says what was told within ``LOOKBACK``."""
LATE = dt.timedelta(days=1)
"""A change bears the moment when its transaction began: it may come to light when later ones were told."""
_LOCKS = 0x676F61 << 32
"""Our advisory locks among those of others."""


@dataclass(frozen=True)
class Letter:
    """A mail that is ready, and what its row has to remember."""

    text: EmailMessage
    kept: dict[str, Any] = field(default_factory=dict)
    until: dt.datetime | None = None
    """Of a digest: until when its reader has been told the news."""


def prepare() -> int:
    """Make a row for the mail of today of everybody who has none yet and for whom there is news."""
    started, today, made = now(), local_today(), 0
    readers = _readers(today)
    if not readers:
        return 0
    start = min(_since(reader.read_until, min(wanted.values()), started) for reader, wanted in readers)
    fresh = news.since(start, {pair for _, wanted in readers for pair in wanted})
    for reader, wanted in readers:
        if _unread(reader, wanted, fresh, started):
            row = {"follower": reader.id, "sort": DIGEST, "state": WAITING, "day": today, "created": started}
            new = insert(Mail.__table__).values(**row, since=reader.read_until, told=[])
            made += Session.execute(new.on_conflict_do_nothing()).rowcount
        elif reader.read_until is None or started - reader.read_until > LATE:
            reader.read_until = started
    model.repo.commit()
    return made


def _readers(today: dt.date) -> list[tuple[Any, dict[Pair, dt.datetime]]]:
    """Return who has no mail of that day, with {what they follow, by its present code: since when}."""
    has_mail = sa.exists().where(sa.and_(Mail.follower == Follower.id, Mail.day == today))
    asked = sa.select(Follower, Subscription).join(Subscription).where(Subscription.confirmed.isnot(None))
    rows = Session.execute(asked.where(~has_mail).order_by(Follower.id)).all()
    present = things.current((each.kind, each.code) for _, each in rows)
    found: dict[str, tuple[Any, dict[Pair, dt.datetime]]] = {}
    for reader, each in rows:
        wanted = found.setdefault(reader.id, (reader, {}))[1]
        wanted[present[each.kind, each.code]] = each.confirmed
    return list(found.values())


def _since(read_until: dt.datetime | None, first: dt.datetime, at: dt.datetime) -> dt.datetime:
    return max(first, read_until - LATE if read_until else first, at - LOOKBACK)


def _unread(reader: Any, wanted: dict[Pair, dt.datetime], fresh: list[News], at: dt.datetime) -> list[News]:
    """Return the news that somebody was not told."""
    if not wanted:
        return []
    start, told = _since(reader.read_until, min(wanted.values()), at), _told_before(reader.id)
    return [
        each
        for each in fresh
        if each.moment >= start
        and each.key not in told
        and any(pair in wanted and each.moment >= wanted[pair] for pair in each.about)
    ]


def _told_before(follower: str) -> set[str]:
    over = Mail.state.in_((SENT, HANDING))
    asked = sa.select(sa.func.unnest(Mail.told)).where(Mail.follower == follower, over)
    return set(Session.execute(asked).scalars())


def drain(server: Server) -> dict[str, int]:
    """Send what waits; return how many mails ended in each state. Several may do it at once."""
    open_ = sa.select(Mail.id).where(Mail.state.in_((WAITING, HANDING))).order_by(Mail.id)
    waiting, ended = Session.execute(open_).scalars().all(), Counter[str]()
    Session.commit()
    with closing(Postbox(server)) as postbox, model.meta.engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        for mail_id in waiting:
            with _locked(alone, mail_id) as mine:
                try:
                    state = _send(server, postbox, mail_id) if mine else None
                except UnreachableError as error:
                    Session.rollback()
                    log.error("No mail was sent, the SMTP server does not answer: %s", error)
                    break
                except Exception as error:
                    # one that fails keeps no other from going out; what it says may name the address
                    Session.rollback()
                    log.error("Mail %s was not sent: %s", mail_id, type(error).__name__)
                    state = None
            if state:
                ended[state] += 1
    return dict(ended)


@contextmanager
def _locked(connection: Any, mail_id: int) -> Iterator[bool]:
    """Hold a mail against all other processes; gives False where another one has it."""
    key = {"key": _LOCKS + mail_id}
    got = connection.execute(sa.text("SELECT pg_try_advisory_lock(:key)"), key).scalar()
    try:
        yield bool(got)
    finally:
        if got:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), key)


def _send(server: Server, postbox: Postbox, mail_id: int) -> str | None:
    """Bring one mail to its end, and return its state; None where there is nothing to send any more."""
    mail = Session.get(Mail, mail_id, populate_existing=True)
    if mail is None or mail.state not in (WAITING, HANDING):
        Session.rollback()
        return None
    if mail.state == HANDING:
        return _end(mail, UNSURE)
    reader = Session.get(Follower, mail.follower, populate_existing=True) if mail.follower else None
    letter = _compose(server, mail, reader) if reader else None
    if reader is None or letter is None:
        Session.delete(mail)
        model.repo.commit()
        return None
    text = letter.text.as_bytes()
    try:
        postbox.hand_over(reader.address, text, lambda: _begin(mail, reader, letter))
    except NotTakenError as error:
        log.warning("Mail %s was not taken: SMTP %s", mail_id, error.code)
        return _end(mail, REFUSED if error.permanent else WAITING)
    except UnsureError:
        log.warning("Mail %s: the connection broke before the server answered", mail_id)
        return _end(mail, UNSURE)
    return _end(mail, SENT)


def _begin(mail: Any, reader: Any, letter: Letter) -> None:
    """Commit that from now on the server may have the mail."""
    mail.state = HANDING
    for name, value in letter.kept.items():
        setattr(mail, name, value)
    if letter.until:
        reader.read_until = letter.until
    model.repo.commit()


def _end(mail: Any, state: str) -> str:
    """Commit what became of a mail; what was not told for certain is news still."""
    mail.state = state
    if mail.sort == DIGEST and state != SENT:
        mail.told = []
        restored = sa.update(Follower).where(Follower.id == mail.follower).values(read_until=mail.since)
        Session.execute(restored.execution_options(synchronize_session=False))
    model.repo.commit()
    return state


def _compose(server: Server, mail: Any, reader: Any) -> Letter | None:
    """Return a mail as it has to be at this moment; None where nothing is left to say."""
    # there is one row for each reader and day
    name = f"{reader.id}:{mail.id}:{mail.created.isoformat()}"
    if mail.sort == CONFIRM:
        pair = things.current([(mail.kind, mail.code)])[mail.kind, mail.code]
        thing, secret = things.public([pair]).get(pair), tokens.new_secret()
        if thing is None:
            return None
        text = letters.confirmation(server, reader.address, thing, secret, name)
        return Letter(text, {"token": tokens.digest(secret)})
    wanted = _followed(reader.id)
    if not wanted:
        return None
    if mail.sort == LINKS:
        return Letter(letters.links(server, reader.address, reader.id, name))
    return _digest(server, reader, wanted, name) if mail.day == local_today() else None


def _followed(follower: str) -> dict[Pair, dt.datetime]:
    own = sa.select(Subscription).where(Subscription.follower == follower, Subscription.confirmed.isnot(None))
    rows = Session.execute(own).scalars().all()
    present = things.current((each.kind, each.code) for each in rows)
    return {present[each.kind, each.code]: each.confirmed for each in rows}


def _digest(server: Server, reader: Any, wanted: dict[Pair, dt.datetime], name: str) -> Letter | None:
    """Return the mail of the day, with what is public now."""
    at = now()
    start, followed = _since(reader.read_until, min(wanted.values()), at), things.public(wanted)
    told = _unread(reader, {pair: wanted[pair] for pair in followed}, news.since(start, followed), at)
    if not told:
        return None
    interrupted = (Mail.follower == reader.id, Mail.state == UNSURE, Mail.created > start - LATE)
    again = Session.execute(sa.select(Mail.id).where(*interrupted)).first() is not None
    grouped = letters.grouped(told, followed)
    text = letters.digest(server, reader.address, reader.id, grouped, name, again=again)
    return Letter(text, {"told": [each.key for each in told]}, at)
