"""``ckan gobiernoabierto <subject> <verb>``: one group of commands for each subject."""

from __future__ import annotations

import click

from .demo import demo
from .evidence import evidence
from .feed import feed
from .follow import follow
from .links import links
from .reference import reference
from .uploads import uploads

__all__ = ["gobiernoabierto"]


@click.group(short_help="Gobierno Abierto: reference rows, links and demonstration data")
def gobiernoabierto() -> None:
    """Group all our commands."""


gobiernoabierto.add_command(demo)
gobiernoabierto.add_command(evidence)
gobiernoabierto.add_command(feed)
gobiernoabierto.add_command(follow)
gobiernoabierto.add_command(links)
gobiernoabierto.add_command(reference)
gobiernoabierto.add_command(uploads)
