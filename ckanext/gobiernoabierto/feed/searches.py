"""What questions found, kept: their later pages show the same datasets, because the index has no past."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities.base import now
from sqlalchemy.dialects.postgresql import insert

from .model import Search
from .snapshot import ExpiredError

KEPT = dt.timedelta(days=1)


def keep(subjects: Iterable[str]) -> str:
    """Keep the ids of the datasets that a question found, and return the token of its further pages.

    What finds the same has the same token: who asks again and again fills nothing.
    """
    found = sorted(subjects)
    token = hashlib.sha256(" ".join(found).encode()).hexdigest()[:32]
    kept = insert(Search.__table__).values(token=token, subjects=found, created=now())
    anew = {"created": kept.excluded.created}
    Session.execute(kept.on_conflict_do_update(index_elements=["token"], set_=anew))
    Session.commit()
    return token


def require(token: str) -> None:
    """Raise ExpiredError if what was kept under a token is not there, or not there any more."""
    if Session.scalar(sa.select(Search.token).where(Search.token == token)) is None:
        raise ExpiredError(token)


def forget() -> None:
    """Remove what was kept for longer than ``KEPT``."""
    Session.execute(sa.delete(Search.__table__).where(Search.created < now() - KEPT))
    Session.commit()
