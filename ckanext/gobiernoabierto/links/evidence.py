"""Whether the addresses that show something still answer: asked when it is said, and each day afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.lib.i18n import get_locales_from_config
from ckan.model import Session
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import codes, registry
from ckanext.gobiernoabierto.entities.base import EVIDENCE, PUBLISHED, EntityType, Values, now
from ckanext.gobiernoabierto.entities.document import Document
from ckanext.gobiernoabierto.entities.evidence import MISSING, THERE, UNCHECKED, Check
from ckanext.gobiernoabierto.entities.participation import local_today
from ckanext.gobiernoabierto.hourly import Job
from ckanext.gobiernoabierto.lib import endings
from ckanext.gobiernoabierto.lib.fetching import FetchError, Reason, Rules, fetch
from ckanext.gobiernoabierto.lib.site_path import steps_on
from ckanext.gobiernoabierto.spanish import in_spanish
from sqlalchemy.dialects.postgresql import insert

from . import mirror

AT_ONCE = 8
MOST = 20
"""Addresses that one call may add."""
BATCH = 50
FRESH = dt.timedelta(days=1)
"""For so long an address is not asked again."""


@dataclass(frozen=True)
class Verdict:
    """What came of asking an address now."""

    state: str
    outcome: str

    @property
    def words(self) -> str:
        """Return what came back, to be read beside the address."""
        return words(self.outcome)


def words(outcome: str) -> str:
    """Return what an outcome means."""
    if outcome.isdecimal():
        return tk._("it answered with error {status}").format(status=outcome)
    return {
        Reason.ADDRESS: tk._("it is no address of the web"),
        Reason.NAME: tk._("there is no site of this name"),
        Reason.PRIVATE: tk._("it is within a private network, where visitors cannot open it"),
        Reason.UNREACHABLE: tk._("nothing answered there"),
        Reason.OFFLINE: tk._("this site has no connection now"),
        Reason.TIME: tk._("it did not answer in time"),
        Reason.SIZE: tk._("what it sends has no end"),
        Reason.REDIRECTS: tk._("it leads on and on to other addresses"),
        Reason.TLS: tk._("its certificate cannot be trusted"),
        Reason.PROTOCOL: tk._("what answered was no site"),
    }[Reason[outcome]]


# -- Ask ------------------------------------------------------------------------------------------------


def ask(urls: Iterable[str]) -> dict[str, Verdict]:
    """Return what came of asking these addresses; those of this site are looked up and not asked for."""
    wanted, rules = list(dict.fromkeys(urls)), config.fetching()
    own = {url: found for url in wanted if (found := _own(url)) is not None}
    others = [url for url in wanted if url not in own]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = pool.map(lambda url: _verdict(url, rules), others)
        return {**own, **dict(zip(others, asked, strict=True))}


def _verdict(url: str, rules: Rules) -> Verdict:
    try:
        answer = fetch(url, rules, body=False)
    except FetchError as error:
        offline = error.reason is Reason.OFFLINE
        return Verdict(UNCHECKED if offline else MISSING, error.reason.name)
    good = HTTPStatus(200) <= answer.status < HTTPStatus(300)
    return Verdict(THERE if good else MISSING, str(answer.status))


def _own(url: str) -> Verdict | None:
    """Return whether a page of this site is there for everybody; None for an address of another site.

    A site may not reach itself by its public name, and would wait for itself if it has one process.
    """
    steps = _steps(url)
    if steps is None:
        return None
    path, just = unquote(urlsplit(url).path), "/".join(steps)
    kind, code, *further = [*steps, "", ""]
    # the router takes no slash at the end, and none doubled
    plain = "\0" not in path and path.endswith(f"/{just}")
    there = plain and _is_public(kind, code, [each for each in further if each])
    return Verdict(THERE, "200") if there else Verdict(MISSING, "404")


def _steps(url: str) -> list[str] | None:
    """Return the parts of the path of a page of this site, without its language; None for another site."""
    steps = steps_on(config.site_url(), url)
    return steps[1:] if steps and steps[0] in get_locales_from_config() else steps


def _is_public(kind: str, code: str, further: list[str]) -> bool:
    if kind == "dataset":
        return mirror.public_dataset(code) is not None and _has_resource(further)
    if kind == "documento":
        return not further and _has_document(code)
    entity = next((each for each in registry.ENTITY_TYPES if each.path == kind), None)
    if entity is None or further:
        return False
    stem, _, ending = code.rpartition(".")
    codes = (code, stem) if ending in endings.OF_EVERY_PAGE else (code,)
    named = sa.select(entity.table.c.code).where(
        entity.table.c.code.in_(codes), entity.table.c.visibility == PUBLISHED
    )
    return Session.execute(named).first() is not None


def _has_resource(further: list[str]) -> bool:
    """Tell whether the rest of a dataset's address names none of its files, or one that is there."""
    if not further:
        return True
    found = sa.select(model.Resource.id).where(
        model.Resource.id == further[1 if len(further) > 1 else 0], model.Resource.state == mirror.ACTIVE
    )
    return further[0] == "resource" and Session.execute(found).first() is not None


def _has_document(document_id: str) -> bool:
    found = Session.get(Document, document_id)
    if found is None or not found.public:
        return False
    table = registry.entity_type(found.entity).table
    visible = sa.select(table.c.code).where(table.c.code == found.code, table.c.visibility == PUBLISHED)
    return Session.execute(visible).first() is not None


# -- When somebody says that it is done -----------------------------------------------------------------


class NotAskedError(Exception):
    """There are addresses to ask first, while nothing is locked."""

    def __init__(self, urls: list[str]) -> None:
        super().__init__(*urls)
        self.urls = urls


def addresses(values: Mapping[str, Any]) -> list[str]:
    """Return the addresses of the evidence of an entity's values."""
    return [row["url"] for row in values.get(EVIDENCE) or () if row.get("url")]


def refuse_itself(entity: EntityType, code: str, before: Values, values: Values) -> None:
    """Raise ValidationError beside each address newly given that is a page of the entity itself."""
    new = set(_new(entity, before, values))
    own = set(Session.execute(codes.every_code(entity, code)).scalars()) if new else set()
    rows = [row.get("url") for row in values.get(EVIDENCE) or ()]
    wrong = [url in new and _leads_to(entity, own, url) for url in rows]
    if any(wrong):
        message = tk._("This is its own page: give the address of something else that shows it")
        raise tk.ValidationError({EVIDENCE: [{"url": [message]} if each else {} for each in wrong]})


def _leads_to(entity: EntityType, own: set[str], url: str) -> bool:
    """Tell whether an address is the page, or one below it, of what has or had one of these codes."""
    kind, code, *_ = [*(_steps(url) or []), "", ""]
    return kind == entity.path and not own.isdisjoint((code, code.rpartition(".")[0]))


def _claimed(entity: EntityType, values: Values) -> bool:
    return entity.proven is not None and entity.proven.claimed(values)


def _new(entity: EntityType, before: Values, values: Values) -> list[str]:
    """Return the addresses that this write gives; where it says newly that it is done, all of them."""
    said_before = _claimed(entity, before) or not _claimed(entity, values)
    had = addresses(before) if said_before else []
    return [url for url in dict.fromkeys(addresses(values)) if url not in had]


def require(entity: EntityType, before: Values, values: Values, asked: Mapping[str, Verdict]) -> None:
    """Note what came of asking the addresses that newly show that it is done, for the caller's commit.

    Raises NotAskedError with those that are not among ``asked``, and ValidationError beside each one that
    does not answer. What is stored stays valid, and one that this site could not ask for want of a
    connection is taken and asked later: that is not its author's fault.
    """
    if not _claimed(entity, values):
        return
    wanted = _new(entity, before, values)
    if len(wanted) > MOST:
        raise tk.ValidationError({EVIDENCE: [tk._("Give at most {most} addresses").format(most=MOST)]})
    if unknown := [url for url in wanted if url not in asked]:
        raise NotAskedError(unknown)
    found = {url: asked[url] for url in wanted}
    wrong = {url: verdict for url, verdict in found.items() if verdict.state == MISSING}
    if wrong:
        rows = [row.get("url") for row in values[EVIDENCE]]
        raise tk.ValidationError({EVIDENCE: [_error(wrong[url]) if url in wrong else {} for url in rows]})
    note(found)


def _error(verdict: Verdict) -> dict[str, list[str]]:
    message = tk._(
        "This address does not show it to everybody: {what}. Correct it, try again later, or add a document"
    )
    return {"url": [message.format(what=verdict.words)]}


def note(found: Mapping[str, Verdict]) -> None:
    """Keep what came of asking, in the caller's transaction; not to have been able to ask changes nothing."""
    for url, verdict in sorted(found.items()):
        missing = verdict.state == MISSING
        values = {"checked": now(), "state": verdict.state, "outcome": verdict.outcome}
        stored = insert(Check.__table__).values(url=url, since=local_today() if missing else None, **values)
        if verdict.state == UNCHECKED:
            Session.execute(stored.on_conflict_do_nothing(index_elements=["url"]))
            continue
        since = sa.func.coalesce(Check.since, stored.excluded.since) if missing else None
        Session.execute(stored.on_conflict_do_update(index_elements=["url"], set_={**values, "since": since}))


# -- Each day afterwards --------------------------------------------------------------------------------


def _shown() -> Any:
    """Return the select of the addresses that stand today on a page which everybody may read."""
    parts = []
    for entity in registry.ENTITY_TYPES:
        if EVIDENCE in entity.model.row_fields():
            rows = entity.model.row_fields()[EVIDENCE].__table__
            joined = sa.select(rows.c.url.label("url")).join(
                entity.table, entity.table.c.code == rows.c.parent
            )
            parts.append(joined.where(entity.table.c.visibility == PUBLISHED, rows.c.url.isnot(None)))
    return sa.union(*parts).subquery()


def _due(most: int | None) -> list[str]:
    """Return the addresses that were not asked today, the longest ago first."""
    shown = _shown()
    old = sa.or_(Check.url.is_(None), Check.state == UNCHECKED, Check.checked < now() - FRESH)
    found = sa.select(shown.c.url).outerjoin(Check, Check.url == shown.c.url)
    if most is not None:
        found = found.where(old)
    found = found.order_by(Check.checked.asc().nulls_first(), shown.c.url).limit(most)
    return list(Session.execute(found).scalars())


def recheck(most: int | None = None) -> Iterator[tuple[str, Verdict]]:
    """Ask again, and yield each address with what came of it: all, or at most so many that are due.

    What stands nowhere any more is forgotten. Each few addresses are a commit of their own.
    """
    forgotten = sa.delete(Check).where(Check.url.not_in(sa.select(_shown().c.url)))
    Session.execute(forgotten.execution_options(synchronize_session=False))
    due = _due(most)
    model.repo.commit()
    for first in range(0, len(due), AT_ONCE):
        found = ask(due[first : first + AT_ONCE])
        note(found)
        model.repo.commit()
        yield from found.items()


@in_spanish
def recheck_due() -> None:
    """Ask some of the addresses that are due: what the job worker does each hour."""
    for _ in recheck(BATCH):
        pass


JOB = Job("evidence", "ask the addresses of evidence", recheck_due)
