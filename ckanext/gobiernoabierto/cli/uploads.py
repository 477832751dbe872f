"""``ckan gobiernoabierto uploads``: files that came with forms which were never finished."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import click
from ckanext.gobiernoabierto.intake import sweeping
from ckanext.gobiernoabierto.spanish import in_spanish


@click.group(short_help="Files of unfinished forms")
def uploads() -> None:
    """Group the commands of the staged uploads."""


@uploads.command(
    short_help="Remove the files whose form was not finished in time, as the job worker does each hour"
)
@in_spanish
def sweep() -> None:
    """Remove what has expired, and what a process that was killed has left behind."""
    rows, files = sweeping.sweep_all()
    click.echo(tk._("{rows} forms and {files} files removed").format(rows=rows, files=files))
