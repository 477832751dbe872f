"""Further forms of the datasets, rendered with their fragments: once, and not at each view of a page.

Only of what is public now: a form goes in the same moment as the fragment, and there is no earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities.base import BaseModel
from flask import g
from sqlalchemy.dialects.postgresql import insert

from .model import DATASET


class Prepared(BaseModel):
    """The forms of one public dataset: JSON that may stand in a page as it is."""

    __tablename__ = "gobiernoabierto_feed_prepared"

    subject = sa.Column(sa.Text, primary_key=True)
    """Id of the dataset."""
    schemaorg = sa.Column(sa.Text, nullable=False)
    croissant = sa.Column(sa.Text)
    """None: it has no table."""


@dataclass(frozen=True)
class Forms:
    """What is prepared of one dataset."""

    schemaorg: str
    croissant: str | None


TABLE = Prepared.__table__
PLACE = "gobiernoabierto_forms"
"""Where a request remembers them."""


def keep(now_is: Mapping[tuple[str, str], Any]) -> None:
    """Write the forms of these fragments, and remove those of datasets that are public no more.

    None stands for what is not published. In the caller's transaction.
    """
    datasets = {subject: each for (kind, subject), each in now_is.items() if kind == DATASET}
    gone = [subject for subject, fragment in datasets.items() if fragment is None]
    if gone:
        Session.execute(sa.delete(TABLE).where(TABLE.c.subject.in_(gone)))
    rows = [
        {"subject": subject, "schemaorg": each.forms.schemaorg, "croissant": each.forms.croissant}
        for subject, each in datasets.items()
        if each is not None
    ]
    if rows:
        Session.execute(_written(), rows)


def _written() -> Any:
    """Return the statement that writes a row where it differs."""
    statement = insert(TABLE)
    forms = {name: statement.excluded[name] for name in ("schemaorg", "croissant")}
    differs = sa.or_(*(TABLE.c[name].is_distinct_from(form) for name, form in forms.items()))
    return statement.on_conflict_do_update(index_elements=["subject"], set_=forms, where=differs)


def of_datasets(subjects: Iterable[str]) -> dict[str, Forms]:
    """Return {id: forms} of those of the datasets that have any."""
    found = sa.select(TABLE).where(TABLE.c.subject.in_(list(subjects)))
    return {row.subject: Forms(row.schemaorg, row.croissant) for row in Session.execute(found)}


def of_page(dataset: Mapping[str, Any]) -> Forms | None:
    """Return the forms of a public dataset, asked for once in a request.

    None of any other dataset, and of one that the feed does not have yet.
    """
    if dataset["state"] != "active" or dataset["private"]:
        return None
    known = g.setdefault(PLACE, {})
    if dataset["id"] not in known:
        known[dataset["id"]] = of_datasets([dataset["id"]]).get(dataset["id"])
    return known[dataset["id"]]


def not_among(published: Any) -> list[str]:
    """Return the ids of datasets that have a form and are none of what a select gives."""
    found = sa.select(TABLE.c.subject).where(TABLE.c.subject.not_in(published))
    return list(Session.execute(found).scalars())
