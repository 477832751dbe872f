"""``ckan gobiernoabierto evidence``: the addresses that show what was done."""

from __future__ import annotations

from collections import Counter

import ckan.plugins.toolkit as tk
import click
from ckanext.gobiernoabierto.links import evidence as addresses
from ckanext.gobiernoabierto.spanish import in_spanish


@click.group(short_help="Addresses that show what was done")
def evidence() -> None:
    """Group the commands of the evidence."""


@evidence.command(short_help="Ask every address again, and say which do not answer any more")
@in_spanish
def check() -> None:
    """Ask now; the job worker asks each one once a day."""
    counted: Counter[str] = Counter()
    for url, verdict in addresses.recheck():
        counted[verdict.state] += 1
        if verdict.state != addresses.THERE:
            click.echo(f"{url}: {verdict.words}")
    told = {
        addresses.THERE: tk._("answer"),
        addresses.MISSING: tk._("do not answer"),
        addresses.UNCHECKED: tk._("could not be asked"),
    }
    click.echo(", ".join(f"{words}: {counted[state]}" for state, words in told.items()))
