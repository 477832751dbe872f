"""``ckan gobiernoabierto links``: whether datasets, the mirror of their links and Solr agree."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import click
from ckanext.gobiernoabierto.search import check as checking
from ckanext.gobiernoabierto.spanish import in_spanish


@click.group(short_help="Compare and mend the links of datasets")
def links() -> None:
    """Group the commands of the links."""


def _told(difference: checking.Difference) -> str:
    detail = ", ".join(difference.detail)
    said = {
        checking.MIRROR: tk._("{dataset}: the mirror of its links differs ({detail})"),
        checking.MISSING: tk._("{dataset}: the search does not know it"),
        checking.PHANTOM: tk._("{dataset}: the search shows it, and it is not there"),
        checking.STALE: tk._("{dataset}: the search shows it as it was ({detail})"),
    }
    dataset = difference.name or difference.package_id
    return said[difference.kind].format(dataset=dataset, detail=detail)


def _tell(found: list[checking.Difference]) -> None:
    for difference in found:
        click.echo(_told(difference))


def _count(found: list[checking.Difference]) -> str:
    return tk.ungettext("{n} difference", "{n} differences", len(found)).format(n=len(found))


@links.command("check", short_help="Tell what differs; exit code 1 if anything does")
@in_spanish
def check() -> None:
    """Compare datasets, the mirror of their links and Solr."""
    found = checking.differences()
    _tell(found)
    if found:
        message = tk._("{count}: ckan gobiernoabierto links repair mends them")
        raise click.ClickException(message.format(count=_count(found)))
    click.echo(tk._("Datasets, their links and the search agree"))


@links.command("repair", short_help="Mend what differs")
@in_spanish
def repair() -> None:
    """Bring the mirror and Solr to what the datasets say."""
    found = checking.differences()
    _tell(found)
    checking.repair(found)
    left = checking.differences()
    if left:
        _tell(left)
        raise click.ClickException(tk._("{count} left").format(count=_count(left)))
    click.echo(tk._("{count} mended").format(count=_count(found)))
