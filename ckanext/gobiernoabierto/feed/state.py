"""What everybody may know of how the feed is doing: the contract that it keeps, and where it does not."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

import ckan.plugins.toolkit as tk
import yaml
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.entities.history import plain

from . import notices, snapshot, validation
from .render import FAILED
from .status import status

LATE = dt.timedelta(hours=1)
"""For so long a change may wait for its flush: each hour a job comes by itself."""


@dataclass(frozen=True)
class Version:
    """A version of what harvesters are promised."""

    version: str
    day: dt.date
    changes: list[str]
    """What it brought, in Spanish."""


@dataclass(frozen=True)
class Incident:
    """Something that is not as it should be, for programs and for people."""

    code: str
    since: str | None
    """Moment in ISO 8601, where it is known."""
    message: str


@cache
def contract() -> list[Version]:
    """Return the versions of the contract, the one that is kept first."""
    text = resources.files("ckanext.gobiernoabierto.data").joinpath("contract.yaml").read_text("utf-8")
    return [Version(**each) for each in yaml.safe_load(text)]


def state(head: snapshot.Head) -> dict[str, Any]:
    """Return JSON values: ``contract``, ``changed``, what ``status`` has, ``conformance`` and ``incidents``.

    ``conformance`` is what ``notices.violations`` counts, and how many fragments nobody has asked yet;
    ``age_seconds`` is how long what waits has waited: what is read now may be older than the site by so much.
    """
    found = status(head)
    waits = found["waiting_since"]
    age = (now() - dt.datetime.fromisoformat(waits)).total_seconds() if waits else 0
    return {
        "contract": contract()[0].version,
        **found,
        "changed": plain(head.changed),
        "age_seconds": round(age),
        "conformance": {**notices.violations(), "waiting": validation.waiting()},
        "incidents": [asdict(each) for each in _incidents(found, age)],
    }


def _incidents(found: dict[str, Any], age: float) -> list[Incident]:
    told = []
    if age > LATE.total_seconds():
        message = tk._("Changes wait to be published here: what is read is older than the site.")
        told.append(Incident("late", found["waiting_since"], message))
    if found["configuration_changed"]:
        message = tk._("The program or its settings are new: everything will be written anew.")
        told.append(Incident("configuration_changed", None, message))
    if found["left_out"].get(FAILED):
        message = tk._("{n} could not be written; their last text is shown.")
        told.append(Incident("failed", None, message.format(n=found["left_out"][FAILED])))
    if config.feed_notice():
        told.append(Incident("notice", None, config.feed_notice()))
    return told
