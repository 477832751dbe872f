"""Ask to follow, confirm, leave, see, take along and erase: each one commit.

Nothing here is CKAN's activity or our history: what somebody follows is theirs. What is done for an
address that is known is done for one that is not, so that no answer and no delay tells which it is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import ckan.model as model
import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.lib.mail_address import masked
from sqlalchemy.dialects.postgresql import insert

from . import things, tokens
from .model import CONFIRM, LINKS, Follower, Mail, Subscription, new_id
from .things import Pair, Thing


@dataclass(frozen=True)
class Followed:
    """What somebody follows; ``thing`` is None while it is not public."""

    kind: str
    code: str
    thing: Thing | None
    since: dt.datetime


@dataclass(frozen=True)
class Mine:
    """All that is kept of somebody."""

    id: str
    address: str
    created: dt.datetime
    followed: list[Followed]

    @property
    def known_as(self) -> str:
        """Return what they know their address by, and nobody else."""
        return masked(self.address)

    def plain(self) -> dict[str, Any]:
        """Return all of it as JSON can hold it."""
        return {
            "address": self.address,
            "created": self.created.isoformat(),
            "follows": [
                {
                    "kind": each.kind,
                    "code": each.code,
                    "title": each.thing.title if each.thing else None,
                    "page": each.thing.page if each.thing else None,
                    "since": each.since.isoformat(),
                }
                for each in self.followed
            ],
        }


def last_day() -> dt.datetime:
    """Return the moment before which what nobody confirmed is forgotten."""
    return now() - dt.timedelta(days=config.confirm_days())


def ask(address: str, thing: Thing) -> None:
    """Write down that somebody wants to follow something, and that a mail has to ask them."""
    row = {"id": new_id(), "address": address, "digest": tokens.address_digest(address), "created": now()}
    known = insert(Follower.__table__).values(row)
    # an update of nothing gives the row back, and holds it until the commit
    known = known.on_conflict_do_update(index_elements=["digest"], set_={"digest": known.excluded.digest})
    follower = Session.execute(known.returning(Follower.id)).scalar_one()
    pair = {"follower": follower, "kind": thing.kind, "code": thing.code}
    Session.execute(insert(Subscription.__table__).values(**pair, created=now()).on_conflict_do_nothing())
    Session.add(Mail(sort=CONFIRM, **pair))
    model.repo.commit()


def ask_for_links(address: str) -> None:
    """Write down that whoever has the address, if anybody does, gets the links to what they follow."""
    known = sa.select(Follower.id).where(Follower.digest == tokens.address_digest(address))
    Session.add(Mail(sort=LINKS, follower=Session.execute(known).scalar()))
    model.repo.commit()


def _one(follower: str, kind: str, code: str) -> tuple[Any, ...]:
    return Subscription.follower == follower, Subscription.kind == kind, Subscription.code == code


def _asked(secret: str) -> Any:
    waiting = sa.select(Mail).where(Mail.token == tokens.digest(secret), Mail.created > last_day())
    return Session.execute(waiting).scalar_one_or_none()


def asked_about(secret: str) -> Pair | None:
    """Return what the link of a confirmation is about; None if it was used, or its time is over."""
    mail = _asked(secret)
    return (mail.kind, mail.code) if mail else None


def confirm(secret: str) -> Pair | None:
    """Let somebody follow what they were asked about, and return it; None as ``asked_about``."""
    mail = _asked(secret)
    if mail is None:
        return None
    pair = (mail.kind, mail.code)
    asked = sa.update(Subscription).where(*_one(mail.follower, *pair), Subscription.confirmed.is_(None))
    Session.execute(asked.values(confirmed=now()))
    Session.delete(mail)
    model.repo.commit()
    return pair


def mine(follower: str) -> Mine | None:
    """Return what is kept of somebody, what they did not confirm left out; None of nobody."""
    row = Session.get(Follower, follower, populate_existing=True)
    if row is None:
        return None
    own = sa.select(Subscription).where(Subscription.follower == follower, Subscription.confirmed.isnot(None))
    rows = Session.execute(own.order_by(Subscription.confirmed)).scalars().all()
    present = things.current((each.kind, each.code) for each in rows)
    public = things.public(present.values())
    followed = [
        Followed(each.kind, each.code, public.get(present[each.kind, each.code]), each.confirmed)
        for each in rows
    ]
    return Mine(row.id, row.address, row.created, followed)


def stop(follower: str, kind: str, code: str) -> None:
    """Let somebody follow one thing less; who follows nothing any more is forgotten."""
    Session.execute(sa.delete(Subscription).where(*_one(follower, kind, code)))
    _forget(Follower.id == follower)
    model.repo.commit()


def erase(follower: str) -> None:
    """Forget somebody: the address, what they follow, and their mails. Doing it twice does no harm."""
    Session.execute(sa.delete(Follower).where(Follower.id == follower))
    model.repo.commit()


def sweep(kept_days: int) -> int:
    """Forget what nobody confirmed in time, and old mails; return how many people that were."""
    asked = Mail.sort.in_((CONFIRM, LINKS))
    Session.execute(sa.delete(Mail).where(asked, Mail.created <= last_day()))
    Session.execute(sa.delete(Mail).where(Mail.created <= now() - dt.timedelta(days=kept_days)))
    asking = sa.and_(
        Mail.follower == Subscription.follower, Mail.kind == Subscription.kind, Mail.code == Subscription.code
    )
    unconfirmed = (
        Subscription.confirmed.is_(None),
        Subscription.created <= last_day(),
        ~sa.exists().where(asking),
    )
    Session.execute(sa.delete(Subscription).where(*unconfirmed).execution_options(synchronize_session=False))
    forgotten = _forget(sa.true())
    model.repo.commit()
    return forgotten


def _forget(which: Any) -> int:
    follows = sa.exists().where(Subscription.follower == Follower.id)
    gone = sa.delete(Follower).where(which, ~follows).execution_options(synchronize_session=False)
    return int(Session.execute(gone).rowcount)
