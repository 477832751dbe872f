"""``ckan gobiernoabierto demo``: the datasets that a new site begins with, and synthetic ones."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import click
from ckanext.gobiernoabierto.logic.demo import create_first, create_synthetic
from ckanext.gobiernoabierto.spanish import in_spanish


@click.group(short_help="Datasets to begin with")
def demo() -> None:
    """Group the commands of the demonstration data."""


@demo.command("first", short_help="Publish the first datasets, made of the reference rows")
@in_spanish
def first() -> None:
    """Publish what is not there yet; repeating it changes nothing."""
    created = create_first()
    click.echo(tk.ungettext("{n} dataset published", "{n} datasets published", created).format(n=created))


@demo.command("synthetic", short_help="Add COUNT synthetic datasets, marked as such")
@click.argument("count", type=click.IntRange(1, 1_000_000))
@in_spanish
def synthetic(count: int) -> None:
    """Add synthetic datasets, for trying out and for benchmarks."""
    with click.progressbar(create_synthetic(count), length=count) as progress:
        for _done in progress:
            pass
    click.echo(
        tk.ungettext("{n} synthetic dataset added", "{n} synthetic datasets added", count).format(n=count)
    )
