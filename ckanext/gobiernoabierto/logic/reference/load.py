"""Load the reference files into the entities, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckanext.gobiernoabierto.entities import codes, history, registry, store
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType
from ckanext.gobiernoabierto.entities.history import REFERENCE, Actor
from ckanext.gobiernoabierto.lib.csv_rows import CsvRow, Problem, read
from ckanext.gobiernoabierto.links import reindex
from ckanext.gobiernoabierto.logic import validation
from ckanext.gobiernoabierto.logic.validators import no_such

from .files import DETAILS, FILES, PARTICIPATION_COLUMNS, PARTICIPATIONS, Column, ReferenceFile

Values = dict[str, Any]
ACTOR = Actor(origin=REFERENCE)
SITE: dict[str, Any] = {"ignore_auth": True}


@dataclass(frozen=True)
class Kept:
    """A value that a person has written since, and that the file would have changed."""

    entity: str
    code: str
    field: str
    """Empty where a person deleted the whole row."""


@dataclass
class Report:
    """What a load did, or would have done."""

    created: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Files that the folder does not have; their rows stay as they are."""
    renamed: list[tuple[str, str]] = field(default_factory=list)
    """(entity, code) of the rows whose values changed: datasets that name them have to be indexed."""

    def count(self, what: str, entity: str) -> None:
        """Count one row of ``entity`` as ``created``, ``changed`` or ``unchanged``."""
        counts = getattr(self, what)
        counts[entity] = counts.get(entity, 0) + 1


@dataclass(frozen=True)
class _Given:
    """A row as it comes from its files: its values, and where each is from."""

    row: CsvRow
    code: str
    values: Values
    places: dict[str, tuple[CsvRow, str]]
    """{field: (row, column)}"""


def _read(folder: Path, name: str, columns: Iterable[str], report: Report) -> list[CsvRow]:
    path = folder / name
    if not path.is_file():
        report.missing.append(name)
        return []
    rows, problems = read(name, path.read_bytes(), list(columns))
    unreadable = [(row, column) for row in rows for column, cell in row.cells.items() if "\0" in cell]
    message = tk._("The text has an invisible control character: write it again")
    report.problems += [*problems, *(row.problem(column, message) for row, column in unreadable)]
    lines = {row.line for row, _ in unreadable}
    return [row for row in rows if row.line not in lines]


def _converted(row: CsvRow, columns: Iterable[tuple[str, Column]], report: Report) -> Values:
    """Return the row's values by field; an empty cell is unknown, and a bad one a problem."""
    values: Values = {}
    bad: set[str] = set()
    for name, column in columns:
        cell = row.cells[name]
        if not cell:
            values[column.field] = None
            continue
        try:
            values[column.field] = column.convert(cell, row.cells)
        except ValueError as error:
            if name not in bad:
                report.problems.append(row.problem(name, str(error)))
            bad.add(name)
    return values


def _rows_of(file: ReferenceFile, folder: Path, report: Report) -> list[_Given]:
    columns = file.every_column()
    column_of = {column.field: name for name, column in columns}
    first_line: dict[str, int] = {}
    given = []
    for row in _read(folder, file.name, (*file.columns, *file.ignored), report):
        values = _converted(row, columns, report)
        code = values.pop("code", None) or ""
        if code in first_line:
            report.problems.append(row.problem(column_of["code"], str(first_line[code]), "duplicate"))
            continue
        first_line[code] = row.line
        if file.source:
            values["source"] = [file.source]
        given.append(_Given(row, code, values, {name: (row, column) for name, column in column_of.items()}))
    return given


def _with_details(given: list[_Given], file: ReferenceFile, folder: Path, report: Report) -> list[_Given]:
    """Return the rows with what another file tells of some of them; that file may come alone."""
    by_code = {each.code: each for each in given}
    entity = registry.entity_type(file.entity)
    for detail in _rows_of(file, folder, report):
        known = by_code.get(detail.code)
        if known is not None:
            known.values.update(detail.values)
            known.places.update(detail.places)
        elif codes.resolve(entity, detail.code).row is not None:
            given.append(detail)
        else:
            row, column = detail.places["code"]
            report.problems.append(row.problem(column, no_such(entity, detail.code)))
    return given


def _report_errors(given: _Given, errors: Mapping[str, Any], report: Report) -> None:
    told = {(problem.file, problem.line, problem.column) for problem in report.problems}
    for name, messages in errors.items():
        row, column = given.places.get(name, (given.row, name))
        if (row.file, row.line, column) in told:
            continue
        report.problems += [row.problem(column, str(message)) for message in messages]


@contextmanager
def _collected(errors: dict[str, Any]) -> Iterator[None]:
    """Keep what is refused, so that what else is wrong with a row is told too."""
    try:
        yield
    except tk.ValidationError as error:
        errors.update(error.error_dict)


class _Loader:
    """The state of one load of one entity: what stands there, and who wrote it last."""

    def __init__(self, entity: EntityType, report: Report) -> None:
        self.entity = entity
        self.report = report
        self.by_person = history.last_written_by_others(entity.name, REFERENCE)

    def upsert(self, given: _Given) -> None:
        """Write what differs of one row, except what a person has written since."""
        found = codes.resolve(self.entity, given.code)
        try:
            if found.row is not None:
                self._change(found.row, given)
            elif codes.was_used(self.entity, given.code):
                self.report.kept.append(Kept(self.entity.name, given.code, ""))
            else:
                self._create(given)
        except tk.ValidationError as error:
            _report_errors(given, error.error_dict, self.report)

    def _create(self, given: _Given) -> None:
        refused: dict[str, Any] = {}
        with _collected(refused):
            validation.validate_code(self.entity, given.code)
        with _collected(refused):
            values = validation.validate(self.entity, given.values, visibility=PUBLISHED, context=SITE)
        if refused:
            raise tk.ValidationError(refused)
        self._refuse_taken(given.code, values)
        store.create(self.entity, given.code, values, PUBLISHED, ACTOR)
        self.report.count("created", self.entity.name)

    def _change(self, row: Any, given: _Given) -> None:
        current = row.values()
        clean = validation.validate(
            self.entity,
            {**current, **given.values},
            before=current,
            visibility=row.visibility,
            documents=row.attached(),
            context=SITE,
        )
        differing = history.difference(current, {name: clean[name] for name in given.values})
        earlier = model.Session.execute(codes.every_code(self.entity, row.code)).scalars().all()
        kept = {name for name in differing if any((code, name) in self.by_person for code in earlier)}
        self.report.kept += [Kept(self.entity.name, row.code, name) for name in sorted(kept)]
        values = {name: clean[name] for name in differing if name not in kept}
        self._refuse_taken(row.code, {**current, **values})
        changed = store.change(self.entity, row, values, row.visibility, ACTOR)
        self.report.count("changed" if changed else "unchanged", self.entity.name)
        if changed:
            self.report.renamed.append((self.entity.name, row.code))

    def _refuse_taken(self, code: str, values: Values) -> None:
        """Raise ValidationError for what only one row may have, and another one has."""
        table = self.entity.table
        for unique in (each for each in table.constraints if isinstance(each, sa.UniqueConstraint)):
            held = [column == values.get(str(column.key)) for column in unique.columns]
            found = sa.select(table.c.code).where(table.c.code != code, *held)
            if model.Session.scalar(found.limit(1)) is not None:
                field = str(list(unique.columns)[-1].key)
                message = tk._("Another one has this {field}").format(field=field)
                raise tk.ValidationError({field: [message]})


def _participations(folder: Path, report: Report) -> dict[str, list[tuple[CsvRow, Values]]]:
    """Return who takes part in each commitment, in the order of the file."""
    found: dict[str, list[tuple[CsvRow, Values]]] = {}
    for row in _read(folder, PARTICIPATIONS, ("compromiso", *PARTICIPATION_COLUMNS), report):
        values = _converted(row, PARTICIPATION_COLUMNS.items(), report)
        code = values.get("institution")
        if code and codes.resolve(registry.entity_type("institution"), code).row is None:
            report.problems.append(
                row.problem("institucion", no_such(registry.entity_type("institution"), code))
            )
        if not code and not values.get("text"):
            report.problems.append(row.problem("texto", tk._("Give the institution's code or the text")))
        found.setdefault(row.cells["compromiso"], []).append((row, values))
    return found


def _with_participations(given: list[_Given], folder: Path, report: Report) -> list[_Given]:
    """Return the commitments with who takes part in each; those of no file are told as problems."""
    found = _participations(folder, report)
    if PARTICIPATIONS in report.missing:
        return given
    for each in given:
        each.values["participations"] = [values for _row, values in found.pop(each.code, [])]
    commitment = registry.entity_type("commitment")
    for code, rows in found.items():
        first = rows[0][0]
        if codes.resolve(commitment, code).row is None:
            detail = no_such(commitment, code)
            report.problems += [row.problem("compromiso", detail) for row, _values in rows]
        else:
            values = {"participations": [values for _row, values in rows]}
            given.append(_Given(first, code, values, {}))
    return given


def load(folder: Path, *, dry_run: bool = False) -> Report:
    """Upsert all rows of the folder's files by code and return what was done.

    All or nothing: one problem, or ``dry_run``, and nothing is written. Safe to repeat. A value that a
    person has changed since it was loaded stays, and is reported as kept.
    """
    report = Report()
    try:
        for file in FILES:
            entity = registry.entity_type(file.entity)
            given = _rows_of(file, folder, report)
            for detail in DETAILS:
                if detail.entity == file.entity:
                    given = _with_details(given, detail, folder, report)
            if entity.name == "commitment":
                given = _with_participations(given, folder, report)
            loader = _Loader(entity, report)
            for each in given:
                loader.upsert(each)
        if len(report.missing) == len(FILES) + len(DETAILS) + 1:
            report.problems.append(Problem(str(folder), 0, "", "value", tk._("None of the files is there")))
        if report.problems or dry_run:
            model.Session.rollback()
        else:
            model.repo.commit()
            reindex.later(report.renamed)
    except BaseException:
        model.Session.rollback()
        raise
    return report
