"""What another site of ours says of its entities: the JSON of its lists and pages, as a stranger's word."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities.base import EntityType
from ckanext.gobiernoabierto.lib import iri
from ckanext.gobiernoabierto.lib.fetching import Answer, FetchError, Reason, Rules, fetch
from ckanext.gobiernoabierto.links import evidence
from ckanext.gobiernoabierto.rdf.addresses import code_of

SECONDS = 60.0
MOST_BYTES = 32 << 20
MOST_ROWS = 100_000
"""Of one kind."""

THERE, GONE, HIDDEN, MOVED = "there", "gone", "hidden", "moved"


class OriginError(Exception):
    """The other site cannot be read, in words for who administers this one."""


@dataclass(frozen=True)
class Fate:
    """What became of an entity that a list does not have any more."""

    kind: str
    code: str | None = None
    """The code that replaced its own."""


def site_of(url: str) -> str:
    """Return the address of a site that may be harvested, without a slash at its end; OriginError if not.

    ``url`` is the site's own, or one below it.
    """
    address = iri.web_address(url) or ""
    own = config.site_url()
    found = [site for site in config.harvest_sites() if address == site or address.startswith(f"{site}/")]
    if urlsplit(address).username is not None or not found or found[0] == own:
        message = tk._("Whoever runs this site has to name {url} in {option} before it is harvested")
        raise OriginError(message.format(url=url, option="ckanext.gobiernoabierto.harvest.sites"))
    return max(found, key=len)


class Origin:
    """Another site, asked one address at a time: only its own, within bounds of time and size."""

    def __init__(self, url: str) -> None:
        self.site = site_of(url)
        rules = config.fetching()
        self._rules: Rules = replace(rules, seconds=SECONDS, most_bytes=MOST_BYTES, redirects=0)

    def rows(self, entity: EntityType) -> list[Any] | None:
        """Return all that the site publishes of a kind, unchecked; None if it does not know the kind."""
        answer = self._ask(f"{self.site}/{entity.list_path}.json")
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status != HTTPStatus.OK:
            raise self._unusable(answer.url, evidence.words(str(answer.status)))
        try:
            rows = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise self._unusable(answer.url, tk._("it is no list")) from None
        if not isinstance(rows, list) or len(rows) > MOST_ROWS:
            raise self._unusable(answer.url, tk._("it is no list"))
        return rows

    def fate(self, entity: EntityType, code: str) -> Fate:
        """Return what the site says of one entity that is not in its list."""
        address = f"{self.site}/{entity.path}/{quote(code, safe='')}.json"
        try:
            answer = fetch(address, self._rules)
        except FetchError as error:
            if error.reason is Reason.REDIRECTS and error.url.startswith(f"{self.site}/"):
                return Fate(MOVED, code_of(entity.name, error.url.removesuffix(".json")))
            raise self._unusable(error.url, evidence.words(error.reason.name)) from error
        kinds = {HTTPStatus.OK: THERE, HTTPStatus.GONE: GONE, HTTPStatus.NOT_FOUND: HIDDEN}
        if answer.status not in kinds:
            raise self._unusable(address, evidence.words(str(answer.status)))
        return Fate(kinds[HTTPStatus(answer.status)])

    def _ask(self, address: str) -> Answer:
        try:
            return fetch(address, self._rules)
        except FetchError as error:
            raise self._unusable(error.url, evidence.words(error.reason.name)) from error

    @staticmethod
    def _unusable(url: str, why: str) -> OriginError:
        return OriginError(tk._("{url} cannot be read: {why}").format(url=url, why=why))
