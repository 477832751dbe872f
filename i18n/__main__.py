"""``bin/translate``: extract, merge, compile, and say what lacks Spanish."""

from __future__ import annotations

import click
from ckanext.gobiernoabierto.i18n import catalogue, extraction


@click.command()
@click.option("--compile", "only_compile", is_flag=True, help="Only compile; extract nothing.")
def translate(only_compile: bool) -> None:
    """Bring the Spanish catalogue up to date with the code, and list what still lacks Spanish."""
    if not only_compile:
        extraction.update_sources()
    click.echo(catalogue.compile_catalogue())
    if only_compile:
        return
    lacking = extraction.lacking_spanish()
    for message in lacking:
        click.echo(f"  {message.text!r}  ({', '.join(sorted(message.files))})")
    click.echo(f"{len(lacking)} messages lack Spanish")
    raise SystemExit(1 if lacking else 0)


translate()
