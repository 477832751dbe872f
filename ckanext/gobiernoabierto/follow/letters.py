"""The mails in words: plain text, nothing in it that a reader's program would load from anywhere."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.lib import formats
from ckanext.gobiernoabierto.lib.smtp import Server

from . import tokens
from .news import News
from .things import Pair, Thing

MOST = 60
"""News that one mail tells; what is left has its place on the pages."""
LONGEST_IN_SUBJECT = 100
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def _address(view: str, **parameters: str) -> str:
    return tk.url_for(f"gobiernoabierto_follow.{view}", qualified=True, locale="default", **parameters)


def _line(text: str) -> str:
    """Return a text in one line, without what would break a header or turn the direction of reading."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _letter(server: Server, address: str, subject: str, paragraphs: Iterable[str], name: str) -> EmailMessage:
    """Return a message. ``name`` makes its Message-ID: the same mail has the same one."""
    letter = EmailMessage(policy=SMTP)
    letter["From"] = formataddr((_site(), server.sender))
    letter["To"] = address
    letter["Subject"] = _line(subject)
    letter["Date"] = format_datetime(now())
    host = urlsplit(config.site_url()).hostname or "localhost"
    letter["Message-ID"] = f"<{tokens.digest(name)[:40]}@{host}>"
    letter["Auto-Submitted"] = "auto-generated"
    if reply_to := config.reply_to():
        letter["Reply-To"] = reply_to
    letter.set_content("\n\n".join(paragraphs) + "\n", cte="quoted-printable")
    return letter


def confirmation(server: Server, address: str, thing: Thing, secret: str, name: str) -> EmailMessage:
    """Return the mail that asks whether somebody wants to follow something."""
    days = config.confirm_days()
    parts = [
        tk._("Somebody, probably you, asked {site} to tell you by mail what is new about:").format(
            site=_site()
        ),
        _called(thing),
        tk._("If it was you, open this address and confirm it there:"),
        _address("confirm", secret=secret),
        tk.ungettext(
            "It works for {n} day. If it was not you, do nothing: you get no news, and your address is "
            "removed after that time.",
            "It works for {n} days. If it was not you, do nothing: you get no news, and your address is "
            "removed after that time.",
            days,
        ).format(n=days),
    ]
    called = textwrap.shorten(_line(thing.title), LONGEST_IN_SUBJECT, placeholder="…")
    subject = tk._("Confirm that you want to follow: {title}").format(title=called)
    return _letter(server, address, subject, parts, name)


def links(server: Server, address: str, follower: str, name: str) -> EmailMessage:
    """Return the mail with the links to what somebody follows, which they asked for."""
    asked = tk._("You asked for the link to what you follow in {site}.").format(site=_site())
    letter = _letter(server, address, tk._("What you follow"), [asked, *_foot(follower)], name)
    return _one_click(letter, follower)


def digest(
    server: Server,
    address: str,
    follower: str,
    told: dict[Thing, list[News]],
    name: str,
    *,
    again: bool,
) -> EmailMessage:
    """Return the mail of the day: what is new, by what somebody follows.

    :param again: the one before may have arrived or not, and this one says the same again
    """
    parts = [tk._("There is news about what you follow in {site}.").format(site=_site())]
    if again:
        parts.append(tk._("The mail before this one was interrupted: you may have read some of it already."))
    left = MOST
    for thing, news in told.items():
        if left > 0:
            parts.append("\n".join([_called(thing), *_told(thing, news[:left])]))
        left -= len(news)
    if left < 0:
        parts.append(tk._("There are {n} more: see the pages.").format(n=-left))
    subject = tk._("News about what you follow: {date}").format(date=formats.date(now()))
    return _one_click(_letter(server, address, subject, [*parts, *_foot(follower)], name), follower)


def _site() -> str:
    return _line(config.site_title())


def _called(thing: Thing) -> str:
    return f"{thing.noun}: {_line(thing.title)}\n{thing.page}"


def _told(thing: Thing, news: list[News]) -> Iterable[str]:
    """Yield a line for each change; of another thing than the followed one with its name and address."""
    for each in news:
        day = formats.date(each.moment)
        where = "" if each.thing.pair == thing.pair else f"{each.thing.noun}, {_line(each.thing.title)}: "
        yield f"- {day}: {where}{'; '.join(map(_paragraphs, each.lines))}"
        if where:
            yield f"  {each.thing.page}"


def _paragraphs(text: str) -> str:
    """Return a text whose further lines are indented: no line of it is taken for one of ours."""
    return textwrap.indent("\n".join(map(_line, text.split("\n"))), "  ").lstrip()


def _foot(follower: str) -> list[str]:
    return [
        "-- \n" + tk._("See, take along or erase what you follow (for {n} days):").format(n=tokens.MINE_DAYS),
        _address("mine", token=tokens.sign(tokens.MINE, follower)),
        tk._("Get no more of these mails, and have your address erased:"),
        _address("leave", token=tokens.sign(tokens.LEAVE, follower)),
    ]


def _one_click(letter: EmailMessage, follower: str) -> EmailMessage:
    """Let mail programs show a button that unsubscribes (RFC 8058)."""
    letter["List-Unsubscribe"] = f"<{_address('leave', token=tokens.sign(tokens.LEAVE, follower))}>"
    letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return letter


def grouped(news: Iterable[News], followed: dict[Pair, Thing]) -> dict[Thing, list[News]]:
    """Return {followed thing: its news}: each once, under the thing itself if it is followed."""
    told: dict[Thing, list[News]] = {}
    for each in news:
        about = each.thing.pair if each.thing.pair in followed else min(each.about & set(followed))
        told.setdefault(followed[about], []).append(each)
    return told
