"""``ckan gobiernoabierto feed``: the log of what is published."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import click
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.feed import check as checking
from ckanext.gobiernoabierto.feed import compact as compacting
from ckanext.gobiernoabierto.feed import flush as flushing
from ckanext.gobiernoabierto.feed import notices, packing, snapshot, validation, wake
from ckanext.gobiernoabierto.feed import shapes as shaping
from ckanext.gobiernoabierto.feed import status as standing
from ckanext.gobiernoabierto.feed.writing import BusyError
from ckanext.gobiernoabierto.spanish import in_spanish


@click.group(short_help="The log of what is published, for harvesters")
def feed() -> None:
    """Group the commands of the feed."""


def _flush() -> None:
    done = flushing.Flushed()
    try:
        waiting = flushing.waiting()
        for _batch in flushing.steps(done):
            click.echo(f"{done.rendered} / {waiting}", err=True)
    except BusyError:
        raise click.ClickException(tk._("Somebody else is writing the feed; try again later")) from None
    events = _numbers(done.events) or tk._("nothing new")
    click.echo(tk._("{n} rendered: {events}").format(n=done.rendered, events=events))


def _numbers(counted: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counted.items()))


def _bar(length: int) -> Any:
    return click.progressbar(length=length, file=click.get_text_stream("stderr"))


@feed.command(short_help="Publish in the feed what has changed, as the job worker does")
@in_spanish
def flush() -> None:
    """Flush what is marked; all of it, where program or settings are others than they were."""
    wake.catch_up()
    _flush()


@feed.command(short_help="Render everything anew")
@in_spanish
def rebuild() -> None:
    """Mark everything and flush it, and erase what was left; what is the same stays as it is."""
    flushing.mark_all()
    _flush()
    compacting.erase_left()
    packing.anew(flushing.WAIT)


@feed.command(short_help="Tell where the feed stands")
@click.option("--json", "as_json", is_flag=True, help="For programs")
@in_spanish
def status(as_json: bool) -> None:
    """Print position, counts, backlog and what was left out."""
    found = standing.status(snapshot.head())
    if as_json:
        click.echo(
            json.dumps({**found, "left_out_values": standing.left_out()}, ensure_ascii=False, indent=2)
        )
        return
    for name, value in found.items():
        told = _numbers(value) if isinstance(value, dict) else value
        click.echo(f"{name}: {'-' if told in (None, '') else told}")
    for each in standing.left_out():
        where = each["field"] or ""
        click.echo(f"  {each['kind']} {each['subject']} {where} {each['reason']}: {each['value']!r}")


@feed.command(short_help="Compare the feed with what is published; exit code 1 if anything differs")
@in_spanish
def check() -> None:
    """Render what is published now, and compare."""
    found = checking.Checked()
    with _bar(checking.total()) as bar:
        for number in checking.steps(found):
            bar.update(number)
    for each in found.differences:
        click.echo(f"{each.what}: {each.kind} {each.subject} {each.name}".rstrip())
    waiting = flushing.waiting()
    if waiting:
        click.echo(tk._("{n} wait").format(n=waiting))
    if found.differences:
        count = len(found.differences)
        raise click.ClickException(tk.ungettext("{n} difference", "{n} differences", count).format(n=count))
    click.echo(tk._("{n} fragments are what is published").format(n=found.fragments))


@feed.command(short_help="Erase the texts that were superseded long ago")
@click.option("--days", type=click.FloatRange(0), help="How long ago; as configured, where it is not given")
@in_spanish
def compact(days: float | None) -> None:
    """Erase superseded texts, and keep that there were any; snapshots from before can be read no more."""
    done = compacting.compact(dt.timedelta(days=config.feed_days() if days is None else days))
    compacting.erase_left()
    click.echo(tk._("{n} events compacted").format(n=done))


@feed.command(short_help="Validate what is published against DCAT-AP; exit code 1 if anything is against it")
@click.option("--json", "as_json", is_flag=True, help="For programs")
@click.option(
    "--shapes",
    type=click.Path(exists=True, path_type=Path),
    help="Ask these shapes (a Turtle file, or a folder of them) of everything, and write nothing",
)
@in_spanish
def validate(as_json: bool, shapes: Path | None) -> None:
    """Ask what was not asked yet, as the job worker does at night, and tell all that is known."""
    if shapes is not None:
        _conclude(sum(_asked(name, rules) for name, rules in shaping.read(shapes).items()))
        return
    done = validation.Done()
    with _bar(validation.waiting()) as bar:
        for number in validation.steps(done):
            bar.update(number)
    found, details = notices.violations(), notices.details()
    if as_json:
        told = {**found, "validated": done.fragments, "details": details}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for each in details:
            click.echo(
                " ".join(filter(None, (each[name] for name in ("kind", "subject", "rule", "node", "value"))))
            )
        click.echo(
            tk._("Validated: {n}; suggestions: {all}").format(
                n=done.fragments, all=_numbers(found["suggestions"]) or 0
            )
        )
    _conclude(sum(found["violations"].values()), quiet=as_json)


def _asked(name: str, rules: Any) -> int:
    """Print what is against the shapes of a file; return how much that is."""
    found: list[shaping.Found] = []
    with _bar(checking.total()) as bar:
        for number in validation.steps_by(rules, found):
            bar.update(number)
    against = [each for each in found if each.severity == shaping.VIOLATION]
    for each in against:
        click.echo(f"{each.rule} {each.node} {each.path} {each.value}".rstrip())
    click.echo(f"{name}: {len(against)}")
    return len(against)


def _conclude(violations: int, quiet: bool = False) -> None:
    if violations:
        told = tk.ungettext("{n} violation of DCAT-AP", "{n} violations of DCAT-AP", violations)
        raise click.ClickException(told.format(n=violations))
    if not quiet:
        click.echo(tk._("No violation of DCAT-AP"))
