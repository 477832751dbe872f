"""``ckan gobiernoabierto follow``: the mails of those who follow something."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import click
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.follow import followers, outbox, sending
from ckanext.gobiernoabierto.spanish import in_spanish


@click.group(short_help="Mails of those who follow something")
def follow() -> None:
    """Group the commands of following."""


@follow.command("send", short_help="Send today's news and what waits, as the job worker does each hour")
@in_spanish
def send() -> None:
    """Send at most one mail of news a day to each; killed and run again, nobody gets it twice."""
    if config.mail_server() is None:
        raise click.ClickException(tk._("The site sends no mails: set smtp.mail_from and smtp.server"))
    ended = sending.send_news()
    told = ", ".join(f"{state} {number}" for state, number in sorted(ended.items())) or tk._(
        "nothing to send"
    )
    click.echo(tk._("Mails: {told}").format(told=told))


@follow.command("sweep", short_help="Forget what nobody confirmed in time, and old rows of mails")
@in_spanish
def sweep() -> None:
    """Do what the job worker does each hour."""
    people = followers.sweep(outbox.KEPT_DAYS)
    click.echo(tk._("{people} addresses removed").format(people=people))
