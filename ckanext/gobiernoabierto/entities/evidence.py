"""What shows that something was done: rows with an address, and whether the address answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from sqlalchemy import orm

from .base import EVIDENCE, STORED, BaseModel, Proof, Row, Rule, Values, now
from .document import has

THERE, MISSING, UNCHECKED = "there", "missing", "unchecked"
"""It answered; it did not; nobody has asked it yet, or the site itself had no connection."""


class Check(BaseModel):
    """What came of asking an address the last time."""

    __tablename__ = "gobiernoabierto_evidence_check"

    url = sa.Column(sa.Text, primary_key=True)
    checked = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)
    state = sa.Column(sa.Text, nullable=False)
    outcome = sa.Column(sa.Text, nullable=False)
    """The status that it answered, or the name of the Reason for which it did not."""
    since = sa.Column(sa.Date)
    """The first day on which it did not answer any more."""

    def told(self) -> Values:
        """Return what everybody may know of it."""
        return {name: getattr(self, name) for name in TOLD}


TOLD = ("state", "outcome", "checked", "since")
NOT_YET: Values = {**dict.fromkeys(TOLD), "state": UNCHECKED}


class Evidence(Row):
    """A text, and an address where there is one."""

    columns = ("text", "url")

    text = sa.Column(sa.Text, nullable=False)
    url = sa.Column(sa.Text)

    @orm.declared_attr
    def check(cls) -> Any:  # noqa: N805 - SQLAlchemy calls it with the class
        """Whether its address answers; it comes with the row, by the same query."""
        return orm.relationship(
            Check, primaryjoin=lambda: Check.url == orm.foreign(cls.url), viewonly=True, lazy="joined"
        )

    def checked(self) -> Values:
        """Return what is known of its address."""
        return self.check.told() if self.check else dict(NOT_YET)


def shown(proof: Proof) -> Rule:
    """Return the rule that what is said to be reached is shown by something that one can open.

    What was said before it had to be shown stays as it is until somebody says it anew.
    """

    def rule(values: Values) -> Iterator[tuple[str, str]]:
        opened = any(row["url"] for row in values.get(EVIDENCE) or ()) or has(values, EVIDENCE)
        stored = values.get(STORED) or {}
        anew = any(values.get(name) != stored.get(name) for name in (proof.field, EVIDENCE, *proof.said))
        if proof.claimed(values) and anew and not opened:
            yield EVIDENCE, tk._("Give the address of a dataset, file or document that shows it")

    return rule
