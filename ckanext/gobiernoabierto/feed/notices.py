"""What an officer should know of what the feed says of a dataset: at which field, and what to do about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities.history import plain
from ckanext.gobiernoabierto.rdf import unfit

from . import shapes
from .model import DATASET, LeftOut, Violation
from .render import FAILED, published
from .shapes import SUGGESTION, VIOLATION

LEFT_OUT = "left_out"
"""Beside the severities of the rules: a value that was not published."""
LONGEST = 80
"""Characters of a value that a message repeats."""

Files = Mapping[str, dict[str, str]]
"""{id of a dataset: {id of a file: its name}}, the files in their order."""


@dataclass(frozen=True)
class Notice:
    """Something that should be mended, and where."""

    kind: str
    """``left_out``, ``violation`` or ``suggestion``."""
    field: str | None
    """The field of the form, of the dataset's or of a file's; None where none causes it."""
    resource: str | None
    """Id of the file."""
    file: str
    """Its name."""
    message: str
    """What to do."""
    noticed: dt.datetime

    @property
    def suggested(self) -> bool:
        """Tell whether the dataset is right without it."""
        return self.kind == SUGGESTION


@dataclass(frozen=True)
class Noticed:
    """A public dataset with its notices."""

    name: str
    title: str
    organization: str
    notices: list[Notice]


def of_dataset(package: Mapping[str, Any]) -> list[Notice]:
    """Return the notices of a dataset as ``package_show`` gives it: what is wrong first, one for each field.

    The caller has asked whether the reader may edit it.
    """
    files = {package["id"]: {each["id"]: each.get("name") or "" for each in package.get("resources") or ()}}
    return _of_datasets(files)[package["id"]]


def of_organizations(ids: Iterable[str], first: int = 0, most: int = 50) -> tuple[int, list[Noticed]]:
    """Return how many public datasets of these organizations have notices, and some of them.

    Those come first in which something is wrong, then those with suggestions alone; by title.
    """
    package, organization = model.Package, model.Group
    there = published(DATASET).where(package.owner_org.in_(list(ids))).subquery()
    noticed = _noticed().subquery()
    worst = sa.select(there.c.subject, sa.func.max(noticed.c.wrong).label("wrong"))
    joined = worst.join(noticed, noticed.c.subject == there.c.subject)
    found = joined.group_by(there.c.subject).subquery()
    total = Session.scalar(sa.select(sa.func.count()).select_from(found))
    shown = sa.select(package.id, package.name, package.title, organization.title.label("of"))
    shown = shown.join(found, found.c.subject == package.id)
    shown = shown.join(organization, organization.id == package.owner_org)
    order = found.c.wrong.desc(), package.title, package.name
    rows = Session.execute(shown.order_by(*order).offset(first).limit(most)).all()
    notices = _of_datasets(_files([row.id for row in rows]))
    return int(total), [Noticed(row.name, row.title or row.name, row.of, notices[row.id]) for row in rows]


def violations() -> dict[str, Any]:
    """Return what is against DCAT-AP in what is published, for who watches the site.

    JSON values: ``fragments`` and ``violations`` by kind of subject, ``rules`` {name: violations},
    ``suggestions`` {name of the rule: how many}.
    """
    wrong = Violation.severity == VIOLATION
    subjects = sa.func.count(sa.distinct(Violation.subject))
    return {
        "fragments": _counted(Violation.kind, subjects, wrong),
        "violations": _counted(Violation.kind, sa.func.count(), wrong),
        "rules": _counted(Violation.rule, sa.func.count(), wrong),
        "suggestions": _counted(Violation.rule, sa.func.count(), ~wrong),
    }


def details() -> list[dict[str, Any]]:
    """Return each violation, by subject; JSON values."""
    columns = [column for column in Violation.__table__.c if column.name not in ("id", "severity")]
    asked = sa.select(*columns).where(Violation.severity == VIOLATION)
    rows = Session.execute(asked.order_by(Violation.kind, Violation.subject, Violation.id)).mappings()
    return [plain(dict(row)) for row in rows]


def _counted(column: Any, number: Any, condition: Any) -> dict[str, int]:
    asked = sa.select(column, number).where(condition).group_by(column).order_by(column)
    return dict(Session.execute(asked).all())


def _noticed() -> Any:
    """Return the select of the datasets with notices, each with 1 where something is wrong, else 0."""
    wrong: Any = sa.case((Violation.severity == VIOLATION, 1), else_=0).label("wrong")
    against = sa.select(Violation.subject, wrong)
    against = against.where(Violation.kind == DATASET, Violation.rule.in_(list(shapes.rules())))
    left_out = sa.select(LeftOut.subject, sa.literal(1)).where(LeftOut.kind == DATASET)
    return sa.union_all(against, left_out)


def _files(ids: list[str]) -> Files:
    resource = model.Resource
    asked = sa.select(resource.package_id, resource.id, resource.name).where(resource.package_id.in_(ids))
    files: dict[str, dict[str, str]] = {each: {} for each in ids}
    for row in Session.execute(asked.where(resource.state == "active").order_by(resource.position)):
        files[row.package_id][row.id] = row.name or ""
    return files


def _of_datasets(files: Files) -> dict[str, list[Notice]]:
    found: dict[str, dict[Any, Notice]] = {each: {} for each in files}
    for subject, notice in [*_left_out(files), *_against(files)]:
        if notice.resource is None or notice.resource in files[subject]:
            place = (notice.field, notice.resource) if notice.field else notice.message
            found[subject].setdefault(place, notice)
    return {subject: list(each.values()) for subject, each in found.items()}


def _left_out(files: Files) -> Iterator[tuple[str, Notice]]:
    asked = sa.select(LeftOut.__table__).where(LeftOut.kind == DATASET, LeftOut.subject.in_(list(files)))
    for row in Session.execute(asked.order_by(LeftOut.id)):
        field, resource = _place(row.field, list(files[row.subject]))
        file = files[row.subject].get(resource or "", "")
        yield row.subject, Notice(LEFT_OUT, field, resource, file, _why(row.reason, row.value), row.noticed)


def _place(where: str | None, files: list[str]) -> tuple[str | None, str | None]:
    """Return field and file of ``resources.<number>.<field>``, as ``unfit`` says where a value stands."""
    first, *rest = (where or "").split(".")
    if not rest:
        return first or None, None
    number, field = int(rest[0]), rest[1]
    return (field, files[number]) if number < len(files) else (None, None)


def _why(reason: str, value: str) -> str:
    """Return what to do about a value that was left out."""
    words = {
        unfit.ADDRESS: tk._("“{value}” is not published: it is no address of the web. Correct it."),
        unfit.DATE: tk._("“{value}” is not published: it is no date. Write it as 2026-01-31."),
        unfit.MAIL: tk._("“{value}” is not published: it is no mail address. Correct it."),
        unfit.LICENCE: tk._("“{value}” is not published: the site knows no such licence. Choose one."),
        unfit.CHARACTERS: tk._("It has hidden characters, which are not published. Write it anew."),
        FAILED: tk._("Your last changes could not be published. Tell who administers this site."),
    }
    general = tk._("Part of this dataset could not be published. Tell who administers this site.")
    short = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    return words.get(reason, general).format(value=short)


def _against(files: Files) -> Iterator[tuple[str, Notice]]:
    """Yield what is against the rules that say what to do: of others no officer can mend anything."""
    rules = shapes.rules()
    asked = sa.select(Violation.__table__).where(Violation.kind == DATASET, Violation.rule.in_(list(rules)))
    wrong_first = Violation.severity != VIOLATION, Violation.id
    for row in Session.execute(asked.where(Violation.subject.in_(list(files))).order_by(*wrong_first)):
        place = row.field, row.resource, files[row.subject].get(row.resource or "", "")
        yield row.subject, Notice(row.severity, *place, rules[row.rule].message, row.noticed)
