"""``ckan gobiernoabierto reference``: the reference rows that are shipped, or those of a folder."""

from __future__ import annotations

from pathlib import Path

import ckan.plugins.toolkit as tk
import click
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.forms import noun
from ckanext.gobiernoabierto.lib.csv_rows import Problem
from ckanext.gobiernoabierto.logic.reference import SHIPPED, Report, load
from ckanext.gobiernoabierto.spanish import in_spanish


@click.group(short_help="Load reference rows")
def reference() -> None:
    """Group the commands of the reference rows."""


def _problem_text(problem: Problem) -> str:
    kinds = {
        "encoding": tk._("it is not UTF-8 (byte {detail}): save it as CSV UTF-8"),
        "header": tk._("this column is missing, unknown or there twice"),
        "cells": tk._("the row has {detail} cells, or a quote is not closed"),
        "duplicate": tk._("this code is already in line {detail}"),
        "value": "{detail}",
    }
    where = [problem.file]
    if problem.line:
        where.append(tk._("line {line}").format(line=problem.line))
    if problem.column:
        where.append(tk._("column {column}").format(column=problem.column))
    return f"{', '.join(where)}: {kinds[problem.kind].replace('{detail}', problem.detail)}"


def _print_counts(report: Report) -> None:
    for entity in registry.ENTITY_TYPES:
        counts = [found.get(entity.name, 0) for found in (report.created, report.changed, report.unchanged)]
        if any(counts):
            line = tk._("{path}: {created} created, {changed} changed, {unchanged} unchanged")
            created, changed, unchanged = counts
            click.echo(
                line.format(path=entity.list_path, created=created, changed=changed, unchanged=unchanged)
            )


def _print_kept(report: Report) -> None:
    for kept in report.kept:
        if kept.field:
            line = tk._("{entity} {code}: {field} stays as a person wrote it")
        else:
            line = tk._("{entity} {code}: a person deleted it; it is not loaded again")
        click.echo(
            line.format(entity=noun(registry.entity_type(kept.entity)), code=kept.code, field=kept.field)
        )


@reference.command("load", short_help="Load reference rows by code, all or nothing")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing")
@in_spanish
def load_command(folder: Path | None, dry_run: bool) -> None:
    """Load the reference rows of FOLDER, or those that are shipped."""
    report = load(folder or SHIPPED, dry_run=dry_run)
    for missing in report.missing:
        click.echo(tk._("{file}: not in the folder").format(file=missing))
    if report.problems:
        for problem in sorted(report.problems):
            click.echo(_problem_text(problem), err=True)
        count = len(report.problems)
        message = tk.ungettext("Nothing was loaded: {n} problem", "Nothing was loaded: {n} problems", count)
        raise click.ClickException(message.format(n=count))
    _print_counts(report)
    _print_kept(report)
    if dry_run:
        click.echo(tk._("This was a trial: nothing was written"))
