"""The table of what came with a form that is not finished: one row for each form of each person."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from ckanext.gobiernoabierto.entities.base import BaseModel, now


class StagedUpload(BaseModel):
    """What one form has sent so far; the key is the person and the form's unguessable token.

    The row outlives its file until it expires: a form that is sent twice finds what it has made.
    """

    __tablename__ = "gobiernoabierto_staged_upload"

    user_id = sa.Column(sa.Text, primary_key=True)
    token = sa.Column(sa.Text, primary_key=True, index=True)
    created = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)
    expires = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, index=True)

    file = sa.Column(sa.Text)
    """Name in the private folder; NULL if none was sent."""
    name = sa.Column(sa.Text)
    """The name that the person gave it, made safe."""
    size = sa.Column(sa.BigInteger)
    sha256 = sa.Column(sa.Text)
    media_type = sa.Column(sa.Text)
    """What its first bytes look like, whatever its name says."""

    claimed = sa.Column(sa.TIMESTAMP(timezone=True))
    package_id = sa.Column(sa.Text)
    resource_id = sa.Column(sa.Text)

    @classmethod
    def of_form(cls, user_id: str, token: str) -> Any:
        """Return the statement of one form's row, locked until the transaction ends."""
        return (
            sa.select(cls)
            .where(cls.user_id == user_id, cls.token == token)
            .with_for_update()
            .execution_options(populate_existing=True)
        )

    @classmethod
    def by_key(cls, user_id: str, token: str) -> Any:
        """Return the statement of one form's row, if its time is not over."""
        return sa.select(cls).where(cls.user_id == user_id, cls.token == token, cls.expires > now())

    @classmethod
    def expired(cls) -> Any:
        """Return the statement of the rows whose time is over and which nobody is working on."""
        return sa.select(cls).where(cls.expires <= now()).with_for_update(skip_locked=True)
