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
from .model import CONFIRM, LINKS, REFUSED, UNSURE, Follower, Mail, Subscription, new_id
from .things import Pair, Thing

CONFIRMATIONS_A_DAY = 5
"""Mails that one address gets within a day and that ask it for a confirmation, whoever wants them sent."""


@dataclass(frozen=True)
class Asked:
    """What the link of a confirmation is about, and whose it is."""

    follower: str
    pair: Pair
    already: bool
    """It is followed: the link, or another one, was used."""


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


def ask(address: str, thing: Thing) -> bool:
    """Write down that somebody wants to follow something, and that a mail has to ask them.

    Tell whether it has to: once a day about one thing, ``CONFIRMATIONS_A_DAY`` times about all.
    """
    row = {"id": new_id(), "address": address, "digest": tokens.address_digest(address), "created": now()}
    known = insert(Follower.__table__).values(row)
    # an update of nothing gives the row back, and holds it until the commit
    known = known.on_conflict_do_update(index_elements=["digest"], set_={"digest": known.excluded.digest})
    follower = Session.execute(known.returning(Follower.id)).scalar_one()
    if not _may_be_asked(follower, thing.pair):
        Session.rollback()
        return False
    pair = {"follower": follower, "kind": thing.kind, "code": thing.code}
    Session.execute(insert(Subscription.__table__).values(**pair, created=now()).on_conflict_do_nothing())
    Session.add(Mail(sort=CONFIRM, **pair))
    model.repo.commit()
    return True


def _may_be_asked(follower: str, pair: Pair) -> bool:
    """Tell whether a mail may ask somebody about something; what did not arrive is asked again."""
    today = (Mail.sort == CONFIRM, Mail.created > now() - dt.timedelta(days=1))
    asked = sa.select(Mail.kind, Mail.code, Mail.state).where(Mail.follower == follower, *today)
    mails = Session.execute(asked).all()
    arrived = {(kind, code) for kind, code, state in mails if state not in (UNSURE, REFUSED)}
    return pair not in arrived and len(mails) < CONFIRMATIONS_A_DAY


def ask_for_links(address: str) -> None:
    """Write down that whoever has the address, if anybody does, gets the links to what they follow."""
    known = sa.select(Follower.id).where(Follower.digest == tokens.address_digest(address))
    Session.add(Mail(sort=LINKS, follower=Session.execute(known).scalar()))
    model.repo.commit()


def _one(follower: str, kind: str, code: str) -> tuple[Any, ...]:
    return Subscription.follower == follower, Subscription.kind == kind, Subscription.code == code


def _asking() -> Any:
    """Return the condition that a mail asks for a subscription."""
    same = (Mail.follower == Subscription.follower, Mail.kind == Subscription.kind)
    return sa.and_(*same, Mail.code == Subscription.code)


def asked_about(secret: str) -> Asked | None:
    """Return what the link of a confirmation is about.

    None if nothing is, or its time is over; that of what is followed does not end before its mail's row.
    """
    asked = sa.select(Mail, Subscription.confirmed).join(Subscription, _asking())
    alive = sa.or_(Mail.created > last_day(), Subscription.confirmed.isnot(None))
    row = Session.execute(asked.where(Mail.token == tokens.digest(tokens.bare(secret)), alive)).first()
    if row is None:
        return None
    mail, confirmed = row
    return Asked(mail.follower, (mail.kind, mail.code), confirmed is not None)


def confirm(asked: Asked) -> None:
    """Let somebody follow what they were asked about."""
    own = sa.update(Subscription).where(*_one(asked.follower, *asked.pair), Subscription.confirmed.is_(None))
    Session.execute(own.values(confirmed=now()))
    model.repo.commit()


def is_known(follower: str) -> bool:
    """Tell whether anything is kept of somebody."""
    return Session.get(Follower, follower, populate_existing=True) is not None


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
    # its links would lead to what is not followed any more, and it may be asked for again today
    asked = (Mail.follower == follower, Mail.sort == CONFIRM, Mail.kind == kind, Mail.code == code)
    Session.execute(sa.delete(Mail).where(*asked))
    _forget(Follower.id == follower)
    model.repo.commit()


def erase(follower: str) -> None:
    """Forget somebody: the address, what they follow, and their mails. Doing it twice does no harm."""
    Session.execute(sa.delete(Follower).where(Follower.id == follower))
    model.repo.commit()


def sweep(kept_days: int) -> int:
    """Forget what nobody confirmed in time, and old mails; return how many people that were."""
    used = sa.exists().where(sa.and_(_asking(), Subscription.confirmed.isnot(None)))
    spent = sa.delete(Mail).where(Mail.sort.in_((CONFIRM, LINKS)), Mail.created <= last_day(), ~used)
    Session.execute(spent.execution_options(synchronize_session=False))
    Session.execute(sa.delete(Mail).where(Mail.created <= now() - dt.timedelta(days=kept_days)))
    unconfirmed = (
        Subscription.confirmed.is_(None),
        Subscription.created <= last_day(),
        ~sa.exists().where(_asking()),
    )
    Session.execute(sa.delete(Subscription).where(*unconfirmed).execution_options(synchronize_session=False))
    forgotten = _forget(sa.true())
    model.repo.commit()
    return forgotten


def _forget(which: Any) -> int:
    follows = sa.exists().where(Subscription.follower == Follower.id)
    gone = sa.delete(Follower).where(which, ~follows).execution_options(synchronize_session=False)
    return int(Session.execute(gone).rowcount)
