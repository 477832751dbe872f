"""``ckan gobiernoabierto feed``: the log of what is published."""

from __future__ import annotations

import datetime as dt
import json

import ckan.plugins.toolkit as tk
import click
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.feed import check as checking
from ckanext.gobiernoabierto.feed import compact as compacting
from ckanext.gobiernoabierto.feed import flush as flushing
from ckanext.gobiernoabierto.feed import status as standing
from ckanext.gobiernoabierto.feed import wake
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


@feed.command(short_help="Tell where the feed stands")
@click.option("--json", "as_json", is_flag=True, help="For programs")
@in_spanish
def status(as_json: bool) -> None:
    """Print position, counts, backlog and what was left out."""
    found = standing.status()
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
    steps, length = checking.steps(found), checking.total()
    with click.progressbar(steps, length=length, file=click.get_text_stream("stderr")) as pages:
        for number in pages:
            pages.update(number - 1)  # the bar counts the page itself
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
