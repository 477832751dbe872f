"""The Atom feed (RFC 4287) of a thing that can be followed: the same news that its mails tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from urllib.parse import urlsplit

from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.lib import formats
from ckanext.gobiernoabierto.lib.iri import readable_text
from feedgen.feed import FeedGenerator

from .news import News
from .things import Thing

MIMETYPE = "application/atom+xml"


def atom(thing: Thing, news: Iterable[News], began: dt.datetime) -> bytes:
    """Return the feed.

    :param news: the newest first
    :param began: a moment for a feed without entries; without a zone it is taken for UTC
    """
    entries = list(news)
    feed = FeedGenerator()
    feed.id(thing.feed)
    feed.title(readable_text(f"{thing.noun}: {thing.title}"))
    feed.link(href=thing.feed, rel="self", type=MIMETYPE)
    feed.link(href=thing.page, rel="alternate", type="text/html")
    feed.author(name=readable_text(config.site_title()), uri=config.site_url())
    feed.language("es")
    feed.generator("")
    feed.updated(max([each.moment for each in entries], default=formats.local(began)))
    for each in entries:
        _entry(feed, each)
    return bytes(feed.atom_str())


def _entry(feed: FeedGenerator, news: News) -> None:
    entry = feed.add_entry(order="append")
    entry.id(_tag(news))
    entry.title(readable_text(f"{news.thing.noun}: {news.thing.title}"))
    entry.link(href=news.thing.page, rel="alternate", type="text/html")
    entry.published(news.moment)
    entry.updated(news.moment)
    entry.content(readable_text("\n".join(news.lines)), type="text")


def _tag(news: News) -> str:
    """Return an id that stays the same wherever the site moves to within its host (RFC 4151)."""
    host = urlsplit(config.site_url()).hostname or "localhost"
    return f"tag:{host},{news.moment:%Y-%m-%d}:novedad/{news.key}"
